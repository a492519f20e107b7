package client

import (
	"strconv"
	"strings"

	"github.com/wsbind/wsbind/core/jsonscan"
)

// status is what the first entry of a notification says, whichever release
// wrote it.
type status struct {
	kind         Kind
	subscription string  // id
	events       []int64 // the numbers that are numbers above 0
	unnumbered   int     // events without such a number
	count        int64   // eventsSinceSubscriptionStart
	counted      bool    // whether it is there
}

// readStatus reads the status of a Bundle. It goes by the shape found rather
// than by the release expected: what is wrong is for core/notification to
// say, and a client that can still understand should.
func readStatus(root jsonscan.Value) (s status, ok bool) {
	if !root.Get("resourceType").Is("Bundle") {
		return s, false
	}
	resource := root.Get("entry").At(0).Get("resource")
	switch {
	case resource.Get("resourceType").Is("SubscriptionStatus"):
		s.readMembers(resource)
	case resource.Get("resourceType").Is("Parameters"):
		s.readParameters(resource)
	}
	return s, s.kind != Other && s.subscription != ""
}

// readMembers reads a SubscriptionStatus: R4B, R5.
func (s *status) readMembers(resource jsonscan.Value) {
	s.kind = kindOf(resource.Get("type").Text())
	s.subscription = idOf(resource.Get("subscription").Get("reference").Text())
	s.count, s.counted = number(resource.Get("eventsSinceSubscriptionStart"))
	for event := range resource.Get("notificationEvent").Elements() {
		s.event(event.Get("eventNumber"))
	}
}

// readParameters reads the Parameters that stand for one in R4.
func (s *status) readParameters(resource jsonscan.Value) {
	for p := range resource.Get("parameter").Elements() {
		switch p.Get("name").Text() {
		case "type":
			s.kind = kindOf(p.Get("valueCode").Text())
		case "subscription":
			s.subscription = idOf(p.Get("valueReference").Get("reference").Text())
		case "events-since-subscription-start":
			s.count, s.counted = number(p.Get("valueString"))
		case "notification-event":
			var eventNumber jsonscan.Value
			for part := range p.Get("part").Elements() {
				if part.Get("name").Is("event-number") {
					eventNumber = part.Get("valueString")
				}
			}
			s.event(eventNumber)
		}
	}
}

func (s *status) event(v jsonscan.Value) {
	if n, ok := number(v); ok && n > 0 {
		s.events = append(s.events, n)
		return
	}
	s.unnumbered++
}

// number reads a counter, which is a string and in careless servers a number.
func number(v jsonscan.Value) (n int64, ok bool) {
	text := v.Text()
	if v.Kind() == jsonscan.Number {
		text = string(v.Raw())
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n >= 0
}

func kindOf(code string) Kind {
	switch k := Kind(code); k {
	case Handshake, Heartbeat, EventNotification, QueryStatus, QueryEvent:
		return k
	}
	return Other
}

// idOf returns the id at the end of a reference or canonical-looking URL:
// "1", "Subscription/1" and "https://example.org/fhir/Subscription/1/_history/2"
// all mean 1.
func idOf(reference string) string {
	reference, _, _ = strings.Cut(reference, "/_history/")
	return reference[strings.LastIndexByte(reference, '/')+1:]
}
