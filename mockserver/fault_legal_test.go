package mockserver_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/journal"
)

// What is legal is valid: every frame here is read by want, which refuses what
// the Checker of notifications refuses.

// testWelcome is the test of a fault at the beginning of a binding.
func testWelcome(t *testing.T, r fhir.Release, name string, frames ...string) {
	s, id := faulty(t, nil), ""
	id = s.subscribe(r)
	other := s.subscribe(r)
	s.event(r)
	s.plan(faults.Spec{Fault: name, Subscription: id})
	neighbour, c := s.listen(r, other), s.listen(r, id)
	last := int64(1)
	for _, frame := range frames {
		word, number, _ := strings.Cut(frame, " ")
		c.want(word + " " + id + " " + number)
		if number == "2" {
			last = 2
		}
	}
	c.wantNothing()
	neighbour.want("handshake " + other + " 1")
	neighbour.wantNothing()
	if e := s.wantEntries(journal.Sent, name, 1)[0]; e.Socket != 2 {
		t.Errorf("the journal has %+v", e)
	}
	s.wantEventsTo(r, id, last)
	s.event(r)
	c.want("event-notification " + id + " " + itoa(last+1))
	s.wantGoodAgain(r, id, last+1)
}

func testEarlyEvent(t *testing.T, r fhir.Release) {
	testWelcome(t, r, faults.EarlyEvent, "event-notification 2", "handshake 2")
}

func testEarlyHeartbeat(t *testing.T, r fhir.Release) {
	testWelcome(t, r, faults.EarlyHeartbeat, "heartbeat 1", "handshake 1")
}

func testPromptEvent(t *testing.T, r fhir.Release) {
	testWelcome(t, r, faults.PromptEvent, "handshake 1", "event-notification 2")
}

func testPromptHeartbeat(t *testing.T, r fhir.Release) {
	testWelcome(t, r, faults.PromptHeartbeat, "handshake 1", "heartbeat 1")
}

func testRepeatedHandshake(t *testing.T, r fhir.Release) {
	testWelcome(t, r, faults.RepeatedHandshake, "handshake 1", "handshake 1")
	_, _, polite := exchange(t, content(r, "id-only"), r, events(r, 0))
	_, _, got := exchange(t, content(r, "id-only"), r, events(r, 0), faults.Spec{Fault: faults.RepeatedHandshake})
	wantFrames(t, got, polite[0], polite[0])
}

func testSeveralEvents(t *testing.T, r fhir.Release) {
	for _, level := range levels {
		s := faulty(t, nil)
		id := s.post(r, content(r, level))
		s.plan(faults.Spec{Fault: faults.SeveralEvents, Subscription: id})
		c := s.listen(r, id)
		c.want("handshake " + id + " 0")
		s.event(r)
		c.want("event-notification " + id + " 1 2 3")
		c.wantNothing()
		e := s.wantEntries(journal.Sent, faults.SeveralEvents, 1)[0]
		if len(e.Events) != 3 || *e.Total != 3 {
			t.Errorf("the journal has %+v", e)
		}
		s.wantGoodAgain(r, id, 3)
	}
}

func testDuplicate(t *testing.T, r fhir.Release) {
	_, _, polite := exchange(t, content(r, "full-resource"), r, events(r, 2))
	s, id, got := exchange(t, content(r, "full-resource"), r, events(r, 2), faults.Spec{Fault: faults.Duplicate})
	wantFrames(t, got, polite[0], polite[1], polite[1], polite[2])
	wantVerdict(t, r, got[2], "")
	s.wantEntries(journal.Sent, faults.Duplicate, 2)
	s.wantGoodAgain(r, id, 2)
}

func testChangedURL(t *testing.T, r fhir.Release) {
	s := faulty(t, nil)
	id := s.subscribe(r)
	polite := s.token(r, []string{id})
	s.plan(faults.Spec{Fault: faults.ChangedURL}, faults.Spec{Fault: faults.ChangedURL})
	first, second := s.token(r, []string{id}), s.token(r, []string{id})
	if first.url != polite.url+"/1" || second.url != polite.url+"/2" {
		t.Fatalf("the URLs are %s, %s and %s", polite.url, first.url, second.url)
	}
	for n, b := range []binding{polite, first, second} { // each token is good where it was issued for
		c := s.connect(r, b.url)
		c.bind(b)
		c.want("handshake " + id + " " + itoa(int64(n)))
		for _, other := range []binding{polite, first, second} {
			if other.url == b.url {
				continue
			}
			c.Send("bind-with-token " + other.token) // and only there
			c.want("outcome wrong-audience")
		}
		s.event(r)
		c.want("event-notification " + id + " " + itoa(int64(n+1)))
	}
	s.call("GET", strings.Replace(polite.url, "ws://", "http://", 1)+"/3", "").want(t, 404, fault.NotFound)
	for _, e := range s.wantEntries(journal.Request, faults.ChangedURL, 2) {
		if !strings.HasPrefix(e.WebsocketURL, polite.url+"/") {
			t.Errorf("the journal has %+v", e)
		}
	}
}

var longInstant = regexp.MustCompile(`(T[0-9:]{8}\.[0-9]{3})(000000|123456)Z`)

func testLongFraction(t *testing.T, r fhir.Release) {
	testChangedBundle(t, r, faults.LongFraction, "", func(_, _, polite, got string) string {
		if n := len(longInstant.FindAllString(got, -1)); n != 2 {
			t.Errorf("%d instants are long in %s, want those of the Bundle and the event", n, got)
		}
		if short := longInstant.ReplaceAllString(got, "${1}Z"); short != polite {
			t.Errorf("%s is not %s with longer instants", got, polite)
		}
		return got
	})
}

const strangeExtension = `"extension":[{"url":"http://wsbind.example/StructureDefinition/nobody-knows-this","valueString":"pass over it"}],`

func testUnknownExtension(t *testing.T, r fhir.Release) {
	testChangedBundle(t, r, faults.UnknownExtension, "", func(_, level, polite, got string) string {
		want := map[string]int{"empty": 1, "id-only": 2, "full-resource": 2}[level]
		if n := strings.Count(got, strangeExtension); n != want {
			t.Errorf("%d extensions, want %d", n, want)
		}
		if plain := strings.ReplaceAll(got, strangeExtension, ""); plain != polite {
			t.Errorf("%s is not %s with extensions", got, polite)
		}
		return got
	})
}
