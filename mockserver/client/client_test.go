package client_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/mockserver/client"
)

// bound starts a client and brings it to its first handshake.
func bound(t *testing.T, f *fake, seen int64) (*listening, *peer) {
	t.Helper()
	l := f.listen(nil)
	p := f.next()
	p.expect("bind-with-token token-1")
	p.send(bundle(t, notification.Handshake, seen))
	l.expect(client.Handshake)
	return l, p
}

func TestEventsAreYieldedOnceInOrder(t *testing.T) {
	f := newFake(t)
	l, p := bound(t, f, 3)
	p.send(bundle(t, notification.EventNotification, 4, 4))
	n := l.expect(client.EventNotification, 4)
	if n.Subscription != "1" || !fault.Valid(n.Issues) || len(n.Missed) > 0 {
		t.Errorf("yielded %+v", n)
	}
	p.send(bundle(t, notification.EventNotification, 4, 4)) // a duplicate
	p.send(bundle(t, notification.EventNotification, 3, 3)) // late
	p.send(bundle(t, notification.EventNotification, 6, 4, 5, 6))
	l.expect(client.EventNotification, 5, 6)
	p.send(bundle(t, notification.Heartbeat, 6))
	l.expect(client.Heartbeat)
	want := []string{"GET /fhir/metadata", `POST /fhir/Subscription/1/$get-ws-binding-token {"resourceType":"Parameters"}`, "GET /ws"}
	if got := f.seen(); !slices.Equal(got, want) {
		t.Errorf("requests %q, want %q", got, want)
	}
}

func TestSeveralSubscriptionsAreAskedForAtTheTypeLevel(t *testing.T) {
	f := newFake(t)
	f.listen(func(c *client.Config) { c.Subscriptions, c.Release = []string{"1", "b"}, fhir.R4 })
	f.next().expect("bind-with-token token-1")
	want := `POST /fhir/Subscription/$get-ws-binding-token {"resourceType":"Parameters","parameter":[{"name":"id","valueId":"1"},{"name":"id","valueId":"b"}]}`
	if got := f.seen()[0]; got != want {
		t.Errorf("asked %s\nwant %s", got, want)
	}
}

func TestEventsAndHeartbeatsBeforeTheHandshake(t *testing.T) {
	f := newFake(t)
	l := f.listen(nil)
	p := f.next()
	p.expect("bind-with-token token-1")
	p.send(bundle(t, notification.Heartbeat, 7))
	p.send(bundle(t, notification.EventNotification, 8, 8))
	p.send(bundle(t, notification.Handshake, 8))
	p.send(bundle(t, notification.EventNotification, 9, 9))
	l.expect(client.Heartbeat)
	l.expect(client.EventNotification, 8)
	l.expect(client.Handshake)
	l.expect(client.EventNotification, 9)
}

func TestFramesThatAreNoNotification(t *testing.T) {
	f := newFake(t)
	l, p := bound(t, f, 0)
	for _, text := range []string{"bound 1", `{"resourceType":"Bundle","type":"history"}`, `{"type":"pong"}`} {
		p.send([]byte(text))
		n := l.expect(client.Other)
		if string(n.Text) != text || fault.Valid(n.Issues) {
			t.Errorf("%s was yielded as %+v", text, n)
		}
	}
	p.send(bundle(t, notification.EventNotification, 1, 1))
	l.expect(client.EventNotification, 1)
}

func TestForeignSubscription(t *testing.T) {
	f := newFake(t)
	l, p := bound(t, f, 0)
	p.send([]byte(strings.ReplaceAll(string(bundle(t, notification.EventNotification, 1, 1)), "Subscription/1", "Subscription/2")))
	n := l.expect(client.EventNotification, 1)
	if n.Subscription != "2" || !slices.ContainsFunc(n.Issues, func(i fault.Issue) bool { return i.Code == fault.UnknownSubscription }) {
		t.Errorf("yielded %+v", n)
	}
}

