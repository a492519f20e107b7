package gate_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wsbind/wsbind/mockserver/gate"
)

// TestRevocation reaches sockets that are open, and tokens that were issued before.
func TestRevocation(t *testing.T) {
	f := newFront(t, nil)
	first, second := f.issue(time.Hour, "s1"), f.issue(time.Hour, "s2")
	c := f.bound(first, "s1")
	c.Send("bind-with-token " + second)
	c.want("handshake s2")
	f.holds(2)
	if n := f.revoke(`{"jti":"jti-1"}`); n != 1 {
		t.Errorf("%d bindings ended, want 1", n)
	}
	c.want("outcome revoked-token")
	f.emit("s1", 1)
	f.emit("s2", 1)
	c.want("event s2 1")
	if n := f.revoke(`{"subscription":"s2"}`); n != 1 {
		t.Errorf("%d bindings ended, want 1", n)
	}
	c.want("outcome revoked-token")
	c.WantClosed(1008, "revoked-token")

	both := f.issue(time.Hour, "s1", "s2") // issued in the second in which s2 was revoked
	c = f.bound(both, "s1")
	c.want("outcome revoked-token") // which names s2
	f.clock.Advance(time.Second)
	c.Send("bind-with-token " + f.issue(time.Hour, "s2"))
	c.want("handshake s2")
	f.holds(2)
	if n := f.revoke(`{"subject":"alice"}`); n != 2 {
		t.Errorf("%d bindings ended, want 2", n)
	}
	c.want("outcome revoked-token")
	c.WantClosed(1008, "revoked-token")
}

// holds waits until so many Subscriptions are bound: handshakes come a moment before.
func (f *front) holds(n int) {
	f.t.Helper()
	f.until("bound", func() bool { return f.gate.State().Bound == n })
}

// TestRevocationOfAnotherGate comes by way of the store: told at once, or found by
// asking.
func TestRevocationOfAnotherGate(t *testing.T) {
	for name, silent := range map[string]bool{"told": false, "polled": true} {
		t.Run(name, func(t *testing.T) {
			store := &fickleStore{}
			f := newFront(t, func(f *front, o *options) {
				store.Store, store.silent = gate.NewMemoryStore(f.clock), silent
				o.gate.Replay, o.gate.Store = gate.Shared, store
			})
			c := f.bound(f.issue(time.Hour, "s1"), "s1")
			if err := store.Revoke(t.Context(), gate.Record{Revocation: gate.Revocation{JTI: "jti-1"}, At: f.clock.Now()}); err != nil {
				t.Fatal(err)
			}
			if silent {
				f.clock.Advance(gate.DefaultPollInterval)
			}
			c.want("outcome revoked-token")
			c.WantClosed(1008, "revoked-token")
		})
	}
}

// fickleStore is a store that can be out of reach.
type fickleStore struct {
	gate.Store
	silent bool // it does not tell of revocations
	away   atomic.Bool
}

var errAway = errors.New("the store is away")

func (s *fickleStore) PutIfAbsent(ctx context.Context, key, value string, expires time.Time) (bool, error) {
	if s.away.Load() {
		return false, errAway
	}
	return s.Store.PutIfAbsent(ctx, key, value, expires)
}

func (s *fickleStore) Revoked(ctx context.Context, since string) ([]gate.Record, string, error) {
	if s.away.Load() {
		return nil, "", errAway
	}
	return s.Store.Revoked(ctx, since)
}

func (s *fickleStore) Watch(ctx context.Context, tell func(gate.Record)) error {
	if s.silent {
		return gate.ErrNoWatch
	}
	return s.Store.Watch(ctx, tell)
}

// TestStoreIsLost: nothing is bound meanwhile, and what is bound ends after the stated
// time, unless the gate is told to go on.
func TestStoreIsLost(t *testing.T) {
	for name, open := range map[string]bool{"closed": false, "open": true} {
		t.Run(name, func(t *testing.T) {
			store := &fickleStore{silent: true}
			f := newFront(t, func(f *front, o *options) {
				store.Store = gate.NewMemoryStore(f.clock)
				o.gate.Replay, o.gate.Store, o.gate.StoreOpen = gate.Shared, store, open
			})
			c := f.bound(f.issue(time.Hour, "s1"), "s1")
			store.away.Store(true)
			f.pass(gate.DefaultPollInterval)
			other := f.connect()
			other.Send("bind-with-token " + f.issue(time.Hour, "s2"))
			if open {
				other.want("handshake s2")
				f.pass(time.Minute)
				f.emit("s1", 1)
				c.want("event s1 1")
				return
			}
			other.want("outcome store-unavailable")
			other.WantClosed(1013, "store-unavailable")
			c.WantNothing()
			f.pass(gate.DefaultStorePatience)
			c.want("outcome store-unavailable")
			c.WantClosed(1013, "store-unavailable")
			store.away.Store(false)
			f.pass(gate.DefaultPollInterval)
			f.bound(f.issue(time.Hour, "s1"), "s1")
		})
	}
}

