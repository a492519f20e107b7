package journal_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/journal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("", 3600))

func numbers(entries []journal.Entry) []int64 {
	var list []int64
	for _, e := range entries {
		list = append(list, e.N)
	}
	return list
}

func wantNumbers(t *testing.T, entries []journal.Entry, want ...int64) {
	t.Helper()
	if got := numbers(entries); !slices.Equal(got, want) {
		t.Errorf("the entries are %v, want %v", got, want)
	}
}

func TestEntriesAreNumberedAndDated(t *testing.T) {
	v := clock.NewVirtual(noon)
	j := journal.New(journal.Config{Clock: v})
	before := time.Now()
	j.Add(journal.Entry{N: 77, Kind: journal.Open})
	v.Advance(time.Hour)
	j.Add(journal.Entry{Kind: journal.Close})
	j.Add(journal.Entry{Kind: journal.Request, Time: noon})

	list := j.Entries(journal.Query{})
	wantNumbers(t, list, 1, 2, 3)
	for i, want := range []time.Time{noon, noon.Add(time.Hour), noon} {
		e := list[i]
		if !e.Time.Equal(want) || e.Time.Location() != time.UTC {
			t.Errorf("entry %d is of %v, want %v", e.N, e.Time, want)
		}
		if e.Real.Before(before.Add(-time.Second)) || e.Real.After(time.Now().Add(time.Second)) {
			t.Errorf("entry %d was really added at %v", e.N, e.Real)
		}
	}
	if j.Len() != 3 || j.Dropped() != 0 {
		t.Errorf("Len is %d, Dropped %d", j.Len(), j.Dropped())
	}
}

// What a caller does to a list changes nothing in the journal.
func TestEntriesReturnsACopy(t *testing.T) {
	j := journal.New(journal.Config{})
	j.Add(journal.Entry{Caller: "alice"})
	j.Entries(journal.Query{})[0].Caller = "mallory"
	if got := j.Entries(journal.Query{})[0].Caller; got != "alice" {
		t.Errorf("the caller has become %s", got)
	}
}

func TestTheOldestGoFirst(t *testing.T) {
	j := journal.New(journal.Config{MaxEntries: 3})
	for range 5 {
		j.Add(journal.Entry{})
	}
	wantNumbers(t, j.Entries(journal.Query{}), 3, 4, 5)
	wantNumbers(t, j.Entries(journal.Query{After: 1}), 3, 4, 5)
	wantNumbers(t, j.Entries(journal.Query{After: 4}), 5)
	wantNumbers(t, j.Entries(journal.Query{After: 99}))
	if j.Len() != 5 || j.Dropped() != 2 {
		t.Errorf("Len is %d, Dropped %d", j.Len(), j.Dropped())
	}
}

func TestTextsAreBounded(t *testing.T) {
	j := journal.New(journal.Config{MaxBytes: 100})
	j.Add(journal.Entry{Text: strings.Repeat("a", 60)})
	j.Add(journal.Entry{})
	j.Add(journal.Entry{Text: strings.Repeat("b", 40)})
	wantNumbers(t, j.Entries(journal.Query{}), 1, 2, 3)
	j.Add(journal.Entry{Text: "c"})
	wantNumbers(t, j.Entries(journal.Query{}), 2, 3, 4)
	j.Add(journal.Entry{Text: strings.Repeat("d", 200)}) // the latest stays, however long
	wantNumbers(t, j.Entries(journal.Query{}), 5)

	j.Add(journal.Entry{Text: strings.Repeat("é", journal.MaxText)})
	text := j.Entries(journal.Query{After: 5})[0].Text
	if len(text) > journal.MaxText+len("…") || !strings.HasSuffix(text, "…") {
		t.Errorf("a text of %d bytes was kept", len(text))
	}
}

