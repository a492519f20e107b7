package mockserver_test

import (
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/journal"
)

// events makes a number of events.
func events(r fhir.Release, n int) func(s *server) {
	return func(s *server) {
		for range n {
			s.unicodeEvent(r)
		}
	}
}

func testMissingHandshake(t *testing.T, r fhir.Release) {
	_, _, polite := exchange(t, content(r, "id-only"), r, events(r, 1))
	s, id, got := exchange(t, content(r, "id-only"), r, events(r, 1), faults.Spec{Fault: faults.MissingHandshake})
	wantFrames(t, got, polite[1])
	e := s.wantEntries(journal.Withheld, faults.MissingHandshake, 1)[0]
	if e.Type != "handshake" || withoutPort(e.Text) != polite[0] {
		t.Errorf("the journal has %+v", e)
	}
	s.wantGoodAgain(r, id, 1)
}

func testLateHandshake(t *testing.T, r fhir.Release) {
	_, _, polite := exchange(t, content(r, "id-only"), r, events(r, 1))
	s := faulty(t, nil)
	id := s.subscribe(r)
	s.plan(faults.Spec{Fault: faults.LateHandshake, Seconds: 5})
	c := s.listen(r, id)
	s.unicodeEvent(r)
	s.clock.Advance(5*time.Second - 1)
	wantFrames(t, c.rest(), polite[1])
	s.clock.Advance(1)
	wantFrames(t, c.rest(), polite[0])
	s.clock.Advance(time.Minute)
	c.wantNothing()
	s.wantEntries(journal.Sent, faults.LateHandshake, 1)
	s.wantGoodAgain(r, id, 1)
}

func testGap(t *testing.T, r fhir.Release) {
	for _, level := range levels {
		_, _, polite := exchange(t, content(r, level), r, events(r, 3))
		s, id, got := exchange(t, content(r, level), r, events(r, 3), faults.Spec{Fault: faults.Gap, After: 1})
		wantFrames(t, got, polite[0], polite[1], polite[3])
		e := s.wantEntries(journal.Withheld, faults.Gap, 1)[0]
		if withoutPort(e.Text) != polite[2] || e.Events[0] != 2 || *e.Total != 2 {
			t.Errorf("the journal has %+v", e)
		}
		s.wantEventsTo(r, id, 3)
		s.wantGoodAgain(r, id, 3)
	}
}

func testReordered(t *testing.T, r fhir.Release) {
	_, _, polite := exchange(t, content(r, "id-only"), r, events(r, 3))
	s, id, got := exchange(t, content(r, "id-only"), r, events(r, 3), faults.Spec{Fault: faults.Reordered})
	wantFrames(t, got, polite[0], polite[2], polite[1], polite[3])
	s.wantEntries(journal.Sent, faults.Reordered, 1)
	s.wantGoodAgain(r, id, 3)

	alone := faulty(t, nil)
	id = alone.subscribe(r)
	alone.plan(faults.Spec{Fault: faults.Reordered})
	c := alone.listen(r, id)
	c.want("handshake " + id + " 0")
	alone.event(r)
	alone.clock.Advance(2*time.Second - 1)
	c.wantNothing()
	alone.clock.Advance(1)
	c.want("event-notification " + id + " 1")
	alone.wantGoodAgain(r, id, 1)
}

// testChangedBundle is the test of a fault that changes the text of an
// event-notification: of three only the second, at every content level.
func testChangedBundle(t *testing.T, r fhir.Release, name string, code fault.Code, change func(id, level, polite, got string) (want string)) {
	for _, level := range levels {
		_, _, polite := exchange(t, content(r, level), r, events(r, 3))
		s, id, got := exchange(t, content(r, level), r, events(r, 3), faults.Spec{Fault: name, After: 1})
		wantFrames(t, got, polite[0], polite[1], change(id, level, polite[2], got[2]), polite[3])
		if got[2] == polite[2] {
			t.Errorf("%s: nothing was changed", level)
		}
		wantVerdict(t, r, got[2], code)
		if e := s.wantEntries(journal.Sent, name, 1)[0]; withoutPort(e.Text) != got[2] || e.Events[0] != 2 || e.Subscriptions[0] != id {
			t.Errorf("the journal has %+v", e)
		}
		s.wantEventsTo(r, id, 3)
		s.wantGoodAgain(r, id, 3)
	}
}

