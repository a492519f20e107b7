package subscription

import (
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/search"
)

// Include asks for resources beside the focus of an event, as a search's
// _include and _revinclude do.
type Include struct {
	// Source is the type whose reference parameter is followed: that of the
	// focus, or with Reverse the type of the resources that refer to it.
	Source    string
	Parameter string
	// Target is the type of the resources wanted, "" for any.
	Target  string
	Reverse bool
}

// shape is one notificationShape.
type shape struct {
	typ      string
	includes []Include
}

// Includes returns what the topic adds to events whose focus is of a type.
func (t *Topic) Includes(typ string) []Include {
	var list []Include
	for i := range t.shapes {
		if t.shapes[i].typ == typ {
			list = append(list, t.shapes[i].includes...)
		}
	}
	return list
}

func (r *topicReader) shapeOf(e element, t *Topic) {
	s := shape{typ: r.resource(e)}
	for _, at := range r.source.all(e, "include") {
		r.include(at, &s, false)
	}
	for _, at := range r.source.all(e, "revInclude") {
		r.include(at, &s, true)
	}
	t.shapes = append(t.shapes, s)
}

// include reads Type:parameter[:Target]. What it cannot follow is left out with
// a warning, because an event without it is still an event.
func (r *topicReader) include(at element, s *shape, reverse bool) {
	text := r.text(at, "string")
	if text == "" || s.typ == "" {
		return
	}
	directive, iterates, _ := strings.Cut(text, "&")
	parts := strings.Split(directive, ":")
	i := Include{Source: parts[0], Reverse: reverse}
	if len(parts) > 1 {
		i.Parameter = parts[1]
	}
	if len(parts) > 2 {
		i.Target = parts[2]
	}
	p := search.Lookup(r.release, i.Source, i.Parameter)
	switch {
	case len(parts) < 2 || len(parts) > 3:
		r.warn(fault.UnsupportedTopic, at, fault.Quote(text)+" is not included: write Type:parameter or Type:parameter:Target")
	case !reverse && i.Source != s.typ:
		r.warn(fault.UnsupportedTopic, at, fault.Quote(text)+" is not included: it starts at "+fault.Quote(i.Source)+", the shape is about "+s.typ)
	case p == nil || p.Type != search.Reference:
		r.warn(fault.UnsupportedTopic, at, fault.Quote(text)+" is not included: "+fault.Quote(i.Parameter)+" is no reference parameter that this server understands for "+fault.Quote(i.Source))
	case i.Target != "" && !fhir.IsResourceType(r.release, i.Target):
		r.warn(fault.UnsupportedTopic, at, fault.Quote(text)+" is not included: "+fault.Quote(i.Target)+" is no resource type of "+r.release.String())
	default:
		s.includes = append(s.includes, i)
		if iterates != "" {
			r.warn(fault.UnsupportedTopic, at, fault.Quote(text)+" is followed for one step only: "+fault.Quote(iterates)+" is left out")
		}
	}
}
