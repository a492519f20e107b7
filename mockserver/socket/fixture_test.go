package socket_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/internal/testkit"
	"github.com/wsbind/wsbind/mockserver/socket"
	"github.com/wsbind/wsbind/mockserver/world"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// fixture is a hub on a loopback server, under virtual time, with a world and
// tokens that the test makes up.
type fixture struct {
	t     *testing.T
	clock *clock.Virtual
	world *fakeWorld
	hub   *socket.Hub
	url   string

	mu     sync.Mutex
	grants map[string]socket.Grant // by token
}

func newFixture(t *testing.T, change func(*socket.Config)) *fixture {
	t.Helper()
	f := &fixture{
		t: t, clock: clock.NewVirtual(noon), grants: map[string]socket.Grant{},
	}
	f.world = newFakeWorld(f.clock)
	cfg := socket.Config{World: f.world, Verify: f.verify, Clock: f.clock}
	if change != nil {
		change(&cfg)
	}
	f.hub = socket.New(cfg)
	server := httptest.NewServer(f.hub)
	f.url = server.URL
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), testkit.Patience)
		defer cancel()
		f.hub.Shutdown(ctx)
		server.Close()
	})
	return f
}

// verify stands in for core/jose and core/token.
func (f *fixture) verify(token, _ string, now time.Time) (socket.Grant, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	g, ok := f.grants[token]
	switch {
	case token == "explosive":
		panic("the key is gone")
	case token == "broken":
		return socket.Grant{}, errors.New("the disk is on fire")
	case !ok:
		return socket.Grant{}, fault.New(fault.TokenSignature, "the signature does not fit")
	case !g.Expires.After(now):
		return socket.Grant{}, fault.New(fault.ExpiredToken, "expired")
	}
	return g, nil
}

// token issues a token of the caller alice for Subscriptions.
func (f *fixture) token(life time.Duration, subscriptions ...string) string {
	return f.tokenOf("alice", life, subscriptions...)
}

func (f *fixture) tokenOf(subject string, life time.Duration, subscriptions ...string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	jti := fmt.Sprintf("jti-%d", len(f.grants)+1)
	now := f.clock.Now()
	f.grants["token-"+jti] = socket.Grant{
		JTI: jti, Subject: subject, Subscriptions: subscriptions,
		IssuedAt: now, Expires: now.Add(life),
	}
	f.hub.Issued(jti, now.Add(life))
	return "token-" + jti
}

// jti returns the id of a token.
func (f *fixture) jti(token string) string { return strings.TrimPrefix(token, "token-") }

// client is the other end of a socket.
type client struct {
	*testkit.Socket
	t *testing.T
	f *fixture
}

// connect opens a socket and waits until it is served.
func (f *fixture) connect() *client {
	f.t.Helper()
	c := f.dial(nil)
	c.Sync()
	return c
}

func (f *fixture) dial(options *websocket.DialOptions) *client {
	f.t.Helper()
	return &client{testkit.Dial(f.t, f.url, options), f.t, f}
}

// want reads frames and compares them with those that are due.
func (c *client) want(frames ...string) {
	c.t.Helper()
	for _, want := range frames {
		if got := c.Next(); got != want {
			c.t.Fatalf("got frame %q, want %q", got, want)
		}
	}
}

// wantOutcome reads an OperationOutcome whose issues all have the code, and
// name the given Subscriptions if any.
func (c *client) wantOutcome(code fault.Code, subscriptions ...string) {
	c.t.Helper()
	frame := c.Next()
	var outcome struct {
		ResourceType string
		Issue        []struct {
			Severity, Code, Diagnostics string
			Details                     struct{ Coding []struct{ Code string } }
			Expression                  []string
		}
	}
	if err := json.Unmarshal([]byte(frame), &outcome); err != nil || outcome.ResourceType != "OperationOutcome" {
		c.t.Fatalf("got %q, want an OperationOutcome", frame)
	}
	var named []string
	for _, i := range outcome.Issue {
		if i.Severity != "error" || i.Code != code.IssueType() || i.Details.Coding[0].Code != string(code) {
			c.t.Errorf("got %q, want issues of %s", frame, code)
		}
		for _, e := range i.Expression {
			named = append(named, strings.TrimSuffix(strings.TrimPrefix(e, "Subscription.where(id='"), "')"))
		}
	}
	if !slices.Equal(named, subscriptions) {
		c.t.Errorf("%q names %q, want %q", frame, named, subscriptions)
	}
}

// wantClose waits for the end and compares it with the code's close.
func (c *client) wantClose(code fault.Code) {
	c.t.Helper()
	c.WantClosed(websocket.StatusCode(code.CloseStatus()), code.CloseReason())
}

