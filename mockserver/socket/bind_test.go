package socket_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/socket"
)

func TestBothSpellingsBind(t *testing.T) {
	f := newFixture(t, nil)
	for _, verb := range []string{"bind-with-token ", "bind-with-token: "} {
		c := f.connect()
		c.Send(verb + f.token(time.Minute, "a"))
		c.want("handshake a 0")
	}
}

func TestHandshakesComeInTheOrderOfTheToken(t *testing.T) {
	f := newFixture(t, nil)
	c := f.connect()
	c.Bind(f.token(time.Minute, "c", "a", "b"))
	c.want("handshake c 0", "handshake a 0", "handshake b 0")
	f.world.notify("a", "")
	f.world.notify("c", "")
	f.world.notify("a", "")
	c.want("event a 1", "event c 1", "event a 2")
}

func TestSeveralBindsOnOneSocket(t *testing.T) {
	f := newFixture(t, nil)
	c := f.connect()
	c.Bind(f.token(time.Minute, "a"))
	c.Bind(f.tokenOf("bob", time.Minute, "b"))
	c.want("handshake a 0", "handshake b 0")
	f.world.notify("b", "")
	f.world.notify("a", "")
	c.want("event b 1", "event a 1")
}

func TestOneSubscriptionOnTwoSocketsGetsEachEventOnceOnEach(t *testing.T) {
	f := newFixture(t, nil)
	token := f.token(time.Minute, "a")
	c, d := f.connect(), f.connect()
	c.Bind(token)
	d.Bind(token)
	f.world.notify("a", "")
	f.world.notify("a", "")
	c.want("handshake a 0", "event a 1", "event a 2")
	d.want("handshake a 0", "event a 1", "event a 2")
}

func TestRebindingRepeatsTheHandshakeAndNoEvent(t *testing.T) {
	f := newFixture(t, nil)
	c := f.connect()
	token := f.token(time.Minute, "a")
	c.Bind(token)
	f.world.notify("a", "")
	c.Bind(token)
	f.world.notify("a", "")
	c.want("handshake a 0", "event a 1", "handshake a 1", "event a 2")
	c.wantNothing()
}

func TestFailedBindIsAnsweredAndClosed(t *testing.T) {
	f := newFixture(t, nil)
	f.world.gone["dead"] = true
	expired := f.token(time.Second, "a")
	f.clock.Advance(time.Second)
	revoked := f.token(time.Minute, "a")
	f.hub.Revoke(socket.Revocation{JTI: f.jti(revoked)})
	for name, test := range map[string]struct {
		frame string
		code  fault.Code
		close fault.Code
	}{
		"a forged token":        {"bind-with-token forged", fault.TokenSignature, fault.InvalidToken},
		"an expired token":      {"bind-with-token " + expired, fault.ExpiredToken, fault.ExpiredToken},
		"a revoked token":       {"bind-with-token " + revoked, fault.RevokedToken, fault.RevokedToken},
		"a dead Subscription":   {"bind-with-token " + f.token(time.Minute, "dead"), fault.UnknownSubscription, fault.UnknownSubscription},
		"a foreign caller":      {"bind-with-token " + f.tokenOf("nobody", time.Minute, "a"), fault.UnknownSubscription, fault.UnknownSubscription},
		"no token":              {"bind-with-token", fault.ExpectedBind, fault.ExpectedBind},
		"an empty frame":        {"", fault.ExpectedBind, fault.ExpectedBind},
		"another dialect":       {`{"type":"bind-with-token","payload":{"token":"x"}}`, fault.ExpectedBind, fault.ExpectedBind},
		"an internal failure":   {"bind-with-token broken", fault.Internal, fault.Internal},
		"a panic":               {"bind-with-token explosive", fault.Internal, fault.Internal},
		"a legacy frame":        {"bind 17", fault.ExpectedBind, fault.ExpectedBind},
		"several lines, no CRs": {"bind-with-token a\nbind-with-token b", fault.ExpectedBind, fault.ExpectedBind},
	} {
		t.Run(name, func(t *testing.T) {
			c := f.connect()
			c.t = t
			c.Send(test.frame)
			c.wantOutcome(test.code)
			c.wantClose(test.close)
		})
	}
}

func TestAnotherDialectIsNamed(t *testing.T) {
	f := newFixture(t, nil)
	for frame, dialect := range map[string]string{"bind 17": "legacy", `{"type":"bind-with-token","payload":{"token":"x"}}`: "medplum"} {
		c := f.connect()
		c.Send(frame)
		if outcome := c.Next(); !strings.Contains(outcome, dialect) {
			t.Errorf("%q was answered by %s, which does not name %s", frame, outcome, dialect)
		}
	}
}

func TestNoTokenIsEverInAnAnswer(t *testing.T) {
	f := newFixture(t, nil)
	for _, frame := range []string{"bind-with-token SECRET", "bind-with-token  SECRET x", `{"token":"SECRET"}`, "SECRET.SECRET.SECRET"} {
		c := f.connect()
		c.Send(frame)
		if outcome := c.Next(); strings.Contains(outcome, "SECRET") {
			t.Errorf("%q was answered by %s", frame, outcome)
		}
	}
}

