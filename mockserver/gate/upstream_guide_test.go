package gate

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/bridge"
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/mockserver/internal/testkit"
)

// guideServer is a FHIR server that speaks the guide's protocol as a test tells it.
type guideServer struct {
	*fakeServer
	mu       sync.Mutex
	url      string   // the websocket-url of the next answer
	bad      []string // ids that no token is given for
	requests int
	last     *peer
}

func newGuideServer(t *testing.T) (*guideServer, *behindGate, upstream) {
	s := &guideServer{fakeServer: newFakeServer(t)}
	s.url = s.ws()
	b := newBehind(t, fhir.R4, s.http.URL+"/fhir")
	s.answers["/fhir/Subscription/$get-ws-binding-token"] = s.operation
	s.answers["/ws2"] = s.socket
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		s.answers["/fhir/Subscription/"+id+"/$get-ws-binding-token"] = s.operation
	}
	u, err := newSpec(b.cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(u.close)
	return s, b, u
}

func (s *guideServer) operation(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	body, _ := io.ReadAll(r.Body)
	for _, id := range s.bad {
		if strings.Contains(string(body), `"`+id+`"`) || strings.Contains(r.URL.Path, "/"+id+"/") {
			w.WriteHeader(http.StatusNotFound)
			return
		}
	}
	fmt.Fprintf(w, `{"resourceType":"Parameters","parameter":[{"name":"token","valueString":"t%d"},{"name":"expiration","valueDateTime":"%s"},{"name":"websocket-url","valueUrl":"%s"}]}`,
		s.requests, time.Now().Add(24*365*time.Hour).UTC().Format(time.RFC3339), s.url)
}