func TestGapIsFilledByEvents(t *testing.T) {
	f := newFake(t)
	f.events = func(since, until int64) answer {
		if since != 2 || until != 4 {
			t.Errorf("asked for %d to %d, want 2 to 4", since, until)
		}
		return answer{status: 200, body: string(bundle(t, notification.QueryEvent, 5, 2, 3, 4))}
	}
	l, p := bound(t, f, 1)
	p.send(bundle(t, notification.EventNotification, 5, 5))
	l.expect(client.QueryEvent, 2, 3, 4)
	n := l.expect(client.EventNotification, 5)
	if len(n.Missed) > 0 {
		t.Errorf("missed %v", n.Missed)
	}
}

func TestGapToldByAHeartbeat(t *testing.T) {
	f := newFake(t)
	f.events = func(since, until int64) answer {
		return answer{status: 200, body: string(bundle(t, notification.QueryEvent, 2, 2))}
	}
	l, p := bound(t, f, 1)
	p.send(bundle(t, notification.Heartbeat, 2))
	l.expect(client.QueryEvent, 2)
	l.expect(client.Heartbeat)
}

func TestWhatEventsCannotGiveIsMissed(t *testing.T) {
	for _, c := range []struct {
		name    string
		events  func(since, until int64) answer
		yielded []int64
		missed  []client.Range
	}{
		{"part of it", func(since, _ int64) answer {
			if since > 3 {
				return answer{status: 200, body: string(bundle(t, notification.QueryStatus, 9))}
			}
			return answer{status: 200, body: string(bundle(t, notification.QueryEvent, 9, 3))}
		}, []int64{3}, []client.Range{{From: 2, To: 2}, {From: 4, To: 4}}},
		{"nothing of it", func(int64, int64) answer {
			return answer{status: 200, body: string(bundle(t, notification.QueryStatus, 9))}
		}, nil, []client.Range{{From: 2, To: 4}}},
		{"the operation", func(int64, int64) answer { return answer{status: 404} }, nil, []client.Range{{From: 2, To: 4}}},
		{"JSON", func(int64, int64) answer { return answer{status: 200, body: "{"} }, nil, []client.Range{{From: 2, To: 4}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFake(t)
			f.events = c.events
			l, p := bound(t, f, 1)
			p.send(bundle(t, notification.EventNotification, 5, 5))
			if c.yielded != nil {
				l.expect(client.QueryEvent, c.yielded...)
			}
			n := l.expect(client.EventNotification, 5)
			if !slices.Equal(n.Missed, c.missed) {
				t.Errorf("missed %v, want %v", n.Missed, c.missed)
			}
		})
	}
}

func TestLongGapIsBounded(t *testing.T) {
	f := newFake(t)
	f.events = func(since, until int64) answer {
		if until-since >= 1000 {
			t.Errorf("asked for %d events at a time", until-since+1)
		}
		return answer{status: 200, body: string(bundle(t, notification.QueryStatus, 1_000_000))}
	}
	l, p := bound(t, f, 0)
	p.send(bundle(t, notification.EventNotification, 1_000_000, 1_000_000))
	n := l.expect(client.EventNotification, 1_000_000)
	total := int64(0)
	for _, m := range n.Missed {
		total += m.To - m.From + 1
	}
	if total != 999_999 {
		t.Errorf("missed %v: %d events, want 999999", n.Missed, total)
	}
	if got := len(f.seen()) - 3; got != 10 {
		t.Errorf("$events was asked %d times, want 10", got)
	}
}

func TestSeenResumes(t *testing.T) {
	f := newFake(t)
	f.events = func(since, until int64) answer {
		return answer{status: 200, body: string(bundle(t, notification.QueryEvent, 6, 5, 6))}
	}
	l := f.listen(func(c *client.Config) { c.Seen = map[string]int64{"1": 4} })
	p := f.next()
	p.expect("bind-with-token token-1")
	p.send(bundle(t, notification.Handshake, 6))
	l.expect(client.QueryEvent, 5, 6)
	l.expect(client.Handshake)
}

func TestRenewalOnTheSameSocket(t *testing.T) {
	f := newFake(t)
	l, p := bound(t, f, 0)
	f.clock.Advance(f.clock.until(t, 42*time.Minute, 51*time.Minute))
	p.expect("bind-with-token token-2")
	p.send(bundle(t, notification.Handshake, 0))
	l.expect(client.Handshake)
	f.clock.Advance(f.clock.until(t, 42*time.Minute, 51*time.Minute))
	p.expect("bind-with-token token-3")
}

