package main

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
)

func headerCases() []testCase {
	k := es256
	refused := func(name, why, code string, changes ...string) testCase {
		return bad(name, why, code, k, k.compact(k.header(changes...), claims()))
	}
	unsecured := func(name, alg string) testCase {
		token := b64([]byte(k.header(`alg="`+alg+`"`))) + "." + b64([]byte(claims())) + "."
		return bad(name, "An unsecured JWS is refused, however none is spelled and whether or not a signature follows.", "algorithm-not-allowed", k, token)
	}
	evil := key{alg: "ES256", kid: "es-1", jwk: es256b.jwk, sign: es256b.sign}
	embedded := func(name, why string, changes ...string) testCase {
		return bad(name, why, "embedded-key", k, evil.compact(evil.header(changes...), claims()))
	}
	const jwk = `{"kty":"EC","crv":"P-256","kid":"es-1","x":"`
	return []testCase{
		unsecured("alg-none", "none"),
		unsecured("alg-none-capital", "None"),
		unsecured("alg-none-upper", "NONE"),
		unsecured("alg-none-mixed", "nOnE"),
		unsecured("alg-none-space", "none "),
		unsecured("alg-empty", ""),
		refused("alg-none-with-signature", "A signature does not make none an algorithm.", "algorithm-not-allowed", `alg="none"`),
		unsecured("alg-none-allowed-by-mistake", "none").allow("none", "ES256"),
		refused("alg-missing", "Every JWS names its algorithm (RFC 7515 section 4.1.1).", "algorithm-not-allowed", "alg="),
		refused("alg-null", "The algorithm is a string.", "algorithm-not-allowed", "alg=null"),
		refused("alg-array", "The algorithm is a string, not a list of them.", "algorithm-not-allowed", `alg=["ES256"]`),
		refused("alg-lower-case", "Names of algorithms are compared with regard to case (RFC 7515 section 4.1.1).", "algorithm-not-allowed", `alg="es256"`),
		bad("alg-not-on-the-list", "The caller allows EdDSA only.", "algorithm-not-allowed", k, k.token()).allow("EdDSA"),
		refused("alg-es512", "ES512 is not supported.", "algorithm-not-allowed", `alg="ES512"`).allow("ES256", "ES512"),
		refused("alg-es256k", "ES256K is not supported: it would be another curve.", "algorithm-not-allowed", `alg="ES256K"`).allow("ES256", "ES256K"),
		bad("alg-ed25519-rfc9864", "RFC 9864's name Ed25519 is refused: the name here is EdDSA.", "algorithm-not-allowed", eddsa, eddsa.compact(eddsa.header(`alg="Ed25519"`), claims())).
			allow("EdDSA", "Ed25519").from("RFC 9864 section 2.2"),
		bad("hs256-with-public-ec-key", "A public key is no secret: HMAC with it proves nothing (RFC 8725 section 2.1).", "key-algorithm-mismatch", k, confused(k.kid, unb64(k.jwk["x"].(string)))).allow("ES256", "HS256").from("RFC 8725 section 2.1"),
		bad("hs256-with-public-rsa-key", "The modulus of an RSA key is no secret.", "key-algorithm-mismatch", rs256, confused(rs256.kid, unb64(rfc7515N))).allow("RS256", "HS256").from("RFC 8725 section 2.1"),
		bad("hs256-with-public-key-pem", "Nor is its PEM, which other libraries take for a secret.", "key-algorithm-mismatch", rs256, confused(rs256.kid, publicPEM())).allow("RS256", "HS256").from("RFC 8725 section 2.1"),
		bad("hs256-with-public-key-der", "Nor its DER.", "key-algorithm-mismatch", rs256, confused(rs256.kid, publicDER())).allow("RS256", "HS256").from("RFC 8725 section 2.1"),
		bad("hs256-with-public-jwk", "Nor the JWK itself.", "key-algorithm-mismatch", k, confused(k.kid, must(json.Marshal(k.jwk)))).allow("ES256", "HS256").from("RFC 8725 section 2.1"),
		bad("hs256-with-public-key-beside-a-secret", "A secret of the same kid is what HS256 is tried with, and no other key.", "bad-signature", rs256, confused(rs256.kid, publicPEM())).allow("RS256", "HS256").
			alter(func(c *testCase) { c.Keys = set(rs256, hs256.with(map[string]any{"kid": rs256.kid})) }),
		bad("hs256-without-kid-with-public-key", "Without kid no other key is tried either.", "key-algorithm-mismatch", rs256, hmacKey("", publicPEM()).compact(members(`alg="HS256"`, "typ="+`"`+typ+`"`), claims())).allow("RS256", "HS256"),
		bad("hs256-with-public-key-not-allowed", "Where HS256 is not allowed, the list says so first.", "algorithm-not-allowed", rs256, confused(rs256.kid, unb64(rfc7515N))),
		embedded("jwk-embedded", "A token may not bring its own key.", "jwk="+jwk+es256b.jwk["x"].(string)+`","y":"`+es256b.jwk["y"].(string)+`"}`),
		embedded("jwk-null", "Not even an empty one.", "jwk=null"),
		embedded("jku-referenced", "A token may not say where its key is: nothing is fetched.", `jku="https://evil.example/jwks.json"`),
		embedded("jku-of-the-issuer", "Not even where it is right.", `jku="`+issuer+`/.well-known/jwks.json"`),
		embedded("x5u-referenced", "A token may not say where its certificate is.", `x5u="https://evil.example/cert.pem"`),
		embedded("x5c-embedded", "A token may not bring its own certificate.", `x5c=["MIIB"]`),
		refused("crit-unknown", "An extension that must be understood is not.", "unsupported-crit", `crit=["exp"]`, "exp="+at(300)).from("RFC 7515 appendix E"),
		refused("crit-b64", "Not even b64 is understood.", "unsupported-crit", `crit=["b64"]`, "b64=true"),
		refused("crit-empty", "crit is not empty (RFC 7515 section 4.1.11), and any is refused.", "unsupported-crit", "crit=[]"),
		refused("crit-registered", "crit may not name a member of RFC 7515 itself.", "unsupported-crit", `crit=["alg"]`),
		refused("crit-string", "crit is an array, and any is refused.", "unsupported-crit", `crit="exp"`),
		refused("b64-false", "The payload of a token is always encoded (RFC 7797 section 7).", "unencoded-payload", "b64=false", `crit=["b64"]`),
		refused("b64-false-without-crit", "It is refused also where crit does not name it.", "unencoded-payload", "b64=false"),
		refused("b64-string", "Anything but true is refused.", "unencoded-payload", `b64="true"`),
		refused("typ-jwt", "JWT is what other tokens say.", "wrong-typ", `typ="JWT"`),
		refused("typ-access-token", "An access token is no binding token (RFC 9068).", "wrong-typ", `typ="at+jwt"`),
		refused("typ-missing", "typ is due.", "wrong-typ", "typ="),
		refused("typ-null", "typ is a string.", "wrong-typ", "typ=null"),
		refused("typ-number-any", "typ is a string also where any is accepted.", "wrong-typ", "typ=1").withTyp(""),
		refused("typ-other-tree", "Only application/ may be left out.", "wrong-typ", `typ="text/fhir-ws-binding+jwt"`),
		refused("typ-application-twice", "application/ is written once.", "wrong-typ", `typ="application/application/fhir-ws-binding+jwt"`),
		refused("typ-parameter", "A parameter makes another media type.", "wrong-typ", `typ="fhir-ws-binding+jwt;v=1"`),
		refused("typ-long-s", "Only ASCII has case: the long s (U+017F) is no s.", "wrong-typ", `typ="fhir-w\u017f-binding+jwt"`),
		refused("typ-not-the-callers", "The caller expects another typ.", "wrong-typ").withTyp("example+jwt"),
		refused("kid-number", "kid is a string (RFC 7515 section 4.1.4).", "header-not-allowed", "kid=1"),
		refused("kid-null", "kid is a string.", "header-not-allowed", "kid=null"),
		refused("kid-object", "kid is a string.", "header-not-allowed", `kid={"$ne":""}`),
		refused("nonce-number", "A member that some libraries cannot read is refused by all.", "header-not-allowed", "nonce=5"),
		refused("number-beyond-double", "A number that no double can hold is read differently by different libraries.", "header-not-allowed", "x=[1e400]"),
	}
}

func publicDER() []byte { return must(x509.MarshalPKIXPublicKey(&rsaPrivate().PublicKey)) }

func publicPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: publicDER()})
}

// confused is a token of HS256 with a secret that is public.
func confused(kid string, secret []byte) string {
	k := hmacKey(kid, secret)
	return k.token()
}
