package notification

import (
	"strconv"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
)

// statusRules holds what a status must be by its type. The path is at it.
func (c *Checker) statusRules(s *status) {
	events := s.to > s.from
	switch {
	case events:
	case s.typ == EventNotification && c.release == fhir.R4:
		c.report(fault.Warning, fault.MissingEvent, s.value, "an event-notification without events tells nothing: R4B and R5 forbid it (sst-1)")
	case s.typ == EventNotification, s.typ == QueryEvent && c.release == fhir.R5:
		c.report(fault.Err, fault.MissingEvent, s.value, "the type "+s.typ.String()+" needs at least one event (sst-1)")
	}
	if s.typ == QueryStatus && c.release == fhir.R5 && !s.state.Exists() {
		c.report(fault.Err, fault.InvariantFailed, s.value, "the type query-status needs a status (sst-2)")
	}
	if c.search && s.typ != 0 && s.typ != QueryStatus {
		steps := c.enterStatus(s, "type", s.typeAt)
		c.report(fault.Warning, fault.InvalidCode, s.typeCode, "the type is "+s.typ.String()+": $status should answer with query-status")
		c.leave(steps)
	}
	c.countEvents(s)
}

// countEvents checks the counters against one another. The websocket does not
// guarantee delivery, so that event numbers count within the Subscription, and
// the highest is the number of events so far.
func (c *Checker) countEvents(s *status) {
	highest := int64(Unknown)
	for i := range c.events[s.from:s.to] {
		e := &c.events[s.from+i]
		switch {
		case e.number == Unknown:
		case e.number <= highest:
			c.number(s, e, fault.Err, "the event number "+strconv.FormatInt(e.number, 10)+" follows "+strconv.FormatInt(highest, 10)+": event numbers increase")
		case e.number == 0:
			c.number(s, e, fault.Warning, "the event number is 0: the first event of a Subscription has 1")
		}
		highest = max(highest, e.number)
	}
	switch {
	case s.typ == EventNotification && !s.counterValue.Exists():
		c.report(fault.Warning, fault.MissingElement, s.value, "an event-notification should count the events since the start: clients see from it what they missed")
	case s.counter == Unknown || highest == Unknown:
	case s.counter < highest, s.counter > highest && s.typ == EventNotification:
		steps := c.enterStatus(s, "eventsSinceSubscriptionStart", s.counterAt)
		c.report(fault.Err, fault.CounterMismatch, s.counterValue, "the counter says "+strconv.FormatInt(s.counter, 10)+", the highest event number is "+strconv.FormatInt(highest, 10)+": the counter is never lower, and in an event-notification the same")
		c.leave(steps)
	}
}

// number reports the number of an event.
func (c *Checker) number(s *status, e *event, severity fault.Severity, diagnostics string) {
	steps := c.enterEvent(s, e, "eventNumber", e.numberAt)
	c.report(severity, fault.CounterMismatch, e.numberValue, diagnostics)
	c.leave(steps)
}

// enterStatus goes from a status down to the element name, which in R4 is the
// value of the parameter i, and returns the number of steps.
func (c *Checker) enterStatus(s *status, name string, i int) int {
	if !s.parameters {
		c.fhir.Enter(name)
		return 1
	}
	c.fhir.EnterIndex("parameter", i)
	c.fhir.Enter("value")
	return 2
}

// enterEvent goes from a status down to an event, and to its element name if
// there is one, which in R4 is the value of the part i. It returns the number
// of steps.
func (c *Checker) enterEvent(s *status, e *event, name string, i int) int {
	switch {
	case !s.parameters && name == "":
		c.fhir.EnterIndex("notificationEvent", e.index)
		return 1
	case !s.parameters:
		c.fhir.EnterIndex("notificationEvent", e.index)
		c.fhir.Enter(name)
		return 2
	case name == "":
		c.fhir.EnterIndex("parameter", e.index)
		return 1
	}
	c.fhir.EnterIndex("parameter", e.index)
	c.fhir.EnterIndex("part", i)
	c.fhir.Enter("value")
	return 3
}

func (c *Checker) leave(steps int) {
	for range steps {
		c.fhir.Leave()
	}
}
