package gate_test

import (
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/mockserver/gate"
	"github.com/wsbind/wsbind/mockserver/world"
)

// retries lets the gate's pauses pass, one after the other, until something is done.
func (f *front) retries(done func() bool) (passed time.Duration) {
	f.t.Helper()
	for !done() {
		f.until("trying again", func() bool { return f.pauses.Load() > f.paused || done() })
		if !done() {
			f.paused = f.pauses.Load()
			f.clock.Advance(longestPause)
			passed += longestPause
		}
	}
	return passed
}

const longestPause = 15 * time.Second

// recovered waits until the FHIR server is there again.
func (f *front) recovered() {
	f.t.Helper()
	before := f.told(gate.UpstreamOpened)
	f.relay.back()
	f.retries(func() bool { return f.told(gate.UpstreamOpened) > before })
}

// TestUpstreamLost: the client is told, the socket stays, and handshakes tell the
// counters when the server is back.
func TestUpstreamLost(t *testing.T) {
	f := newFront(t, nil)
	c := f.bound(f.issue(time.Hour, "s1"), "s1")
	f.relay.down()
	c.want("outcome upstream-unavailable")
	c.Send("bind-with-token " + f.issue(time.Hour, "s2"))
	c.want("outcome upstream-unavailable")
	f.emit("s1", 2)
	f.recovered()
	if got := understand(c.Next()); got.what != "handshake s1" || got.totals != 2 {
		t.Fatalf("got %+v, want a handshake that tells of 2 events", got)
	}
	f.emit("s1", 1)
	c.want("event s1 3")
	c.Send("bind-with-token " + f.issue(time.Hour, "s2"))
	c.want("handshake s2")
}

// TestUpstreamGone: when patience is at its end so is the socket.
func TestUpstreamGone(t *testing.T) {
	f := newFront(t, nil)
	c := f.bound(f.issue(time.Hour, "s1"), "s1")
	f.relay.down()
	c.want("outcome upstream-unavailable")
	passed := f.retries(func() bool { return f.told(gate.SocketClosed) > 0 })
	if passed < gate.DefaultPatience || passed > gate.DefaultPatience+longestPause {
		t.Errorf("given up after %v", passed)
	}
	c.want("outcome upstream-unavailable")
	c.WantClosed(1013, "upstream-unavailable")

	other := f.connect()
	other.Send("bind-with-token " + f.issue(time.Hour, "s1"))
	other.want("outcome upstream-unavailable")
	other.WantClosed(1013, "upstream-unavailable")
}

// TestUpstreamForgets: of what was bound only some is there when the server is back.
func TestUpstreamForgets(t *testing.T) {
	f := newFront(t, nil)
	c := f.bound(f.issue(time.Hour, "s1", "s2"), "s1", "s2")
	f.holds(2)
	f.relay.down()
	c.want("outcome upstream-unavailable")
	f.call("DELETE", f.mock.LocalURL()+"/fhir/R4/Subscription/s1", "")
	f.recovered()
	c.want("handshake s2", "outcome unknown-subscription")
	f.holds(1)
	f.relay.down()
	c.want("outcome upstream-unavailable")
	f.call("DELETE", f.mock.LocalURL()+"/fhir/R4/Subscription/s2", "")
	f.relay.back()
	f.retries(func() bool { return f.told(gate.SocketClosed) == 1 })
	c.want("outcome unknown-subscription")
	c.WantClosed(1008, "unknown-subscription")
}

// TestUpstreamRefuses the gate: its credential is not the one that the server wants.
func TestUpstreamRefuses(t *testing.T) {
	f := newFront(t, func(_ *front, o *options) {
		o.mock.RequireAuth, o.gate.Upstream.Headers = true, nil
	})
	c := f.connect()
	c.Send("bind-with-token " + f.issue(time.Hour, "s1"))
	c.want("outcome upstream-refused")
	c.WantClosed(1011, "upstream-refused")
	if strings.Contains(f.logs.String(), "eyJ") {
		t.Error("a token is in the log")
	}
}

// TestSlowReader is closed with 1013, gets before that what the network had, and others
// do not notice.
func TestSlowReader(t *testing.T) {
	f := newFront(t, nil)
	f.put("Encounter", "big", `{"resourceType":"Encounter","id":"big","status":"planned","class":{"code":"AMB"},"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">`+
		strings.Repeat(".", 200_000)+`</div>"}}`)
	f.put("Subscription", "s3", subscriptionText("s3", "full-resource"))
	fast := f.bound(f.issue(time.Hour, "s3"), "s3")
	slow := f.raw()
	slow.send("bind-with-token " + f.issue(time.Hour, "s3"))
	f.holds(2)
	for n := 1; f.told(gate.SocketClosed) == 0; n++ {
		if n > 1000 {
			t.Fatal("a client that does not read was never found too slow")
		}
		if _, err := f.mock.Emit("R4", world.Emission{Subscription: "s3", Focus: "Encounter/big"}); err != nil {
			t.Fatal(err)
		}
		if got := understand(fast.Next()).what; !strings.HasPrefix(got, "event s3 ") {
			t.Fatalf("the other client got %s", got)
		}
	}
	if end := slow.rest(); !strings.HasSuffix(end, "\x88\x0d\x03\xf5slow-reader") {
		t.Errorf("the stream ends with %q", end[max(0, len(end)-40):])
	}
}
