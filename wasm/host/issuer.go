package host

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/token"
)

// Sign returns the signature of a signing input in the form that JWS gives it,
// as jose.Key.Sign does. It must not use the engine: an instance waits for it. Its
// context ends with that of the call, and when the engine is closed.
type Sign func(ctx context.Context, input []byte) ([]byte, error)

// Issuer issues binding tokens. Several goroutines may use it.
type Issuer struct {
	engine  *Engine
	options []byte
	keyed   bool // with a key, for issue_token
	sign    Sign
	err     error // what is wrong with the header or the key
}

// NewIssuer returns an issuer with the token written in the module and signed
// by the caller.
func (e *Engine) NewIssuer(h token.Header, sign Sign) *Issuer {
	s := e.newIssuer(h, nil)
	s.sign = sign
	return s
}

// NewKeyIssuer returns an issuer that does it all in the module, which must be
// self-contained: [Engine.SelfContained]. key is the text of a private JWK.
// An algorithm that is left out is the key's first, and a kid that is left out
// is the key's own.
func (e *Engine) NewKeyIssuer(h token.Header, key []byte) *Issuer {
	s := e.newIssuer(h, key)
	s.keyed = true
	return s
}

func (e *Engine) newIssuer(h token.Header, key []byte) *Issuer {
	s := &Issuer{engine: e, options: marshal(issueOptions{string(key), h.Algorithm, h.KeyID, h.Type})}
	s.err = e.checkKeys(key, s.options)
	if s.err == nil && !writable(string(h.Algorithm), h.KeyID, h.Type) {
		s.err = fault.New(fault.TokenHeader, "kid or typ is not valid UTF-8")
	}
	return s
}

// checkKeys refuses, in core's words, the text of a JWK or a JWK Set that cannot
// be part of the module's options.
func (e *Engine) checkKeys(text, options []byte) error {
	var code fault.Code
	switch {
	case text != nil && len(options) > e.about.Limits.DocumentBytes:
		code = fault.TooLarge
	case utf8.Valid(text):
		return nil
	case json.Valid(text): // which takes any bytes within strings
		code = fault.InvalidUTF8
	default:
		code = fault.InvalidJSON
	}
	return fault.New(fault.InvalidKey, "the key is not JSON: "+code.Meaning())
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
	if s.err != nil {
		return "", s.err
	}
	claims, err := claimsText(&c)
	if err != nil {
		return "", err
	}
	if len(claims) > s.engine.about.Limits.DocumentBytes {
		return "", fault.New(fault.TokenTooLarge, fmt.Sprintf("the claims set has %d bytes, at most %d are read of a token", len(claims), token.DefaultMaxSize))
	}
	var answer tokenAnswer
	err = s.engine.with(ctx, func(i *instance) error {
		if s.keyed {
			return i.call(ctx, "issue_token", s.options, claims, &answer)
		}
		return s.between(ctx, i, claims, &answer)
	})
	return answer.text(err)
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
	var signature []byte
	err := s.engine.ask(ctx, func(ctx context.Context) (err error) {
		signature, err = s.sign(ctx, []byte(begun.SigningInput))
		return err
	})
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
	if !writable(c.Issuer, c.Subject, c.ID, c.Release) || !writable(c.Audience...) || !writable(c.Subscriptions...) {
		return nil, fault.New(fault.TokenClaim, "a claim is not valid UTF-8")
	}
	return marshal(struct {
		Issuer        string      `json:"iss,omitempty"`
		Audience      []string    `json:"aud,omitempty"`
		Subject       string      `json:"sub,omitempty"`
		IssuedAt      json.Number `json:"iat,omitempty"`
		NotBefore     json.Number `json:"nbf,omitempty"`
		Expires       json.Number `json:"exp,omitempty"`
		ID            string      `json:"jti,omitempty"`
		Subscriptions []string    `json:"subscription,omitempty"`
		Release       string      `json:"fhir,omitempty"`
	}{
		c.Issuer, c.Audience, c.Subject, numericDate(c.IssuedAt), numericDate(c.NotBefore), numericDate(c.Expires),
		c.ID, c.Subscriptions, c.Release,
	}), nil
}

// writable reports whether JSON can hold the texts: what is not UTF-8 would
// silently turn into something else.
func writable(texts ...string) bool {
	for _, text := range texts {
		if !utf8.ValidString(text) {
			return false
		}
	}
	return true
}

// numericDate writes seconds since 1970, exact to the nanosecond: "" for the
// zero time. Below 1970, where no token is accepted, whole seconds will do.
func numericDate(t time.Time) json.Number {
	switch {
	case t.IsZero():
		return ""
	case t.Nanosecond() == 0 || t.Unix() < 0:
		return json.Number(strconv.FormatInt(t.Unix(), 10))
	}
	return json.Number(fmt.Sprintf("%d.%09d", t.Unix(), t.Nanosecond()))
}
