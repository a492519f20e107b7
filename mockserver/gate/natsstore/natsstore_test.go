package natsstore_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/gate"
	"github.com/wsbind/wsbind/mockserver/gate/internal/storetest"
	"github.com/wsbind/wsbind/mockserver/gate/natsstore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, cfg natsstore.Config) *natsstore.Store {
	t.Helper()
	s, err := natsstore.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestStore(t *testing.T) {
	server := startNATS(t)
	storetest.Run(t, storetest.Case{
		Open:   func(t *testing.T) gate.Store { return open(t, natsstore.Config{URL: server.url()}) },
		Shared: true, Now: time.Now,
	})
}

// TestLayout holds what gates of the package read and write.
func TestLayout(t *testing.T) {
	server := startNATS(t)
	s := open(t, natsstore.Config{URL: server.url()})
	conn, err := nats.Connect(server.url())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, _ := jetstream.New(conn)
	tokens, err := js.KeyValue(t.Context(), "wsbind_tokens")
	if err != nil {
		t.Fatal(err)
	}
	counters, err := js.KeyValue(t.Context(), "wsbind_counters")
	if err != nil {
		t.Fatal(err)
	}
	for kv, life := range map[jetstream.KeyValue]time.Duration{tokens: 25 * time.Hour, counters: 0} {
		status, err := kv.Status(t.Context())
		if err != nil || status.TTL() != life || status.History() != 1 || status.BackingStore() != "JetStream" {
			t.Errorf("bucket %s keeps for %v (%v), want %v", kv.Bucket(), status.TTL(), err, life)
		}
	}

	s.PutIfAbsent(t.Context(), "jti.a b..é", "gate 1", time.Now().Add(time.Hour))
	s.Increment(t.Context(), "events.1")
	for key, due := range map[string]string{"key.jti.a=20b.=.=C3=A9": "gate 1"} {
		if entry, err := tokens.Get(t.Context(), key); err != nil || string(entry.Value()) != due {
			t.Errorf("%s: %v", key, err)
		}
	}
	if entry, err := counters.Get(t.Context(), "events.1"); err != nil || string(entry.Value()) != "1" {
		t.Errorf("the counter: %v", err)
	}
	counters.PutString(t.Context(), "events.1", "41")
	if n, err := s.Increment(t.Context(), "events.1"); n != 42 || err != nil {
		t.Errorf("after 41 comes %d (%v)", n, err)
	}
	counters.PutString(t.Context(), "events.1", "many")
	if _, err := s.Increment(t.Context(), "events.1"); fault.CodeOf(err) != fault.StoreUnavailable {
		t.Errorf("what is no number was counted on: %v", err)
	}

	tokens.PutString(t.Context(), "revoked.11111111-1111-4111-8111-111111111111", `{"subject":"somebody","at":1767225600.5,"by":"js"}`)
	records, cursor, err := s.Revoked(t.Context(), "")
	due := gate.Record{Revocation: gate.Revocation{Subject: "somebody"}, At: time.UnixMilli(1767225600500)}
	if err != nil || len(records) != 1 || records[0].Revocation != due.Revocation || !records[0].At.Equal(due.At) {
		t.Errorf("revoked is %v (%v), want %v", records, err, due)
	}
	if records, _, err := s.Revoked(t.Context(), "1000000"); err != nil || len(records) != 1 {
		t.Errorf("a bucket that was made anew tells %v (%v), want all", records, err)
	}
	tokens.PutString(t.Context(), "revoked.22222222-2222-4222-8222-222222222222", `{"at":1}`)
	if _, _, err := s.Revoked(t.Context(), cursor); fault.CodeOf(err) != fault.StoreUnavailable {
		t.Errorf("a revocation of nothing was passed over: %v", err)
	}
}

func TestBucketsThatForgetTooEarly(t *testing.T) {
	server := startNATS(t)
	conn, err := nats.Connect(server.url())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, _ := jetstream.New(conn)
	if _, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: "short", TTL: time.Hour}); err != nil {
		t.Fatal(err)
	}
	for _, cfg := range []natsstore.Config{{Tokens: "short"}, {Counters: "short"}} {
		cfg.URL = server.url()
		if _, err := natsstore.Open(t.Context(), cfg); fault.CodeOf(err) != fault.InvalidOption || !strings.Contains(err.Error(), "1h0m0s") {
			t.Errorf("%+v opens: %v", cfg, err)
		}
	}
	s := open(t, natsstore.Config{URL: server.url()})
	if _, err := s.PutIfAbsent(t.Context(), "jti", "x", time.Now().Add(26*time.Hour)); err == nil {
		t.Error("what would be forgotten too early was put")
	}
}

func TestNoServer(t *testing.T) {
	_, err := natsstore.Open(t.Context(), natsstore.Config{URL: "nats://gate:secret@127.0.0.1:1"})
	if fault.CodeOf(err) != fault.StoreUnavailable || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "127.0.0.1:1") {
		t.Errorf("nobody is there: %v", err)
	}
}

// TestServerIsLost kills NATS: calls fail at once, a watch ends, and all is well
// when it is back, with what was there.
func TestServerIsLost(t *testing.T) {
	server := startNATS(t)
	s := open(t, natsstore.Config{URL: server.url(), Timeout: time.Hour}) // which nothing waits for
	put := func(key string) bool {
		t.Helper()
		put, err := s.PutIfAbsent(t.Context(), key, "x", time.Now().Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		return put
	}
	put("used")
	s.Increment(t.Context(), "events.1")
	watched := make(chan error, 1)
	go func() { watched <- s.Watch(t.Context(), func(gate.Record) {}) }()

	server.kill()
	if err := <-watched; fault.CodeOf(err) != fault.StoreUnavailable {
		t.Errorf("the watch ends with %v", err)
	}
	for name, call := range map[string]func() error{
		"PutIfAbsent": func() error { _, err := s.PutIfAbsent(t.Context(), "new", "x", time.Now()); return err },
		"Get":         func() error { _, _, err := s.Get(t.Context(), "used"); return err },
		"Increment":   func() error { _, err := s.Increment(t.Context(), "events.1"); return err },
		"Count":       func() error { _, err := s.Count(t.Context(), "events.1"); return err },
		"Revoke":      func() error { return s.Revoke(t.Context(), gate.Record{Revocation: gate.Revocation{JTI: "x"}}) },
		"Revoked":     func() error { _, _, err := s.Revoked(t.Context(), ""); return err },
		"Watch":       func() error { return s.Watch(t.Context(), func(gate.Record) {}) },
	} {
		if err := call(); fault.CodeOf(err) != fault.StoreUnavailable {
			t.Errorf("%s without a server: %v", name, err)
		}
	}

	server.start()
	s.Back()
	if put("used") {
		t.Error("NATS was killed and brought back, and a token may be used again")
	}
	if n, err := s.Increment(t.Context(), "events.1"); n != 2 || err != nil {
		t.Errorf("the count goes on with %d (%v)", n, err)
	}
}
