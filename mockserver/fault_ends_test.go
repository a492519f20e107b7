package mockserver_test

import (
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/journal"
)

// What is held back for later has no later where the binding ends before.

func TestHeldFramesEndWithTheBinding(t *testing.T) {
	s := faulty(t, func(c *mockserver.Config) { c.Lifetime = time.Minute })
	id := s.subscribe(fhir.R4)
	c := s.listen(fhir.R4, id)
	c.want("handshake " + id + " 0")
	s.clock.Advance(time.Minute - time.Second)
	s.plan(faults.Spec{Fault: faults.Reordered})
	s.event(fhir.R4)
	s.clock.Advance(time.Second) // the token ends before the event is let go
	c.want("outcome expired-token")
	c.WantClosed(1008, "expired-token")
	s.wantEntries(journal.Withheld, faults.Reordered, 1)
	s.clock.Advance(time.Minute)
	s.wantGoodAgain(fhir.R4, id, 1)
}

func TestHeldFramesEndWithTheSocket(t *testing.T) {
	s := faulty(t, nil)
	first, second := s.subscribe(fhir.R4), s.subscribe(fhir.R4)
	s.plan(faults.Spec{Fault: faults.LateHandshake, Times: 2})
	b := s.token(fhir.R4, []string{first, second})
	c := s.connect(fhir.R4, b.url)
	c.bind(b)
	c.wantNothing()
	c.CloseNow()
	s.wantEntries(journal.Withheld, faults.LateHandshake, 2)
	s.clock.Advance(time.Minute) // their timers are stopped
	s.wantGoodAgain(fhir.R4, first, 0)
}

// A Subscription that a fault has turned off has no end to come.
func TestStatusOffForgetsTheEnd(t *testing.T) {
	s := faulty(t, nil)
	id := s.post(fhir.R4, `{"end":"2026-03-01T12:01:00Z",`+subscribeTo(fhir.R4, "Patient", "")[1:])
	s.plan(faults.Spec{Fault: faults.StatusOff})
	s.listen(fhir.R4, id)
	s.event(fhir.R4)
	version := func() string {
		return s.call("GET", s.BaseURL(fhir.R4)+"/Subscription/"+id, "").want(t, 200, "").header.Get("ETag")
	}
	before := version()
	s.clock.Advance(time.Hour)
	if after := version(); after != before {
		t.Errorf("the version is %s, was %s", after, before)
	}
}

// TestReorderedAgainAndAgain: one that is struck overtakes the one that waits. Were
// it to wait too, nothing would be out of order, and events that come soon enough
// one after the other would wait for ever.
func TestReorderedAgainAndAgain(t *testing.T) {
	s := faulty(t, nil)
	id := s.subscribe(fhir.R4)
	s.plan(faults.Spec{Fault: faults.Reordered, Times: 5})
	c := s.listen(fhir.R4, id)
	c.want("handshake " + id + " 0")
	for range 5 {
		s.event(fhir.R4)
		s.clock.Advance(time.Second)
	}
	s.clock.Advance(time.Second)
	for _, n := range []string{"2", "1", "4", "3", "5"} {
		c.want("event-notification " + id + " " + n)
	}
	s.wantGoodAgain(fhir.R4, id, 5)
}

// What is held back is bounded: under a clock that stands still its time never comes.
func TestHeldFramesAreLetGoWhenTheyAreMany(t *testing.T) {
	s := faulty(t, func(c *mockserver.Config) { c.MaxQueue = 8 << 10 })
	id := s.subscribe(fhir.R4)
	c := s.listen(fhir.R4, id)
	c.want("handshake " + id + " 0")
	s.plan(faults.Spec{Fault: faults.LateHandshake, Probability: 1})
	b := s.token(fhir.R4, []string{id})
	due := "handshake " + id + " 0"
	for range 2 {
		for range 4 { // more than half of what the queue holds: again as much need not fit before it was read
			c.bind(b)
		}
		c.want(due, due, due, due)
	}
}
