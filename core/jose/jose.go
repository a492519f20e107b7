// Package jose signs and verifies binding tokens: core/token holds the policy,
// go-jose does the arithmetic, and this package binds each key to the
// algorithms it may be used with. It is the only importer of go-jose.
//
// A verifier needs a JWK Set and a policy, an issuer a set whose active key is
// private:
//
//	keys, err := jose.ParseSet(jwks)
//	v := jose.Verifier{Keys: keys, Policy: token.Policy{Algorithms: …, Issuer: …, Audience: …}}
//	claims, err := v.Verify(compact, now)
//
//	key, err := jose.Generate(token.ES256)
//	i := jose.Issuer{Keys: jose.NewSet(key)}
//	compact, err := i.Issue(claims)
//
// # Keys
//
// The algorithm is chosen by the policy's list and must fit the key by its kty,
// crv, alg, use and key_ops; a public RSA or EC key never serves as an HMAC
// secret. RSA keys have 2048 to 4096 bits and the exponent 3, 17 or 65537, HMAC
// secrets at least 256 bits. JWKs are read strictly, by core/token: duplicate
// members, non-canonical base64url and numbers with leading zeros are refused.
// Certificates and URLs in a JWK (x5c, x5u) are not read, and nothing is ever
// fetched.
//
// RFC 9864's name "Ed25519" is refused in alg, of a token as of a key: the name
// here is EdDSA, and a token has one spelling.
//
// # Where this is stricter than go-jose
//
// The shape of a signature is checked before go-jose sees it; PS256 has a salt
// as long as its hash (RFC 7518 section 3.5), where go-jose takes any; an EC
// private key must belong to its public half.
//
// Key generation and signatures use the system's randomness. Private material
// is in [Key.Private] and nowhere else: not in a published set, not in %v.
package jose

import (
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/token"
)

// Verifier verifies tokens with the keys of a set, by a policy. It may be used
// by several goroutines.
type Verifier struct {
	Keys   *Set
	Policy token.Policy
}

// Verify checks a compact serialization at the time now and returns its claims.
// The error is a *[fault.Error] with one of the Token codes or ExpiredToken.
func (v *Verifier) Verify(compact string, now time.Time) (token.Claims, error) {
	u, verified, err := v.check(compact, now)
	if err != nil {
		return token.Claims{}, err
	}
	return u.Finish(verified, now)
}

// VerifyRaw checks header and signature only and returns the payload, whatever
// it is. The time matters for retired keys.
func (v *Verifier) VerifyRaw(compact string, now time.Time) ([]byte, error) {
	u, verified, err := v.check(compact, now)
	if err != nil {
		return nil, err
	}
	return u.FinishRaw(verified)
}

func (v *Verifier) check(compact string, now time.Time) (*token.Unverified, bool, error) {
	u, err := v.Policy.Prepare(compact)
	if err != nil {
		return nil, false, err
	}
	key, err := v.Keys.Find(u, now)
	if err != nil {
		return nil, false, err
	}
	return u, key.Verify(u.Algorithm, u.SigningInput(), u.Signature), nil
}

// Issuer signs tokens with the active key of a set. It may be used by several
// goroutines.
type Issuer struct {
	Keys *Set
	// Algorithm is what to sign with; "" means the first that fits the key.
	Algorithm token.Algorithm
	// Type is the typ of the tokens, "" for [token.Type].
	Type string
}

// Issue signs claims and returns the compact serialization. Claims that no
// verifier would accept are refused with one of the Token codes, a set without
// a private key with [fault.InvalidKey].
func (i *Issuer) Issue(claims token.Claims) (string, error) {
	key, err := i.Keys.Active()
	if err != nil {
		return "", err
	}
	algorithm := i.Algorithm
	if algorithm == "" {
		algorithm = key.Algorithms()[0]
	}
	unsigned, err := token.Prepare(token.Header{Algorithm: algorithm, KeyID: key.ID(), Type: i.Type}, claims)
	if err != nil {
		return "", err
	}
	signature, err := key.Sign(algorithm, unsigned.SigningInput())
	if err != nil {
		return "", err
	}
	return unsigned.Finish(signature)
}

// invalidKey returns an error about a JWK. what never holds key material.
func invalidKey(what string) error { return fault.New(fault.InvalidKey, what) }
