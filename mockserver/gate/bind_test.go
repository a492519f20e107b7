package gate_test

import (
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/core/jose"
	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/mockserver/gate"
)

// TestFailedBinds: each is answered by an outcome and the close that is published, and
// nothing goes to the FHIR server.
func TestFailedBinds(t *testing.T) {
	f := newFront(t, nil)
	foreign, err := jose.Generate(token.ES256)
	if err != nil {
		t.Fatal(err)
	}
	revoked := f.issue(time.Hour, "s2")
	f.revoke(`{"jti":"jti-1"}`)
	for _, c := range []struct {
		name, frame, outcome string
		status               websocket.StatusCode
		reason               string
	}{
		{"empty", "", "expected-bind", 1008, "expected-bind"},
		{"of another dialect", "bind s1", "expected-bind", 1008, "expected-bind"},
		{"no token", "bind-with-token x", "malformed-token", 1008, "invalid-token"},
		{"of another key", "bind-with-token " + f.issueWith(foreign, time.Minute, "s1"), "unknown-key", 1008, "invalid-token"},
		{"expired", "bind-with-token " + f.expired(), "expired-token", 1008, "expired-token"},
		{"revoked", "bind-with-token " + revoked, "revoked-token", 1008, "revoked-token"},
		{"too large", "bind-with-token " + strings.Repeat("x", 66000), "frame-too-large", 1009, "frame-too-large"},
		{"bad UTF-8", "bind-with-token \xff", "invalid-utf8", 1007, "invalid-utf8"},
	} {
		t.Log(c.name)
		s := f.connect()
		s.Send(c.frame)
		s.want("outcome " + c.outcome)
		s.WantClosed(c.status, c.reason)
	}
	s := f.connect()
	if err := s.Write(t.Context(), websocket.MessageBinary, []byte("bind-with-token x")); err != nil {
		t.Fatal(err)
	}
	s.want("outcome binary-frame")
	s.WantClosed(1003, "binary-frame")
	if n := f.told(gate.UpstreamOpened); n != 0 {
		t.Errorf("the FHIR server was connected to %d times", n)
	}
	s = f.connect()
	s.Send("bind-with-token " + f.issue(time.Minute, "gone", "never"))
	s.want("outcome unknown-subscription")
	s.WantClosed(1008, "unknown-subscription")
}

// expired is a token that is over by now.
func (f *front) expired() string {
	compact := f.issue(time.Minute, "s1")
	f.clock.Advance(time.Minute)
	return compact
}

// TestLaterBinds: a bad one leaves what is bound alone, and those that cannot be bound
// any more are named behind the handshakes of the others, which come in the token's
// order.
func TestLaterBinds(t *testing.T) {
	f := newFront(t, nil)
	c := f.bound(f.issue(time.Hour, "s2"), "s2")
	c.Send("ping")
	c.want("outcome expected-bind")
	c.Send("bind-with-token " + f.issue(time.Hour, "gone"))
	c.want("outcome unknown-subscription")
	c.Send("bind-with-token " + f.issue(time.Minute, "s1", "gone", "s2"))
	c.want("handshake s1", "handshake s2", "outcome unknown-subscription")
	f.emit("s1", 1)
	f.emit("s2", 1)
	c.want("event s1 1", "event s2 1")
	f.clock.Advance(time.Minute) // s2 is held by the token that lasts longer
	c.want("outcome expired-token")
	f.emit("s2", 1)
	c.want("event s2 2")
	if n := f.told(gate.UpstreamOpened); n != 1 {
		t.Errorf("the FHIR server was connected to %d times, want once", n)
	}
}

// TestBindTimeout closes a socket on which nothing is bound in time, and no other.
func TestBindTimeout(t *testing.T) {
	f := newFront(t, nil)
	bound := f.bound(f.issue(time.Hour, "s1"), "s1")
	idle := f.connect()
	f.until("served", func() bool { return f.gate.State().Opened == 2 })
	f.clock.Advance(29 * time.Second)
	idle.WantNothing()
	f.clock.Advance(time.Second)
	idle.want("outcome bind-timeout")
	idle.WantClosed(1008, "bind-timeout")
	bound.WantNothing()
}

// TestTooMany: binds that wait, and Subscriptions that are bound.
func TestTooMany(t *testing.T) {
	f := newFront(t, func(_ *front, o *options) { o.gate.MaxBound, o.gate.MaxWaiting = 1, 2 })
	c := f.connect()
	c.Send("bind-with-token " + f.issue(time.Hour, "s1", "s2"))
	c.want("outcome too-many-requests")
	c.WantClosed(1008, "too-many-requests")

	f.relay.hold() // the first bind waits for the FHIR server, the others for their turn
	c = f.connect()
	for range 4 {
		c.Send("bind-with-token " + f.issue(time.Hour, "s1"))
	}
	c.want("outcome too-many-requests")
	c.WantClosed(1008, "too-many-requests")
	f.relay.back()
}

// TestClose says goodbye to everybody.
func TestClose(t *testing.T) {
	f := newFront(t, nil)
	c, idle := f.bound(f.issue(time.Hour, "s1"), "s1"), f.connect()
	f.until("served", func() bool { return f.gate.State().Opened == 2 })
	f.gate.Close()
	c.WantClosed(1001, "going-away")
	idle.WantClosed(1001, "going-away")
	if err := f.gate.Close(); err != nil {
		t.Error(err)
	}
}
