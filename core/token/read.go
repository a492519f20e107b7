package token

import (
	"strconv"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// ReadClaims reads a claims set that is to be issued: a JSON object with the
// claims of a binding token and no others. It tells only whether the claims are
// of the right shape; whether a token may have them is for [Prepare] to say, so
// a claim may be missing or a date be out of range. The error is a
// *[fault.Error].
func ReadClaims(text []byte) (Claims, error) {
	object, err := parseObject(new(jsonscan.Document), "claims set", text)
	if err != nil {
		return Claims{}, err
	}
	r := readerOf(object)
	if r.foreign.Exists() {
		return Claims{}, fault.New(fault.TokenClaim, "claim "+fault.Quote(r.foreign.Text())+" is none of a binding token")
	}
	c := Claims{
		Issuer:        r.given(iss),
		Subject:       r.given(sub),
		IssuedAt:      r.anyDate(iat),
		NotBefore:     r.anyDate(nbf),
		Expires:       r.anyDate(exp),
		ID:            r.given(jti),
		Subscriptions: r.strings(subscription),
		Release:       r.given(release),
	}
	if v := r.values[aud]; v.Kind() == jsonscan.String {
		c.Audience = []string{v.Text()}
	} else {
		c.Audience = r.strings(aud)
	}
	if r.err != nil {
		return Claims{}, r.err
	}
	return c, nil
}

// given returns a claim that is a string, "" where it is absent.
func (r *claimReader) given(c claim) string {
	v := r.values[c]
	if v.Exists() && v.Kind() != jsonscan.String {
		r.refuse(fault.TokenClaim, c, "is "+v.Kind().String()+", a string is due")
	}
	return v.Text()
}

// strings returns a claim that is an array of strings.
func (r *claimReader) strings(c claim) (texts []string) {
	v := r.values[c]
	if v.Exists() && v.Kind() != jsonscan.Array {
		r.refuse(fault.TokenClaim, c, "is "+v.Kind().String()+", an array of strings is due")
	}
	for e := v.First(); e.Exists(); e = e.Next() {
		if e.Kind() != jsonscan.String {
			r.refuse(fault.TokenClaim, c, "holds "+e.Kind().String()+", strings are due")
		}
		texts = append(texts, e.Text())
	}
	return texts
}

// anyDate returns a date, also one before 1970 or after 9999 if it is written
// as a whole number: [Prepare] names it then.
func (r *claimReader) anyDate(c claim) time.Time {
	v := r.values[c]
	if v.Kind() == jsonscan.Number {
		if seconds, err := strconv.ParseInt(string(v.Raw()), 10, 64); err == nil {
			return time.Unix(seconds, 0).UTC()
		}
	}
	return r.date(c, false)
}