func TestRenewalWithAnotherURL(t *testing.T) {
	f := newFake(t)
	f.token = func(n int) answer {
		if n == 1 {
			return f.grant(n, time.Hour, "/ws")
		}
		return f.grant(n, time.Hour, "/ws/next?token=secret")
	}
	l, p := bound(t, f, 0)
	f.clock.Advance(f.clock.until(t, 42*time.Minute, 51*time.Minute))
	next := f.next()
	next.expect("bind-with-token token-2")
	if next.path != "/ws/next" {
		t.Errorf("the new socket is at %s", next.path)
	}
	if code := p.closed(); code != websocket.StatusNormalClosure {
		t.Errorf("the old socket was closed with %v", code)
	}
	next.send(bundle(t, notification.Handshake, 0))
	l.expect(client.Handshake)
	if strings.Contains(l.log.String(), "secret") {
		t.Error("the log holds the query of a websocket-url")
	}
}

func TestRenewalThatFailsAtFirst(t *testing.T) {
	f := newFake(t)
	f.token = func(n int) answer {
		if n == 2 {
			return answer{status: 503}
		}
		return f.grant(n, time.Hour, "/ws")
	}
	_, p := bound(t, f, 0)
	f.clock.Advance(f.clock.until(t, 42*time.Minute, 51*time.Minute))
	f.clock.Advance(f.clock.until(t, 30*time.Second, 30*time.Second))
	p.expect("bind-with-token token-3")
}

// A lost connection is no reason to ask sooner than the server wants.
func TestRetryAfterOfARenewalHoldsForTheNextConnection(t *testing.T) {
	f := newFake(t)
	f.token = func(n int) answer {
		if n == 2 {
			return answer{status: 503, header: map[string]string{"Retry-After": "600"}}
		}
		return f.grant(n, time.Hour, "/ws")
	}
	_, p := bound(t, f, 0)
	f.clock.Advance(f.clock.until(t, 42*time.Minute, 51*time.Minute))
	f.clock.until(t, 10*time.Minute, 10*time.Minute)
	f.clock.Advance(time.Minute)
	p.close(websocket.StatusGoingAway, "going-away")
	f.clock.Advance(f.clock.until(t, 9*time.Minute, 9*time.Minute))
	f.next().expect("bind-with-token token-3")
}

func TestReconnectCatchesUp(t *testing.T) {
	f := newFake(t)
	f.events = func(since, until int64) answer {
		return answer{status: 200, body: string(bundle(t, notification.QueryEvent, 3, 2, 3))}
	}
	l, p := bound(t, f, 1)
	p.close(websocket.StatusGoingAway, "going-away")
	f.clock.Advance(f.clock.until(t, 250*time.Millisecond, 500*time.Millisecond))
	p = f.next()
	p.expect("bind-with-token token-2")
	p.send(bundle(t, notification.Handshake, 3))
	l.expect(client.QueryEvent, 2, 3)
	l.expect(client.Handshake)
}

func TestExpiredBindingOnASocketThatStays(t *testing.T) {
	f := newFake(t)
	l, p := bound(t, f, 0)
	p.send([]byte(`{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"expired","diagnostics":"expired: Subscription/1"}]}`))
	n := l.expect(client.Complaint)
	if len(n.Issues) != 1 || n.Issues[0].Code != "expired" || n.Issues[0].Diagnostics != "expired: Subscription/1" {
		t.Errorf("yielded %+v", n.Issues)
	}
	f.clock.Advance(f.clock.until(t, 0, 0))
	p.expect("bind-with-token token-2")
}

func TestGivesUpOnWhatWillNotHeal(t *testing.T) {
	for status, code := range map[int]fault.Code{
		400: fault.MalformedRequest, 401: fault.LoginRequired, 403: fault.Forbidden, 404: fault.NotFound,
		405: fault.MethodNotAllowed, 410: fault.Gone, 422: fault.SubscriptionNotBindable, 418: fault.MalformedRequest,
	} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			f := newFake(t)
			f.token = func(int) answer {
				return answer{status: status, body: `{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"not-found","diagnostics":"there is no Subscription 1"}]}`}
			}
			err := f.listen(nil).gaveUp()
			if !errors.Is(err, code) || !strings.Contains(err.Error(), "there is no Subscription 1") {
				t.Errorf("gave up with %v, want %s and what the server said", err, code)
			}
		})
	}
}