func TestBadLaterBindLeavesTheGoodOneAlive(t *testing.T) {
	f := newFixture(t, nil)
	c := f.connect()
	c.Bind(f.token(time.Minute, "a"))
	c.want("handshake a 0")
	for frame, code := range map[string]fault.Code{
		"bind-with-token forged": fault.TokenSignature,
		"hello":                  fault.ExpectedBind,
		"bind-with-token broken": fault.Internal,
	} {
		c.Send(frame)
		c.wantOutcome(code)
	}
	f.world.notify("a", "")
	c.want("event a 1")
}

func TestSubscriptionsOfATokenThatAreGoneAreNamed(t *testing.T) {
	f := newFixture(t, nil)
	f.world.gone["b"] = true
	token := f.token(time.Minute, "a", "b", "c", "d")
	f.hub.Revoke(socket.Revocation{Subscription: "d"})
	c := f.connect()
	c.Bind(token)
	c.want("handshake a 0", "handshake c 0")
	outcome := c.Next()
	for _, named := range []string{"Subscription/b ", "unknown-subscription", "Subscription/d ", "revoked-token"} {
		if !strings.Contains(outcome, named) {
			t.Errorf("%s does not name %s", outcome, named)
		}
	}
	f.world.notify("c", "")
	c.want("event c 1")
}

func TestSingleUse(t *testing.T) {
	f := newFixture(t, func(c *socket.Config) { c.SingleUse = true })
	c := f.connect()
	token := f.token(time.Minute, "a")
	c.Bind(token)
	c.want("handshake a 0")
	c.Send("bind-with-token " + token)
	c.wantOutcome(fault.AlreadyUsed)
	c.Bind(f.token(time.Minute, "a")) // a renewal is a new token
	c.want("handshake a 0")

	d := f.connect()
	d.Send("bind-with-token " + token)
	d.wantOutcome(fault.AlreadyUsed)
	d.wantClose(fault.AlreadyUsed)
}

func TestSingleUseNeedsAJTI(t *testing.T) {
	f := newFixture(t, func(c *socket.Config) { c.SingleUse = true })
	f.grants["nameless"] = socket.Grant{Subject: "alice", Subscriptions: []string{"a"}, Expires: noon.Add(time.Minute)}
	c := f.connect()
	c.Send("bind-with-token nameless")
	c.wantOutcome(fault.TokenMissingClaim)
	c.wantClose(fault.InvalidToken)
}

// TestAFailedBindDoesNotUseTheToken: the client may mend what was wrong.
func TestAFailedBindDoesNotUseTheToken(t *testing.T) {
	f := newFixture(t, func(c *socket.Config) { c.SingleUse = true })
	f.world.gone["a"] = true
	token := f.token(time.Minute, "a")
	c := f.connect()
	c.Send("bind-with-token " + token)
	c.wantOutcome(fault.UnknownSubscription)
	c.wantClose(fault.UnknownSubscription)
	delete(f.world.gone, "a")
	d := f.connect()
	d.Bind(token)
	d.want("handshake a 0")
}

func TestTokensAreReusableUnlessSingleUse(t *testing.T) {
	f := newFixture(t, nil)
	token := f.token(time.Minute, "a")
	for range 3 {
		c := f.connect()
		c.Bind(token)
		c.want("handshake a 0")
	}
}

func TestBindingsPerSocketAreBounded(t *testing.T) {
	f := newFixture(t, func(c *socket.Config) { c.MaxBound = 2 })
	c := f.connect()
	c.Bind(f.token(time.Minute, "a", "b"))
	c.want("handshake a 0", "handshake b 0")
	c.Send("bind-with-token " + f.token(time.Minute, "b", "c"))
	c.wantOutcome(fault.TooManyRequests)
	c.Bind(f.token(time.Minute, "b"))
	c.want("handshake b 0")

	d := f.connect()
	d.Send("bind-with-token " + f.token(time.Minute, "a", "b", "c"))
	d.wantOutcome(fault.TooManyRequests)
	d.wantClose(fault.TooManyRequests)
}

func TestAnyOriginAndSubprotocol(t *testing.T) {
	f := newFixture(t, nil)
	for _, origin := range []string{"https://elsewhere.example", "null", "file://", "%%%"} {
		c := f.dial(&websocket.DialOptions{
			HTTPHeader:      http.Header{"Origin": {origin}},
			Subprotocols:    []string{"fhir", "graphql-ws"},
			CompressionMode: websocket.CompressionContextTakeover,
		})
		if got := c.Subprotocol(); got != "" {
			t.Errorf("subprotocol %q was chosen", got)
		}
		c.Bind(f.token(time.Minute, "a"))
		c.want("handshake a 0")
	}
}
