package notification

import (
	"bytes"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// Reading is what a Bundle says.
type Reading struct {
	ID, Timestamp string
	Searchset     bool // an answer to $status
	// Statuses hold the status of a notification, or those of a searchset.
	// There is none where none could be made out; there are several where a
	// server merged them, of which the issues tell.
	Statuses []Status
}

// Read checks a notification as [Checker.Check] does and returns what it says,
// as far as it can be made out: also of a Bundle that is not valid, so that a
// client may choose what to tolerate. The bodies of resources are parts of
// text; the list of issues is overwritten by the next call.
func (c *Checker) Read(text []byte, r fhir.Release) (Reading, []fault.Issue) {
	issues := c.Check(text, r)
	root := c.doc.Root()
	if !root.Get("resourceType").Is("Bundle") {
		return Reading{}, issues
	}
	reading := Reading{ID: root.Get("id").Text(), Timestamp: root.Get("timestamp").Text(), Searchset: c.search}
	for i := range c.statuses {
		reading.Statuses = append(reading.Statuses, c.readStatus(&c.statuses[i]))
	}
	return reading, issues
}

func (c *Checker) readStatus(s *status) Status {
	status := Status{
		ID: s.value.Get("id").Text(), Type: s.typ, Subscription: s.subscription.Text(),
		State: s.state.Text(), Topic: s.topic.Text(), EventsSinceStart: s.counter,
	}
	for i := s.from; i < s.to; i++ {
		status.Events = append(status.Events, c.readEvent(&c.events[i]))
	}
	if !s.parameters {
		for concept := s.value.Get("error").First(); concept.Exists(); concept = concept.Next() {
			status.Errors = appendCodings(status.Errors, concept.Value)
		}
		return status
	}
	for p := s.value.Get("parameter").First(); p.Exists(); p = p.Next() {
		if p.Get("name").Is("error") {
			status.Errors = appendCodings(status.Errors, p.Get("valueCodeableConcept"))
		}
	}
	return status
}

func appendCodings(codings []Coding, concept jsonscan.Value) []Coding {
	for c := concept.Get("coding").First(); c.Exists(); c = c.Next() {
		codings = append(codings, Coding{c.Get("system").Text(), c.Get("code").Text(), c.Get("display").Text()})
	}
	return codings
}

func (c *Checker) readEvent(e *event) Event {
	event := Event{Number: e.number, Timestamp: e.timestamp.Text()}
	event.Focus, event.Interaction = c.readResource(e.focus, true)
	for _, context := range c.contexts[e.from:e.to] {
		resource, _ := c.readResource(context, false)
		event.Context = append(event.Context, resource)
	}
	return event
}

// readResource looks a reference up among the entries. A history has several
// of one fullUrl where several events have one focus: each takes the next.
func (c *Checker) readResource(reference jsonscan.Value, focus bool) (Resource, Interaction) {
	resource := Resource{URL: reference.Get("reference").Text()}
	i := c.find([]byte(resource.URL))
	if i < 0 {
		return resource, 0
	}
	e := &c.entries[c.order[i]]
	if focus {
		first := e
		if i += first.taken; i < len(c.order) && bytes.Equal(c.entries[c.order[i]].url, first.url) {
			e = &c.entries[c.order[i]]
			first.taken++
		}
	}
	if e.resource.Kind() == jsonscan.Object { // what else stands there is no resource
		resource.Body = e.resource.Raw()
	}
	switch method := e.request.Get("method"); {
	case method.Is("POST"):
		return resource, Create
	case method.Is("PUT"):
		return resource, Update
	case method.Is("DELETE"):
		return resource, Delete
	}
	return resource, 0
}
