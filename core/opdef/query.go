package opdef

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// A pair is a name and a value of a query: the ranges of Validator.decoded
// that hold them, and where the pair stands in the query.
type pair struct {
	name, value    span
	offset, length int
}

type span struct{ from, to int }

// ValidateQuery judges a request that is a GET: query is what stands behind the
// question mark. Every input must be primitive there, its value is what the
// text means by the rules of its type, and a name that repeats is a parameter
// that repeats. The parameters _format, _pretty, _summary and _elements belong
// to HTTP and are passed over.
//
// Expressions are those of FHIR for HTTP: "http." and the name of the
// parameter. Positions are in the query.
func (v *Validator) ValidateQuery(query string, l Level) []fault.Issue {
	v.begin("http", l)
	base := v.push(v.in)
	for from := 0; from < len(query) && !v.checker.Stopped(); {
		length := strings.IndexByte(query[from:], '&')
		if length < 0 {
			length = len(query) - from
		}
		if length > 0 {
			v.pair(base, query[from:from+length], from)
		}
		from += length + 1
	}
	v.queryCardinalities(base)
	return v.checker.Issues.Issues
}

// pair judges one name=value.
func (v *Validator) pair(base int, text string, offset int) {
	rawName, rawValue, _ := strings.Cut(text, "=")
	name, ok := v.decode(rawName)
	value, okValue := v.decode(rawValue)
	p := pair{name, value, offset, len(text)}
	switch {
	case !ok:
		v.failQuery(fault.InvalidQuery, "", p, fhir.Excerpt([]byte(strconv.Quote(rawName)))+" cannot be decoded: % is followed by two hexadecimal digits, and the whole is UTF-8")
		return
	case ofHTTP(v.decoded[name.from:name.to]):
		return
	}
	found := find(v.in, v.decoded[name.from:name.to], v.level)
	if found < 0 {
		v.failQuery(fault.UnknownParameter, v.label(p), p, "the operation has no parameter "+strconv.Quote(v.label(p))+" here")
		return
	}
	v.pairs = append(v.pairs, p)
	v.queryValue(&v.in[found], &v.tallies[base+found], p, okValue)
}

// label returns the name of a pair, shortened.
func (v *Validator) label(p pair) string { return fhir.Excerpt(v.decoded[p.name.from:p.name.to]) }

// queryValue counts a pair and judges its value, if that could be decoded.
func (v *Validator) queryValue(found *rule, t *tally, p pair, decoded bool) {
	typ := fhir.FindType(found.Type)
	switch {
	case found.Scope&v.level == 0:
		v.reportQuery(fault.Warning, fault.OutOfScope, v.label(p), p, quoted(v.label(p))+" is not meant for "+v.level.String()+" level and is ignored there")
		return
	case found.Max == 0:
		v.failQuery(fault.ProhibitedParameter, v.label(p), p, quoted(v.label(p))+" is prohibited: its max is 0")
		return
	case !decoded:
		v.failQuery(fault.InvalidQuery, v.label(p), p, quoted(v.label(p))+" cannot be decoded: % is followed by two hexadecimal digits, and the whole is UTF-8")
	case !typ.Primitive() || len(found.parts) > 0:
		v.failQuery(fault.InvalidQuery, v.label(p), p, quoted(v.label(p))+" takes "+found.expects+", which only a POST can carry")
	default:
		if problem := typ.CheckText(v.release, v.decoded[p.value.from:p.value.to]); problem.Code != "" {
			v.failQuery(problem.Code, v.label(p), p, quoted(v.label(p))+": "+problem.Text)
		}
	}
	if t.count++; t.count == found.Max+1 {
		t.excess = len(v.pairs) - 1
	}
}

// queryCardinalities is cardinalities for a query.
func (v *Validator) queryCardinalities(base int) {
	for i := range v.in {
		p, t := &v.in[i], &v.tallies[base+i]
		switch {
		case p.Scope&v.level == 0:
		case t.count < p.Min:
			v.failQuery(fault.MissingParameter, p.Name, pair{}, p.label+": "+values(t.count)+", at least "+strconv.Itoa(p.Min)+" due")
		case t.count > p.Max && p.Max > 0:
			v.failQuery(fault.TooManyParameters, p.Name, v.pairs[t.excess], p.label+": "+values(t.count)+", at most "+strconv.Itoa(p.Max)+" allowed")
		}
	}
	v.tallies = v.tallies[:base]
}

func (v *Validator) failQuery(code fault.Code, name string, p pair, diagnostics string) {
	v.reportQuery(fault.Err, code, name, p, diagnostics)
}

func (v *Validator) reportQuery(sev fault.Severity, code fault.Code, name string, p pair, diagnostics string) {
	expression := "http"
	if name != "" {
		expression += "." + name
	}
	v.checker.Issues.Add(fault.Issue{Severity: sev, Code: code, Expression: expression, Diagnostics: diagnostics, Offset: p.offset, Length: p.length})
}

// ofHTTP tells the parameters that any FHIR interaction may have.
func ofHTTP(name []byte) bool {
	switch string(name) {
	case "_format", "_pretty", "_summary", "_elements":
		return true
	}
	return false
}

// decode appends a part of a query to v.decoded, with %XX and + resolved.
func (v *Validator) decode(s string) (span, bool) {
	from := len(v.decoded)
	ok := true
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '+':
			c = ' '
		case c == '%' && i+2 < len(s) && unhex(s[i+1]) >= 0 && unhex(s[i+2]) >= 0:
			c = byte(unhex(s[i+1])<<4 | unhex(s[i+2]))
			i += 2
		case c == '%':
			ok = false
		}
		v.decoded = append(v.decoded, c)
	}
	to := len(v.decoded)
	return span{from, to}, ok && utf8.Valid(v.decoded[from:to])
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// Strings returns the texts of the primitive values of the parameter with that
// name in the document or query that was last validated, in its order: strings
// as they are, numbers and booleans as JSON writes them. It is meant for what
// was found valid.
func (v *Validator) Strings(name string) []string {
	var texts []string
	for _, p := range v.pairs {
		if string(v.decoded[p.name.from:p.name.to]) == name {
			texts = append(texts, string(v.decoded[p.value.from:p.value.to]))
		}
	}
	for p := v.Document().Get("parameter").First(); p.Exists(); p = p.Next() {
		if !p.Get("name").Is(name) {
			continue
		}
		for m := p.FirstMember(); m.Exists(); m = m.Next() {
			if strings.HasPrefix(m.Name().Text(), "value") {
				texts = appendText(texts, m.Value())
			}
		}
	}
	return texts
}

// appendText appends the text of a primitive, and nothing for other values.
func appendText(texts []string, v jsonscan.Value) []string {
	switch v.Kind() {
	case jsonscan.String:
		return append(texts, v.Text())
	case jsonscan.Number, jsonscan.True, jsonscan.False:
		return append(texts, string(v.Raw()))
	}
	return texts
}

// All yields the parameters of that name, objects of Parameters.parameter, in
// the document that was last validated. It yields nothing for a query or a bare
// resource: for that there is Document.
func (v *Validator) All(name string) func(yield func(jsonscan.Value) bool) {
	return func(yield func(jsonscan.Value) bool) {
		for p := range v.Document().Get("parameter").Elements() {
			if p.Get("name").Is(name) && !yield(p) {
				return
			}
		}
	}
}

// Document returns the document that was last validated; it is absent for a
// query, for an empty body, and for what is no JSON.
func (v *Validator) Document() jsonscan.Value {
	if !v.read {
		return jsonscan.Value{}
	}
	return v.doc.Root()
}
