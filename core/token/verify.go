package token

import (
	"slices"
	"sync"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// Unverified is a token whose form and header passed the policy and whose
// signature is still to be checked. Its claims cannot be seen yet.
type Unverified struct {
	// Algorithm is the one the signature is to be checked with; it is on the
	// policy's list. The key must fit it.
	Algorithm Algorithm
	// KeyID is the header's kid, and HasKeyID tells whether it has one. It is to
	// be compared with the kids of known keys and must never be part of a path,
	// a query or a URL.
	KeyID    string
	HasKeyID bool
	// Signature has the length, and its numbers the range, of the algorithm.
	Signature []byte

	policy  Policy
	input   string
	payload []byte
	spent   bool
}

// Prepare checks everything about a compact serialization that can be checked
// without its key: size, form, encoding, header and the shape of the signature.
// The error is a *[fault.Error].
func (p *Policy) Prepare(compact string) (*Unverified, error) {
	if err := checkSize(len(compact), p.maxSize()); err != nil {
		return nil, err
	}
	u, err := p.prepare(compact)
	if err != nil {
		if form := checkForm(compact); form != nil {
			return nil, form
		}
		return nil, err
	}
	return u, nil
}

func (p *Policy) prepare(compact string) (*Unverified, error) {
	part, err := split(compact)
	if err != nil {
		return nil, err
	}
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	if s.header, err = decodePart(s.header, "header", part.header); err != nil {
		return nil, err
	}
	h, err := p.readHeader(&s.doc, s.header)
	if err != nil {
		return nil, err
	}
	u := &Unverified{Algorithm: h.algorithm, KeyID: h.keyID, HasKeyID: h.hasKeyID, policy: *p}
	if u.payload, err = decodePart(nil, "payload", part.payload); err != nil {
		return nil, err
	}
	if u.Signature, err = decodePart(nil, "signature", part.signature); err != nil {
		return nil, err
	}
	if err := u.Algorithm.checkSignature(u.Signature); err != nil {
		return nil, err
	}
	u.input = compact[:len(part.header)+1+len(part.payload)]
	return u, nil
}

// scratch is memory that a token needs while it is read and no longer.
type scratch struct {
	doc    jsonscan.Document
	header []byte
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// SigningInput returns the bytes that were signed (RFC 7515 section 5.2).
func (u *Unverified) SigningInput() []byte { return []byte(u.input) }

// Finish takes the verdict on the signature and applies the rules on claims at
// the time now. It can be called once, so that a verdict cannot be revised: the
// second call fails with [fault.ExpiredHandle].
func (u *Unverified) Finish(verified bool, now time.Time) (Claims, error) {
	payload, err := u.FinishRaw(verified)
	if err != nil {
		return Claims{}, err
	}
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	claims, err := readClaims(&s.doc, payload)
	if err != nil {
		return Claims{}, err
	}
	if err := u.policy.checkClaims(&claims, now); err != nil {
		return Claims{}, err
	}
	return claims, nil
}

// FinishRaw takes the verdict on the signature and returns the payload, about
// which nothing is checked. It is for JWS that are no binding tokens. Like
// Finish, it can be called once.
func (u *Unverified) FinishRaw(verified bool) ([]byte, error) {
	if u.spent {
		return nil, fault.New(fault.ExpiredHandle, "this verification is finished: prepare the token again")
	}
	u.spent = true
	if !verified {
		return nil, fault.New(fault.TokenSignature, "the signature does not fit the header, the payload and the key")
	}
	return u.payload, nil
}

// checkClaims holds well-formed claims against the policy.
func (p *Policy) checkClaims(c *Claims, now time.Time) error {
	if !p.AnyIssuer && (p.Issuer == "" || c.Issuer != p.Issuer) {
		return fault.New(fault.TokenIssuer, "claim iss is "+fault.Quote(c.Issuer)+", "+due(p.Issuer))
	}
	if !p.AnyAudience && (p.Audience == "" || !slices.Contains(c.Audience, p.Audience)) {
		return fault.New(fault.TokenAudience, "claim aud is "+quoteAll(c.Audience)+", "+due(p.Audience))
	}
	return p.checkDates(c, now)
}

func due(value string) string {
	if value == "" {
		return "and the policy names none that is accepted"
	}
	return fault.Quote(value) + " is due"
}

func quoteAll(values []string) string {
	const most = 3
	text := ""
	for i, v := range values {
		switch {
		case i == most:
			return text + " …"
		case i > 0:
			text += " "
		}
		text += fault.Quote(v)
	}
	return text
}

// checkDates applies RFC 7519 sections 4.1.4 to 4.1.6: a token is valid from
// nbf, and no longer at exp. One that was issued in the future is not valid yet.
func (p *Policy) checkDates(c *Claims, now time.Time) error {
	leeway := max(p.Leeway, 0)
	for _, d := range [...]struct {
		name string
		date time.Time
	}{{"nbf", c.NotBefore}, {"iat", c.IssuedAt}} {
		if !d.date.IsZero() && now.Before(d.date.Add(-leeway)) {
			return fault.New(fault.TokenNotYetValid, "claim "+d.name+" is "+instant(d.date)+", it is "+instant(now)+" now")
		}
	}
	if !now.Before(c.Expires.Add(leeway)) {
		return fault.New(fault.ExpiredToken, "the token expired at "+instant(c.Expires)+", it is "+instant(now)+" now: ask for a new one")
	}
	from, slack := c.IssuedAt, time.Duration(0)
	if from.IsZero() {
		from = c.NotBefore
	}
	if from.IsZero() {
		from, slack = now, leeway
	}
	if lives := c.Expires.Sub(from); lives > p.maxLifetime()+slack {
		return fault.New(fault.TokenLifetime, "the token lives for "+lifetime(lives)+", at most "+lifetime(p.maxLifetime())+" is accepted")
	}
	return nil
}
