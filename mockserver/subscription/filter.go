package subscription

import (
	"net/url"
	"slices"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/search"
)

// filterString reads the grammars of backport-filter-criteria: p=v, p:mod=v,
// Type.p=v, Type.p:mod=v and Type?p=v, each possibly several joined by &. They
// are percent-encoded as in a URL.
func (r *reader) filterString(at element, text string, s *Subscription) {
	typ, query := "", text
	if before, after, ok := strings.Cut(text, "?"); ok && !strings.Contains(before, "=") {
		if typ, query = before, after; typ != "" && !fhir.IsResourceType(r.release, typ) {
			r.refuse(fault.UnsupportedFilter, at, fault.Quote(typ)+" is no resource type of "+r.release.String())
			return
		}
	}
	found := false
	for piece := range strings.SplitSeq(query, "&") {
		if piece == "" {
			continue
		}
		f, why := parseCondition(r.release, piece)
		if why == "" && typ != "" && f.Type != "" && f.Type != typ {
			why = "it names two resource types, " + typ + " and " + f.Type
		}
		if why != "" {
			r.refuse(fault.UnsupportedFilter, at, "the filter "+fault.Quote(text)+" cannot be read: "+why)
			return
		}
		if f.Type == "" {
			f.Type = typ
		}
		f.at = at
		s.Filters = append(s.Filters, f)
		found = true
	}
	if !found {
		r.refuse(fault.UnsupportedFilter, at, "the filter "+fault.Quote(text)+" has no condition: write parameter=value")
	}
}

// parseCondition reads one [Type.]parameter[:modifier]=value, or says why not.
func parseCondition(release fhir.Release, piece string) (f Filter, why string) {
	rawName, rawValue, ok := strings.Cut(piece, "=")
	if !ok {
		return f, "a condition is written parameter=value"
	}
	name, err := url.QueryUnescape(rawName)
	if err == nil {
		f.Value, err = url.QueryUnescape(rawValue)
	}
	if err != nil {
		return f, "its percent-encoding is broken"
	}
	name, f.Modifier, _ = strings.Cut(name, ":")
	if typ, rest, ok := strings.Cut(name, "."); ok && fhir.IsResourceType(release, typ) {
		f.Type, name = typ, rest
	}
	f.Parameter = name
	switch {
	case f.Parameter == "":
		return f, "it has no parameter"
	case f.Value == "":
		return f, "it has no value"
	}
	return f, ""
}

// used returns the comparators with which a filter compares: its own, or the
// prefixes of its alternatives where the parameter is an ordered one. What has
// neither is tested for equality.
func (f *Filter) used(p *search.Parameter) []string {
	if f.Comparator != "" {
		return []string{f.Comparator}
	}
	if p == nil || p.Type != search.Date && p.Type != search.Number && p.Type != search.Quantity {
		return []string{"eq"}
	}
	var list []string
	for alternative := range strings.SplitSeq(f.Value, ",") {
		prefix := "eq"
		if len(alternative) > 2 && slices.Contains(comparators, alternative[:2]) {
			prefix = alternative[:2]
		}
		list = appendOnce(list, prefix)
	}
	return list
}

// allows says why the topic does not let the filter be used as it is, or "".
func (c *filterable) allows(f *Filter, p *search.Parameter) string {
	if len(c.comparators) == 0 && len(c.modifiers) == 0 {
		return ""
	}
	if f.Modifier != "" {
		listed := f.Modifier
		if 'A' <= listed[0] && listed[0] <= 'Z' {
			listed = "type" // a reference's modifier names the type itself
		}
		if slices.Contains(c.modifiers, listed) {
			return ""
		}
		return "the modifier " + fault.Quote(f.Modifier) + " is not allowed with it, but " + oneOf(slices.Concat(c.comparators, c.modifiers))
	}
	if len(c.comparators) == 0 {
		return "" // only modifiers are restricted
	}
	for _, used := range f.used(p) {
		if !slices.Contains(c.comparators, used) {
			return "the comparator " + fault.Quote(used) + " is not allowed with it, but " + oneOf(slices.Concat(c.comparators, c.modifiers))
		}
	}
	return ""
}

func appendOnce(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}