func TestQueriesChoose(t *testing.T) {
	j := journal.New(journal.Config{})
	j.Add(journal.Entry{Kind: journal.Request, FHIR: "R4", Caller: "alice", Interaction: "$events", Verdict: journal.Good})
	j.Add(journal.Entry{Kind: journal.Open, FHIR: "R5", Socket: 1, Faults: []string{"delay", "split-frame"}})
	j.Add(journal.Entry{Kind: journal.Received, FHIR: "R5", Socket: 1, Type: "bind", Verdict: "expired-token"})
	j.Add(journal.Entry{Kind: journal.Sent, FHIR: "R5", Socket: 1, Type: "handshake", Subscriptions: []string{"s1", "s2"}})
	j.Add(journal.Entry{Kind: journal.Sent, FHIR: "R4", Socket: 2, Type: "heartbeat", Subscriptions: []string{"s2"}, Caller: "bob"})
	for _, c := range []struct {
		name  string
		query journal.Query
		want  []int64
	}{
		{"all", journal.Query{}, []int64{1, 2, 3, 4, 5}},
		{"by kind", journal.Query{Kind: journal.Sent}, []int64{4, 5}},
		{"by release", journal.Query{FHIR: "R4"}, []int64{1, 5}},
		{"by caller", journal.Query{Caller: "bob"}, []int64{5}},
		{"by Subscription", journal.Query{Subscription: "s2"}, []int64{4, 5}},
		{"by socket", journal.Query{Socket: 1}, []int64{2, 3, 4}},
		{"by type", journal.Query{Type: "bind"}, []int64{3}},
		{"by interaction", journal.Query{Interaction: "$events"}, []int64{1}},
		{"by fault", journal.Query{Fault: "split-frame"}, []int64{2}},
		{"bad", journal.Query{Bad: true}, []int64{3}},
		{"the latest", journal.Query{Limit: 2}, []int64{4, 5}},
		{"the latest of a kind", journal.Query{Kind: journal.Sent, Limit: 1}, []int64{5}},
		{"later ones", journal.Query{After: 3}, []int64{4, 5}},
		{"several at once", journal.Query{FHIR: "R5", Subscription: "s2", Socket: 1}, []int64{4}},
		{"none", journal.Query{FHIR: "R4", Socket: 1}, nil},
	} {
		if got := numbers(j.Entries(c.query)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestObserversSeeEveryLaterEntryInOrder(t *testing.T) {
	j := journal.New(journal.Config{})
	j.Add(journal.Entry{})
	var seen []int64
	j.Observe(func(e *journal.Entry) { seen = append(seen, e.N) })
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 100 {
				j.Add(journal.Entry{})
			}
		})
	}
	all.Wait()
	if len(seen) != 400 || seen[0] != 2 || !slices.IsSorted(seen) {
		t.Errorf("%d entries were seen, from %d on", len(seen), seen[0])
	}
}

// A journal that starts anew is followed from its first entry, however many there
// are by then.
func TestResetIsFollowedFromTheStart(t *testing.T) {
	j := journal.New(journal.Config{})
	for range 3 {
		j.Add(journal.Entry{Path: "before"})
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var seen []string
	for e := range j.Follow(ctx, journal.Query{After: 1}) {
		seen = append(seen, e.Path)
		switch len(seen) {
		case 2:
			j.Reset(clock.Real())
			for range 5 {
				j.Add(journal.Entry{Path: "after"})
			}
		case 7:
			cancel()
		}
	}
	if got := strings.Join(seen, " "); got != "before before after after after after after" {
		t.Errorf("followed %s", got)
	}
	for e := range j.Follow(t.Context(), journal.Query{After: 99}) { // as after a reset that was not seen
		if e.N != 1 {
			t.Errorf("the first entry is %d", e.N)
		}
		break
	}
}

// TestReadIsOfOneMoment: who reads on after the number that came with the entries
// gets every entry once, however many are added meanwhile.
func TestReadIsOfOneMoment(t *testing.T) {
	j := journal.New(journal.Config{})
	const all = 2000
	go func() {
		for range all {
			j.Add(journal.Entry{})
		}
	}()
	var after int64
	for read := int64(0); after < all; {
		list, last, dropped := j.Read(journal.Query{After: after})
		if dropped != 0 {
			t.Fatalf("%d entries were dropped", dropped)
		}
		if read += int64(len(list)); read != last {
			t.Fatalf("%d entries were read up to number %d", read, last)
		}
		after = last
	}
}

// TestLimitChoosesTheLatest also where the oldest are gone and their places taken.
func TestLimitChoosesTheLatest(t *testing.T) {
	j := journal.New(journal.Config{MaxEntries: 20})
	for n := range 50 {
		j.Add(journal.Entry{Socket: uint64(1 + n%2)})
	}
	wantNumbers(t, j.Entries(journal.Query{Limit: 3}), 48, 49, 50)
	wantNumbers(t, j.Entries(journal.Query{Limit: 3, Socket: 1}), 45, 47, 49)
	wantNumbers(t, j.Entries(journal.Query{Limit: 3, After: 48}), 49, 50)
	wantNumbers(t, j.Entries(journal.Query{Limit: 100, Socket: 2, After: 45}), 46, 48, 50)
	if n := len(j.Entries(journal.Query{})); n != 20 {
		t.Errorf("%d entries are kept, want 20", n)
	}
}

// TestWhatClientsCanMakeLongIsBounded: not only the texts of frames.
func TestWhatClientsCanMakeLongIsBounded(t *testing.T) {
	long := strings.Repeat("x", 60)
	for name, e := range map[string]journal.Entry{
		"path": {Path: long}, "query": {Query: long}, "detail": {Detail: long},
		"events": {Events: make([]int64, 8)}, "focus": {Focus: []string{long}},
	} {
		j := journal.New(journal.Config{MaxBytes: 100})
		j.Add(e)
		j.Add(e)
		if j.Dropped() != 1 {
			t.Errorf("%s: %d entries were dropped, want 1", name, j.Dropped())
		}
	}
}

func BenchmarkAdd(b *testing.B) {
	j := journal.New(journal.Config{MaxEntries: 1000})
	e := journal.Entry{Kind: journal.Sent, Type: "heartbeat", Subscriptions: []string{"a"}, Text: strings.Repeat("x", 500)}
	b.ReportAllocs()
	for b.Loop() {
		j.Add(e)
	}
}
