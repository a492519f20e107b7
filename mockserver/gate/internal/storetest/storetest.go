// Package storetest holds what every store of a gate must do. Call [Run] in the
// tests of each.
package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wsbind/wsbind/mockserver/gate"
)

// patience guards against a test that waits for what never comes.
const patience = 30 * time.Second

// many is how many gates ask at once.
const many = 100

// Case is a store under test.
type Case struct {
	// Open opens another store on what the ones before it have left, or share. It
	// is closed with the test.
	Open func(t *testing.T) gate.Store
	// Shared says that several are open at once on what they share.
	Shared bool
	// Forgets says that what was kept is gone once a store is closed.
	Forgets bool
	// Now is the time in the store.
	Now func() time.Time
}

// several opens as many as share it.
func (c Case) several(t *testing.T) []gate.Store {
	if c.Shared {
		return []gate.Store{c.Open(t), c.Open(t), c.Open(t)}
	}
	return []gate.Store{c.Open(t)}
}

// Run tests a store. Each test has keys of its own, so that one place will do for
// all.
func Run(t *testing.T, c Case) {
	for name, test := range map[string]func(*testing.T, Case){
		"one of many puts":                testOneOfMany,
		"what was put is there":           testGet,
		"keys of all kinds":               testKeys,
		"no number twice":                 testIncrement,
		"revocations since a cursor":      testRevoked,
		"revocations are told":            testWatch,
		"a watch ends with its store":     testWatchEnds,
		"what was kept outlives a gate":   testRestart,
		"what is asked may be given up":   testContext,
		"expired long before it was used": testExpired,
	} {
		t.Run(name, func(t *testing.T) { test(t, c) })
	}
}

// ok ends a test whose store failed.
func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// key makes a name of a test's own.
func key(t *testing.T, name string) string {
	clean := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(t.Name()))
	return name + "." + clean
}

func testOneOfMany(t *testing.T, c Case) {
	stores, k := c.several(t), key(t, "jti")
	var wait sync.WaitGroup
	results := make(chan bool, many)
	for i := range many {
		wait.Go(func() {
			put, err := stores[i%len(stores)].PutIfAbsent(t.Context(), k, fmt.Sprint("gate-", i), c.Now().Add(time.Hour))
			if err != nil {
				t.Error(err)
			}
			results <- put
		})
	}
	wait.Wait()
	close(results)
	puts := 0
	for put := range results {
		if put {
			puts++
		}
	}
	if puts != 1 {
		t.Errorf("%d of %d put, exactly one is to", puts, many)
	}
}

func testGet(t *testing.T, c Case) {
	s, k := c.Open(t), key(t, "jti")
	if text, there, err := s.Get(t.Context(), k); err != nil || there {
		t.Errorf("got %q (%v) of a key that was never put", text, err)
	}
	put, err := s.PutIfAbsent(t.Context(), k, "first", c.Now().Add(time.Hour))
	ok(t, err)
	again, err := s.PutIfAbsent(t.Context(), k, "second", c.Now().Add(time.Hour))
	ok(t, err)
	text, there, err := s.Get(t.Context(), k)
	if !put || again || text != "first" || !there || err != nil {
		t.Errorf("put %v, again %v, got %q %v (%v), want the first value", put, again, text, there, err)
	}
}

// testKeys takes what ids and names can look like.
func testKeys(t *testing.T, c Case) {
	s := c.Open(t)
	keys := []string{"a", "A", "a.b", "a..b", ".", "a.", "_", "-", "a b", "é", "a=20b", "*", ">", "a/b", strings.Repeat("k", 200)}
	for _, k := range keys {
		for i, due := range []bool{true, false} {
			put, err := s.PutIfAbsent(t.Context(), key(t, k), k, c.Now().Add(time.Hour))
			if put != due || err != nil {
				t.Errorf("key %q, call %d: put %v (%v)", k, i, put, err)
			}
		}
		if n, err := s.Increment(t.Context(), key(t, k)); n != 1 || err != nil {
			t.Errorf("counter %q: %d (%v), want 1", k, n, err)
		}
	}
}

func testIncrement(t *testing.T, c Case) {
	stores, k := c.several(t), key(t, "events")
	if n, err := stores[0].Count(t.Context(), k); n != 0 || err != nil {
		t.Errorf("a counter starts at %d (%v)", n, err)
	}
	var wait sync.WaitGroup
	var mu sync.Mutex
	var numbers []int64
	for i := range many {
		wait.Go(func() {
			n, err := stores[i%len(stores)].Increment(t.Context(), k)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			numbers = append(numbers, n)
		})
	}
	wait.Wait()
	slices.Sort(numbers)
	for i, n := range numbers {
		if n != int64(i)+1 {
			t.Fatalf("the numbers are %v", numbers)
		}
	}
	if n, err := stores[0].Count(t.Context(), k); n != many || err != nil {
		t.Errorf("the count is %d (%v), want %d", n, err, many)
	}
}

// record makes a revocation of a token's name.
func record(jti string, at time.Time) gate.Record {
	return gate.Record{Revocation: gate.Revocation{JTI: jti}, At: at}
}

