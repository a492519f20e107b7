package main

import "encoding/json"

// private is a key with its private half in the JWK.
func private(k key, d []byte) key { return k.with(map[string]any{"d": b64(d)}) }

func keyCases() []testCase {
	k := es256
	kid := func(name, value string) testCase {
		return bad(name, "kid is compared with the kids of the set and used for nothing else: never a path, a query or a URL.",
			"unknown-key", k, k.compact(k.header("kid="+value), claims()))
	}
	jwk := func(name, why, code string, members map[string]any) testCase {
		return bad(name, why, code, k.with(members), k.token())
	}
	keys := func(c testCase, keys ...key) testCase { c.Keys = set(keys...); return c }
	accepted := func(name, why string, keys ...key) testCase {
		c := good(name, why, k, k.header(), claims())
		c.Keys = set(keys...)
		return c
	}
	weak := weakRSA()
	return []testCase{
		kid("kid-unknown", `"es-9"`),
		kid("kid-other-case", `"ES-1"`),
		kid("kid-empty", `""`),
		kid("kid-white-space", `" es-1"`),
		kid("kid-nul", `"es-1\u0000"`),
		kid("kid-path", `"../../../../dev/null"`),
		kid("kid-file-url", `"file:///etc/passwd"`),
		kid("kid-url", `"https://evil.example/key.json"`),
		kid("kid-query", `"es-1?x=1"`),
		kid("kid-sql", `"x' UNION SELECT 'secret"`),
		kid("kid-shell", `"$(cat /etc/passwd)"`),
		kid("kid-long", `"`+repeat("es-1", 1000)+`"`),
		keys(bad("no-keys", "An empty set verifies nothing.", "unknown-key", k, k.token())),
		keys(bad("kid-of-key-without-kid", "A token with kid is not tried against a key without.", "unknown-key", k, k.token()), k.with(map[string]any{"kid": nil})),
		keys(bad("kid-empty-and-key-without-kid", "An empty kid is a kid that no key has.", "unknown-key", k, k.compact(k.header(`kid=""`), claims())), k.with(map[string]any{"kid": nil})),
		keys(bad("no-kid-two-keys", "Without kid there must be one key only that fits.", "unknown-key", k, k.compact(k.header("kid="), claims())), es256, es256b),
		keys(bad("kid-twice", "Two keys of one kid and algorithm leave open which is meant.", "unknown-key", k, k.token()), es256, es256b.with(map[string]any{"kid": "es-1"})),
		accepted("kid-twice-other-type", "Keys of different types may share a kid (RFC 7517 section 4.5).", es384.with(map[string]any{"kid": "es-1"}), es256),
		keys(bad("no-kid-no-key-that-fits", "No key of the set fits the algorithm.", "key-algorithm-mismatch", k, k.compact(k.header("kid="), claims())), es384, rs256),
		keys(bad("kid-of-other-curve", "ES256 is P-256, not P-384.", "key-algorithm-mismatch", k, k.token()), es384.with(map[string]any{"kid": "es-1"})),
		keys(bad("kid-of-other-key", "The key named by kid did not sign this.", "bad-signature", k, k.token()), es256b.with(map[string]any{"kid": "es-1"})),
		bad("es384-with-p256-key", "ES384 is P-384, not P-256.", "key-algorithm-mismatch", k, es384.compact(es384.header(`kid="es-1"`), claims())).allow("ES256", "ES384"),
		bad("rs256-with-ec-key", "RS256 is RSA.", "key-algorithm-mismatch", k, rs256.compact(rs256.header(`kid="es-1"`), claims())).allow("ES256", "RS256"),
		bad("ps256-with-rs256-key", "A key whose alg is RS256 verifies RS256 only.", "key-algorithm-mismatch", ps256.with(map[string]any{"alg": "RS256"}), ps256.token()),
		jwk("jwk-alg-of-other-type", "An alg that does not fit the key makes it unusable.", "key-algorithm-mismatch", map[string]any{"alg": "RS256"}),
		bad("jwk-alg-ed25519", "RFC 9864's name Ed25519 is refused in a key, too.", "key-algorithm-mismatch", eddsa.with(map[string]any{"alg": "Ed25519"}), eddsa.token()).from("RFC 9864 section 2.2"),
		accepted("jwk-alg", "An alg that fits.", k.with(map[string]any{"alg": "ES256"})),
		accepted("jwk-use-sig", "A key for signatures.", k.with(map[string]any{"use": "sig"})),
		jwk("jwk-use-enc", "A key for encryption verifies nothing.", "key-algorithm-mismatch", map[string]any{"use": "enc"}),
		accepted("jwk-key-ops-verify", "A key that may verify.", k.with(map[string]any{"key_ops": []string{"verify"}})),
		jwk("jwk-key-ops-encrypt", "A key that may only encrypt verifies nothing.", "key-algorithm-mismatch", map[string]any{"key_ops": []string{"encrypt"}}),
		jwk("jwk-key-ops-empty", "A key that may do nothing verifies nothing.", "key-algorithm-mismatch", map[string]any{"key_ops": []string{}}),
		jwk("jwk-key-ops-twice", "No operation is named twice (RFC 7517 section 4.3).", "key-algorithm-mismatch", map[string]any{"key_ops": []string{"verify", "verify"}}),
		jwk("jwk-key-ops-number", "Operations are names.", "key-algorithm-mismatch", map[string]any{"key_ops": []any{"verify", 7}}),
		bad("jwk-key-ops-sign-only", "A secret that may only sign does not verify.", "key-algorithm-mismatch", hs256.with(map[string]any{"key_ops": []string{"sign"}}), hs256.token()),
		jwk("jwk-not-on-curve", "The point is not on the curve.", "key-algorithm-mismatch", map[string]any{"y": k.jwk["x"]}),
		jwk("jwk-coordinate-short", "Coordinates have their full length (RFC 7518 section 6.2.1.2).", "key-algorithm-mismatch", map[string]any{"x": b64(unb64(k.jwk["x"].(string))[1:])}),
		jwk("jwk-padding", "base64url in a JWK has no padding.", "key-algorithm-mismatch", map[string]any{"x": k.jwk["x"].(string) + "="}),
		jwk("jwk-missing-coordinate", "A key without y is no key.", "key-algorithm-mismatch", map[string]any{"y": nil}),
		jwk("jwk-curve-secp256k1", "Another curve is not supported.", "key-algorithm-mismatch", map[string]any{"crv": "secp256k1"}),
		jwk("jwk-kty-unknown", "An unknown kty makes the key unusable, not the set (RFC 7517 section 5).", "key-algorithm-mismatch", map[string]any{"kty": "AKP"}),
		accepted("jwk-unusable-neighbour", "Keys that cannot be used do not spoil the others (RFC 7517 section 5).", es256b.with(map[string]any{"crv": "P-521"}), weak, k),
		accepted("jwk-certificates-ignored", "What a JWK says of certificates is not read, and nothing is fetched.", k.with(map[string]any{"x5c": []string{"no certificate"}, "x5u": "https://evil.example/"})),
		bad("jwk-weak-rsa", "An RSA key has 2048 bits or more (RFC 7518 section 3.3): a shorter signature shows a weak key before it is looked for.", "signature-format", weak, weak.token()),
		bad("jwk-short-secret", "A secret for HS256 has 32 bytes or more (RFC 7518 section 3.2).", "key-algorithm-mismatch", hmacKey("hs-2", []byte("secret")), hmacKey("hs-2", []byte("secret")).token()),
		bad("jwk-rsa-exponent-one", "With exponent 1 anybody can sign.", "key-algorithm-mismatch", rs256.with(map[string]any{"e": "AQ"}), rs256.token()),
		bad("jwk-rsa-exponent-even", "An even exponent is no RSA key.", "key-algorithm-mismatch", rs256.with(map[string]any{"e": "AQAA"}), rs256.token()),
		bad("jwk-rsa-exponent-257", "Not every runtime computes with exponents other than 3, 17 and 65537.", "key-algorithm-mismatch", rs256.with(map[string]any{"e": "AQE"}), rs256.token()),
		bad("jwk-rsa-leading-zero", "Numbers have no leading zero bytes (RFC 7518 section 2).", "key-algorithm-mismatch", rs256.with(map[string]any{"n": b64(append([]byte{0}, unb64(rfc7515N)...))}), rs256.token()),
		bad("jwk-ed25519-low-order", "With a point of low order anybody can sign.", "key-algorithm-mismatch", eddsa.with(map[string]any{"x": b64(append([]byte{1}, make([]byte, 31)...))}), eddsa.token()),
		bad("jwk-ed25519-short", "The key has 32 bytes.", "key-algorithm-mismatch", eddsa.with(map[string]any{"x": b64(make([]byte, 31))}), eddsa.token()),
		keys(bad("jwk-x25519", "X25519 is for key agreement.", "key-algorithm-mismatch", eddsa, eddsa.token()), eddsa.with(map[string]any{"crv": "X25519"})),
		accepted("jwk-private-ec", "A private key verifies by its public half.", private(k, sum256("wsbind vectors P-256"))),
		keys(bad("jwk-private-of-other", "A private key that does not belong to its public half is no key.", "key-algorithm-mismatch", k, k.token()), private(k, sum256("wsbind vectors P-256, second"))),
		good("jwk-without-set", "A single JWK is a set of one.", k, k.header(), claims()).
			alter(func(c *testCase) { c.Keys = must(json.Marshal(k.jwk)) }),
		bad("jwk-enc-without-set", "A single JWK that cannot be used is no set of keys.", "invalid-key", k, k.token()).
			alter(func(c *testCase) { c.Keys = must(json.Marshal(k.with(map[string]any{"use": "enc"}).jwk)) }),
		good("no-kid-secret-among-others", "Without kid the algorithm picks: HS256 a secret, and nothing but a secret.", hs256, hs256.header("kid="), claims()).
			alter(func(c *testCase) { c.Keys = set(rs256, hs256, es256, eddsa) }),
		good("no-kid-rsa-among-others", "And RS256 an RSA key.", rs256, rs256.header("kid="), claims()).
			alter(func(c *testCase) { c.Keys = set(hs256, es256, rs256, eddsa) }),
		bad("jwk-duplicate-member", "A set with a duplicate member is refused as a whole.", "invalid-key", k, k.token()).
			alter(func(c *testCase) {
				c.Keys = json.RawMessage(`{"keys":[],"keys":[` + string(must(json.Marshal(k.jwk))) + `]}`)
			}),
		bad("jwk-set-keys-object", "The member keys is an array.", "invalid-key", k, k.token()).
			alter(func(c *testCase) { c.Keys = json.RawMessage(`{"keys":{}}`) }),
		bad("jwk-set-without-keys", "An object without keys is no set.", "invalid-key", k, k.token()).
			alter(func(c *testCase) { c.Keys = json.RawMessage(`{}`) }),
	}
}
