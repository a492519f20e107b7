package jose

import (
	"crypto/ecdsa"
	"sync/atomic"

	"github.com/go-jose/go-jose/v4"

	"github.com/wsbind/wsbind/core/token"
)

// ParseKey reads one JWK (RFC 7517), public, private or secret. The error has
// the code [fault.InvalidKey] and says what is wrong without showing the key.
func ParseKey(text []byte) (Key, error) {
	jwk, err := token.ReadKey(text)
	if err != nil {
		return Key{}, err
	}
	return newKey(jwk)
}

// newKey makes a key of a JWK that was read: core/token checked all but the
// arithmetic.
func newKey(jwk token.JWK) (Key, error) {
	if jwk.Unusable != nil {
		return Key{}, jwk.Unusable
	}
	k := Key{
		jwk: new(jose.JSONWebKey), kind: jwk.Name, algorithms: jwk.Algorithms, sign: jwk.Sign, verify: jwk.Verify,
		signing: new(atomic.Pointer[signing]),
	}
	if k.jwk.UnmarshalJSON(jwk.Material()) != nil || !k.isPair() {
		// What go-jose says of it is left out: WebCrypto does not say it.
		return Key{}, jwk.Broken()
	}
	return k, nil
}

// isPair reports whether an EC private key belongs to its public half. go-jose
// checks this for Ed25519 and RSA.
func (k Key) isPair() bool {
	private, ok := k.jwk.Key.(*ecdsa.PrivateKey)
	if !ok {
		return true
	}
	derived, err := private.ECDH()
	if err != nil {
		return false // d is out of range
	}
	public, err := private.PublicKey.ECDH()
	return err == nil && derived.PublicKey().Equal(public)
}