var notYours = regexp.MustCompile(`Subscription/not-yours-[0-9a-f]{8}`)

func testWrongSubscription(t *testing.T, r fhir.Release) {
	testChangedBundle(t, r, faults.WrongSubscription, "", func(id, _, polite, got string) string {
		return strings.ReplaceAll(polite, "Subscription/"+id, notYours.FindString(got))
	})
}

var bundleType = regexp.MustCompile(`"type":"(searchset|collection|message|transaction-response)"`)

func testWrongBundleType(t *testing.T, r fhir.Release) {
	politeType := `"type":"history"`
	if r == fhir.R5 {
		politeType = `"type":"subscription-notification"`
	}
	testChangedBundle(t, r, faults.WrongBundleType, anyVerdict, func(_, _, polite, got string) string {
		drawn := bundleType.FindStringSubmatch(got)
		wantVerdict(t, r, got, map[string]fault.Code{
			"collection": fault.WrongBundleType, "transaction-response": fault.WrongBundleType,
			"message":   fault.NotANotification, // which is not looked at any further
			"searchset": searchsetCode(r),       // nor is it an answer to $status
		}[drawn[1]])
		return strings.Replace(polite, politeType, drawn[0], 1)
	})
}

// searchsetCode is what is wrong with a notification that calls itself an answer
// to $status: that has no request, and in R5 a link.
func searchsetCode(r fhir.Release) fault.Code {
	if r == fhir.R5 {
		return fault.InvariantFailed
	}
	return fault.ProhibitedRequest
}

func testMissingStatus(t *testing.T, r fhir.Release) {
	testChangedBundle(t, r, faults.MissingStatus, fault.MissingStatus, func(_, level, polite, _ string) string {
		begin := strings.Index(polite, `"entry":[`)
		if level == "empty" { // the status is the only entry
			return polite[:begin-1] + "}"
		}
		begin += len(`"entry":[`)
		second := strings.LastIndex(polite, `{"fullUrl"`)
		return polite[:begin] + polite[second:]
	})
}

func testMalformedJSON(t *testing.T, r fhir.Release) {
	testChangedBundle(t, r, faults.MalformedJSON, fault.InvalidJSON, func(_, _, polite, got string) string {
		if !utf8.ValidString(got) || len(got) < len(polite)/3 {
			t.Errorf("%q is cut within a character, or too early", got)
		}
		return polite[:len(got)]
	})
}

var (
	counter   = regexp.MustCompile(`("(?:eventNumber|eventsSinceSubscriptionStart)":)"([0-9]+)"`)
	counterR4 = regexp.MustCompile(`("name":"(?:event-number|events-since-subscription-start)","valueString":)"([0-9]+)"`)
)

func testCounterAsNumber(t *testing.T, r fhir.Release) {
	code := fault.CounterAsNumber
	if r == fhir.R4 {
		code = fault.WrongJSONType // of a parameter that has nothing to do with counters
	}
	testChangedBundle(t, r, faults.CounterAsNumber, code, func(_, _, polite, _ string) string {
		return counterR4.ReplaceAllString(counter.ReplaceAllString(polite, "$1$2"), "$1$2")
	})
}

func testEmptyBundle(t *testing.T, r fhir.Release) {
	testChangedBundle(t, r, faults.EmptyBundle, fault.MissingStatus, func(_, _, polite, _ string) string {
		return polite[:strings.Index(polite, `,"entry":[`)] + "}"
	})
}

