package gate_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/gate"
	"github.com/wsbind/wsbind/mockserver/gate/internal/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestMemoryStore(t *testing.T) {
	c := clock.NewVirtual(noon)
	storetest.Run(t, storetest.Case{Open: func(*testing.T) gate.Store { return gate.NewMemoryStore(c) }, Forgets: true, Now: c.Now})
}

func TestBoltStore(t *testing.T) {
	c, path := clock.NewVirtual(noon), filepath.Join(t.TempDir(), "gate.db")
	storetest.Run(t, storetest.Case{Open: func(t *testing.T) gate.Store { return openBolt(t, path, c) }, Now: c.Now})
}

func openBolt(t *testing.T, path string, c clock.Clock) *gate.BoltStore {
	t.Helper()
	s, err := gate.OpenBolt(path, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file of a store is %v (%v): it is nobody else's", info.Mode(), err)
	}
	return s
}

// TestStoresForget lets a virtual day pass: what nobody can use any more goes, and
// what counts stays.
func TestStoresForget(t *testing.T) {
	for name, open := range map[string]func(t *testing.T, c clock.Clock) gate.Store{
		"memory": func(_ *testing.T, c clock.Clock) gate.Store { return gate.NewMemoryStore(c) },
		"bolt": func(t *testing.T, c clock.Clock) gate.Store {
			return openBolt(t, filepath.Join(t.TempDir(), "gate.db"), c)
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := clock.NewVirtual(noon)
			s := open(t, c)
			put := func(key string, life time.Duration) bool {
				t.Helper()
				put, err := s.PutIfAbsent(t.Context(), key, "x", c.Now().Add(life))
				if err != nil {
					t.Fatal(err)
				}
				return put
			}
			for i := range 20 {
				put(fmt.Sprint("short-", i), time.Minute)
			}
			put("long", time.Hour)
			s.Increment(t.Context(), "events.1")
			s.Revoke(t.Context(), gate.Record{Revocation: gate.Revocation{JTI: "early"}, At: c.Now()})
			c.Advance(90 * time.Second)
			if put("short-1", time.Minute) {
				t.Error("a token that has just expired here may be good by another gate's clock")
			}
			c.Advance(time.Minute)
			if _, there, _ := s.Get(t.Context(), "short-2"); there || !put("short-1", time.Minute) || put("long", time.Hour) {
				t.Error("the short ones are to be forgotten, and the long one kept")
			}
			c.Advance(24 * time.Hour)
			if records, _, _ := s.Revoked(t.Context(), ""); len(records) != 1 {
				t.Errorf("a day later %v is revoked", records)
			}
			c.Advance(2 * time.Hour)
			s.Revoke(t.Context(), gate.Record{Revocation: gate.Revocation{JTI: "late"}, At: c.Now()})
			records, _, err := s.Revoked(t.Context(), "")
			if len(records) != 1 || records[0].JTI != "late" || err != nil {
				t.Errorf("revoked is %v (%v), want the late one alone", records, err)
			}
			if n, _ := s.Count(t.Context(), "events.1"); n != 1 {
				t.Errorf("the count is %d", n)
			}
		})
	}
}

func TestBoltStoreIsOneGates(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gate.db")
	openBolt(t, path, clock.Real())
	_, err := gate.OpenBolt(path, clock.Real())
	if fault.CodeOf(err) != fault.StoreUnavailable || !strings.Contains(err.Error(), "in use by another process") {
		t.Errorf("opening it twice: %v", err)
	}
}

func TestBoltStoreThatCannotBe(t *testing.T) {
	_, err := gate.OpenBolt(filepath.Join(t.TempDir(), "nowhere", "gate.db"), clock.Real())
	if fault.CodeOf(err) != fault.StoreUnavailable || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("a directory that is not there: %v", err)
	}
	s := openBolt(t, filepath.Join(t.TempDir(), "gate.db"), clock.Real())
	s.Close()
	if _, err := s.Increment(t.Context(), "events.1"); fault.CodeOf(err) != fault.StoreUnavailable {
		t.Errorf("a closed store counts: %v", err)
	}
}

// BenchmarkBoltStore is one event number after another, and what a hundred
// Subscriptions at once make of it.
func BenchmarkBoltStore(b *testing.B) {
	s, err := gate.OpenBolt(filepath.Join(b.TempDir(), "gate.db"), clock.Real())
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	b.Run("one", func(b *testing.B) {
		for b.Loop() {
			s.Increment(b.Context(), "events.1")
		}
	})
	b.Run("hundred", func(b *testing.B) {
		b.SetParallelism(50)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				s.Increment(b.Context(), "events.1")
			}
		})
	})
}
