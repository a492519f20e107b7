package journal_test

import (
	"context"
	"slices"
	"testing"

	"github.com/wsbind/wsbind/mockserver/journal"
)

// step is what Follow yields.
type step struct{ n, missed int64 }

// follow follows until it has count steps. Before it waits for one it calls more.
func follow(t *testing.T, j *journal.Journal, q journal.Query, count int, more func(step)) []step {
	t.Helper()
	var list []step
	for e, missed := range j.Follow(t.Context(), q) {
		s := step{e.N, missed}
		if list = append(list, s); len(list) == count {
			break
		}
		more(s)
	}
	return list
}

func wantSteps(t *testing.T, got []step, want ...step) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("followed %v, want %v", got, want)
	}
}

func add(j *journal.Journal, entries ...journal.Entry) {
	for _, e := range entries {
		j.Add(e)
	}
}

func TestFollowGoesOn(t *testing.T) {
	j := journal.New(journal.Config{})
	add(j, make([]journal.Entry, 3)...)
	wantSteps(t, follow(t, j, journal.Query{After: 1}, 4, func(s step) {
		if s.n >= 3 {
			j.Add(journal.Entry{})
		}
	}), step{2, 0}, step{3, 0}, step{4, 0}, step{5, 0})

	// A limit is for what is there already.
	wantSteps(t, follow(t, j, journal.Query{Limit: 1}, 3, func(s step) {
		if s.n == 5 {
			add(j, make([]journal.Entry, 2)...)
		}
	}), step{5, 0}, step{6, 0}, step{7, 0})
}

func TestFollowTellsWhatWasMissed(t *testing.T) {
	j := journal.New(journal.Config{MaxEntries: 2})
	add(j, make([]journal.Entry, 2)...)
	wantSteps(t, follow(t, j, journal.Query{}, 4, func(s step) {
		if s.n == 2 {
			add(j, make([]journal.Entry, 5)...) // 3, 4 and 5 are gone
		}
	}), step{1, 0}, step{2, 0}, step{6, 3}, step{7, 0})

	// Who comes back with a number is told what it missed meanwhile, who begins is not.
	wantSteps(t, follow(t, j, journal.Query{After: 2}, 1, nil), step{6, 3})
	wantSteps(t, follow(t, j, journal.Query{}, 1, nil), step{6, 0})
}

// What was missed is told with the next entry that is chosen, however late it comes.
func TestFollowRemembersWhatWasMissed(t *testing.T) {
	j := journal.New(journal.Config{MaxEntries: 2})
	add(j, journal.Entry{Kind: journal.Open}, journal.Entry{})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	next := make(chan step)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for e, missed := range j.Follow(ctx, journal.Query{Kind: journal.Open}) {
			if e.N == 1 {
				add(j, make([]journal.Entry, 5)...)
			}
			next <- step{e.N, missed}
		}
	}()
	<-next
	for range 10 {
		add(j, journal.Entry{}) // which may or may not wake it
	}
	j.Add(journal.Entry{Kind: journal.Open})
	if s := <-next; s.n != 18 || s.missed < 3 {
		t.Errorf("got %v, want entry 18 and that at least three were missed", s)
	}
	stop()
	<-done
}

func TestFollowEndsWithItsContext(t *testing.T) {
	j := journal.New(journal.Config{})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	j.Add(journal.Entry{})
	count := 0
	for range j.Follow(ctx, journal.Query{}) {
		count++
		stop()
	}
	if count != 1 {
		t.Errorf("followed %d entries, want 1", count)
	}
}

// However much there is, a follower who does not read on holds little of it.
func TestAFollowerHoldsLittle(t *testing.T) {
	j := journal.New(journal.Config{MaxEntries: 1000})
	add(j, make([]journal.Entry, 1000)...)
	const held = 128
	got := follow(t, j, journal.Query{}, held+1, func(s step) {
		if s.n == 1 {
			add(j, make([]journal.Entry, 5000)...)
		}
	})
	wantSteps(t, got[held-1:], step{held, 0}, step{5001, 5000 - held})
}
