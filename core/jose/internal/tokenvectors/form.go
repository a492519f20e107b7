package main

import (
	"encoding/base64"
	"strings"
)

func formCases() []testCase {
	k := es256
	token := k.token()
	part := strings.Split(token, ".")
	join := func(parts ...string) string { return strings.Join(parts, ".") }
	refused := func(name, why, code, token string) testCase { return bad(name, why, code, k, token) }
	standard := func(s string) string { return strings.NewReplacer("-", "+", "_", "/").Replace(s) }
	return []testCase{
		refused("empty", "There is no token.", "malformed-token", ""),
		refused("one-part", "Three parts are due.", "malformed-token", part[0]),
		refused("two-parts", "Three parts are due: the signature is missing with its dot.", "malformed-token", join(part[0], part[1])),
		refused("four-parts", "Three parts are due.", "malformed-token", join(part[0], part[1], part[2], "x")),
		refused("five-parts", "Five parts are a JWE, which is no JWS.", "malformed-token", join(part[0], part[1], part[2], "x", "y")),
		refused("trailing-dot", "A dot at the end starts a fourth part.", "malformed-token", token+"."),
		refused("leading-dot", "The header is empty.", "malformed-token", "."+token[:strings.LastIndex(token, ".")]),
		refused("header-empty", "The header is empty.", "malformed-token", join("", part[1], part[2])),
		refused("payload-empty", "A detached payload (RFC 7515 appendix F) is no token.", "malformed-token", join(part[0], "", part[2])),
		refused("signature-empty", "The signature is stripped.", "malformed-token", join(part[0], part[1], "")),
		refused("only-dots", "All parts are empty.", "malformed-token", ".."),
		refused("header-not-json", "The header must be JSON.", "malformed-token", k.compact("alg=ES256", claims())),
		refused("header-array", "The header must be an object.", "malformed-token", k.compact(`[{"alg":"ES256"}]`, claims())),
		refused("header-invalid-utf8", "The header must be UTF-8.", "malformed-token", k.compact(k.header("x=\"\xff\""), claims())),
		refused("header-trailing-bytes", "Nothing may follow the header's object.", "malformed-token", k.compact(k.header()+"{}", claims())),
		refused("header-byte-order-mark", "JSON text starts with no byte order mark (RFC 8259 section 8.1).", "malformed-token", k.compact("\ufeff"+k.header(), claims())),
		refused("header-too-deep", "Nesting is bounded.", "malformed-token", k.compact(k.header("x="+repeat("[", 100)+repeat("]", 100)), claims())),
		refused("header-duplicate-alg", "Two readers could choose different ones.", "duplicate-member", k.compact(`{"alg":"ES256","kid":"es-1","typ":"`+typ+`","alg":"none"}`, claims())),
		refused("header-duplicate-escaped", "A duplicate is one also when spelled with escapes.", "duplicate-member", k.compact(`{"alg":"ES256","kid":"es-1","typ":"`+typ+`","\u0061lg":"ES256"}`, claims())),
		refused("header-duplicate-nested", "Duplicates are refused at any depth.", "duplicate-member", k.compact(k.header(`x={"a":1,"a":2}`), claims())),
		refused("white-space-before", "A token has one spelling.", "white-space-in-token", " "+token),
		refused("white-space-after", "Trailing bytes are refused.", "white-space-in-token", token+" "),
		refused("line-feed-after", "Even one line break is too much.", "white-space-in-token", token+"\n"),
		refused("line-break-within", "Base64 decoders that skip line breaks would accept it.", "white-space-in-token", token[:40]+"\r\n"+token[40:]),
		refused("tab-around-dot", "White space around a dot is refused.", "white-space-in-token", join(part[0]+"\t", part[1], part[2])),
		refused("no-break-space-after", "Other white space is no base64url either.", "non-canonical-base64url", token+"\u00a0"),
		refused("nul-after", "A NUL byte is a trailing byte.", "non-canonical-base64url", token+"\x00"),
		refused("padding-header", "base64url in JWS has no padding.", "non-canonical-base64url", join(base64.URLEncoding.EncodeToString([]byte(k.header(`x="padding"`))), part[1], part[2])),
		refused("padding-signature", "base64url in JWS has no padding.", "non-canonical-base64url", token+"=="),
		refused("standard-alphabet", "+ and / belong to base64, not base64url.", "non-canonical-base64url", join(part[0], part[1], standard(es256.compactSignature("-")))),
		refused("stray-bits-signature", "The bits that the last character has too many must be zero.", "non-canonical-base64url", join(part[0], part[1], stray(part[2]))),
		refused("stray-bits-payload", "The same holds for the payload.", "non-canonical-base64url", join(part[0], stray(b64([]byte(claims(`sub="aaa"`)))), part[2])),
		refused("impossible-length", "No bytes give a base64url text of this length.", "non-canonical-base64url", token+"AAA"),
		refused("percent-encoded", "Percent-encoding is for URLs, and a token never is in one.", "non-canonical-base64url", strings.ReplaceAll(token[:len(token)-1], "a", "%61")+"A"),
		refused("json-flattened", "JSON serialization is not read.", "json-serialization", `{"protected":"`+part[0]+`","payload":"`+part[1]+`","signature":"`+part[2]+`"}`),
		refused("json-general", "JSON serialization is not read.", "json-serialization", `{"payload":"`+part[1]+`","signatures":[{"protected":"`+part[0]+`","signature":"`+part[2]+`"}]}`),
		refused("json-after-white-space", "JSON serialization is told apart from a token with white space.", "json-serialization", "\n "+`{"payload":"`+part[1]+`"}`),
		refused("bearer-prefix", "The scheme of an Authorization header is no part of the token.", "white-space-in-token", "Bearer "+token),
		refused("too-large", "At most 65536 bytes are read.", "token-too-large", k.token(`sub="`+repeat("x", 50000)+`"`)),
		refused("payload-not-json", "A signed payload that is no JSON is no claims set.", "malformed-token", k.compact(k.header(), "Payload")),
		refused("payload-string", "A claims set is an object.", "malformed-token", k.compact(k.header(), `"claims"`)),
		refused("payload-trailing-bytes", "Nothing may follow the claims set.", "malformed-token", k.compact(k.header(), claims()+",")),
		refused("payload-duplicate-exp", "Two readers could choose different ones.", "duplicate-member", k.compact(k.header(), strings.TrimSuffix(claims(), "}")+`,"exp":`+at(9999)+"}")),
		refused("payload-duplicate-nested", "Duplicates are refused at any depth.", "duplicate-member", k.token(`x=[{"a":1,"b":2,"a":1}]`)),
		refused("payload-lone-surrogate", "Half a surrogate pair is no text.", "malformed-token", k.token(`sub="\ud800"`)),
	}
}

// stray sets a bit that the last character of base64url has too many.
func stray(part string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	if len(part)%4 == 0 {
		panic("no stray bits in " + part)
	}
	last := strings.IndexByte(alphabet, part[len(part)-1])
	return part[:len(part)-1] + alphabet[last|1:][:1]
}

// compactSignature is the signature of a good token whose base64url has the
// character.
func (k key) compactSignature(character string) string {
	for i := 0; ; i++ {
		token := k.token(`jti="` + itoa(i) + `"`)
		if signature := token[strings.LastIndex(token, ".")+1:]; strings.Contains(signature, character) {
			return signature
		}
	}
}
