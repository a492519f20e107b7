package token

import (
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// Claims are those of a binding token. A zero value of a field is an absent
// claim.
type Claims struct {
	Issuer        string    // iss: the FHIR base; required
	Audience      []string  // aud: the websocket-url; required
	Subject       string    // sub: the caller who asked
	IssuedAt      time.Time // iat
	NotBefore     time.Time // nbf
	Expires       time.Time // exp; required
	ID            string    // jti: names this token, for revocation and single use
	Subscriptions []string  // subscription: FHIR ids, none twice; at least one is required
	Release       string    // fhir: R4, R4B or R5

	// Raw is the claims set as it was signed, with the claims that have no
	// field here. It is set by verifying and ignored by issuing.
	Raw []byte
}

func knownRelease(release string) bool {
	return release == "R4" || release == "R4B" || release == "R5"
}

// claim numbers the claims that have a field in [Claims].
type claim int

const (
	iss claim = iota
	aud
	sub
	iat
	nbf
	exp
	jti
	subscription
	release
	numClaims
)

var claimNames = [numClaims]string{"iss", "aud", "sub", "iat", "nbf", "exp", "jti", "subscription", "fhir"}

func (c claim) String() string { return claimNames[c] }

// claimReader reads claims one by one and keeps the first failure. What it has
// checked it can make [Claims] of; a verdict alone needs none of their strings.
type claimReader struct {
	values  [numClaims]jsonscan.Value
	foreign jsonscan.Value // the name of the first member that is none of the claims
	err     error

	issuedAt, notBefore, expires time.Time
	source                       string // the text, where its strings are wanted
}

func readerOf(object jsonscan.Value) (r claimReader) {
	for m := object.FirstMember(); m.Exists(); m = m.Next() {
		if c := numbered(m.Name()); c < numClaims {
			r.values[c] = m.Value()
		} else if !r.foreign.Exists() {
			r.foreign = m.Name()
		}
	}
	return r
}

// check applies the rules on the shape of each claim.
func (r *claimReader) check() error {
	for c := range numClaims {
		r.checkShape(c)
	}
	return r.err
}

// checkShape applies the rule on the shape of one claim.
func (r *claimReader) checkShape(c claim) {
	switch c {
	case iss:
		r.checkText(c, true)
	case sub, jti:
		r.checkText(c, false)
	case aud:
		r.checkAudience()
	case iat:
		r.issuedAt = r.date(c, false)
	case nbf:
		r.notBefore = r.date(c, false)
	case exp:
		r.expires = r.date(c, true)
	case subscription:
		r.checkSubscriptions()
	case release:
		r.checkRelease()
	}
}

// claims returns claims that were checked, of which raw is the text.
func (r *claimReader) claims(raw []byte) Claims {
	r.source = string(raw)
	return Claims{
		Issuer:        r.text(r.values[iss]),
		Audience:      r.audience(),
		Subject:       r.text(r.values[sub]),
		IssuedAt:      r.issuedAt,
		NotBefore:     r.notBefore,
		Expires:       r.expires,
		ID:            r.text(r.values[jti]),
		Subscriptions: Distinct(r.texts(subscription)),
		Release:       r.text(r.values[release]),
		Raw:           raw,
	}
}

// text returns the text of a string, "" for other kinds. Without escapes it is a
// part of the source and takes no memory of its own.
func (r *claimReader) text(v jsonscan.Value) string {
	text := v.Bytes(nil)
	if r.source != "" && len(text)+2 == v.Length() {
		return r.source[v.Offset()+1:][:len(text)]
	}
	return string(text)
}

// numbered returns the claim of a name, numClaims if there is none.
func numbered(name jsonscan.Value) claim {
	var scratch [16]byte
	switch string(name.Bytes(scratch[:0])) {
	case "iss":
		return iss
	case "aud":
		return aud
	case "sub":
		return sub
	case "iat":
		return iat
	case "nbf":
		return nbf
	case "exp":
		return exp
	case "jti":
		return jti
	case "subscription":
		return subscription
	case "fhir":
		return release
	}
	return numClaims
}

//go:noinline
func (r *claimReader) refuse(code fault.Code, c claim, what string) {
	if r.err == nil {
		r.err = fault.New(code, "claim "+c.String()+" "+what)
	}
}

// get returns a claim, absent if it is not there.
func (r *claimReader) get(c claim, required bool) jsonscan.Value {
	v := r.values[c]
	if !v.Exists() && required {
		r.refuse(fault.TokenMissingClaim, c, "is missing, a binding token must have it")
	}
	return v
}

func (r *claimReader) checkText(c claim, required bool) {
	if v := r.get(c, required); v.Exists() {
		r.checkNonEmpty(c, v)
	}
}

func (r *claimReader) checkNonEmpty(c claim, v jsonscan.Value) {
	switch {
	case v.Kind() != jsonscan.String:
		r.refuse(fault.TokenClaim, c, "is "+v.Kind().String()+", a string is due")
	case v.Empty():
		r.refuse(fault.TokenClaim, c, "is empty")
	}
}

func (r *claimReader) checkRelease() {
	r.checkText(release, false)
	var scratch [4]byte
	if v := r.values[release]; v.Exists() && !knownRelease(string(v.Bytes(scratch[:0]))) {
		r.refuse(fault.TokenClaim, release, "is "+fault.Quote(v.Text())+", R4, R4B or R5 is due")
	}
}

// checkAudience checks aud, which RFC 7519 section 4.1.3 lets be a string or an
// array.
func (r *claimReader) checkAudience() {
	v := r.get(aud, true)
	switch {
	case !v.Exists():
		return
	case v.Kind() != jsonscan.Array:
		r.checkNonEmpty(aud, v)
	case v.Empty():
		r.refuse(fault.TokenClaim, aud, "is an empty array")
	}
	for e := v.First(); e.Exists(); e = e.Next() {
		r.checkNonEmpty(aud, e.Value)
	}
}

// isFor reports whether an audience is the one, or one of several.
func (r *claimReader) isFor(audience string) bool {
	v := r.values[aud]
	for e := v.First(); e.Exists(); e = e.Next() {
		if e.Is(audience) {
			return true
		}
	}
	return v.Is(audience)
}

// audience returns aud as a list, whichever it is.
func (r *claimReader) audience() []string {
	if v := r.values[aud]; v.Kind() == jsonscan.String {
		return []string{r.text(v)}
	}
	return r.texts(aud)
}

// texts returns the strings of an array.
func (r *claimReader) texts(c claim) (texts []string) {
	for e := r.values[c].First(); e.Exists(); e = e.Next() {
		texts = append(texts, r.text(e.Value))
	}
	return texts
}

func (r *claimReader) date(c claim, required bool) time.Time {
	v := r.get(c, required)
	if !v.Exists() {
		return time.Time{}
	}
	if v.Kind() != jsonscan.Number {
		r.refuse(fault.TokenClaim, c, "is "+v.Kind().String()+", a number of seconds is due")
		return time.Time{}
	}
	date, ok := parseDate(string(v.Raw()))
	if !ok {
		r.refuse(fault.TokenDate, c, "is "+fault.Quote(string(v.Raw()))+", seconds from 1970 to 9999 are due")
	}
	return date
}

func (r *claimReader) checkSubscriptions() {
	v := r.get(subscription, true)
	switch {
	case !v.Exists():
		return
	case v.Kind() != jsonscan.Array:
		r.refuse(fault.TokenClaim, subscription, "is "+v.Kind().String()+", an array of ids is due")
	case v.Empty():
		r.refuse(fault.TokenClaim, subscription, noIDs)
	}
	var scratch [maxID + 1]byte
	n, bad := 0, jsonscan.Value{}
	for e := v.First(); e.Exists(); e = e.Next() {
		if e.Kind() != jsonscan.String {
			r.refuse(fault.TokenClaim, subscription, "holds "+e.Kind().String()+", ids are due")
			return
		}
		if n++; n > MaxSubscriptions {
			r.refuse(fault.TokenClaim, subscription, tooMany(v.Len()))
			return
		}
		if !bad.Exists() && !IsID(string(e.Bytes(scratch[:0]))) {
			bad = e.Value
		}
	}
	if bad.Exists() {
		r.refuse(fault.TokenClaim, subscription, notAnID(bad.Text()))
	}
}
