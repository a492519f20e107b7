package token

import (
	"bytes"
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
	compact []byte
	input   int // how many bytes of compact are the signing input
	payload []byte
	spent   bool
	scratch *scratch
}

// Prepare checks everything about a compact serialization that can be checked
// without its key: size, form, encoding, header and the shape of the signature.
// The error is a *[fault.Error].
func (p *Policy) Prepare(compact string) (*Unverified, error) {
	// The size is checked before the token is copied.
	if err := checkSize(len(compact), p.maxSize()); err != nil {
		return nil, err
	}
	u := &Unverified{compact: []byte(compact), scratch: scratches.Get().(*scratch)}
	defer u.giveBack()
	if err := p.prepareOwn(u); err != nil {
		return nil, err
	}
	return u, nil
}

// PrepareInto is [Policy.Prepare] in the memory of a verification that is over,
// for those who verify one token after the other. The token is copied. After an
// error there is nothing to finish.
func (p *Policy) PrepareInto(u *Unverified, compact []byte) error {
	u.spent = true
	if err := checkSize(len(compact), p.maxSize()); err != nil {
		return err
	}
	u.compact = append(u.compact[:0], compact...)
	if u.scratch == nil {
		u.scratch = new(scratch)
	}
	return p.prepareOwn(u)
}

// prepareOwn prepares the token that u holds.
func (p *Policy) prepareOwn(u *Unverified) error {
	u.spent = true
	if err := p.prepare(u); err != nil {
		if form := checkForm(string(u.compact)); form != nil {
			return form
		}
		return err
	}
	u.policy, u.spent = *p, false
	return nil
}

func (p *Policy) prepare(u *Unverified) error {
	part, err := split(u.compact)
	if err != nil {
		return err
	}
	h, err := p.headerOf(u.scratch, part.header)
	if err != nil {
		return err
	}
	u.Algorithm, u.KeyID, u.HasKeyID = h.algorithm, h.keyID, h.hasKeyID
	if u.payload, err = decodePart(u.payload, "payload", part.payload); err != nil {
		return err
	}
	if u.Signature, err = decodePart(u.Signature, "signature", part.signature); err != nil {
		return err
	}
	u.input = len(part.header) + 1 + len(part.payload)
	return u.Algorithm.checkSignature(u.Signature)
}

// headerOf reads a header, unless the last one was the same.
func (p *Policy) headerOf(s *scratch, text []byte) (header, error) {
	if s.last.passed(p, text) {
		return s.last.header, nil
	}
	var err error
	if s.header, err = decodePart(s.header, "header", text); err != nil {
		return header{}, err
	}
	h, err := p.readHeader(&s.doc, s.header)
	if err == nil {
		s.last.note(p, text, h)
	}
	return h, err
}

// scratch is memory that a token needs while it is read and no longer. It goes
// from one token to the next, in a verification that is used again or else in
// scratches.
type scratch struct {
	doc    jsonscan.Document
	header []byte
	last   lastHeader
}

// lastHeader is a header that passed. Tokens of one issuer mostly have the same:
// what one policy said of the same bytes, it would say again.
type lastHeader struct {
	text    []byte // as it was encoded; empty before the first
	header  header
	allowed []Algorithm
	typ     string
	anyType bool
}

func (l *lastHeader) passed(p *Policy, text []byte) bool {
	return len(l.text) > 0 && bytes.Equal(l.text, text) &&
		l.typ == p.Type && l.anyType == p.AnyType && slices.Equal(l.allowed, p.Algorithms)
}

func (l *lastHeader) note(p *Policy, text []byte, h header) {
	l.text = append(l.text[:0], text...)
	l.header = h
	l.allowed = append(l.allowed[:0], p.Algorithms...)
	l.typ, l.anyType = p.Type, p.AnyType
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

func (u *Unverified) giveBack() {
	scratches.Put(u.scratch)
	u.scratch = nil
}

// SigningInput returns the bytes that were signed (RFC 7515 section 5.2). They
// must not be changed.
func (u *Unverified) SigningInput() []byte { return u.compact[:u.input] }

// Finish takes the verdict on the signature and applies the rules on claims at
// the time now. It can be called once, so that a verdict cannot be revised: the
// second call fails with [fault.ExpiredHandle].
func (u *Unverified) Finish(verified bool, now time.Time) (Claims, error) {
	if u.scratch == nil {
		u.scratch = scratches.Get().(*scratch)
		defer u.giveBack()
	}
	r, err := u.finish(verified, now)
	if err != nil {
		return Claims{}, err
	}
	return r.claims(u.payload), nil
}

// FinishText is [Unverified.Finish], after [Policy.PrepareInto], for those who
// want the claims set as it was signed, and nothing read from it.
func (u *Unverified) FinishText(verified bool, now time.Time) ([]byte, error) {
	if u.scratch == nil {
		u.scratch = new(scratch)
	}
	if _, err := u.finish(verified, now); err != nil {
		return nil, err
	}
	return u.payload, nil
}

func (u *Unverified) finish(verified bool, now time.Time) (claimReader, error) {
	payload, err := u.FinishRaw(verified)
	if err != nil {
		return claimReader{}, err
	}
	object, err := parseObject(&u.scratch.doc, "claims set", payload)
	if err != nil {
		return claimReader{}, err
	}
	r := readerOf(object)
	if err := r.check(); err != nil {
		return claimReader{}, err
	}
	return r, u.policy.checkClaims(&r, now)
}

// FinishRaw takes the verdict on the signature and returns the payload, about
// which nothing is checked. It is for JWS that are no binding tokens. Like
// Finish, it can be called once.
func (u *Unverified) FinishRaw(verified bool) ([]byte, error) {
	if u.spent {
		return nil, fault.New(fault.ExpiredHandle, "this verification is finished: prepare the token again")
	}
	u.spent = true
	if err := checkVerified(verified); err != nil {
		return nil, err
	}
	return u.payload, nil
}

func checkVerified(verified bool) error {
	if verified {
		return nil
	}
	return fault.New(fault.TokenSignature, "the signature does not fit the header, the payload and the key")
}
