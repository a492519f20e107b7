package token

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// Header is the protected header of a token to be issued.
type Header struct {
	Algorithm Algorithm
	KeyID     string // kid; "" leaves it out
	Type      string // typ; "" means the constant [Type]
}

// Unsigned is a token to which only its signature is missing.
type Unsigned struct {
	algorithm Algorithm
	input     []byte
}

// Prepare writes a header and claims as the bytes to be signed. It refuses
// claims that [Policy.Prepare] and its Finish would not read: an issuer cannot
// make a token that no verifier accepts. Dates are cut to whole seconds.
func Prepare(h Header, c Claims) (*Unsigned, error) {
	if err := h.check(); err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	var short [128]byte // nearly all are no longer
	var long [768]byte
	header, claims := h.append(short[:0]), c.append(long[:0])
	input := make([]byte, 0, encodedLen(len(header))+1+encodedLen(len(claims)))
	input = appendBase64URL(input, header)
	input = append(input, '.')
	input = appendBase64URL(input, claims)
	return &Unsigned{h.Algorithm, input}, nil
}

// SigningInput returns the bytes to be signed. They must not be changed.
func (u *Unsigned) SigningInput() []byte { return u.input }

// Finish takes the signature, in the form that JWS gives it, and returns the
// compact serialization. A signature that cannot be one of the algorithm (DER,
// say) is refused with [fault.TokenSignatureFormat], and a token that has more
// than [DefaultMaxSize] bytes with [fault.TokenTooLarge].
func (u *Unsigned) Finish(signature []byte) (string, error) {
	if err := u.algorithm.checkSignature(signature); err != nil {
		return "", err
	}
	size := len(u.input) + 1 + encodedLen(len(signature))
	if err := checkSize(size, DefaultMaxSize); err != nil {
		return "", err
	}
	var short [96]byte // but for RSA
	var compact strings.Builder
	compact.Grow(size)
	compact.Write(u.input)
	compact.WriteByte('.')
	compact.Write(appendBase64URL(short[:0], signature))
	return compact.String(), nil
}

func (h *Header) check() error {
	if !h.Algorithm.Known() {
		return fault.New(fault.TokenAlgorithm, "algorithm "+fault.Quote(string(h.Algorithm))+" is not known, one of "+names(Algorithms())+" is")
	}
	if !utf8.ValidString(h.KeyID) || !utf8.ValidString(h.Type) {
		return fault.New(fault.TokenHeader, "kid or typ is not valid UTF-8")
	}
	return nil
}

// append writes the members as go-jose does, which writes the header itself
// when it signs and must come to the same bytes: in alphabetical order, and <,
// > and & as escapes.
func (h *Header) append(dst []byte) []byte {
	dst = append(dst, `{"alg":`...)
	dst = appendHeaderText(dst, string(h.Algorithm))
	if h.KeyID != "" {
		dst = append(dst, `,"kid":`...)
		dst = appendHeaderText(dst, h.KeyID)
	}
	typ := h.Type
	if typ == "" {
		typ = Type
	}
	dst = append(dst, `,"typ":`...)
	dst = appendHeaderText(dst, typ)
	return append(dst, '}')
}

func appendHeaderText(dst []byte, s string) []byte {
	var short [64]byte
	for _, c := range jsonscan.AppendString(short[:0], s) {
		switch c {
		case '<':
			dst = append(dst, `\u003c`...)
		case '>':
			dst = append(dst, `\u003e`...)
		case '&':
			dst = append(dst, `\u0026`...)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// check refuses claims that could not be verified.
func (c *Claims) check() error {
	switch {
	case c.Issuer == "":
		return fault.New(fault.TokenMissingClaim, "claim iss is missing")
	case len(c.Audience) == 0:
		return fault.New(fault.TokenMissingClaim, "claim aud is missing")
	case c.Expires.IsZero():
		return fault.New(fault.TokenMissingClaim, "claim exp is missing")
	case c.Release != "" && !knownRelease(c.Release):
		return fault.New(fault.TokenClaim, "claim fhir is "+fault.Quote(c.Release)+", R4, R4B or R5 is due")
	}
	if what := badIDs(c.Subscriptions); what != "" {
		return fault.New(fault.TokenClaim, "claim subscription "+what)
	}
	valid := utf8.ValidString(c.Issuer) && utf8.ValidString(c.Subject) && utf8.ValidString(c.ID)
	for _, audience := range c.Audience {
		valid = valid && utf8.ValidString(audience)
	}
	if !valid {
		return fault.New(fault.TokenClaim, "a claim is not valid UTF-8")
	}
	for _, audience := range c.Audience {
		if audience == "" {
			return fault.New(fault.TokenClaim, "claim aud is empty")
		}
	}
	return c.checkOrder()
}

// checkOrder refuses dates out of range and a token that is never valid.
func (c *Claims) checkOrder() error {
	for _, date := range []time.Time{c.IssuedAt, c.NotBefore, c.Expires} {
		if !date.IsZero() && (date.Unix() < 0 || date.Unix() > maxDate) {
			return fault.New(fault.TokenDate, "the date "+instant(date)+" is not in the years 1970 to 9999")
		}
	}
	for _, start := range []time.Time{c.IssuedAt, c.NotBefore} {
		if !start.IsZero() && start.Unix() >= c.Expires.Unix() {
			return fault.New(fault.ExpiredToken, "exp "+instant(c.Expires)+" is not after "+instant(start)+", when the token starts")
		}
	}
	return nil
}

func (c *Claims) append(dst []byte) []byte {
	w := jsonscan.Writer{Text: dst}
	w.Object("")
	w.String("iss", c.Issuer)
	if len(c.Audience) == 1 {
		w.String("aud", c.Audience[0])
	} else {
		w.Strings("aud", c.Audience)
	}
	writeText(&w, "sub", c.Subject)
	writeDate(&w, "iat", c.IssuedAt)
	writeDate(&w, "nbf", c.NotBefore)
	writeDate(&w, "exp", c.Expires)
	writeText(&w, "jti", c.ID)
	w.Strings("subscription", Distinct(c.Subscriptions))
	writeText(&w, "fhir", c.Release)
	w.EndObject()
	return w.Text
}

func writeText(w *jsonscan.Writer, name, value string) {
	if value != "" {
		w.String(name, value)
	}
}

func writeDate(w *jsonscan.Writer, name string, date time.Time) {
	if !date.IsZero() {
		w.Int(name, date.Unix())
	}
}
