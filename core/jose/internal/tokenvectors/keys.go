package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"math/big"
)

// A key signs for one algorithm and has the JWK that verifies.
type key struct {
	alg  string
	kid  string
	jwk  map[string]any
	sign func(input string) []byte
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func unb64(s string) []byte { return must(base64.RawURLEncoding.DecodeString(s)) }

func sum256(s string) []byte { h := sha256.Sum256([]byte(s)); return h[:] }

func sum384(s string) []byte { h := sha512.Sum384([]byte(s)); return h[:] }

// The fixed keys. Their secrets are hashes of a label: they protect nothing.
var (
	es256  = ecKey("ES256", "es-1", elliptic.P256(), sum256("wsbind vectors P-256"))
	es256b = ecKey("ES256", "es-2", elliptic.P256(), sum256("wsbind vectors P-256, second"))
	es384  = ecKey("ES384", "es-3", elliptic.P384(), sum384("wsbind vectors P-384"))
	eddsa  = edKey("ed-1", sum256("wsbind vectors Ed25519"))
	hs256  = hmacKey("hs-1", sum256("wsbind vectors HS256"))
	rs256  = rsaKey("RS256")
	rs384  = rsaKey("RS384")
	ps256  = rsaKey("PS256")
)

func ecKey(alg, kid string, curve elliptic.Curve, d []byte) key {
	private := must(ecdsa.ParseRawPrivateKey(curve, d))
	point := must(private.PublicKey.Bytes())[1:]
	size := len(point) / 2
	return key{alg: alg, kid: kid,
		jwk: map[string]any{"kty": "EC", "crv": curve.Params().Name, "x": b64(point[:size]), "y": b64(point[size:]), "kid": kid},
		sign: func(input string) []byte {
			r, s := ecdsaSign(private, input)
			return append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...)
		}}
}

// ecdsaSign signs deterministically (RFC 6979), which is what Go does without a
// source of randomness.
func ecdsaSign(private *ecdsa.PrivateKey, input string) (r, s *big.Int) {
	digest, hash := sum256(input), crypto.SHA256
	if private.Curve == elliptic.P384() {
		digest, hash = sum384(input), crypto.SHA384
	}
	der := must(private.Sign(nil, digest, hash))
	var sig struct{ R, S *big.Int }
	must(asn1.Unmarshal(der, &sig))
	return sig.R, sig.S
}

func edKey(kid string, seed []byte) key {
	private := ed25519.NewKeyFromSeed(seed)
	return key{alg: "EdDSA", kid: kid,
		jwk:  map[string]any{"kty": "OKP", "crv": "Ed25519", "x": b64(private.Public().(ed25519.PublicKey)), "kid": kid},
		sign: func(input string) []byte { return ed25519.Sign(private, []byte(input)) }}
}

func hmacKey(kid string, secret []byte) key {
	return key{alg: "HS256", kid: kid,
		jwk:  map[string]any{"kty": "oct", "k": b64(secret), "kid": kid},
		sign: func(input string) []byte { return mac(secret, input) }}
}

func mac(secret []byte, input string) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(input))
	return h.Sum(nil)
}

// rsaKey is the key of RFC 7515 appendix A.2.
func rsaKey(alg string) key { return rsaKeyOf(alg, "rsa-1", rfc7515N, rsaPrivate()) }

func rsaPrivate() *rsa.PrivateKey { return readRSA(rfc7515N, rfc7515D, rfc7515P, rfc7515Q) }

func weakRSA() key { return rsaKeyOf("RS256", "rsa-2", weakN, readRSA(weakN, weakD, weakP, weakQ)) }

func rsaKeyOf(alg, kid, n string, private *rsa.PrivateKey) key {
	return key{alg: alg, kid: kid,
		jwk: map[string]any{"kty": "RSA", "n": n, "e": "AQAB", "kid": kid},
		sign: func(input string) []byte {
			switch alg {
			case "RS384":
				return must(rsa.SignPKCS1v15(nil, private, crypto.SHA384, sum384(input)))
			case "PS256":
				return pss(private, input, 32)
			}
			return must(rsa.SignPKCS1v15(nil, private, crypto.SHA256, sum256(input)))
		}}
}

func readRSA(n, d, p, q string) *rsa.PrivateKey {
	number := func(s string) *big.Int { return new(big.Int).SetBytes(unb64(s)) }
	private := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: number(n), E: 65537},
		D:         number(d),
		Primes:    []*big.Int{number(p), number(q)},
	}
	private.Precompute()
	if err := private.Validate(); err != nil {
		panic(err)
	}
	return private
}

// pss signs by RFC 8017 section 8.1.1 with a salt that is derived from the
// input, since rsa.SignPSS draws one at random.
func pss(private *rsa.PrivateKey, input string, saltLength int) []byte {
	digest, salt := sum256(input), sum384("salt " + input)[:saltLength]
	bits := private.N.BitLen() - 1
	size := (bits + 7) / 8
	h := sha256.New()
	h.Write(make([]byte, 8))
	h.Write(digest)
	h.Write(salt)
	hash := h.Sum(nil)
	db := make([]byte, size-len(hash)-1)
	db[len(db)-saltLength-1] = 1
	copy(db[len(db)-saltLength:], salt)
	for i, c := range mgf1(hash, len(db)) {
		db[i] ^= c
	}
	db[0] &= 0xFF >> (8*size - bits)
	encoded := append(append(db, hash...), 0xBC)
	m := new(big.Int).SetBytes(encoded)
	return m.Exp(m, private.D, private.N).FillBytes(make([]byte, private.Size()))
}

func mgf1(seed []byte, length int) []byte {
	var mask []byte
	for i := 0; len(mask) < length; i++ {
		block := sha256.Sum256(append(append([]byte(nil), seed...), byte(i>>24), byte(i>>16), byte(i>>8), byte(i)))
		mask = append(mask, block[:]...)
	}
	return mask[:length]
}

// set is a JWK Set of the keys' JWKs.
func set(keys ...key) json.RawMessage {
	jwks := []any{}
	for _, k := range keys {
		jwks = append(jwks, k.jwk)
	}
	return must(json.Marshal(map[string]any{"keys": jwks}))
}

// with returns the key with members of its JWK set, or removed where nil.
func (k key) with(members map[string]any) key {
	jwk := map[string]any{}
	for name, value := range k.jwk {
		jwk[name] = value
	}
	for name, value := range members {
		if jwk[name] = value; value == nil {
			delete(jwk, name)
		}
	}
	k.jwk = jwk
	return k
}

// compact signs a header and a payload given as text.
func (k key) compact(header, payload string) string {
	input := b64([]byte(header)) + "." + b64([]byte(payload))
	return input + "." + b64(k.sign(input))
}