// pass lets time pass in steps of the store's interval, after each of which it was
// asked again.
func (f *front) pass(d time.Duration) {
	f.t.Helper()
	f.until("asked", func() bool { return f.polls.Load() > 0 })
	for ; d > 0; d -= gate.DefaultPollInterval {
		before := f.polls.Load()
		f.clock.Advance(gate.DefaultPollInterval)
		f.until("asked", func() bool { return f.polls.Load() > before })
	}
}

// TestSingleUse: of any number of binds with one token exactly one succeeds.
func TestSingleUse(t *testing.T) {
	f := newFront(t, nil)
	compact := f.issue(time.Hour, "s1")
	const many = 20
	clients := make([]*client, many)
	for i := range clients {
		clients[i] = f.connect()
	}
	var all sync.WaitGroup
	for _, c := range clients {
		all.Go(func() { c.Send("bind-with-token " + compact) })
	}
	all.Wait()
	won := 0
	for _, c := range clients {
		switch got := understand(c.Next()).what; got {
		case "handshake s1":
			won++
		case "outcome already-used":
			c.WantClosed(1008, "already-used")
		default:
			t.Errorf("got %s", got)
		}
	}
	if won != 1 {
		t.Errorf("%d binds succeeded with one token", won)
	}

	f = newFront(t, func(_ *front, o *options) { o.gate.Replay = gate.Stateless })
	compact = f.issue(time.Hour, "s1")
	f.bound(compact, "s1")
	f.bound(compact, "s1") // a gate that remembers nothing takes it again
}

// TestManagement is what the management interface refuses.
func TestManagement(t *testing.T) {
	f := newFront(t, func(_ *front, o *options) { o.gate.Metrics = gate.NewMetrics() })
	const json = "Content-Type: application/json"
	url := f.gate.ManagementURL()
	for _, c := range []struct {
		method, path, body string
		headers            []string
		status             int
	}{
		{"GET", "/healthz", "", nil, 204},
		{"GET", "/healthz", "", []string{"Host: gate.svc:8091"}, 204},
		{"GET", "/metrics", "", nil, 200},
		{"GET", "/state", "", nil, 200},
		{"GET", "/state", "", []string{"Host: rebound.example"}, 403},
		{"GET", "/nothing", "", nil, 404},
		{"GET", "/revoke", "", nil, 405},
		{"POST", "/revoke", `{"jti":"x"}`, []string{json}, 200},
		{"POST", "/revoke", `{"jti":"x"}`, []string{"Content-Type: text/plain"}, 415},
		{"POST", "/revoke", `{"jti":"x"}`, []string{json, "Host: rebound.example"}, 403},
		{"POST", "/revoke", `{"jti":"x"}`, []string{json, "Origin: " + url}, 403},
		{"POST", "/revoke", `{"jti":"x"}`, []string{json, "Sec-Fetch-Site: same-origin"}, 403},
		{"POST", "/revoke", `{"jti":"x","subject":"y"}`, []string{json}, 400},
		{"POST", "/revoke", `{}`, []string{json}, 400},
		{"POST", "/revoke", `{"token":"x"}`, []string{json}, 400},
		{"POST", "/revoke", `{"jti":"x"} {}`, []string{json}, 400},
		{"POST", "/revoke", `{"jti":"` + strings.Repeat("x", 1<<17) + `"}`, []string{json}, 400},
	} {
		if a := f.call(c.method, url+c.path, c.body, c.headers...); a.status != c.status {
			t.Errorf("%s %s %.40s %v: %d %s, want %d", c.method, c.path, c.body, c.headers, a.status, a.body, c.status)
		}
	}
	f = newFront(t, func(_ *front, o *options) { o.gate.Replay = gate.Stateless })
	if a := f.call("POST", f.gate.ManagementURL()+"/revoke", `{"jti":"x"}`, json); a.status != 422 {
		t.Errorf("a gate that remembers nothing answers %d %s", a.status, a.body)
	}
}