func TestRetriesWhatMayHeal(t *testing.T) {
	f := newFake(t)
	f.token = func(n int) answer {
		switch n {
		case 1:
			return answer{status: 503}
		case 2:
			return answer{status: 429, header: map[string]string{"Retry-After": "120"}}
		case 3:
			return answer{status: 503, header: map[string]string{"Retry-After": noon.Add(time.Hour).Format(http.TimeFormat)}}
		}
		return f.grant(n, time.Hour, "/ws")
	}
	f.listen(nil)
	f.clock.Advance(f.clock.until(t, 375*time.Millisecond, 375*time.Millisecond))
	f.clock.Advance(f.clock.until(t, 2*time.Minute, 2*time.Minute))
	f.clock.Advance(f.clock.until(t, 50*time.Minute, time.Hour))
	f.next().expect("bind-with-token token-4")
}

func TestWaitsGrowAndAreBounded(t *testing.T) {
	f := newFake(t)
	f.token = func(int) answer { return answer{status: 500} }
	f.listen(nil)
	for _, want := range []time.Duration{375, 750, 1500, 3000, 6000, 12000, 22500, 22500} {
		f.clock.Advance(f.clock.until(t, want*time.Millisecond, want*time.Millisecond))
	}
}

// refusals lets a client try until it gives up.
func refusals(t *testing.T, f *fake, l *listening, each func()) error {
	t.Helper()
	for i := range 5 {
		each()
		if i < 4 {
			f.clock.Advance(f.clock.until(t, 250*time.Millisecond, 30*time.Second))
		}
	}
	return l.gaveUp()
}

func TestGivesUpOnRefusedBinds(t *testing.T) {
	f := newFake(t)
	l := f.listen(nil)
	err := refusals(t, f, l, func() {
		p := f.next()
		f.clock.until(t, 42*time.Minute, 51*time.Minute)
		p.send([]byte(`{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"security","details":{"coding":[{"code":"invalid-token"}]}}]}`))
		l.expect(client.Complaint)
		p.close(websocket.StatusPolicyViolation, "invalid-token")
	})
	if !errors.Is(err, fault.InvalidToken) {
		t.Errorf("gave up with %v", err)
	}
}

func TestGivesUpOnAnswersThatBreakTheDefinition(t *testing.T) {
	for name, change := range map[string]func(string) string{
		"no token":     func(s string) string { return strings.Replace(s, `{"name":"token","valueString":"token-1"},`, "", 1) },
		"wrong type":   func(s string) string { return strings.Replace(s, "valueUrl", "valueString", 1) },
		"http":         func(s string) string { return strings.Replace(s, `"ws:`, `"http:`, 1) },
		"expired":      func(s string) string { return strings.Replace(s, "2026", "2025", 1) },
		"no JSON":      func(string) string { return "<html>" },
		"a bare token": func(string) string { return `"token-1"` },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.token = func(int) answer {
				a := f.grant(1, time.Hour, "/ws")
				a.body = change(a.body)
				return a
			}
			if err := refusals(t, f, f.listen(nil), func() {}); errors.Is(err, fault.Internal) || errors.Is(err, fault.Unavailable) {
				t.Errorf("gave up with %v", err)
			}
		})
	}
}

func TestSocketThatDoesNotOpen(t *testing.T) {
	f := newFake(t)
	f.upgrade = func(w http.ResponseWriter) bool {
		w.WriteHeader(http.StatusUnauthorized)
		return true
	}
	err := refusals(t, f, f.listen(nil), func() {})
	if !strings.Contains(err.Error(), "401") {
		t.Errorf("gave up with %v", err)
	}
}

