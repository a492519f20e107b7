package world_test

import (
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/world"
)

func TestRequestedBecomesActive(t *testing.T) {
	for _, r := range releases {
		s := newScene(t, r)
		for _, status := range []string{"requested", "active"} {
			v := s.create(s.subscription(order{status: status}))
			if want := strings.Replace(s.subscription(order{status: "active"}), `{"resourceType":"Subscription",`, `{"resourceType":"Subscription","id":"`+v.ID+`","meta":{"versionId":"1","lastUpdated":"2026-01-01T00:00:00.000Z"},`, 1); string(v.Body) != want {
				t.Errorf("%v: %s, want %s", r, v.Body, want)
			}
		}
		if v := s.create(s.subscription(order{status: "off", end: "2020-01-01T00:00:00Z"})); s.status(v.ID) != "off" {
			t.Errorf("%v: off becomes %s", r, s.status(v.ID))
		}
	}
}

func TestOffUnbindsAndCounts(t *testing.T) {
	for _, r := range releases {
		s := newScene(t, r)
		v, neighbour := s.create(s.subscription(order{heartbeat: 5})), s.create(s.subscription(order{}))
		e := s.ear()
		s.attach(e, v.ID, neighbour.ID)
		s.patient("male")
		s.put("Subscription", v.ID, s.subscription(order{status: "off", heartbeat: 5}))
		s.patient("male")
		s.clock.Advance(time.Minute)
		e.hears(v.ID+" handshake active 0", neighbour.ID+" handshake active 0",
			v.ID+" event-notification active 1 [1]", neighbour.ID+" event-notification active 1 [1]",
			v.ID+" ended subscription-not-bindable", neighbour.ID+" event-notification active 2 [2]")
		s.put("Subscription", v.ID, s.subscription(order{}))
		e.hears() // a new bind is due
		s.attach(e, v.ID)
		s.patient("male")
		e.hears(v.ID+" handshake active 1", neighbour.ID+" event-notification active 3 [3]", v.ID+" event-notification active 2 [2]")
	}
}

func TestEnteredInError(t *testing.T) {
	s := newScene(t, fhir.R5)
	v := s.create(s.subscription(order{}))
	e := s.ear()
	s.attach(e, v.ID)
	s.put("Subscription", v.ID, s.subscription(order{status: "entered-in-error"}))
	s.patient("male")
	e.hears(v.ID+" handshake active 0", v.ID+" ended subscription-not-bindable")
}

func TestDeleteUnbinds(t *testing.T) {
	s := newScene(t, fhir.R4)
	v := s.create(s.subscription(order{heartbeat: 5, end: "2027-01-01T00:00:00Z"}))
	e := s.ear()
	s.attach(e, v.ID)
	s.patient("male")
	if err := s.Delete("alice", "Subscription", v.ID); err != nil {
		t.Fatal(err)
	}
	s.patient("male")
	s.clock.Advance(2 * 366 * 24 * time.Hour)
	e.hears(v.ID+" handshake active 0", v.ID+" event-notification active 1 [1]", v.ID+" ended unknown-subscription")
	s.put("Subscription", v.ID, s.subscription(order{}))
	s.attach(e, v.ID)
	e.hears(v.ID + " handshake active 0") // a new one under the old id
}

