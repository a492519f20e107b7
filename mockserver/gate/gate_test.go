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
	f.emit("s1", 1)
	c.want("event s1 1")
	f.clock.Advance(4 * time.Minute) // the gate renews its own token
	f.until("renewed", func() bool { return f.binds() == 2 })
	c.Send("bind-with-token: " + f.token("s1"))
	c.want("handshake s1")
	f.emit("s1", 1)
	c.want("event s1 2")
	f.clock.Advance(time.Minute) // the first token is over
	c.want("outcome expired-token")
	f.emit("s2", 1)
	f.emit("s1", 1)
	c.want("event s1 3") // and none of s2, which the server still sends
	f.clock.Advance(4 * time.Minute)
	c.want("outcome expired-token")
	c.WantClosed(websocket.StatusPolicyViolation, "expired-token")
	f.until("unbound", func() bool { return f.gate.State() == gate.State{Opened: 1} })
}

// binds counts the binds that the mock server has had.
func (f *front) binds() int {
	return len(f.mock.Journal.Entries(journal.Query{Kind: journal.Received, Type: "bind"}))
}
