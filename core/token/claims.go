package token

import (
	"slices"
	"strconv"
	"strings"
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

// readClaims reads a claims set whose signature was checked.
func readClaims(doc *jsonscan.Document, text []byte) (c Claims, err error) {
	object, err := parseObject(doc, "claims set", text)
	if err != nil {
		return Claims{}, err
	}
	r := readerOf(object, text)
	c = Claims{
		Issuer:        r.text(iss, true),
		Audience:      r.audience(),
		Subject:       r.text(sub, false),
		IssuedAt:      r.date(iat, false),
		NotBefore:     r.date(nbf, false),
		Expires:       r.date(exp, true),
		ID:            r.text(jti, false),
		Subscriptions: r.subscriptions(),
		Release:       r.text(release, false),
		Raw:           text,
	}
	if r.err == nil && c.Release != "" && !knownRelease(c.Release) {
		r.refuse(fault.TokenClaim, release, "is "+fault.Quote(c.Release)+", R4, R4B or R5 is due")
	}
	if r.err != nil {
		return Claims{}, r.err
	}
	return c, nil
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

// claimReader reads claims one by one and keeps the first failure.
type claimReader struct {
	values  [numClaims]jsonscan.Value
	source  string         // the text, of which the strings are parts
	foreign jsonscan.Value // the name of the first member that is none of the claims
	err     error
}

func readerOf(object jsonscan.Value, text []byte) (r claimReader) {
	r.source = string(text)
	for m := object.FirstMember(); m.Exists(); m = m.Next() {
		if c := numbered(m.Name()); c < numClaims {
			r.values[c] = m.Value()
		} else if !r.foreign.Exists() {
			r.foreign = m.Name()
		}
	}
	return r
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

func (r *claimReader) text(c claim, required bool) string {
	v := r.get(c, required)
	if !v.Exists() {
		return ""
	}
	return r.nonEmpty(c, v)
}

func (r *claimReader) nonEmpty(c claim, v jsonscan.Value) string {
	switch {
	case v.Kind() != jsonscan.String:
		r.refuse(fault.TokenClaim, c, "is "+v.Kind().String()+", a string is due")
	case v.Empty():
		r.refuse(fault.TokenClaim, c, "is empty")
	}
	return r.string(v)
}

// string returns the text of a string, "" for other kinds. Without escapes it
// is a part of the source, and no memory of its own.
func (r *claimReader) string(v jsonscan.Value) string {
	text := v.Bytes(nil)
	if len(text)+2 == v.Length() {
		return r.source[v.Offset()+1:][:len(text)]
	}
	return string(text)
}

// audience reads aud, which RFC 7519 section 4.1.3 lets be a string or an array.
func (r *claimReader) audience() []string {
	v := r.get(aud, true)
	if !v.Exists() {
		return nil
	}
	if v.Kind() != jsonscan.Array {
		return []string{r.nonEmpty(aud, v)}
	}
	var audience []string
	for e := v.First(); e.Exists(); e = e.Next() {
		audience = append(audience, r.nonEmpty(aud, e.Value))
	}
	if len(audience) == 0 {
		r.refuse(fault.TokenClaim, aud, "is an empty array")
	}
	return audience
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
	text := r.source[v.Offset():][:v.Length()]
	date, ok := parseDate(text)
	if !ok {
		r.refuse(fault.TokenDate, c, "is "+fault.Quote(text)+", seconds from 1970 to 9999 are due")
	}
	return date
}

func (r *claimReader) subscriptions() []string {
	v := r.get(subscription, true)
	if !v.Exists() {
		return nil
	}
	if v.Kind() != jsonscan.Array {
		r.refuse(fault.TokenClaim, subscription, "is "+v.Kind().String()+", an array of ids is due")
		return nil
	}
	var ids []string
	for e := v.First(); e.Exists(); e = e.Next() {
		if e.Kind() != jsonscan.String {
			r.refuse(fault.TokenClaim, subscription, "holds "+e.Kind().String()+", ids are due")
			return nil
		}
		if len(ids) == MaxSubscriptions {
			r.refuse(fault.TokenClaim, subscription, "has "+strconv.Itoa(v.Len())+" ids, at most "+strconv.Itoa(MaxSubscriptions)+" are accepted")
			return nil
		}
		ids = append(ids, r.string(e.Value))
	}
	if what := badIDs(ids); what != "" {
		r.refuse(fault.TokenClaim, subscription, what)
	}
	return Distinct(ids)
}

// badIDs says what is wrong with the ids of a token, or "".
func badIDs(ids []string) string {
	if len(ids) == 0 {
		return "is empty, a token never covers none"
	}
	if len(ids) > MaxSubscriptions {
		return "has " + strconv.Itoa(len(ids)) + " ids, at most " + strconv.Itoa(MaxSubscriptions) + " are accepted"
	}
	for _, id := range ids {
		if !IsID(id) {
			return "holds " + fault.Quote(id) + ", which is no FHIR id"
		}
	}
	return ""
}

// IsID reports whether s is a FHIR id: 1 to 64 of A-Z a-z 0-9 - and dot.
func IsID(s string) bool {
	if len(s) < 1 || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		// Base64url has _ where an id has the dot.
		if c := s[i]; c != '.' && (c == '_' || sextets[c] == notInAlphabet) {
			return false
		}
	}
	return true
}

// Distinct returns ids without repetitions, each where it first stood: a
// Subscription that is named twice is bound once.
func Distinct(ids []string) []string {
	if len(ids) <= fewIDs {
		for i, id := range ids {
			if slices.Contains(ids[:i], id) {
				return distinct(ids)
			}
		}
		return slices.Clone(ids)
	}
	return distinct(ids)
}

// fewIDs is the number of ids up to which comparing each with each is quicker
// than sorting.
const fewIDs = 8

func distinct(ids []string) []string {
	order := make([]uint32, len(ids))
	for i := range order {
		order[i] = uint32(i)
	}
	jsonscan.Order(order, func(a, b uint32) int { return strings.Compare(ids[a], ids[b]) })
	repeated := make([]bool, len(ids))
	for i := 1; i < len(order); i++ {
		repeated[order[i]] = ids[order[i]] == ids[order[i-1]]
	}
	distinct := make([]string, 0, len(ids))
	for i, id := range ids {
		if !repeated[i] {
			distinct = append(distinct, id)
		}
	}
	return distinct
}