func TestErrorHoldsBackAndCounts(t *testing.T) {
	for _, r := range releases {
		s := newScene(t, r)
		v := s.create(s.subscription(order{heartbeat: 10}))
		e := s.ear()
		s.attach(e, v.ID)
		if err := s.SetError(v.ID); err != nil {
			t.Fatal(err)
		}
		if err := s.SetError(v.ID); err != nil { // again is fine, and not told again
			t.Fatal(err)
		}
		s.patient("male")
		s.clock.Advance(10 * time.Second)
		e.hears(v.ID+" handshake active 0", v.ID+" query-status error 0", v.ID+" heartbeat error 1")
		if len(e.last.Errors) != 1 || e.last.Errors[0].Code != "no-response" {
			t.Errorf("%v: errors %+v", r, e.last.Errors)
		}
		now, _ := s.Read("alice", "Subscription", v.ID)
		if now.VersionID != 2 || !strings.Contains(string(now.Body), `"status":"error"`) {
			t.Errorf("%v: version %d is %s", r, now.VersionID, now.Body)
		}
		_, err := s.Update("alice", "Subscription", v.ID, now.Body, "")
		wantError(t, err, fault.BusinessRule, "Subscription.status")
		_, _, err = s.Resend("alice", v.ID, world.ResendQuery{})
		wantError(t, err, fault.BusinessRule, "")
		answer, err := s.EventsBundle("alice", v.ID, world.EventsQuery{})
		if status := read(t, r, answer.Bundle); err != nil || len(status.Events) != 1 || status.State != "error" {
			t.Errorf("%v: %+v, %v", r, status, err)
		}
		_, err = s.Attach(e, "alice", []string{v.ID})
		wantError(t, err, fault.SubscriptionNotBindable, "")
		s.put("Subscription", v.ID, s.subscription(order{heartbeat: 10}))
		s.patient("male")
		e.hears(v.ID+" handshake active 1", v.ID+" event-notification active 2 [2]")

		if err := s.SetError(v.ID); err != nil {
			t.Fatal(err)
		}
		if err := s.Reactivate(v.ID); err != nil {
			t.Fatal(err)
		}
		if err := s.Reactivate(v.ID); err != nil {
			t.Fatal(err)
		}
		e.hears(v.ID+" query-status error 2", v.ID+" handshake active 2")
		if err := s.SetError(v.ID); err != nil {
			t.Fatal(err)
		}
		s.put("Subscription", v.ID, s.subscription(order{status: "off"}))
		e.hears(v.ID+" query-status error 2", v.ID+" ended subscription-not-bindable")
		wantError(t, s.SetError(v.ID), fault.BusinessRule, "")
		wantError(t, s.Reactivate(v.ID), fault.BusinessRule, "")
		wantError(t, s.SetError("x"), fault.NotFound, "")
		wantError(t, s.Reactivate("x"), fault.NotFound, "")
	}
}

func TestEndTurnsOff(t *testing.T) {
	for _, r := range releases {
		s := newScene(t, r)
		v := s.create(s.subscription(order{end: "2026-01-01T01:00:00+01:00", status: "off"}))
		s.put("Subscription", v.ID, s.subscription(order{end: "2026-01-01T02:00:00+01:00"})) // in an hour
		e := s.ear()
		s.attach(e, v.ID)
		s.put("Subscription", v.ID, s.subscription(order{end: "2026-01-01T03:00:00Z"}))
		s.clock.Advance(3*time.Hour - time.Millisecond)
		s.patient("male")
		s.clock.Advance(time.Millisecond)
		s.patient("male")
		e.hears(v.ID+" handshake active 0", v.ID+" event-notification active 1 [1]", v.ID+" ended subscription-not-bindable")
		now, _ := s.Read("alice", "Subscription", v.ID)
		if s.status(v.ID) != "off" || !strings.Contains(string(now.Body), `"status":"off"`) || !now.LastUpdated.Equal(newYear.Add(3*time.Hour)) {
			t.Errorf("%v: %s since %v", r, now.Body, now.LastUpdated)
		}
		_, err := s.Update("alice", "Subscription", v.ID, []byte(withID(s.subscription(order{end: "2026-01-01T03:00:00Z"}), v.ID)), "")
		wantError(t, err, fault.BusinessRule, "Subscription.end")
	}
}

func TestEndBeyondAnyTimer(t *testing.T) {
	s := newScene(t, fhir.R4)
	v := s.create(s.subscription(order{end: "9999-12-31T23:59:59Z"}))
	s.clock.Advance(1<<63 - 1) // 292 years
	if s.status(v.ID) != "active" {
		t.Error("a timer's limit ended the Subscription")
	}
}

func TestUpdateChangesWhatFires(t *testing.T) {
	for _, r := range releases {
		s := newScene(t, r)
		v := s.create(s.subscription(order{}))
		e := s.ear()
		s.attach(e, v.ID)
		s.patient("male")
		s.put("Subscription", v.ID, s.subscription(order{filters: []string{"gender=female"}}))
		s.patient("male")
		s.patient("female")
		s.put("Subscription", v.ID, s.subscription(order{topic: "Observation"}))
		s.patient("female")
		s.create(`{"resourceType":"Observation","status":"final"}`)
		e.hears(v.ID+" handshake active 0", v.ID+" event-notification active 1 [1]",
			v.ID+" event-notification active 2 [2]", v.ID+" event-notification active 3 [3]")
		// A refused update changes nothing.
		_, err := s.Update("alice", "Subscription", v.ID, []byte(withID(s.subscription(order{filters: []string{"wind=x"}}), v.ID)), "")
		if fault.CodeOf(err) != fault.UnsupportedFilter {
			t.Errorf("%v: %v", r, err)
		}
		s.create(`{"resourceType":"Observation","status":"final"}`)
		e.hears(v.ID + " event-notification active 4 [4]")
	}
}
