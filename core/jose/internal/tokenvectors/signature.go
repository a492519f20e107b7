package main

import (
	"crypto/elliptic"
	"encoding/asn1"
	"math/big"
	"strings"
)

func signatureCases() []testCase {
	k := es256
	token := k.token()
	dot := strings.LastIndex(token, ".")
	input := token[:dot]
	r := unb64(token[dot+1:])[:32]
	s := unb64(token[dot+1:])[32:]
	n := elliptic.P256().Params().N
	full := func(i *big.Int) []byte { return i.FillBytes(make([]byte, 32)) }
	zero := make([]byte, 32)
	ecdsa := func(name, why, code string, parts ...[]byte) testCase {
		signature := []byte{}
		for _, p := range parts {
			signature = append(signature, p...)
		}
		return bad(name, why, code, k, input+"."+b64(signature))
	}
	const zeros = "A library that does not check the range accepts it for every message (CVE-2022-21449)."
	der := must(asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(r), new(big.Int).SetBytes(s)}))
	twin := new(big.Int).Sub(n, new(big.Int).SetBytes(s))
	cases := []testCase{
		ecdsa("ecdsa-der", "JWS writes r and s side by side (RFC 7518 section 3.4), not DER.", "signature-format", der),
		ecdsa("ecdsa-zero", zeros, "signature-format", zero, zero),
		ecdsa("ecdsa-r-zero", zeros, "signature-format", zero, s),
		ecdsa("ecdsa-s-zero", zeros, "signature-format", r, zero),
		ecdsa("ecdsa-r-order", "r is below the order of the curve: n is another zero.", "signature-format", full(n), s),
		ecdsa("ecdsa-s-order", "s is below the order of the curve.", "signature-format", r, full(n)),
		ecdsa("ecdsa-all-ones", "r and s are below the order of the curve.", "signature-format", []byte(repeat("\xff", 64))),
		ecdsa("ecdsa-short", "r and s have their full length.", "signature-format", r, s[:31]),
		ecdsa("ecdsa-long", "r and s have no more than their length.", "signature-format", r, s, []byte{0}),
		ecdsa("ecdsa-with-leading-zeros", "Not even where the numbers would be the same.", "signature-format", []byte{0}, r, []byte{0}, s),
		ecdsa("ecdsa-swapped", "s and r is not r and s.", "bad-signature", s, r),
		ecdsa("ecdsa-one-bit", "One bit is another.", "bad-signature", r, s[:31], []byte{s[31] ^ 1}),
		ecdsa("ecdsa-r-and-s-one", "In range, and wrong.", "bad-signature", full(big.NewInt(1)), full(big.NewInt(1))),
		ecdsa("ecdsa-r-and-s-order-less-one", "The largest numbers in range, and wrong.", "bad-signature", full(new(big.Int).Sub(n, big.NewInt(1))), full(new(big.Int).Sub(n, big.NewInt(1)))),
		good("ecdsa-twin", "n - s verifies as well, in every library: a token is known by its jti, not by its bytes.", k, k.header(), claims()).
			alter(func(c *testCase) { c.Token = input + "." + b64(append(append([]byte{}, r...), full(twin)...)) }),
		bad("es384-length-of-es256", "ES384 gives 96 bytes.", "signature-format", es384, cut(es384.token(), 64)),
		bad("es384-zero", zeros, "signature-format", es384, cut(es384.token(), 0)+b64(make([]byte, 96))),
		bad("eddsa-short", "EdDSA gives 64 bytes.", "signature-format", eddsa, cut(eddsa.token(), 63)),
		bad("eddsa-s-plus-order", "S is below the order (RFC 8032 section 5.1.7); S plus the order would be a twin.", "signature-format", eddsa, edTwin(eddsa.token())),
		bad("eddsa-one-bit", "One bit is another.", "bad-signature", eddsa, flip(eddsa.token(), 5)),
		bad("hs256-short", "HS256 gives 32 bytes: a truncated MAC is easier to guess.", "signature-format", hs256, cut(hs256.token(), 16)),
		bad("hs256-one-bit", "One bit is another.", "bad-signature", hs256, flip(hs256.token(), 31)),
		bad("hs256-other-secret", "Another secret.", "bad-signature", hs256, hmacKey("hs-1", sum256("another")).token()),
		bad("rs256-one-bit", "One bit is another.", "bad-signature", rs256, flip(rs256.token(), 200)),
		bad("rs256-short", "An RSA signature is as long as the modulus.", "signature-format", rs256, cut(rs256.token(), 255)),
		bad("rs256-zero", "Zero is no signature.", "bad-signature", rs256, cut(rs256.token(), 0)+b64(make([]byte, 256))),
		bad("rs256-one", "Neither is one.", "bad-signature", rs256, cut(rs256.token(), 0)+b64(append(make([]byte, 255), 1))),
		bad("rs256-too-long", "Beyond 4096 bits nothing is an RSA signature here.", "signature-format", rs256, cut(rs256.token(), 0)+b64(make([]byte, 513))),
		bad("rs256-longer-than-the-key", "Zeros before the number make another signature.", "bad-signature", rs256, prepend(rs256.token())),
		bad("rs384-as-rs256", "The hash is part of what is signed.", "bad-signature", rs256, rs384.compact(rs256.header(), claims())),
		bad("ps256-as-rs256", "So is the padding.", "bad-signature", rs256, ps256.compact(rs256.header(), claims())),
		bad("ps256-other-salt-length", "The salt is as long as the hash (RFC 7518 section 3.5).", "bad-signature", ps256, shortSalt()),
		bad("header-changed", "The header is signed.", "bad-signature", k, b64([]byte(k.header("x=1")))+input[strings.IndexByte(input, '.'):]+token[dot:]),
		bad("payload-changed", "The payload is signed.", "bad-signature", k, input[:strings.IndexByte(input, '.')+1]+b64([]byte(claims(`sub="mallory"`)))+token[dot:]),
		bad("signature-of-other-token", "A signature belongs to one token.", "bad-signature", k, input+"."+cutFront(k.token(`jti="other"`))),
	}
	return cases
}

// cut keeps so many bytes of a token's signature.
func cut(token string, length int) string {
	dot := strings.LastIndex(token, ".")
	return token[:dot+1] + b64(unb64(token[dot+1:])[:length])
}

// cutFront is a token's signature.
func cutFront(token string) string { return token[strings.LastIndex(token, ".")+1:] }

// flip changes one bit of a token's signature.
func flip(token string, index int) string {
	signature := unb64(cutFront(token))
	signature[index] ^= 4
	return cut(token, 0) + b64(signature)
}

// prepend puts a zero byte before a token's signature.
func prepend(token string) string {
	return cut(token, 0) + b64(append([]byte{0}, unb64(cutFront(token))...))
}

// edTwin adds the order of Ed25519 to S.
func edTwin(token string) string {
	signature := unb64(cutFront(token))
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	s := new(big.Int).SetBytes(reversed(signature[32:]))
	copy(signature[32:], reversed(s.Add(s, order).FillBytes(make([]byte, 32))))
	return cut(token, 0) + b64(signature)
}

func reversed(b []byte) []byte {
	r := make([]byte, len(b))
	for i := range b {
		r[len(b)-1-i] = b[i]
	}
	return r
}

func shortSalt() string {
	k := ps256
	private := rsaPrivate()
	k.sign = func(input string) []byte { return pss(private, input, 20) }
	return k.token()
}
