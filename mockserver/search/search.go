// Package search decides which resources a FHIR search, a topic's query
// criteria or a Subscription's filter means.
//
// Call [Compiler.Query] for a query string, [Compiler.Filter] for a
// Subscription's filters or [Compiler.Request] for a REST search, then
// [Query.Match] for each resource:
//
//	q, err := search.Compiler{Release: fhir.R4}.Query("Encounter", "status=finished")
//	if err != nil { … } // says which parameter, and why not
//	if q.Match(doc.Root()) { … }
//
// # Promises
//
// What compiles is matched; what could not be matched does not compile. A
// parameter, modifier, prefix or value that is not understood is refused by
// name, because a filter that is accepted and never matches is the hardest
// mistake to find. [Compiler.Request] alone may leave parameters out, and says
// which.
//
// Which parameters exist for which types is one table, parameters.txt, which
// [Table] renders for the README.
//
// # How values match
//
// Parameters that repeat must all match, values with commas between them
// match if one does, and one element of a list is enough. A comma, bar, dollar
// sign or backslash that belongs to the value is written behind a backslash.
//
//   - string: the element, or a part of a name or address, begins with the
//     value, whatever the case and accents; :contains and :exact as they say.
//   - token: a code, system|code, |code (no system) or system| (any code).
//     Codes and identifiers are compared letter by letter, values of plain
//     string elements whatever their case. :not also finds resources without
//     the element.
//   - reference: id, Type/id or an absolute URL; the version of a reference is
//     ignored. :Type and :identifier as they say. Of a canonical the version
//     may be left out.
//   - date: a period of time, as long as its precision: 2024-05 is all of May.
//     Times without an offset are UTC. A Period without start or end is open.
//     The prefixes eq ne gt lt ge le sa eb compare the two periods as FHIR
//     defines them; ap widens the value by its own length on both sides and
//     matches what overlaps.
//   - number, quantity: 5.4 is anything that rounds to it, from 5.35 below
//     5.45; with gt lt ge le sa eb it is exact; ap allows a tenth. A
//     quantity's comparator is not looked at and units are not converted.
//   - uri: the same text; of a canonical the version may be left out. :below
//     and :above compare whole path segments.
//
// Every kind knows :missing. Not supported are composite and special
// parameters, chains, _has, _filter, _text, _content, :in, :not-in, :of-type,
// :text and hierarchies of codes.
package search

import (
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// Compiler turns searches into queries.
type Compiler struct {
	// Release chooses the table.
	Release fhir.Release
	// Base is the server's FHIR base URL without a trailing slash. References
	// below it are the same whether relative or absolute. Default: relative
	// and absolute references are never the same.
	Base string
}

// Query is a compiled search over the resources of one type. It never changes
// and may be used by several goroutines at once.
type Query struct {
	resourceType string
	criteria     []criterion
}

// Term is one condition, as the members of R5's Subscription.filterBy give it.
type Term struct {
	Name       string // of the parameter
	Modifier   string // without its colon, or ""
	Comparator string // eq ne gt lt ge le sa eb ap, or "": a prefix in Value counts
	Value      string // not percent-encoded; a comma means or
}

// Query compiles a query string such as "status=finished&subject=Patient/1",
// percent-encoded as in a URL. Every parameter of it must be understood, and
// an empty string matches every resource of the type. The error is a
// *fault.Error with the code [fault.UnsupportedFilter] that names the
// parameter.
func (c Compiler) Query(resourceType, query string) (*Query, error) {
	pairs, err := parsePairs(query)
	if err != nil {
		return nil, err
	}
	q := &Query{resourceType: resourceType}
	for _, p := range pairs {
		if err := c.add(q, p.term()); err != nil {
			return nil, err
		}
	}
	return q, nil
}

// Filter compiles terms that must all match. The error is that of
// [Compiler.Query].
func (c Compiler) Filter(resourceType string, terms ...Term) (*Query, error) {
	q := &Query{resourceType: resourceType}
	for _, t := range terms {
		if err := c.add(q, t); err != nil {
			return nil, err
		}
	}
	return q, nil
}

func (c Compiler) add(q *Query, t Term) error {
	p := Lookup(c.Release, q.resourceType, t.Name)
	if p == nil {
		return refuse(t, "is not one that this server understands for "+q.resourceType+" in "+c.Release.String())
	}
	cr, err := c.criterion(p, t)
	if err != nil {
		return err
	}
	q.criteria = append(q.criteria, cr)
	return nil
}

// ResourceType returns the type whose resources the query can match.
func (q *Query) ResourceType() string { return q.resourceType }

// Match reports whether the resource is of the query's type and meets it.
func (q *Query) Match(resource jsonscan.Value) bool {
	if !resource.Get("resourceType").Is(q.resourceType) {
		return false
	}
	for i := range q.criteria {
		if !q.criteria[i].match(resource) {
			return false
		}
	}
	return true
}

// refuse says why a term does not compile: why continues "parameter "x" …".
func refuse(t Term, why string) error {
	name := t.Name
	if t.Modifier != "" {
		name += ":" + t.Modifier
	}
	return fault.New(fault.UnsupportedFilter, "search parameter "+fault.Quote(name)+" "+why)
}