func testStoppedHeartbeats(t *testing.T, r fhir.Release) {
	s := faulty(t, func(c *mockserver.Config) { c.Lifetime = time.Hour })
	id := s.post(r, subscribeTo(r, "Patient", "10"))
	s.plan(faults.Spec{Fault: faults.StoppedHeartbeats, After: 1, Socket: 1})
	c, neighbour := s.listen(r, id), s.listen(r, id)
	c.want("handshake " + id + " 0")
	neighbour.want("handshake " + id + " 0")
	s.clock.Advance(35 * time.Second)
	c.want("heartbeat " + id + " 0")
	neighbour.want("heartbeat "+id+" 0", "heartbeat "+id+" 0", "heartbeat "+id+" 0")
	s.event(r)
	c.want("event-notification " + id + " 1")
	neighbour.want("event-notification " + id + " 1")
	s.clock.Advance(15 * time.Second)
	c.wantNothing()
	if list := s.wantEntries(journal.Withheld, faults.StoppedHeartbeats, 3); list[0].Type != "heartbeat" || list[2].Socket != 1 {
		t.Errorf("the journal has %+v", list)
	}
	c.bind(s.token(r, []string{id})) // another binding has heartbeats again
	c.want("handshake " + id + " 1")
	s.clock.Advance(10 * time.Second)
	c.want("heartbeat " + id + " 1")
	s.wantGoodAgain(r, id, 1)
}

func testStatusError(t *testing.T, r fhir.Release) {
	s, id := faulty(t, nil), ""
	id = s.subscribe(r)
	other := s.subscribe(r)
	s.plan(faults.Spec{Fault: faults.StatusError, Subscription: id})
	c, neighbour := s.listen(r, id), s.listen(r, other)
	s.event(r)
	s.event(r)
	c.want("handshake "+id+" 0", "query-status "+id+" error")
	c.wantNothing()
	neighbour.want("handshake "+other+" 0", "event-notification "+other+" 1", "event-notification "+other+" 2")
	if e := s.wantEntries(journal.Sent, faults.StatusError, 1)[0]; e.Type != "query-status" {
		t.Errorf("the journal has %+v", e)
	}
	s.wantEventsTo(r, id, 2) // it still counts
	s.ask(r, id).want(t, 422, fault.SubscriptionNotBindable)
	s.call("PUT", s.BaseURL(r)+"/Subscription/"+id, strings.Replace(subscribeTo(r, "Patient", ""), `{`, `{"id":"`+id+`",`, 1)).want(t, 200, "")
	c.want("handshake " + id + " 2")
	s.wantGoodAgain(r, id, 2)
}

func testStatusOff(t *testing.T, r fhir.Release) {
	s, id := faulty(t, nil), ""
	id = s.subscribe(r)
	other := s.subscribe(r)
	s.plan(faults.Spec{Fault: faults.StatusOff, Subscription: id})
	c, neighbour := s.listen(r, id), s.listen(r, other)
	s.event(r)
	s.event(r)
	c.want("handshake " + id + " 0")
	c.wantNothing()
	neighbour.want("handshake "+other+" 0", "event-notification "+other+" 1", "event-notification "+other+" 2")
	a := s.call("GET", s.BaseURL(r)+"/Subscription/"+id, "").want(t, 200, "")
	if !strings.Contains(a.body, `"status":"off"`) {
		t.Errorf("the Subscription is %s", a.body)
	}
	if e := s.wantEntries(journal.Unbound, faults.StatusOff, 1)[0]; e.Verdict != string(fault.SubscriptionNotBindable) || e.Subscriptions[0] != id {
		t.Errorf("the journal has %+v", e)
	}
	s.ask(r, id).want(t, 422, fault.SubscriptionNotBindable)
	s.call("PUT", s.BaseURL(r)+"/Subscription/"+id, strings.Replace(subscribeTo(r, "Patient", ""), `{`, `{"id":"`+id+`",`, 1)).want(t, 200, "")
	s.wantGoodAgain(r, id, 1) // what happened while it was off is no event
}

func testBurst(t *testing.T, r fhir.Release) {
	s, id := faulty(t, nil), ""
	id = s.subscribe(r)
	other := s.subscribe(r)
	s.plan(faults.Spec{Fault: faults.Burst, Subscription: id})
	c, neighbour := s.listen(r, id), s.listen(r, other)
	c.want("handshake " + id + " 0")
	s.event(r)
	for n := range int64(51) {
		c.want("event-notification " + id + " " + itoa(n+1))
	}
	c.wantNothing()
	neighbour.want("handshake "+other+" 0", "event-notification "+other+" 1")
	neighbour.wantNothing()
	s.wantEntries(journal.Sent, faults.Burst, 51)
	s.wantGoodAgain(r, id, 51)
}
