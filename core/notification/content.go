package notification

import (
	"bytes"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// crossCheck holds the rules that need the whole Bundle.
func (c *Checker) crossCheck() {
	c.oneStatus()
	if c.search || len(c.statuses) == 0 {
		return
	}
	s := &c.statuses[0]
	c.statusRequest(s)
	c.contentLevel(s)
}

// oneStatus reports the statuses after the first. Heartbeats that were merged
// into one Bundle have a code of their own: a server is known to send them.
func (c *Checker) oneStatus() {
	if c.search {
		return
	}
	code, why := fault.MergedHeartbeat, "several heartbeats stand in one Bundle: each Subscription has its own"
	for i := range c.statuses {
		if c.statuses[i].typ != Heartbeat {
			code, why = fault.SeveralStatuses, "a notification has exactly one status: it speaks for one Subscription"
		}
	}
	for i := 1; i < len(c.statuses); i++ {
		s := &c.statuses[i]
		c.enterEntry(s.entry, "resource")
		c.report(fault.Err, code, s.value.Get("resourceType"), why)
		c.leave(2)
	}
}

func (c *Checker) enterEntry(i int, name string) {
	c.fhir.EnterIndex("entry", i)
	c.fhir.Enter(name)
}

// statusRequest: the request of the status is GET [Subscription]/$status, or
// $events for a query-event. R5 requires no request, so an odd one is a
// warning; so is one that goes to another Subscription, which a published
// example of the Inferno test kit does.
func (c *Checker) statusRequest(s *status) {
	if s.entry != 0 {
		return
	}
	request := c.entries[0].request
	severity := fault.Err
	if c.release == fhir.R5 {
		severity = fault.Warning
	}
	c.enterEntry(0, "request")
	if method := request.Get("method"); method.Kind() == jsonscan.String && !method.Is("GET") {
		c.fhir.Enter("method")
		c.report(severity, fault.UnexpectedRequest, method, "the request of the status is "+quote(method)+": it is GET [base]/Subscription/[id]/$status")
		c.fhir.Leave()
	}
	if url := request.Get("url"); url.Kind() == jsonscan.String && !url.Empty() {
		c.fhir.Enter("url")
		if own, ok := statusURL(c.bytes(url), s.typ); !ok {
			c.report(severity, fault.UnexpectedRequest, url, "the request of the status goes to "+quote(url)+": it ends in Subscription/[id]/$status")
		} else if due := c.subscriptionOf(s); due != nil && !bytes.Equal(own, due) {
			c.report(fault.Warning, fault.UnexpectedRequest, url, "the request of the status goes to "+quote(url)+": the status speaks for Subscription/"+string(due))
		}
		c.fhir.Leave()
	}
	c.leave(2)
}

// statusURL returns the id of the Subscription whose status a URL asks for, and
// whether it asks for one at all.
func statusURL(url []byte, typ Type) (id []byte, ok bool) {
	url, _, _ = bytes.Cut(url, []byte("?"))
	target, ok := bytes.CutSuffix(url, []byte("/$status"))
	if !ok && (typ == QueryEvent || typ == 0) {
		target, ok = bytes.CutSuffix(url, []byte("/$events"))
	}
	id = subscriptionID(target)
	return id, ok && isID(id)
}

// subscriptionOf returns the id of the Subscription that a status speaks for,
// or nil.
func (c *Checker) subscriptionOf(s *status) []byte {
	reference, _, _ := bytes.Cut(c.textOf(s.subscription), []byte("/_history/"))
	return subscriptionID(reference)
}

// subscriptionID returns the id that a URL of a Subscription ends in, or nil.
func subscriptionID(url []byte) []byte {
	kind, id, ok := bytes.Cut(tail(url), []byte("/"))
	if !ok || string(kind) != "Subscription" {
		return nil
	}
	return id
}

// textOf returns the text of a string, nil for other kinds.
func (c *Checker) textOf(v jsonscan.Value) []byte {
	if v.Kind() != jsonscan.String {
		return nil
	}
	return c.bytes(v)
}

// contentLevel checks that the events and the entries keep to one content
// level, which only the Subscription knows: it is inferred.
func (c *Checker) contentLevel(s *status) {
	others, included := 0, 0 // entries behind the status; those with a resource
	for i := range c.entries {
		if e := &c.entries[i]; !e.status && i > 0 {
			others++
			if e.resource.Exists() {
				included++
			}
		}
	}
	focused := 0
	for i := s.from; i < s.to; i++ {
		if c.events[i].focus.Exists() {
			focused++
		}
	}
	if s.to == s.from {
		c.unmentioned(others)
		return
	}
	c.enterEntry(s.entry, "resource")
	for i := s.from; i < s.to; i++ {
		c.focus(s, &c.events[i], focused > 0 || others > 0, others > 0)
	}
	switch {
	case focused == 0 && others == 0 && s.topic.Exists() && s.typ != QueryStatus && s.typ != QueryEvent:
		steps := c.enterStatus(s, "topic", s.topicAt)
		c.report(fault.Warning, fault.ContentLevel, s.topic, "a notification of content level empty should not tell its topic")
		c.leave(steps)
	case included > 0 && !s.topic.Exists():
		c.report(fault.Warning, fault.ContentLevel, s.value, "a notification of content level full-resource should tell its topic")
	}
	c.leave(2)
	if included > 0 {
		c.withheld()
	}
}

// unmentioned: without events there is nothing for other entries to be about.
func (c *Checker) unmentioned(others int) {
	if others == 0 {
		return
	}
	for i := 1; i < len(c.entries); i++ {
		if e := &c.entries[i]; !e.status {
			c.fhir.EnterIndex("entry", i)
			c.report(fault.Warning, fault.ContentLevel, e.value, "the notification has no events, and an entry besides its status")
			c.fhir.Leave()
			return
		}
	}
}

// focus checks the focus of an event. It is due as soon as anything tells that
// the content level is not empty, and where there are entries it should be one
// of them.
func (c *Checker) focus(s *status, e *event, due, entries bool) {
	reference := c.textOf(e.focus.Get("reference"))
	switch {
	case !e.focus.Exists() && (due || e.to > e.from):
		steps := c.enterEvent(s, e, "", 0)
		c.report(fault.Err, fault.MissingFocus, e.value, "the event has no focus: only notifications of content level empty, without context and further entries, leave it out")
		c.leave(steps)
	case reference != nil && entries && c.find(reference) < 0:
		steps := c.enterEvent(s, e, "focus", e.focusAt)
		c.report(fault.Warning, fault.ContentLevel, e.focus, "no entry has the fullUrl of the focus, "+quote(e.focus.Get("reference")))
		c.leave(steps)
	}
}

// withheld informs of entries without a resource between others that have one:
// a server may hold back what the receiver must not see.
func (c *Checker) withheld() {
	for i := 1; i < len(c.entries); i++ {
		e := &c.entries[i]
		if e.resource.Exists() || e.status || e.request.Get("method").Is("DELETE") {
			continue
		}
		c.fhir.EnterIndex("entry", i)
		c.report(fault.Information, fault.ContentLevel, e.value, "the entry has no resource, others of the notification have one")
		c.fhir.Leave()
	}
}
