package mockserver_test

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/journal"
)

// What is here reads bytes from plain TCP connections: what a websocket library
// would make of them is not asked.

// pair has two websockets on one Subscription to resources with characters of
// several bytes: the first is a neighbour who notices nothing and shows what the
// frames are, the second one meets the faults.
func pair(t *testing.T, r fhir.Release) (s *server, id string, neighbour, victim *raw) {
	t.Helper()
	s = faulty(t, func(c *mockserver.Config) { c.Lifetime = time.Hour })
	id = s.post(r, content(r, "full-resource"))
	return s, id, s.rawListen(r, id), s.rawListen(r, id)
}

// unicodeEvent creates a Patient with a name of several bytes a character.
func (s *server) unicodeEvent(r fhir.Release) {
	s.t.Helper()
	s.post(r, `{"resourceType":"Patient","name":[{"family":"`+strings.Repeat("ä€𝄞", 40)+`"}]}`)
}

// polite reads the frame that the neighbour got.
func (r *raw) polite() []byte {
	r.t.Helper()
	first, payload := r.frame()
	if first != text {
		r.t.Fatalf("the neighbour got a frame that begins with %x", first)
	}
	return payload
}

func (r *raw) wantFrame(first byte, payload []byte) {
	r.t.Helper()
	want := wholeFrame(first, payload)
	if got := r.take(len(want)); !bytes.Equal(got, want) {
		r.t.Errorf("got %q, want %q", got, want)
	}
}

// second limits a fault to the second websocket.
func second(name string) faults.Spec { return faults.Spec{Fault: name, Socket: 2} }

func testRefusedUpgrade(t *testing.T, r fhir.Release) {
	s := faulty(t, nil)
	id := s.subscribe(r)
	s.plan(faults.Spec{Fault: faults.RefusedUpgrade}, faults.Spec{Fault: faults.RefusedUpgrade, Code: 418})
	b := s.token(r, []string{id})
	for _, status := range []string{"503 Service Unavailable", "418 I'm a teapot"} {
		c, head := s.rawRequest(b.url)
		if !strings.HasPrefix(head, "HTTP/1.1 "+status+"\r\n") || !strings.Contains(head, "Content-Type: application/fhir+json") {
			t.Errorf("the opening handshake was answered by %q, want %s", head, status)
		}
		c.Close()
	}
	list := s.wantEntries(journal.Open, faults.RefusedUpgrade, 2)
	if list[0].Status != 503 || list[1].Status != 418 || list[0].Socket != 0 || list[0].Verdict != journal.Good {
		t.Errorf("the journal has %+v", list)
	}
	s.wantGoodAgain(r, id, 0)
}

func testUnansweredBind(t *testing.T, r fhir.Release) {
	s := faulty(t, func(c *mockserver.Config) { c.Lifetime = time.Hour })
	id := s.subscribe(r)
	s.plan(faults.Spec{Fault: faults.UnansweredBind})
	b := s.token(r, []string{id})
	c := s.rawConnect(b.url)
	c.bind(b)
	c.send(pingFrame, "still there?")
	c.wantFrame(pongFrame, []byte("still there?")) // behind the bind, and nothing before it
	s.event(r)
	s.clock.Advance(50 * time.Minute) // nor is it closed because nothing is bound
	s.drained()
	c.send(pingFrame, "")
	c.want(pongFrame, 0)
	s.wantEntries(journal.Received, faults.UnansweredBind, 1)
	c.bind(b)
	if _, payload := c.frame(); !bytes.Contains(payload, []byte(`handshake`)) {
		t.Errorf("the second bind was answered by %s", payload)
	}
	s.wantGoodAgain(r, id, 1)
}

