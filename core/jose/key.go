package jose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"slices"
	"sync/atomic"

	"github.com/go-jose/go-jose/v4"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/token"
)

// Key is one key, private, public or secret, with the algorithms it may be used
// with. The zero value may be used with none.
type Key struct {
	jwk        *jose.JSONWebKey // behind a pointer, which fmt does not follow within a struct
	kind       string           // as a diagnostic names it, such as "P-256 key"
	algorithms []token.Algorithm
	sign       bool // holds what signing needs, and use and key_ops allow it
	verify     bool // use and key_ops allow it
	signing    *atomic.Pointer[signing]
}

// signing is what go-jose signed the latest token with: the next one mostly has the
// same header. It holds of the key what the key holds itself.
type signing struct {
	algorithm token.Algorithm
	header    string // as it is encoded
	signer    jose.Signer
}

// ID returns the kid, "" if the key has none.
func (k Key) ID() string { return k.material().KeyID }

func (k Key) material() jose.JSONWebKey {
	if k.jwk == nil {
		return jose.JSONWebKey{}
	}
	return *k.jwk
}

// Algorithms returns what the key may be used with, by its kty, crv and alg.
func (k Key) Algorithms() []token.Algorithm { return slices.Clone(k.algorithms) }

// CanSign reports whether the key is private (or secret) and may sign.
func (k Key) CanSign() bool { return k.sign }

// String names the key by its kind and kid; it shows no key material.
func (k Key) String() string {
	if k.ID() == "" {
		return k.kind + " without kid"
	}
	return k.kind + " " + fault.Quote(k.ID())
}

// GoString is String, so that %#v shows no key material either.
func (k Key) GoString() string { return k.String() }

func (k Key) signs(a token.Algorithm) bool    { return k.sign && slices.Contains(k.algorithms, a) }
func (k Key) verifies(a token.Algorithm) bool { return k.verify && slices.Contains(k.algorithms, a) }

// Thumbprint returns the key's RFC 7638 thumbprint with SHA-256 in base64url.
// It is "" for a secret, whose thumbprint should not be shown (section 7).
func (k Key) Thumbprint() string {
	jwk := k.material()
	sum, err := jwk.Thumbprint(crypto.SHA256)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(sum)
}

// Private returns the key as a JWK with its private or secret members: it is
// for the key's own file.
func (k Key) Private() ([]byte, error) { return marshal(k.material()) }

// Public returns the public half as a JWK. It fails for a secret, which has
// none.
func (k Key) Public() ([]byte, error) {
	if !k.hasPublic() {
		return nil, invalidKey(k.String() + " has no public half: give it to nobody")
	}
	jwk := k.material()
	return marshal(jwk.Public())
}

func (k Key) hasPublic() bool {
	jwk := k.material()
	public := jwk.Public()
	return public.IsPublic() && public.Valid()
}

func marshal(jwk jose.JSONWebKey) ([]byte, error) {
	jwk.Use = "sig"
	text, err := jwk.MarshalJSON()
	if err != nil {
		return nil, invalidKey("the key cannot be written: " + reason(err))
	}
	return text, nil
}

// Generate makes a new private key for an algorithm: P-256, P-384, Ed25519, RSA
// with 2048 bits, or 32 secret bytes. Its kid is its thumbprint, or random for
// a secret. RSA takes a fraction of a second.
func Generate(algorithm token.Algorithm) (Key, error) {
	jwk := jose.JSONWebKey{Algorithm: string(algorithm), Use: "sig"}
	var err error
	switch algorithm {
	case token.ES256:
		jwk.Key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case token.ES384:
		jwk.Key, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case token.EdDSA:
		_, jwk.Key, err = ed25519.GenerateKey(rand.Reader)
	case token.RS256, token.RS384, token.PS256:
		jwk.Key, err = rsa.GenerateKey(rand.Reader, 2048)
	case token.HS256:
		secret := make([]byte, 32)
		_, err = rand.Read(secret)
		jwk.Key, jwk.KeyID = secret, rand.Text()
	default:
		return Key{}, invalidKey("no key can be made for algorithm " + fault.Quote(string(algorithm)))
	}
	if err != nil {
		return Key{}, invalidKey("no key can be made: " + reason(err))
	}
	if algorithm != token.HS256 {
		jwk.KeyID = Key{jwk: &jwk}.Thumbprint()
	}
	text, err := jwk.MarshalJSON()
	if err != nil {
		return Key{}, invalidKey("no key can be made: " + reason(err))
	}
	return ParseKey(text)
}
