package gate_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/mockserver/gate"
	"github.com/wsbind/wsbind/mockserver/journal"
)

func asAlice(context.Context) (http.Header, error) {
	return http.Header{"Authorization": {"Bearer alice"}}, nil
}

// TestBindRenewExpire is the life of a socket: a token of the endpoint, events,
// renewals of the client's and of the gate's own, and the end.
func TestBindRenewExpire(t *testing.T) {
	f := newFront(t, nil)
	c := f.bound(f.token("s1", "s2"), "s1", "s2")
	f.holds(2)
	f.emit("s1", 1)
	c.want("event s1 1")
	f.clock.Advance(4 * time.Minute) // the gate renews its own token
	f.bindsAre(2)
	c.Send("bind-with-token: " + f.token("s1"))
	c.want("handshake s1")
	f.emit("s1", 1)
	c.want("event s1 2")
	f.clock.Advance(time.Minute) // the first token is over
	c.want("outcome expired-token")
	f.emit("s2", 1)
	f.emit("s1", 1)
	c.want("event s1 3")             // and none of s2, which the server still sends
	f.clock.Advance(3 * time.Minute) // to 12:08; it renews for s1 alone
	f.bindsAre(4)
	f.clock.Advance(50 * time.Second) // the server says that s2 is over
	f.emit("s1", 1)
	c.want("event s1 4")
	f.clock.Advance(10 * time.Second)
	c.want("outcome expired-token")
	c.WantClosed(websocket.StatusPolicyViolation, "expired-token")
	f.until("unbound", func() bool { return f.gate.State() == gate.State{Opened: 1} })
}

// bindsAre waits until the mock server has had so many binds, and answered them.
func (f *front) bindsAre(n int) {
	f.t.Helper()
	f.until("bound at the server", func() bool {
		return len(f.mock.Journal.Entries(journal.Query{Kind: journal.Received, Type: "bind"})) == n
	})
}
