package gate_test

import (
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/gate"
	"github.com/wsbind/wsbind/mockserver/internal/testkit"
	"github.com/wsbind/wsbind/mockserver/socket"
)

// newPassing is a gate that passes on tokens of the mock server's.
func newPassing(t *testing.T, more func(o *options)) *front {
	return newFront(t, func(f *front, o *options) {
		first := mockserver.Start(t, o.mock) // which knows where its websocket is, and dies at once
		at := first.WebsocketURL(fhir.R4)
		first.Close()
		o.gate.Key = nil
		o.gate.Keys = "http://" + f.relay.addr + "/.well-known/jwks.json"
		o.gate.Upstream.Dialect, o.gate.Upstream.WebsocketURL = gate.Pass, at
		o.mock.Seed = first.Seed()
		if more != nil {
			more(o)
		}
	})
}

// theirs is a token of the FHIR server's, by way of the gate.
func (f *front) theirs(id string) string {
	f.t.Helper()
	a := f.call("POST", f.gate.BaseURL()+"/Subscription/"+id+"/$get-ws-binding-token", "")
	_, rest, _ := strings.Cut(a.body, `"valueString":"`)
	compact, _, ok := strings.Cut(rest, `"`)
	if a.status != 200 || !ok {
		f.t.Fatalf("no token: %d %s", a.status, a.body)
	}
	return compact
}

// TestPass: the server's own tokens are verified and passed on, and what it says of them
// is said to the client.
func TestPass(t *testing.T) {
	f := newPassing(t, nil)
	if f.gate.JWKSURL() != "" {
		t.Errorf("a gate without a key publishes some at %s", f.gate.JWKSURL())
	}
	bad := f.connect()
	bad.Send("bind-with-token " + f.issue(time.Hour, "s1"))
	bad.want("outcome unknown-key")
	bad.WantClosed(1008, "invalid-token")
	if n := f.told(gate.UpstreamOpened); n != 0 {
		t.Errorf("the FHIR server was connected to %d times", n)
	}

	c := f.bound(f.theirs("s1"), "s1")
	c.Send("bind-with-token " + f.theirs("s2"))
	c.want("handshake s2")
	f.emit("s1", 1)
	c.want("event s1 1")
	f.holds(2)
	f.emit("s2", 1)
	c.want("event s2 1")
	c.Send("bind-with-token " + f.theirs("s1"))
	c.want("handshake s1")
	if n, err := f.mock.Revoke("R4", socket.Revocation{Subscription: "s2"}); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	c.want("outcome revoked-token")
	f.holds(1)
	f.emit("s1", 1)
	c.want("event s1 2")
	if n, err := f.mock.Revoke("R4", socket.Revocation{Subscription: "s1"}); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	c.want("outcome revoked-token")
	c.WantClosed(1008, "revoked-token")
}

// TestPassOfTokensThatEnd: gate and server both know when a token expires, and the
// client is told once.
func TestPassOfTokensThatEnd(t *testing.T) {
	f := newPassing(t, nil)
	c := f.bound(f.theirs("s1"), "s1")
	f.clock.Advance(time.Minute)
	c.Send("bind-with-token " + f.theirs("s2"))
	c.want("handshake s2")
	f.holds(2)
	f.clock.Advance(4 * time.Minute)
	f.until("over", func() bool { f.clock.Advance(0); return f.told(gate.Unbound) == 1 }) // a timer may be set only now
	c.want("outcome expired-token")
	f.holds(1)
	f.emit("s2", 1)
	c.want("event s2 1")
	f.clock.Advance(time.Minute)
	f.until("over", func() bool { f.clock.Advance(0); return f.told(gate.SocketClosed) == 1 })
	c.want("outcome expired-token")
	c.WantClosed(1008, "expired-token")
}

// TestPassLosesItsServer: the gate has no token to have it back with.
func TestPassLosesItsServer(t *testing.T) {
	f := newPassing(t, nil)
	c := f.bound(f.theirs("s1"), "s1")
	f.holds(1)
	f.relay.down()
	c.want("outcome upstream-unavailable")
	c.WantClosed(1013, "upstream-unavailable")
}

// TestPassOfWhatTheServerRefuses: what it says of its own token is for the client.
func TestPassOfWhatTheServerRefuses(t *testing.T) {
	f := newPassing(t, func(o *options) { o.mock.SingleUse = true })
	compact := f.theirs("s1")
	direct := testkit.Dial(t, f.mock.WebsocketURL(fhir.R4), &websocket.DialOptions{HTTPClient: f.http})
	direct.Send("bind-with-token " + compact)
	direct.Next()
	c := f.connect()
	c.Send("bind-with-token " + compact)
	c.want("outcome already-used")
	c.WantClosed(1008, "already-used")
}
