package socket_test

import (
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/socket"
)

func TestBindTimeout(t *testing.T) {
	f := newFixture(t, func(c *socket.Config) { c.BindTimeout = 10 * time.Second })
	c := f.connect()
	f.clock.Advance(10*time.Second - 1)
	c.wantNothing()
	f.clock.Advance(1)
	c.wantOutcome(fault.BindTimeout)
	c.wantClose(fault.BindTimeout)
}

func TestBindTimeoutEndsWithAGoodBind(t *testing.T) {
	f := newFixture(t, nil)
	c := f.connect()
	c.Bind(f.token(time.Hour, "a"))
	c.want("handshake a 0")
	f.clock.Advance(50 * time.Minute)
	f.world.notify("a", "")
	c.want("event a 1")
}

func TestExpiryOfTheLastTokenCloses(t *testing.T) {
	f := newFixture(t, nil)
	c := f.connect()
	c.Bind(f.token(time.Minute, "b", "a"))
	c.want("handshake b 0", "handshake a 0")
	f.clock.Advance(time.Minute - 1)
	f.world.notify("a", "")
	c.want("event a 1")
	f.clock.Advance(1)
	f.world.notify("a", "")
	c.wantOutcome(fault.ExpiredToken, "a", "b")
	c.wantClose(fault.ExpiredToken)
}

func TestExpiryOfOneTokenSparesTheOthers(t *testing.T) {
	f := newFixture(t, nil)
	c := f.connect()
	c.Bind(f.token(time.Minute, "a", "b"))
	c.Bind(f.token(time.Hour, "c"))
	c.want("handshake a 0", "handshake b 0", "handshake c 0")
	f.clock.Advance(time.Minute)
	c.wantOutcome(fault.ExpiredToken, "a", "b")
	f.world.notify("a", "")
	f.world.notify("c", "")
	c.want("event c 1")

	c.Bind(f.token(time.Minute, "a")) // and it can be bound again
	c.want("handshake a 1")
	f.world.notify("a", "")
	c.want("event a 2")
}

// TestNothingIsSentFromTheMomentOfExpiry: a notification may come at exp before
// the timer does.
func TestNothingIsSentFromTheMomentOfExpiry(t *testing.T) {
	f := newFixture(t, nil)
	f.clock.AfterFunc(time.Minute, func() { f.world.notify("a", "") })
	c := f.connect()
	c.Bind(f.token(time.Minute, "a"))
	c.want("handshake a 0")
	f.clock.Advance(time.Minute)
	c.wantOutcome(fault.ExpiredToken, "a")
	c.wantClose(fault.ExpiredToken)
}

func TestRenewalExtends(t *testing.T) {
	f := newFixture(t, nil)
	c := f.connect()
	c.Bind(f.token(time.Minute, "a", "b"))
	c.want("handshake a 0", "handshake b 0")
	f.clock.Advance(50 * time.Second)
	f.world.notify("a", "")
	c.Bind(f.token(time.Minute, "a"))
	c.want("event a 1", "handshake a 1")
	f.clock.Advance(10 * time.Second)
	c.wantOutcome(fault.ExpiredToken, "b") // which was not renewed
	f.clock.Advance(49 * time.Second)
	f.world.notify("a", "")
	c.want("event a 2")
	f.clock.Advance(time.Second)
	c.wantOutcome(fault.ExpiredToken, "a")
	c.wantClose(fault.ExpiredToken)
}

// TestAShorterTokenDoesNotShorten: of two tokens the longer one holds.
func TestAShorterTokenDoesNotShorten(t *testing.T) {
	f := newFixture(t, nil)
	c := f.connect()
	c.Bind(f.token(time.Hour, "a"))
	c.Bind(f.token(time.Minute, "a"))
	c.want("handshake a 0", "handshake a 0")
	f.clock.Advance(30 * time.Minute)
	f.world.notify("a", "")
	c.want("event a 1")
}

func TestRevocationByJTI(t *testing.T) {
	f := newFixture(t, nil)
	first, second := f.token(time.Hour, "a"), f.token(time.Hour, "b")
	c := f.connect()
	c.Bind(first)
	c.Bind(second)
	c.want("handshake a 0", "handshake b 0")
	if n := f.hub.Revoke(socket.Revocation{JTI: f.jti(first)}); n != 1 {
		t.Errorf("%d bindings ended, want 1", n)
	}
	c.wantOutcome(fault.RevokedToken, "a")
	c.Send("bind-with-token " + first)
	c.wantOutcome(fault.RevokedToken)
	f.world.notify("a", "")
	f.world.notify("b", "")
	c.want("event b 1")
	f.hub.Revoke(socket.Revocation{JTI: f.jti(second)})
	c.wantOutcome(fault.RevokedToken, "b")
	c.wantClose(fault.RevokedToken)
}

