package search

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
)

// The sizes of a page of results.
const (
	DefaultCount = 100
	MaxCount     = 1000
)

// Request is a REST search: which resources, and how they are handed over.
type Request struct {
	*Query
	// Count is how many results a page has, at most MaxCount, and Offset how
	// many come before it.
	Count, Offset int
	// CountOnly asks for the total alone (_summary=count or _count=0).
	CountOnly bool
	// Ignored names the parameters that were left out, for a warning.
	Ignored []string

	sort       []sortKey
	understood []pair // in the order in which they came
}

// HTTP parameters that a search carries along, for its links.
var httpParameters = []string{"_format", "_pretty"}

// Request compiles a REST search. A parameter that is not understood is left
// out, and named in Ignored, or refused where strict is set. A parameter that
// is understood but has a modifier or value that is not, is always refused.
// The error is a *fault.Error with the code [fault.InvalidQuery].
func (c Compiler) Request(resourceType, query string, strict bool) (*Request, error) {
	pairs, err := parsePairs(query)
	if err != nil {
		return nil, invalid(err)
	}
	r := &Request{Query: &Query{resourceType: resourceType}, Count: DefaultCount}
	for _, p := range pairs {
		used, err := c.take(r, p)
		if err == nil && !used && strict {
			err = refuse(p.term(), "is not one that this server understands for "+resourceType+" in "+c.Release.String()+
				"; leave it out, or send Prefer: handling=lenient")
		}
		switch {
		case err != nil:
			return nil, invalid(err)
		case used:
			r.understood = append(r.understood, p)
		default:
			r.Ignored = append(r.Ignored, p.name)
		}
	}
	return r, nil
}

// invalid gives an error the code that a REST search answers with.
func invalid(err error) error {
	var e *fault.Error
	if errors.As(err, &e) {
		return fault.New(fault.InvalidQuery, e.Detail)
	}
	return err
}

// take makes one parameter part of the request and reports whether it is
// understood.
func (c Compiler) take(r *Request, p pair) (used bool, err error) {
	t := p.term()
	switch {
	case slices.Contains(httpParameters, p.name):
		return true, nil
	case p.value == "":
		return false, nil // FHIR has servers pass over a parameter without a value
	}
	switch p.name {
	case "_count":
		n, err := wholeNumber(t)
		r.Count, r.CountOnly = min(n, MaxCount), r.CountOnly || n == 0
		return true, err
	case "_offset":
		r.Offset, err = wholeNumber(t)
		return true, err
	case "_total": // it is accurate whatever is asked
		return slices.Contains([]string{"none", "estimate", "accurate"}, p.value), nil
	case "_summary":
		r.CountOnly = r.CountOnly || p.value == "count"
		return p.value == "count" || p.value == "false", nil
	case "_sort":
		r.sort, used = c.sortKeys(r.resourceType, p.value)
		return used, nil
	}
	if Lookup(c.Release, r.resourceType, t.Name) == nil {
		return false, nil
	}
	return true, c.add(r.Query, t)
}

func wholeNumber(t Term) (int, error) {
	n, err := strconv.Atoi(t.Value)
	if err != nil || n < 0 {
		return 0, refuse(t, "has the value "+fault.Quote(t.Value)+", expected is a whole number from 0")
	}
	return n, nil
}

// Self returns the query string of what was understood, for the self link.
func (r *Request) Self() string { return encode(r.understood) }

// Next returns the query string of the page after this one.
func (r *Request) Next() string {
	rest := slices.DeleteFunc(slices.Clone(r.understood), func(p pair) bool { return p.name == "_offset" })
	return encode(append(rest, pair{"_offset", strconv.Itoa(r.Offset + r.Count)}))
}

// encode writes a query string. Colons, commas and slashes stay readable.
func encode(pairs []pair) string {
	readable := strings.NewReplacer("%3A", ":", "%2C", ",", "%2F", "/")
	var b strings.Builder
	for i, p := range pairs {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(readable.Replace(url.QueryEscape(p.name)))
		b.WriteByte('=')
		b.WriteString(readable.Replace(url.QueryEscape(p.value)))
	}
	return b.String()
}