func testCloseBeforeHandshake(t *testing.T, r fhir.Release) {
	for _, code := range []int{0, 4001, 1005, 1006, 1015} {
		s := faulty(t, nil)
		id := s.subscribe(r)
		s.plan(faults.Spec{Fault: faults.CloseBeforeHand, Code: code})
		b := s.token(r, []string{id})
		c := s.rawConnect(b.url)
		c.bind(b)
		if code == 0 {
			code = 1011
		}
		reason := append(binary.BigEndian.AppendUint16(nil, uint16(code)), "closed on purpose"...)
		c.wantFrame(closeFrame, reason)
		c.send(closeFrame, string(reason[:2]))
		c.wantEnd()
		s.wantEntries(journal.Received, faults.CloseBeforeHand, 1)
		e := s.wantEntries(journal.Close, faults.CloseBeforeHand, 1)[0]
		if e.Code != code || e.Reason != "closed on purpose" || e.By != "server" {
			t.Errorf("the journal has %+v", e)
		}
		s.wantGoodAgain(r, id, 0)
	}
}

func testCloseAfterHandshake(t *testing.T, r fhir.Release) {
	s, id, neighbour, victim := pair(t, r)
	b := s.token(r, []string{id})
	s.plan(faults.Spec{Fault: faults.CloseAfterHand, Socket: 2})
	victim.bind(b)
	s.wantEntries(journal.Sent, faults.CloseAfterHand, 1)
	s.event(r)
	if first, payload := victim.frame(); first != text || !bytes.Contains(payload, []byte("handshake")) {
		t.Errorf("got %x %s, want the handshake", first, payload)
	}
	victim.want(append([]byte{closeFrame, 19, 0x03, 0xE9}, "closed on purpose"...)...) // 1001
	victim.send(closeFrame, "\x03\xe9")
	victim.wantEnd()
	if e := s.wantEntries(journal.Close, faults.CloseAfterHand, 1)[0]; e.Code != 1001 {
		t.Errorf("the journal has %+v", e)
	}
	neighbour.polite()
	s.wantGoodAgain(r, id, 1)
}

func testDrop(t *testing.T, r fhir.Release) {
	s, id, neighbour, victim := pair(t, r)
	s.plan(second(faults.Drop))
	s.event(r)
	s.event(r)
	neighbour.polite()
	victim.wantEnd()
	if e := s.wantEntries(journal.Withheld, faults.Drop, 1)[0]; e.Type != "event-notification" || e.Events[0] != 1 {
		t.Errorf("the journal has %+v", e)
	}
	s.until("closed", func() bool {
		end := s.Journal.Entries(journal.Query{Kind: journal.Close, Socket: 2})
		return len(end) == 1 && end[0].Code == 0
	})
	s.wantGoodAgain(r, id, 2)
}

func testStall(t *testing.T, r fhir.Release) {
	s, id, neighbour, victim := pair(t, r)
	s.plan(second(faults.Stall))
	s.event(r)
	s.wantEntries(journal.Withheld, faults.Stall, 1)
	s.event(r)
	neighbour.polite()
	neighbour.polite()
	s.until("withheld", func() bool { return len(s.Journal.Entries(journal.Query{Kind: journal.Withheld, Socket: 2})) == 2 })
	victim.send(pingFrame, "")
	victim.wantSilence()
	if n := len(s.Journal.Entries(journal.Query{Kind: journal.Close})); n > 0 {
		t.Errorf("%d sockets were closed", n)
	}
	s.wantGoodAgain(r, id, 2)
}

// TestDropEndsAStall has a connection cut that a fault had stalled before.
func TestDropEndsAStall(t *testing.T) {
	s, _, neighbour, victim := pair(t, fhir.R4)
	s.plan(second(faults.Stall), second(faults.Drop))
	s.event(fhir.R4)
	s.event(fhir.R4)
	neighbour.polite()
	neighbour.polite()
	victim.wantEnd()
	s.wantEntries(journal.Withheld, faults.Drop, 1)
}

func testDelay(t *testing.T, r fhir.Release) {
	s, id, neighbour, victim := pair(t, r)
	s.plan(faults.Spec{Fault: faults.Delay, Socket: 2, Seconds: 90})
	s.event(r)
	s.event(r)
	first, then := neighbour.polite(), neighbour.polite()
	s.clock.Advance(90*time.Second - 1)
	victim.wantSilence()
	s.clock.Advance(1)
	victim.wantFrame(text, first)
	victim.wantFrame(text, then)
	if e := s.wantEntries(journal.Sent, faults.Delay, 1)[0]; e.Events[0] != 1 {
		t.Errorf("the journal has %+v", e)
	}
	s.wantGoodAgain(r, id, 2)
}