func TestRevocationOfARenewedTokenSparesTheRenewal(t *testing.T) {
	f := newFixture(t, nil)
	first := f.token(time.Hour, "a")
	c := f.connect()
	c.Bind(first)
	f.clock.Advance(time.Minute)
	c.Bind(f.token(time.Hour, "a"))
	c.want("handshake a 0", "handshake a 0")
	if n := f.hub.Revoke(socket.Revocation{JTI: f.jti(first)}); n != 0 {
		t.Errorf("%d bindings ended, want none", n)
	}
	f.world.notify("a", "")
	c.want("event a 1")
}

func TestRevocationBySubscription(t *testing.T) {
	f := newFixture(t, nil)
	token := f.token(time.Hour, "a", "b")
	c, d := f.connect(), f.connect()
	c.Bind(token)
	d.Bind(f.token(time.Hour, "a"))
	c.want("handshake a 0", "handshake b 0")
	d.want("handshake a 0")
	if n := f.hub.Revoke(socket.Revocation{Subscription: "a"}); n != 2 {
		t.Errorf("%d bindings ended, want 2", n)
	}
	c.wantOutcome(fault.RevokedToken, "a")
	d.wantOutcome(fault.RevokedToken, "a")
	d.wantClose(fault.RevokedToken)
	f.world.notify("b", "")
	c.want("event b 1")

	c.Bind(token) // still good for b, no more for a
	c.want("handshake b 1")
	c.wantOutcome(fault.RevokedToken, "a")
	c.Bind(f.token(time.Hour, "a")) // and a new token is good, at the same instant
	c.want("handshake a 0")
}

func TestRevocationBySubject(t *testing.T) {
	f := newFixture(t, nil)
	alice, bob := f.tokenOf("alice", time.Hour, "a"), f.tokenOf("bob", time.Hour, "b")
	c, d := f.connect(), f.connect()
	c.Bind(alice)
	d.Bind(bob)
	c.want("handshake a 0")
	d.want("handshake b 0")
	f.hub.Revoke(socket.Revocation{Subject: "alice"})
	c.wantOutcome(fault.RevokedToken, "a")
	c.wantClose(fault.RevokedToken)
	f.world.notify("b", "")
	d.want("event b 1")

	e := f.connect()
	e.Send("bind-with-token " + alice)
	e.wantOutcome(fault.RevokedToken)
	e.wantClose(fault.RevokedToken)
	g := f.connect()
	g.Bind(f.tokenOf("alice", time.Hour, "a"))
	g.want("handshake a 0")
}

// TestRevocationOfForeignTokens: of those that this server has not issued, the
// date tells which were made before.
func TestRevocationOfForeignTokens(t *testing.T) {
	f := newFixture(t, nil)
	f.clock.Advance(time.Hour)
	at := f.clock.Now()
	for name, issued := range map[string]time.Time{"before": at.Add(-time.Second), "undated": {}, "at": at, "after": at.Add(time.Second)} {
		f.grants[name] = socket.Grant{JTI: name, Subject: "alice", Subscriptions: []string{"a"}, IssuedAt: issued, Expires: at.Add(time.Hour)}
	}
	f.hub.Revoke(socket.Revocation{Subject: "alice"})
	for _, name := range []string{"before", "undated", "at"} {
		c := f.connect()
		c.Send("bind-with-token " + name)
		c.wantOutcome(fault.RevokedToken)
		c.wantClose(fault.RevokedToken)
	}
	c := f.connect()
	c.Bind("after")
	c.want("handshake a 0")
}

func TestDeletionSparesNeighbours(t *testing.T) {
	f := newFixture(t, nil)
	c := f.connect()
	c.Bind(f.token(time.Minute, "a", "b"))
	c.want("handshake a 0", "handshake b 0")
	f.world.delete("a")
	f.world.notify("a", "")
	f.world.notify("b", "")
	c.want("event b 1")
	f.clock.Advance(time.Minute)
	c.wantOutcome(fault.ExpiredToken, "b") // a has ended before
	c.wantClose(fault.ExpiredToken)
}

func TestDeletionOfTheLastSubscriptionKeepsTheSocketForABind(t *testing.T) {
	f := newFixture(t, func(c *socket.Config) { c.BindTimeout = 10 * time.Second })
	c := f.connect()
	c.Bind(f.token(time.Minute, "a"))
	c.want("handshake a 0")
	f.world.delete("a")
	c.wantNothing()
	f.clock.Advance(9 * time.Second)
	c.Bind(f.token(time.Minute, "b"))
	c.want("handshake b 0")
	f.clock.Advance(9 * time.Second)
	f.world.delete("b")
	f.clock.Advance(10 * time.Second)
	c.wantOutcome(fault.BindTimeout)
	c.wantClose(fault.BindTimeout)
}

func TestClientsCloseIsAnswered(t *testing.T) {
	f := newFixture(t, nil)
	c := f.connect()
	c.Bind(f.token(time.Minute, "a"))
	c.want("handshake a 0")
	if err := c.Close(websocket.StatusNormalClosure, "bye"); err != nil {
		t.Errorf("the closing handshake failed: %v", err)
	}
	f.gone(0)
	f.clock.Advance(time.Hour) // and no timer is left that would find the socket
}
