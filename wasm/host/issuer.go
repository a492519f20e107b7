package host

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/token"
)

// Sign returns the signature of a signing input in the form that JWS gives it,
// as jose.Key.Sign does. It must not use the engine: an instance waits for it.
type Sign func(ctx context.Context, input []byte) ([]byte, error)

// Issuer issues binding tokens. Several goroutines may use it.
type Issuer struct {
	engine  *Engine
	options []byte
	sign    Sign // nil with a key, for issue_token
}

// NewIssuer returns an issuer with the token written in the module and signed
// by the caller.
func (e *Engine) NewIssuer(h token.Header, sign Sign) *Issuer {
	return &Issuer{engine: e, options: marshal(issueOptions{Algorithm: h.Algorithm, KeyID: h.KeyID, Type: h.Type}), sign: sign}
}

// NewKeyIssuer returns an issuer that does it all in the module, which must be
// self-contained: [Engine.SelfContained]. key is the text of a private JWK, or
// of a JWK Set with one. An algorithm that is left out is the key's first, and
// a kid that is left out is the key's own.
func (e *Engine) NewKeyIssuer(h token.Header, key []byte) *Issuer {
	return &Issuer{engine: e, options: marshal(issueOptions{string(key), h.Algorithm, h.KeyID, h.Type})}
}

type issueOptions struct {
	Key       string          `json:"key,omitempty"`
	Algorithm token.Algorithm `json:"alg,omitempty"`
	KeyID     string          `json:"kid,omitempty"`
	Type      string          `json:"typ,omitempty"`
}

// Issue signs claims and returns the compact serialization, as jose.Issuer.Issue
// does. Claims that no verifier would accept are refused with one of the Token
// codes.
func (s *Issuer) Issue(ctx context.Context, c token.Claims) (string, error) {
	claims, err := claimsText(&c)
	if err != nil {
		return "", err
	}
	var answer tokenAnswer
	err = s.engine.with(ctx, func(i *instance) error {
		if s.sign == nil {
			return i.call(ctx, "issue_token", s.options, claims, &answer)
		}
		return s.between(ctx, i, claims, &answer)
	})
	return answer.Token, err
}

// between begins a token, asks the caller for its signature, and ends it.
func (s *Issuer) between(ctx context.Context, i *instance, claims []byte, out *tokenAnswer) error {
	var begun struct {
		failure
		Handle       uint32
		SigningInput string
	}
	if err := i.call(ctx, "issue_begin", s.options, claims, &begun); err != nil {
		return err
	}
	signature, err := s.sign(ctx, []byte(begun.SigningInput))
	if err != nil {
		i.cancel(ctx, begun.Handle)
		return err
	}
	return i.bounded(ctx, func(ctx context.Context) error {
		address, length, err := i.buffer(ctx, signature)
		if err != nil {
			return err
		}
		return i.operate(ctx, "issue_end", out, uint64(begun.Handle), address, length)
	})
}

// claimsText writes a claims set as issue_begin takes it. A zero value is an
// absent claim.
func claimsText(c *token.Claims) ([]byte, error) {
	for _, list := range [][]string{{c.Issuer, c.Subject, c.ID, c.Release}, c.Audience, c.Subscriptions} {
		for _, s := range list {
			if !utf8.ValidString(s) { // JSON cannot hold it
				return nil, fault.New(fault.TokenClaim, "a claim is not valid UTF-8")
			}
		}
	}
	return marshal(struct {
		Issuer        string   `json:"iss,omitempty"`
		Audience      []string `json:"aud,omitempty"`
		Subject       string   `json:"sub,omitempty"`
		IssuedAt      *int64   `json:"iat,omitempty"`
		NotBefore     *int64   `json:"nbf,omitempty"`
		Expires       *int64   `json:"exp,omitempty"`
		ID            string   `json:"jti,omitempty"`
		Subscriptions []string `json:"subscription,omitempty"`
		Release       string   `json:"fhir,omitempty"`
	}{
		c.Issuer, c.Audience, c.Subject, unix(c.IssuedAt), unix(c.NotBefore), unix(c.Expires),
		c.ID, c.Subscriptions, c.Release,
	}), nil
}

// unix returns whole seconds since 1970, nil for the zero time.
func unix(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	seconds := t.Unix()
	return &seconds
}