// frameOf is a notification of the server's.
func frameOf(t *testing.T, kind notification.Type, id string, number int64) string {
	t.Helper()
	text, err := bridge.Append(nil, bridge.Draft{
		Release: fhir.R4, Base: "https://fhir.example/R4", Type: kind, ID: "00000000-0000-4000-8000-000000000000", Timestamp: "2026-03-01T12:00:00Z",
		Subscription: bridge.Subscription{ID: id, Status: "active"}, Number: number, EventsSinceStart: number,
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// noted is a socket that notes what it is told.
type noted struct {
	t    *testing.T
	told chan string
}

func (n *noted) notification(frame []byte, _ string) {
	f := bridge.Read(bridge.Spec, fhir.R4, frame)
	n.told <- f.Kind.String() + " " + strings.Join(f.Subscriptions, " ")
}
func (n *noted) outcome(frame []byte) {
	n.told <- "outcome " + bridge.Read(bridge.Spec, fhir.R4, frame).Code
}
func (n *noted) unbound(code fault.Code, ids []string) {
	n.told <- "unbound " + string(code) + " " + strings.Join(ids, " ")
}
func (n *noted) lost(err error)   { n.told <- "lost " + string(fault.CodeOf(err)) }
func (n *noted) failed(err error) { n.told <- "failed " + string(fault.CodeOf(err)) }

func (n *noted) want(due ...string) {
	n.t.Helper()
	for _, d := range due {
		select {
		case got := <-n.told:
			if got != d {
				n.t.Fatalf("told %q, want %q", got, d)
			}
		case <-time.After(testkit.Patience):
			n.t.Fatalf("%q was not told", d)
		}
	}
}

// open makes a channel, which is closed with the test.
func (s *guideServer) open(t *testing.T, u upstream) (*noted, channel) {
	n := &noted{t, make(chan string, 1000)}
	c := u.open(n)
	t.Cleanup(c.close)
	return n, c
}

func begun(c channel, ids ...string) <-chan bindResult {
	done := make(chan bindResult, 1)
	go func() {
		var r bindResult
		r.bound, r.omitted, r.err = c.bind(context.Background(), Grant{IDs: ids, Claims: token.Claims{}})
		done <- r
	}()
	return done
}

// TestHandshakesComeInOrder, and before anything else of their Subscription, whatever
// order the server has.
func TestHandshakesComeInOrder(t *testing.T) {
	s, _, u := newGuideServer(t)
	n, c := s.open(t, u)
	done := begun(c, "a", "b", "c")
	p := s.next()
	p.expect("bind-with-token t1")
	hand := func(id string) string { return frameOf(t, notification.Handshake, id, 0) }
	event := func(id string, number int64) string { return frameOf(t, notification.EventNotification, id, number) }
	p.send(event("b", 1), hand("c"), hand("b"), event("b", 2), event("a", 1), hand("a"), event("c", 1))
	n.want("handshake a", "event-notification a", "handshake b", "event-notification b", "event-notification b", "handshake c", "event-notification c")
	if r := <-done; r.err != nil || !slices.Equal(r.bound, []string{"a", "b", "c"}) {
		t.Fatal(r)
	}

	done = begun(c, "b", "d") // b is bound: its events do not wait
	p.expect("bind-with-token t2")
	p.send(event("b", 3), event("d", 1), hand("d"), `{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"not-found"}]}`)
	n.want("event-notification b", "handshake d", "event-notification d")
	if r := <-done; r.err != nil || !slices.Equal(r.bound, []string{"d"}) || len(r.omitted) != 1 || r.omitted[0].ID != "b" {
		t.Fatal(r)
	}
}

// TestRefusedListsAreSifted: of a list that the server refuses, what can be had is
// found by halves.
func TestRefusedListsAreSifted(t *testing.T) {
	s, _, u := newGuideServer(t)
	s.bad = []string{"b"}
	n, c := s.open(t, u)
	done := begun(c, "a", "b", "c", "d", "e")
	p := s.next()
	// All; a and b, a, b; c to e; and those that are good.
	p.expect("bind-with-token t6")
	for _, id := range []string{"a", "c", "d", "e"} {
		p.send(frameOf(t, notification.Handshake, id, 0))
	}
	n.want("handshake a", "handshake c", "handshake d", "handshake e")
	if r := <-done; r.err != nil || len(r.omitted) != 1 || r.omitted[0].ID != "b" {
		t.Fatal(r)
	}
	s.mu.Lock()
	s.bad = []string{"a", "b"}
	s.mu.Unlock()
	if r := <-begun(c, "a", "b"); fault.CodeOf(r.err) != fault.UnknownSubscription {
		t.Fatal(r)
	}
}

// TestWebsocketURLChanges with a renewal: what is bound moves, and the client does not
// notice.
func TestWebsocketURLChanges(t *testing.T) {
	s, b, u := newGuideServer(t)
	n, c := s.open(t, u)
	done := begun(c, "a")
	first := s.next()
	first.expect("bind-with-token t1")
	first.send(frameOf(t, notification.Handshake, "a", 0))
	n.want("handshake a")
	<-done
	s.mu.Lock()
	s.url += "2"
	s.mu.Unlock()
	b.clock.Advance(10 * 365 * 24 * time.Hour)
	second := s.next()
	second.expect("bind-with-token t2")
	second.send(frameOf(t, notification.Handshake, "a", 0), frameOf(t, notification.EventNotification, "a", 1))
	n.want("event-notification a")
	first.ended()
}

// TestServersThatMakeNoSense end the bind, and not the gate.
func TestServersThatMakeNoSense(t *testing.T) {
	s, _, u := newGuideServer(t)
	_, c := s.open(t, u)
	for answer, want := range map[string]fault.Code{
		"{}":                       fault.UpstreamRefused,
		"<html>":                   fault.UpstreamRefused,
		strings.Repeat(" ", 1<<21): fault.UpstreamRefused,
		`{"resourceType":"Parameters","parameter":[{"name":"token","valueString":"t"},{"name":"expiration","valueDateTime":"2030-01-01"},{"name":"websocket-url","valueUrl":"http://x/"}]}`:                                         fault.UpstreamRefused,
		`{"resourceType":"Parameters","parameter":[{"name":"token","valueString":"t"},{"name":"expiration","valueDateTime":"2030-01-01"},{"name":"subscription","valueString":"z"},{"name":"websocket-url","valueUrl":"ws://x/"}]}`: fault.UpstreamRefused,
	} {
		s.set(func() {
			s.answers["/fhir/Subscription/a/$get-ws-binding-token"] = func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, answer) }
		})
		if r := <-begun(c, "a"); fault.CodeOf(r.err) != want {
			t.Errorf("%.80s: %v, want %s", answer, r.err, want)
		}
	}
	for status, want := range map[int]fault.Code{401: fault.UpstreamRefused, 302: fault.UpstreamRefused, 422: fault.UnknownSubscription, 429: fault.UpstreamUnavailable, 500: fault.UpstreamUnavailable} {
		s.set(func() {
			s.answers["/fhir/Subscription/a/$get-ws-binding-token"] = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
		})
		if r := <-begun(c, "a"); fault.CodeOf(r.err) != want {
			t.Errorf("%d: %v, want %s", status, r.err, want)
		}
	}
	secure := specTickets{cfg: &upstreamConfig{base: "https://fhir.example/R4"}}
	if secure.checkURL("ws://fhir.example/ws") == nil || secure.checkURL("wss://fhir.example/ws") != nil {
		t.Error("a websocket without TLS behind a base with it")
	}
}

// quoted notes outcomes as they are.
type quoted struct{ *noted }

func (q quoted) outcome(frame []byte) { q.told <- string(frame) }

// TestQuotedTokens of the FHIR server's reach neither the client nor the operator.
func TestQuotedTokens(t *testing.T) {
	const secret = "opaque-but-secret"
	s, _, u := newGuideServer(t)
	s.set(func() {
		s.answers["/fhir/Subscription/a/$get-ws-binding-token"] = func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, `{"resourceType":"Parameters","parameter":[{"name":"token","valueString":"`+secret+`"},{"name":"expiration","valueDateTime":"2126-01-01T00:00:00Z"},{"name":"websocket-url","valueUrl":"`+s.ws()+`"}]}`)
		}
	})
	n := &noted{t, make(chan string, 10)}
	c := u.open(quoted{n})
	t.Cleanup(c.close)
	says := `{"resourceType":"OperationOutcome","text":{"status":"generated","div":"` + strings.Repeat(" ", 1000) + `"},"issue":[{"severity":"error","code":"security","diagnostics":"what is ` + secret + `?"}]}`
	done := begun(c, "a")
	p := s.next()
	p.expect("bind-with-token " + secret)
	p.send(says)
	if r := <-done; fault.CodeOf(r.err) != fault.UpstreamRefused || strings.Contains(r.err.Error(), secret) || !strings.Contains(r.err.Error(), "what is") {
		t.Error(r.err)
	}
	p.ended()
	done = begun(c, "a")
	p = s.next()
	p.expect("bind-with-token " + secret)
	p.send(frameOf(t, notification.Handshake, "a", 0))
	n.want("handshake a")
	<-done
	p.send(says)
	if got := <-n.told; !strings.Contains(got, "what is …?") {
		t.Error(got)
	}
}