// wantNothing proves that no frame is under way, nor queued.
func (c *client) wantNothing() {
	c.t.Helper()
	c.f.until("written", func() bool {
		return !slices.ContainsFunc(c.f.hub.State(), func(s socket.State) bool { return s.Queued > 0 })
	})
	c.WantNothing()
}

// fakeWorld knows which Subscriptions exist, numbers events, and delivers as
// the world does, under one lock.
type fakeWorld struct {
	clock clock.Clock
	mu    sync.Mutex
	gone  map[string]bool
	event map[string]int
	sinks map[world.Sink][]string // by sink, in the order of attaching
}

func newFakeWorld(c clock.Clock) *fakeWorld {
	return &fakeWorld{clock: c, gone: map[string]bool{}, event: map[string]int{}, sinks: map[world.Sink][]string{}}
}

func (w *fakeWorld) Attach(sink world.Sink, caller string, ids []string) ([]string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var attached []string
	for _, id := range ids {
		if w.gone[id] || caller == "nobody" {
			continue
		}
		attached = append(attached, id)
		if !slices.Contains(w.sinks[sink], id) {
			w.sinks[sink] = append(w.sinks[sink], id)
		}
		handshake := delivery(id, world.Handshake, w.clock.Now(), fmt.Appendf(nil, "handshake %s %d", id, w.event[id]))
		handshake.Binds = true
		sink.Deliver(handshake)
	}
	if attached == nil {
		return nil, fault.New(fault.UnknownSubscription, "Subscription/"+ids[0]+" does not exist")
	}
	return attached, nil
}

func (w *fakeWorld) Owner(id string) (string, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return "alice", !w.gone[id]
}

func (w *fakeWorld) Bindable(_ string, ids []string, _ bool) ([]string, error) {
	if _, there := w.Owner(ids[0]); !there {
		return nil, fault.New(fault.NotFound, "there is no Subscription "+ids[0])
	}
	return ids, nil
}

func (w *fakeWorld) Detach(sink world.Sink, ids []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if ids == nil {
		delete(w.sinks, sink)
		return
	}
	w.sinks[sink] = slices.DeleteFunc(w.sinks[sink], func(id string) bool { return slices.Contains(ids, id) })
}

// delivery is one of a Bundle that is written already.
func delivery(subscription string, kind world.Kind, at time.Time, bundle []byte) *world.Delivery {
	return &world.Delivery{
		Subject: &world.Subject{Subscription: subscription, Named: []string{subscription}},
		Notice:  &world.Notice{Kind: kind, At: at, Frame: bundle},
	}
}

// notify makes an event of a Subscription with some padding.
func (w *fakeWorld) notify(id, padding string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.event[id]++
	frame := fmt.Appendf(nil, "event %s %d%s", id, w.event[id], padding)
	for sink, ids := range w.sinks {
		if slices.Contains(ids, id) {
			sink.Deliver(delivery(id, world.Events, w.clock.Now(), frame))
		}
	}
}

// delete ends a Subscription.
func (w *fakeWorld) delete(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.gone[id] = true
	for sink, ids := range w.sinks {
		if slices.Contains(ids, id) {
			w.sinks[sink] = slices.DeleteFunc(ids, func(s string) bool { return s == id })
			sink.Ended(id, fault.UnknownSubscription)
		}
	}
}

// attached counts the attached sinks.
func (w *fakeWorld) attached() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, ids := range w.sinks {
		if len(ids) > 0 {
			n++
		}
	}
	return n
}

// until waits for what another goroutine is about to do.
func (f *fixture) until(what string, done func() bool) {
	f.t.Helper()
	for start := time.Now(); !done(); runtime.Gosched() {
		if time.Since(start) > testkit.Patience {
			f.t.Fatalf("not %s after %v", what, testkit.Patience)
		}
	}
}

// gone waits until only n sockets are open and attached.
func (f *fixture) gone(n int) {
	f.t.Helper()
	f.until("gone", func() bool { return len(f.hub.State()) == n && f.world.attached() <= n })
}

// rawDial performs the opening handshake on a TCP connection, for what a
// websocket library does not let a client do.
func (f *fixture) rawDial() net.Conn {
	f.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(f.url, "http://"))
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(testkit.Patience))
	fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	var head []byte
	for !strings.HasSuffix(string(head), "\r\n\r\n") {
		var b [1]byte
		if _, err := conn.Read(b[:]); err != nil {
			f.t.Fatal(err)
		}
		head = append(head, b[0])
	}
	if !strings.HasPrefix(string(head), "HTTP/1.1 101 ") {
		f.t.Fatalf("the opening handshake was answered by %q", head)
	}
	return conn
}

// frame masks a client's frame with a mask of zeros.
func frame(opcode byte, payload []byte) []byte {
	return append([]byte{0x80 | opcode, 0x80 | byte(len(payload)), 0, 0, 0, 0}, payload...)
}