// names lists the tokens of a test's own that records revoke.
func names(records []gate.Record, prefix string) (list []string) {
	for _, r := range records {
		if strings.HasPrefix(r.JTI, prefix) {
			list = append(list, strings.TrimPrefix(r.JTI, prefix))
		}
	}
	slices.Sort(list)
	return list
}

func testRevoked(t *testing.T, c Case) {
	s, prefix := c.Open(t), key(t, "jti")
	since := func(cursor string, due ...string) string {
		t.Helper()
		records, next, err := s.Revoked(t.Context(), cursor)
		if got := names(records, prefix); err != nil || !slices.Equal(got, due) {
			t.Errorf("revoked since %q: %v (%v), want %v", cursor, got, err, due)
		}
		return next
	}
	start := since("")
	at := c.Now().Truncate(time.Second)
	all := []gate.Record{
		record(prefix+"a", at),
		{Revocation: gate.Revocation{Subscription: prefix}, At: at},
		{Revocation: gate.Revocation{Subject: prefix + " of somebody"}, At: at.Add(time.Second)},
	}
	for _, r := range all {
		ok(t, s.Revoke(t.Context(), r))
	}
	records, second, err := s.Revoked(t.Context(), start)
	ok(t, err)
	for _, due := range all {
		if !slices.ContainsFunc(records, func(r gate.Record) bool { return r.Revocation == due.Revocation && r.At.Equal(due.At) }) {
			t.Errorf("%+v is not among %+v", due, records)
		}
	}
	since(second)
	ok(t, s.Revoke(t.Context(), record(prefix+"b", at)))
	third := since(second, "b")
	since(third)
	since(third)
	since("", "a", "b")
}

func testWatch(t *testing.T, c Case) {
	stores, prefix := c.several(t), key(t, "jti")
	s, other := stores[0], stores[len(stores)-1]
	ok(t, other.Revoke(t.Context(), record(prefix+"before", c.Now())))
	told := make(chan string, many)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- s.Watch(ctx, func(r gate.Record) {
			if name, ours := strings.CutPrefix(r.JTI, prefix); ours {
				told <- name
			}
		})
	}()
	for _, name := range []string{"before", "a", "b"} {
		if name != "before" {
			ok(t, other.Revoke(t.Context(), record(prefix+name, c.Now())))
		}
		select {
		case got := <-told:
			if got != name {
				t.Errorf("told %q, want %q", got, name)
			}
		case <-time.After(patience):
			t.Fatalf("%q was not told", name)
		}
	}
	cancel()
	if err := within(t, ended); err != context.Canceled {
		t.Errorf("a watch that was given up ends with %v", err)
	}
}

func testWatchEnds(t *testing.T, c Case) {
	s := c.Open(t)
	ended := make(chan error, 1)
	go func() { ended <- s.Watch(t.Context(), func(gate.Record) {}) }()
	ok(t, s.Close())
	if err := within(t, ended); err == nil {
		t.Error("the watch of a closed store ends without an error")
	}
	if err := s.Watch(t.Context(), func(gate.Record) {}); err == nil {
		t.Error("a closed store can be watched")
	}
}

func within(t *testing.T, ended <-chan error) error {
	t.Helper()
	select {
	case err := <-ended:
		return err
	case <-time.After(patience):
		t.Fatal("a watch did not end")
		return nil
	}
}

func testRestart(t *testing.T, c Case) {
	k := key(t, "events")
	s := c.Open(t)
	_, err := s.Increment(t.Context(), k)
	ok(t, err)
	_, err = s.PutIfAbsent(t.Context(), k, "once", c.Now().Add(time.Hour))
	ok(t, err)
	ok(t, s.Revoke(t.Context(), record(k, c.Now())))
	ok(t, s.Close())

	s = c.Open(t)
	n, err := s.Increment(t.Context(), k)
	ok(t, err)
	put, err := s.PutIfAbsent(t.Context(), k, "twice", c.Now().Add(time.Hour))
	ok(t, err)
	records, _, err := s.Revoked(t.Context(), "")
	ok(t, err)
	if kept := n == 2 && !put && len(names(records, k)) == 1; kept == c.Forgets {
		t.Errorf("after a restart: number %d, put again %v, revoked %v", n, put, records)
	}
}

func testContext(t *testing.T, c Case) {
	s := c.Open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	ended := make(chan error, 1)
	go func() { ended <- s.Watch(ctx, func(gate.Record) {}) }()
	if err := within(t, ended); err == nil {
		t.Error("a watch that was given up before it began ends without an error")
	}
}

// testExpired puts what has expired by this gate's clock, and may be good by that
// of another.
func testExpired(t *testing.T, c Case) {
	s, k := c.Open(t), key(t, "jti")
	for i, due := range []bool{true, false} {
		put, err := s.PutIfAbsent(t.Context(), k, "late", c.Now().Add(-time.Hour))
		if put != due || err != nil {
			t.Errorf("call %d: put %v (%v)", i, put, err)
		}
	}
}
