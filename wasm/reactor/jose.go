//go:build jose

package main

import (
	"time"

	"github.com/wsbind/wsbind/core/jose"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/token"
)

// moduleName is what describe calls this build.
const moduleName = "jose"

//go:wasmexport issue_token
func exportIssueToken(at, length int32) int64 { return call(at, length, (*instance).issueToken) }

//go:wasmexport verify_token
func exportVerifyToken(at, length int32) int64 { return call(at, length, (*instance).verifyToken) }

// issueToken is issue_begin and issue_end with the signature in between.
func (m *instance) issueToken(options, document []byte) ([]byte, error) {
	var header token.Header
	var jwk []byte
	err := m.readOptions(options, func(r *optionReader, name string, v jsonscan.Value) bool {
		if name == "key" {
			jwk = r.json(v)
			return true
		}
		return setHeader(&header, r, name, v)
	})
	if err != nil {
		return nil, err
	}
	claims, err := token.ReadClaims(document)
	if err != nil {
		return nil, err
	}
	key, err := jose.ParseKey(jwk)
	if err != nil {
		return nil, err
	}
	return m.issued(sign(key, header, claims))
}

// sign issues a token with a key. The header may leave the algorithm and the
// kid to it.
func sign(key jose.Key, h token.Header, claims token.Claims) (string, error) {
	if h.Algorithm == "" && key.CanSign() {
		h.Algorithm = key.Algorithms()[0]
	}
	if h.KeyID == "" {
		h.KeyID = key.ID()
	}
	u, err := token.Prepare(h, claims)
	if err != nil {
		return "", err
	}
	signature, err := key.Sign(h.Algorithm, u.SigningInput())
	if err != nil {
		return "", err
	}
	return u.Finish(signature)
}

// verifyToken is verify_begin and verify_end with the arithmetic in between.
func (m *instance) verifyToken(options, compact []byte) ([]byte, error) {
	var o verification
	var jwks []byte
	var now time.Time
	timed := false
	err := m.readOptions(options, func(r *optionReader, name string, v jsonscan.Value) bool {
		switch name {
		case "keys":
			jwks = r.json(v)
		case "now":
			now, timed = r.now(v)
		default:
			return o.set(r, name, v)
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	if !timed {
		return nil, errNoTime
	}
	keys, err := jose.ParseSet(jwks)
	if err != nil {
		return nil, err
	}
	v := jose.Verifier{Keys: keys, Policy: o.policy}
	if o.raw {
		payload, err := v.VerifyRaw(string(compact), now)
		return m.payload(payload, err)
	}
	claims, err := v.Verify(string(compact), now)
	return m.claims(claims.Raw, err)
}

// json returns the text of an option that is an object, or is given as text so
// that what is wrong within it is for its own reader to say.
func (r *optionReader) json(v jsonscan.Value) []byte {
	if !r.of(v, "an object or its text", jsonscan.Object, jsonscan.String) {
		return nil
	}
	if v.Kind() == jsonscan.Object {
		return v.Raw()
	}
	return v.Bytes(nil)
}
