package record

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/mockserver/search"
)

// filter is a condition of a Subscription without its value, unless the value
// says nothing about anybody: a common code, or a reference by its pseudonym.
type filter struct{ typ, parameter, modifier, comparator, value string }

var (
	parameterName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,63}$`)
	modifiers     = []string{"exact", "contains", "not", "missing", "text", "above", "below", "in", "not-in", "identifier", "of-type"}
	comparators   = []string{"eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"}
	// openCodes are values of code parameters that are FHIR's own.
	openCodes = []string{
		"true", "false", "male", "female", "other", "unknown", "active", "inactive", "completed", "finished", "cancelled",
		"planned", "arrived", "triaged", "in-progress", "discharged", "on-hold", "registered", "preliminary", "final", "amended",
		"corrected", "entered-in-error", "draft", "requested", "received", "accepted", "rejected", "booked", "proposed", "pending",
	}
)

// value keeps what may be kept of a value.
func (k *knowledge) value(text string) string {
	if slices.Contains(openCodes, text) {
		return text
	}
	return k.reference(text)
}

// condition reads [Type.]parameter[:modifier]=value. The comparator is a prefix of
// the value where that looks like a date or a number.
func (k *knowledge) condition(text string) (f filter, ok bool) {
	name, value, _ := strings.Cut(text, "=")
	name, err := url.QueryUnescape(name)
	if err != nil {
		return f, false
	}
	if value, err = url.QueryUnescape(value); err != nil {
		return f, false
	}
	f.typ, f.parameter, ok = strings.Cut(name, ".")
	if !ok {
		f.typ, f.parameter = "", name
	}
	f.parameter, f.modifier, _ = strings.Cut(f.parameter, ":")
	if len(value) > 2 && slices.Contains(comparators, value[:2]) && value[2] >= '0' && value[2] <= '9' {
		f.comparator = value[:2]
	}
	f.value = k.value(value)
	return f, f.plain()
}

// plain reports whether a filter holds nothing but words of FHIR. Whether they are
// is looked up when the scenario is written, once the resource type is known.
func (f *filter) plain() bool {
	return parameterName.MatchString(f.parameter) &&
		(f.modifier == "" || slices.Contains(modifiers, f.modifier)) &&
		(f.comparator == "" || slices.Contains(comparators, f.comparator))
}

// conditions reads several, joined by &. typ is that of all which name none.
func (k *knowledge) conditions(typ, query string) (list []filter) {
	for piece := range strings.SplitSeq(query, "&") {
		if f, ok := k.condition(piece); ok && piece != "" {
			if f.typ == "" {
				f.typ = typ
			}
			list = append(list, f)
		}
	}
	return list
}

// filterString reads the guide's grammars: conditions, or Type?conditions.
func (k *knowledge) filterString(text string) []filter {
	if before, after, ok := strings.Cut(text, "?"); ok && !strings.Contains(before, "=") {
		return k.conditions(before, after)
	}
	return k.conditions("", text)
}

// filterBy reads one of R5.
func (k *knowledge) filterBy(v jsonscan.Value) (f filter, ok bool) {
	f = filter{
		typ: idOf(v.Get("resourceType").Text()), parameter: v.Get("filterParameter").Text(),
		modifier: v.Get("modifier").Text(), comparator: v.Get("comparator").Text(), value: k.value(v.Get("value").Text()),
	}
	return f, f.plain()
}

// stands are values that stand in for those that were not kept.
var stands = map[search.Kind]string{
	search.String: "x", search.Token: "x", search.Date: "2000-01-01", search.Number: "1", search.Quantity: "1", search.URI: "urn:x", search.Reference: "x",
}

// filled returns the filter with a value for a resource type, or false where this
// release has no such condition for it.
func (f filter) filled(release fhir.Release, typ string) (filter, bool) {
	p := search.Lookup(release, typ, f.parameter)
	if p == nil {
		return f, false
	}
	if f.value == "" {
		f.value = stands[p.Type]
		if f.modifier == "missing" {
			f.value = "true"
		}
	}
	_, err := search.Compiler{Release: release}.Query(typ, f.term())
	return f, err == nil
}

// term writes parameter:modifier=value as a search does.
func (f *filter) term() string {
	name := f.parameter
	if f.modifier != "" {
		name += ":" + f.modifier
	}
	return name + "=" + f.comparator + url.QueryEscape(f.value)
}
