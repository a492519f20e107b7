package jose

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/token"
)

// Verify reports whether signature is the key's signature of a signing input,
// by an algorithm that the key may be used with. The input and the signature
// are those of a token that passed [token.Policy.Prepare].
func (k Key) Verify(algorithm token.Algorithm, input, signature []byte) bool {
	if !k.verifies(algorithm) {
		return false
	}
	compact := string(input) + "." + base64.RawURLEncoding.EncodeToString(signature)
	object, err := jose.ParseSignedCompact(compact, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(algorithm)})
	if err != nil {
		return false
	}
	_, err = object.Verify(k.verificationKey(algorithm))
	return err == nil
}

// verificationKey returns what go-jose verifies with.
func (k Key) verificationKey(algorithm token.Algorithm) any {
	jwk := k.material()
	if _, secret := jwk.Key.([]byte); secret {
		return jwk.Key
	}
	public := jwk.Public().Key
	if key, ok := public.(*rsa.PublicKey); ok && algorithm == token.PS256 {
		return pssVerifier{key}
	}
	return public
}

// pssVerifier verifies PS256 with a salt as long as the hash, as RFC 7518
// section 3.5 has it and WebCrypto does; go-jose accepts a salt of any length.
type pssVerifier struct{ key *rsa.PublicKey }

var _ jose.OpaqueVerifier = pssVerifier{}

// VerifyPayload implements jose.OpaqueVerifier for PS256.
func (v pssVerifier) VerifyPayload(payload, signature []byte, _ jose.SignatureAlgorithm) error {
	digest := sha256.Sum256(payload)
	return rsa.VerifyPSS(v.key, crypto.SHA256, digest[:], signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
}

// Sign returns the signature of a signing input made by [token.Prepare]. It
// fails with [fault.TokenKeyMismatch] if the key must not sign with the
// algorithm.
func (k Key) Sign(algorithm token.Algorithm, input []byte) ([]byte, error) {
	if !k.signs(algorithm) {
		return nil, fault.New(fault.TokenKeyMismatch, k.String()+" must not sign with "+string(algorithm))
	}
	header, payload, _ := bytes.Cut(input, []byte{'.'})
	text, err := token.DecodeBase64URL(string(payload))
	if err != nil {
		return nil, err
	}
	last := k.signing.Load()
	known := last != nil && last.algorithm == algorithm && last.header == string(header)
	if !known {
		if last, err = k.newSigning(algorithm, string(header)); err != nil {
			return nil, err
		}
	}
	object, err := last.signer.Sign(text)
	if err != nil {
		return nil, invalidKey(k.String() + " cannot sign: " + reason(err))
	}
	if !known {
		compact, err := object.CompactSerialize()
		if err != nil || !strings.HasPrefix(compact, string(input)+".") {
			return nil, fault.New(fault.Internal, "go-jose writes another header than core/token")
		}
		k.signing.Store(last)
	}
	return object.Signatures[0].Signature, nil
}

// newSigning makes what signs tokens with a header. go-jose writes the header
// itself: it is told what ours says, and must come to the same bytes, which is
// looked at with the first token. The payload it gets is canonical base64url, and
// comes to the same bytes each time.
func (k Key) newSigning(algorithm token.Algorithm, header string) (*signing, error) {
	members, err := membersOf(header)
	if err != nil {
		return nil, err
	}
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.SignatureAlgorithm(algorithm), Key: k.jwk.Key},
		&jose.SignerOptions{ExtraHeaders: members})
	if err != nil {
		return nil, invalidKey(k.String() + " cannot sign: " + reason(err))
	}
	return &signing{algorithm, header, signer}, nil
}

// membersOf returns the members but alg of a header, as it is encoded.
func membersOf(encoded string) (map[jose.HeaderKey]any, error) {
	header, err := token.DecodeBase64URL(encoded)
	if err != nil {
		return nil, err
	}
	var doc jsonscan.Document
	if err := doc.Parse(header, jsonscan.Limits{}); err != nil {
		return nil, err
	}
	members := map[jose.HeaderKey]any{}
	for name, value := range doc.Root().Members() {
		if !name.Is("alg") {
			members[jose.HeaderKey(name.Text())] = value.Text()
		}
	}
	return members, nil
}

// reason returns what go-jose says, without its name.
func reason(err error) string {
	return strings.TrimPrefix(err.Error(), "go-jose/go-jose: ")
}
