package token

import (
	"strconv"

	"github.com/wsbind/wsbind/core/fault"
)

// Algorithm is a signature algorithm by its JOSE name (RFC 7518, RFC 8037).
type Algorithm string

// The algorithms that are known. RFC 9864's name for EdDSA with Ed25519,
// "Ed25519", is refused: two names for one algorithm would be two spellings of
// one token.
const (
	ES256 Algorithm = "ES256"
	ES384 Algorithm = "ES384"
	EdDSA Algorithm = "EdDSA" // Ed25519 only
	RS256 Algorithm = "RS256"
	RS384 Algorithm = "RS384"
	PS256 Algorithm = "PS256"
	HS256 Algorithm = "HS256"
)

// Algorithms lists every algorithm that is known. It is a fine allow-list where
// each key fits one kind of algorithm only, as core/jose makes sure; a server
// lists what it signs with.
func Algorithms() []Algorithm {
	return []Algorithm{ES256, ES384, EdDSA, RS256, RS384, PS256, HS256}
}

// Known reports whether a is one of [Algorithms].
func (a Algorithm) Known() bool {
	switch a {
	case ES256, ES384, EdDSA, RS256, RS384, PS256, HS256:
		return true
	}
	return false
}

// The orders of the groups, in the byte order that signatures have: big-endian
// for P-256 and P-384, little-endian for Ed25519.
const (
	orderP256 = "\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff" +
		"\xbc\xe6\xfa\xad\xa7\x17\x9e\x84\xf3\xb9\xca\xc2\xfc\x63\x25\x51"
	orderP384 = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff" +
		"\xff\xff\xff\xff\xff\xff\xff\xff\xc7\x63\x4d\x81\xf4\x37\x2d\xdf" +
		"\x58\x1a\x0d\xb2\x48\xb0\xa7\x7a\xec\xec\x19\x6a\xcc\xc5\x29\x73"
	orderEd25519 = "\xed\xd3\xf5\x5c\x1a\x63\x12\x58\xd6\x9c\xf7\xa2\xde\xf9\xde\x14" +
		"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x10"
)

// The bytes of an RSA signature, which is as long as the modulus: 2048 bits
// are the least that is secure, 4096 the most that is not a way to keep a
// verifier busy.
const (
	minRSASignature = 2048 / 8
	maxRSASignature = 4096 / 8
)

// checkSignature refuses what cannot be a signature of the algorithm, so that
// every holder of a key refuses the same: libraries differ in what they do
// with values of the wrong length or outside the group.
func (a Algorithm) checkSignature(signature []byte) error {
	switch a {
	case ES256:
		return checkECDSA(signature, orderP256)
	case ES384:
		return checkECDSA(signature, orderP384)
	case EdDSA:
		if err := checkLength(a, len(signature), 64, 64); err != nil {
			return err
		}
		if !belowLittleEndian(signature[32:], orderEd25519) {
			return fault.New(fault.TokenSignatureFormat, "the signature's S is not below the order of Ed25519")
		}
		return nil
	case HS256:
		return checkLength(a, len(signature), 32, 32)
	}
	return checkLength(a, len(signature), minRSASignature, maxRSASignature)
}

func checkLength(a Algorithm, got, least, most int) error {
	if least <= got && got <= most {
		return nil
	}
	due := strconv.Itoa(least)
	if most != least {
		due += " to " + strconv.Itoa(most)
	}
	return fault.New(fault.TokenSignatureFormat, "the signature has "+strconv.Itoa(got)+" bytes, "+string(a)+" gives "+due)
}

// checkECDSA takes r and s as RFC 7518 section 3.4 writes them: two numbers of
// the order's length, from 1 to the order less 1.
func checkECDSA(signature []byte, order string) error {
	if size := len(order); len(signature) != 2*size {
		return fault.New(fault.TokenSignatureFormat, "the signature has "+strconv.Itoa(len(signature))+
			" bytes, r and s of this curve have "+strconv.Itoa(2*size)+": DER is not JWS")
	}
	r, s := string(signature[:len(order)]), string(signature[len(order):])
	if r >= order || s >= order || isZero(r) || isZero(s) {
		return fault.New(fault.TokenSignatureFormat, "the signature's r or s is not between 1 and the order of the curve")
	}
	return nil
}

func isZero(number string) bool {
	for i := range len(number) {
		if number[i] != 0 {
			return false
		}
	}
	return true
}

func belowLittleEndian(number []byte, limit string) bool {
	for i := len(limit) - 1; i >= 0; i-- {
		if number[i] != limit[i] {
			return number[i] < limit[i]
		}
	}
	return false
}
