package gate_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/jose"
	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/mockserver/gate"
)

// published is a JWK Set that a test changes.
type published struct {
	*httptest.Server
	keys    atomic.Pointer[jose.Set]
	fetches atomic.Int64
}

func publish(t *testing.T, keys ...jose.Key) *published {
	p := &published{}
	p.keys.Store(jose.NewSet(keys...))
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		p.fetches.Add(1)
		if set, err := p.keys.Load().Public(noon); err == nil {
			w.Write(set)
		}
	}))
	t.Cleanup(p.Close)
	return p
}

func newKey(t *testing.T) jose.Key {
	t.Helper()
	key, err := jose.Generate(token.ES256)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestKeyRotation: old and new keys overlap, and no bind fails. However many tokens
// name a key that is not known, the set is fetched once.
func TestKeyRotation(t *testing.T) {
	old, next := newKey(t), newKey(t)
	set := publish(t, old)
	f := newFront(t, func(_ *front, o *options) { o.gate.Keys = set.URL })
	f.bound(f.issueWith(old, time.Hour, "s1"), "s1")
	if n := set.fetches.Load(); n != 1 {
		t.Fatalf("%d fetches, want 1", n)
	}
	f.clock.Advance(gate.DefaultKeysCooldown)
	set.keys.Store(jose.NewSet(next, old))
	var all sync.WaitGroup
	clients := make([]*client, 10)
	for i := range clients {
		clients[i] = f.connect()
		all.Go(func() { clients[i].Send("bind-with-token " + f.issueWith(next, time.Hour, "s1")) })
	}
	all.Wait()
	for _, c := range clients {
		c.want("handshake s1")
	}
	f.bound(f.issueWith(old, time.Hour, "s1"), "s1")
	f.bound(f.issue(time.Hour, "s1"), "s1") // of the gate's own key
	for range 3 {
		c := f.connect()
		c.Send("bind-with-token " + f.issueWith(newKey(t), time.Hour, "s1"))
		c.want("outcome unknown-key")
	}
	if n := set.fetches.Load(); n != 2 {
		t.Errorf("%d fetches, want 2", n)
	}
}

// TestKeysUnavailable: tokens that need them are refused for that reason, and keys that
// are known serve on.
func TestKeysUnavailable(t *testing.T) {
	key := newKey(t)
	set := publish(t, key)
	f := newFront(t, func(_ *front, o *options) { o.gate.Keys = set.URL })
	f.bound(f.issueWith(key, time.Hour, "s1"), "s1")
	set.Close()
	f.clock.Advance(time.Hour) // they are old, and cannot be had
	f.bound(f.issueWith(key, time.Hour, "s1"), "s1")
	f.clock.Advance(24 * time.Hour)
	c := f.connect()
	c.Send("bind-with-token " + f.issueWith(key, time.Hour, "s1"))
	c.want("outcome keys-unavailable")
	c.WantClosed(1013, "keys-unavailable")
	if text := f.logs.String(); !strings.Contains(text, "connection refused") {
		t.Error("the log does not say why")
	}
}

// TestKeysOfAFile are read again when a token names one that is not known.
func TestKeysOfAFile(t *testing.T) {
	first, second := newKey(t), newKey(t)
	name := filepath.Join(t.TempDir(), "jwks.json")
	write := func(keys ...jose.Key) {
		text, _ := jose.NewSet(keys...).Public(noon)
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(first)
	f := newFront(t, func(_ *front, o *options) { o.gate.Keys, o.gate.KeysCooldown = name, time.Second })
	f.bound(f.issueWith(first, time.Hour, "s1"), "s1")
	f.clock.Advance(time.Second)
	write(first, second)
	f.bound(f.issueWith(second, time.Hour, "s1"), "s1")
}

// TestPublishedKeys are those that other gates verify with.
func TestPublishedKeys(t *testing.T) {
	f := newFront(t, nil)
	a := f.call("GET", f.gate.JWKSURL(), "")
	set, err := jose.ParseSet([]byte(a.body))
	if err != nil || a.header.Get("Content-Type") != "application/jwk-set+json" || strings.Contains(a.body, `"d"`) {
		t.Fatal(a, err)
	}
	v := jose.Verifier{Keys: set, Policy: token.Policy{Algorithms: []token.Algorithm{token.ES256}, Issuer: f.gate.BaseURL(), Audience: f.gate.WebsocketURL()}}
	if _, err := v.Verify(f.token("s1"), f.clock.Now()); err != nil {
		t.Error(err)
	}
	if a := f.call("POST", f.gate.JWKSURL(), "{}"); a.status != 405 {
		t.Error(a)
	}
}