func testSplitFrame(t *testing.T, r fhir.Release) {
	s, id, neighbour, victim := pair(t, r)
	s.plan(second(faults.SplitFrame))
	s.unicodeEvent(r)
	polite := neighbour.polite()
	var whole []byte
	for i, want := range []byte{textBegins, pingFrame, continues, continuesEnd} {
		first, payload := victim.frame()
		if first != want {
			t.Fatalf("frame %d begins with %x, want %x", i, first, want)
		}
		if want == pingFrame {
			if len(payload) > 0 {
				t.Errorf("the ping has the payload %q", payload)
			}
			continue
		}
		if len(payload) == 0 || want != textBegins && utf8.Valid(payload) { // the names stand in the second half
			t.Errorf("fragment %d is not cut within a character: %q", i, payload)
		}
		whole = append(whole, payload...)
	}
	if !bytes.Equal(whole, polite) {
		t.Errorf("the fragments make %q, want %q", whole, polite)
	}
	victim.send(pongFrame, "")
	s.wantEntries(journal.Sent, faults.SplitFrame, 1)
	s.event(r)
	victim.wantFrame(text, neighbour.polite())
	s.wantGoodAgain(r, id, 2)
}

func testSlowFrame(t *testing.T, r fhir.Release) {
	s, id, neighbour, victim := pair(t, r)
	s.plan(second(faults.SlowFrame))
	s.event(r)
	want := wholeFrame(text, neighbour.polite())
	victim.want(want[0]) // one byte, and no more of it before the clock moves
	victim.wantSilence()
	s.clock.Advance(200*time.Millisecond - 1)
	victim.wantSilence()
	s.clock.Advance(1)
	piece := (len(want)-2)/15 + 1
	victim.want(want[1 : 1+piece]...)
	victim.wantSilence()
	s.clock.Advance(time.Minute) // which ends it, however many pieces there are
	victim.want(want[1+piece:]...)
	s.wantEntries(journal.Sent, faults.SlowFrame, 1)
	s.wantGoodAgain(r, id, 1)
}

func testNoPong(t *testing.T, r fhir.Release) {
	s, id, neighbour, victim := pair(t, r)
	s.plan(second(faults.NoPong))
	victim.send(pingFrame, "one")
	victim.send(pingFrame, "two")
	neighbour.send(pingFrame, "three")
	neighbour.wantFrame(pongFrame, []byte("three"))
	if e := s.wantEntries(journal.Withheld, faults.NoPong, 1)[0]; e.Type != "pong" {
		t.Errorf("the journal has %+v", e)
	}
	s.event(r)
	victim.wantFrame(text, neighbour.polite()) // and no pong before it
	s.wantGoodAgain(r, id, 1)
}

func testOversizedFrame(t *testing.T, r fhir.Release) {
	s, id, neighbour, victim := pair(t, r)
	s.plan(second(faults.OversizedFrame))
	s.event(r)
	head, size := victim.head()
	if want := []byte{text, 127, 0, 0, 0, 0, 0x01, 0x10, 0, 0}; !bytes.Equal(head, want) || size != 17<<20 {
		t.Fatalf("the head is %x, want %x", head, want)
	}
	if got := victim.take(size); len(bytes.Trim(got, " ")) > 0 {
		t.Error("the frame holds more than spaces")
	}
	victim.wantFrame(text, neighbour.polite())
	s.wantEntries(journal.Sent, faults.OversizedFrame, 1)
	s.wantGoodAgain(r, id, 1)
}

func testBinaryFrame(t *testing.T, r fhir.Release) {
	s, id, neighbour, victim := pair(t, r)
	s.plan(second(faults.BinaryFrame))
	s.event(r)
	s.event(r)
	victim.wantFrame(binaryFrame, neighbour.polite())
	victim.wantFrame(text, neighbour.polite())
	s.wantEntries(journal.Sent, faults.BinaryFrame, 1)
	s.wantGoodAgain(r, id, 2)
}
