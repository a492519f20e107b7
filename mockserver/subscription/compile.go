package subscription

import (
	"slices"
	"strings"
	"unique"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/mockserver/search"
)

// Compiled is a Subscription that can be honoured.
type Compiled struct {
	*Subscription
	// Source is the topic, nil where classic criteria are used.
	Source *Topic

	rules    []rule
	criteria unique.Handle[criteria]
}

// rule holds what an event of one resource type must match.
type rule struct {
	typ     string
	filters []*search.Query
}

// Compile binds a Subscription to its topic and compiles its filters. Every
// reason why it cannot be honoured is returned, and the result is then nil.
//
// keep is the topic that the Subscription had before an update, or nil: it may
// stay with it although it was retired meanwhile.
func Compile(s *Subscription, topics *Catalog, sc search.Compiler, keep *Topic) (*Compiled, []fault.Issue) {
	r := &reader{release: s.Release}
	c := &Compiled{Subscription: s}
	if s.Topic == "" {
		r.classic(c, sc)
	} else if c.Source = r.resolve(s, topics, keep); c.Source != nil {
		r.filters(c, sc)
	}
	if !r.ok() {
		return nil, r.issues.Issues
	}
	c.criteria = unique.Make(criteriaOf(c))
	s.forgetPlaces()
	s.Topic = unique.Make(s.Topic).Value() // thousands have the same
	return c, nil
}

// forgetPlaces lets the text go that the Subscription was read from, and its
// analysis, for there may be thousands. Nothing of it will be refused any more but
// for a new version of its topic, whose client sent another text.
func (s *Subscription) forgetPlaces() {
	s.at = places{}
	for i := range s.Filters {
		s.Filters[i].at = element{}
	}
}

// Types returns the resource types whose changes may be events.
func (c *Compiled) Types() []string {
	var types []string
	for i := range c.rules {
		types = append(types, c.rules[i].typ)
	}
	return types
}

// Fires reports whether the change is an event of the Subscription.
func (c *Compiled) Fires(ch Change) bool {
	for i := range c.rules {
		rule := &c.rules[i]
		if rule.typ != ch.Type {
			continue
		}
		if c.Source == nil && ch.Interaction == notification.Delete || c.Source != nil && !c.Source.Fires(ch) {
			return false
		}
		for _, q := range rule.filters {
			if !q.Match(ch.focus()) {
				return false
			}
		}
		return true
	}
	return false
}

// classic compiles Type or Type?query.
func (r *reader) classic(c *Compiled, sc search.Compiler) {
	at := c.at.criteria
	typ, query, asks := strings.Cut(c.Criteria, "?")
	if !fhir.IsResourceType(r.release, typ) {
		r.refuse(fault.UnsupportedCriteria, at, fault.Quote(c.Criteria)+" is neither the canonical URL of a topic nor a search: "+
			fault.Quote(typ)+" is no resource type of "+r.release.String())
		return
	}
	q, err := sc.Query(typ, query)
	if err != nil {
		r.refuse(fault.UnsupportedCriteria, at, fault.DetailOf(err))
		return
	}
	if asks && query == "" {
		r.refuse(fault.UnsupportedCriteria, at, "nothing follows the question mark: leave it out to mean every "+typ)
		return
	}
	c.rules = []rule{{typ, []*search.Query{q}}}
}

func (r *reader) resolve(s *Subscription, topics *Catalog, keep *Topic) *Topic {
	if keep != nil && keep.Named(s.Topic) {
		return keep
	}
	t := topics.Resolve(s.Topic)
	switch {
	case t == nil:
		r.refuse(fault.UnsupportedTopic, s.at.topic, "no topic has the canonical "+fault.Quote(s.Topic)+": search for the topics that there are, or upload one")
	case t.Status == "retired":
		r.refuse(fault.UnsupportedTopic, s.at.topic, "the topic "+fault.Quote(t.Canonical())+" is retired: no new Subscription may name it")
		return nil
	}
	return t
}

// filters compiles each filter for each type of the topic that it applies to.
func (r *reader) filters(c *Compiled, sc search.Compiler) {
	for _, typ := range c.Source.Types() {
		c.rules = append(c.rules, rule{typ: typ})
	}
	for i := range c.Filters {
		f := &c.Filters[i]
		applied := false
		for j := range c.rules {
			rule := &c.rules[j]
			if f.Type != "" && f.Type != rule.typ {
				continue
			}
			allowed := c.Source.filterables(rule.typ, f.Parameter)
			if len(allowed) == 0 {
				continue
			}
			applied = true
			if q := r.filter(f, rule.typ, allowed, sc); q != nil {
				rule.filters = append(rule.filters, q)
			}
		}
		if !applied {
			r.refuse(fault.UnsupportedFilter, f.at, c.Source.whyNot(f))
		}
	}
}

// filter compiles a filter for one type. One canFilterBy that allows it is
// enough.
func (r *reader) filter(f *Filter, typ string, allowed []*filterable, sc search.Compiler) *search.Query {
	why := ""
	for _, a := range allowed {
		if why = a.allows(f, search.Lookup(sc.Release, typ, f.Parameter)); why == "" {
			break
		}
	}
	if why != "" {
		r.refuse(fault.UnsupportedFilter, f.at, "the topic lets "+typ+" be filtered by "+fault.Quote(f.Parameter)+", but "+why)
		return nil
	}
	q, err := sc.Filter(typ, search.Term{Name: f.Parameter, Modifier: f.Modifier, Comparator: f.Comparator, Value: f.Value})
	if err != nil {
		r.refuse(fault.UnsupportedFilter, f.at, fault.DetailOf(err))
		return nil
	}
	return q
}

// filterables returns the topic's canFilterBy for a parameter of a type.
func (t *Topic) filterables(typ, parameter string) []*filterable {
	var list []*filterable
	for i := range t.filters {
		f := &t.filters[i]
		if f.parameter == parameter && (f.typ == "" || f.typ == typ) {
			list = append(list, f)
		}
	}
	return list
}

// whyNot says why a filter applies to nothing of the topic.
func (t *Topic) whyNot(f *Filter) string {
	if f.Type != "" && !slices.Contains(t.Types(), f.Type) {
		return "the filter is about " + f.Type + ", the topic about " + oneOf(t.Types())
	}
	var allowed []string
	for i := range t.filters {
		if c := &t.filters[i]; f.Type == "" || c.typ == "" || c.typ == f.Type {
			allowed = appendOnce(allowed, c.parameter)
		}
	}
	if len(allowed) == 0 {
		return "the topic allows no filters here"
	}
	return "the topic allows no filter by " + fault.Quote(f.Parameter) + ", but by " + oneOf(allowed)
}