// TestPassedTokensThatEnd: the server's word about it is the gate's to give, and is not
// taken for the answer to another bind.
func TestPassedTokensThatEnd(t *testing.T) {
	s, b, _ := newGuideServer(t)
	b.cfg.websocketURL = s.ws()
	u := b.start(newPass)
	n, c := s.open(t, u)
	says := func(code, text string) string {
		return `{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"security","details":{"coding":[{"system":"urn:wsbind:code","code":"` + code + `"}]},"diagnostics":"` + text + `"}]}`
	}
	bind := func(id string, before ...string) {
		t.Helper()
		done := begun(c, id)
		if p := s.last; p != nil {
			p.expect("bind-with-token ")
			p.send(append(before, frameOf(t, notification.Handshake, id, 0))...)
		} else {
			s.last = s.next()
			s.last.expect("bind-with-token ")
			s.last.send(frameOf(t, notification.Handshake, id, 0))
		}
		if r := <-done; r.err != nil {
			t.Fatal(r.err)
		}
	}
	bind("a")
	n.want("handshake a")
	bind("b", says("revoked-token", "Subscription/a is bound no more."), says("expired-token", "Subscription/a is bound no more."))
	n.want("unbound revoked-token a", "handshake b")
	bind("c")
	n.want("handshake c")
	s.last.send(says("expired-token", "Subscription/b is bound no more."), frameOf(t, notification.EventNotification, "c", 1))
	n.want("event-notification c")
	s.last.send(says("revoked-token", "no more")) // which may be about a
	s.last.send(says("revoked-token", "Subscription/b is bound no more. Subscription/c is bound no more."))
	n.want("unbound revoked-token b c")
	s.last.ended()
	s.last = nil
	bind("d")
	n.want("handshake d")
	s.last.send(says("revoked-token", "no more"))
	n.want("unbound revoked-token d")
	s.last.ended()
}