// TestSilenceAfterARenewal: a connection that stands still, or a server that has
// forgotten it, takes the frame and says nothing ever again.
func TestSilenceAfterARenewal(t *testing.T) {
	f := newFake(t)
	_, p := bound(t, f, 0)
	f.clock.Advance(f.clock.until(t, 42*time.Minute, 51*time.Minute))
	p.expect("bind-with-token token-2")
	f.clock.until(t, 42*time.Minute, 51*time.Minute)
	f.clock.Advance(10 * time.Second)
	if code := p.closed(); code != websocket.StatusNormalClosure {
		t.Errorf("the silent socket was closed with %v", code)
	}
	f.clock.Advance(f.clock.until(t, 250*time.Millisecond, 500*time.Millisecond))
	f.next().expect("bind-with-token token-3")
}

func TestSilenceAfterABind(t *testing.T) {
	f := newFake(t)
	f.listen(nil)
	p := f.next()
	p.expect("bind-with-token token-1")
	f.clock.until(t, 42*time.Minute, 51*time.Minute)
	f.clock.Advance(10 * time.Second)
	if code := p.closed(); code != websocket.StatusNormalClosure {
		t.Errorf("the silent socket was closed with %v", code)
	}
	f.clock.Advance(f.clock.until(t, 250*time.Millisecond, 500*time.Millisecond))
	f.next().expect("bind-with-token token-2")
}

func TestBinaryFrame(t *testing.T) {
	f := newFake(t)
	_, p := bound(t, f, 0)
	p.conn.Write(context.Background(), websocket.MessageBinary, []byte{0})
	if code := p.closed(); code != websocket.StatusNormalClosure {
		t.Errorf("the socket was closed with %v", code)
	}
	f.clock.Advance(f.clock.until(t, 250*time.Millisecond, 500*time.Millisecond))
	f.next().expect("bind-with-token token-2")
}

func TestReleaseIsReadFromMetadata(t *testing.T) {
	f := newFake(t)
	f.version = "3.0.2"
	err := f.listen(nil).gaveUp()
	if !errors.Is(err, fault.MalformedRequest) || !strings.Contains(err.Error(), `"3.0.2"`) {
		t.Errorf("gave up with %v", err)
	}
}

func TestBearerIsSent(t *testing.T) {
	f := newFake(t)
	var authorization []string
	inner := f.http.Config.Handler
	f.http.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		authorization = append(authorization, r.URL.Path+" "+r.Header.Get("Authorization"))
		f.mu.Unlock()
		inner.ServeHTTP(w, r)
	})
	f.listen(func(c *client.Config) { c.Bearer = "me" })
	f.next().expect("bind-with-token token-1")
	f.mu.Lock()
	defer f.mu.Unlock()
	want := []string{"/fhir/metadata Bearer me", "/fhir/Subscription/1/$get-ws-binding-token Bearer me", "/ws "}
	if !slices.Equal(authorization, want) {
		t.Errorf("sent %q, want %q", authorization, want)
	}
}

func TestCancelEndsWithoutAnError(t *testing.T) {
	f := newFake(t)
	l, p := bound(t, f, 0)
	l.cancel()
	if code := p.closed(); code != websocket.StatusNormalClosure {
		t.Errorf("the socket was closed with %v", code)
	}
	if h, more := <-l.things; more {
		t.Errorf("yielded %+v after the end", h)
	}
}

func TestBreakEnds(t *testing.T) {
	f := newFake(t)
	handshake := bundle(t, notification.Handshake, 0)
	go func() {
		p := <-f.sockets
		defer p.end()
		p.conn.Write(context.Background(), websocket.MessageText, handshake)
		p.closed()
	}()
	for n, err := range client.Notifications(t.Context(), client.Config{Base: f.http.URL + "/fhir", Release: fhir.R4, Clock: f.clock}) {
		if err != nil || n.Kind != client.Handshake {
			t.Errorf("yielded %+v, %v", n, err)
		}
		break
	}
}

func TestConfigIsChecked(t *testing.T) {
	for name, c := range map[string]client.Config{
		"no base":     {},
		"no scheme":   {Base: "127.0.0.1/fhir"},
		"a query":     {Base: "http://127.0.0.1/fhir?x=1"},
		"a reference": {Base: "http://127.0.0.1/fhir", Subscriptions: []string{"Subscription/1"}},
		"control":     {Base: "http://127.0.0.1/\x7f"},
	} {
		for _, err := range client.Notifications(t.Context(), c) {
			if !errors.Is(err, fault.MalformedRequest) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if c.Check() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
