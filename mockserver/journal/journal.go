// Package journal keeps what happened between clients and the mock server, for
// tests, people and reviews to look at afterwards.
//
// The server calls [Journal.Add]. A test reads [Journal.Entries], or ranges over
// [Journal.Follow] while things happen; [Transcript] makes text of entries that
// is the same for the same seed and the same actions.
//
// # What it promises
//
// Entries are numbered in the order in which they were added and never changed.
// No bearer token and no binding token is ever in one: callers are named by a
// hash, tokens by their jti. What a client puts into a URL or a close reason is
// taken out here, see [WithoutTokens]; of frames whoever adds them has to keep that
// promise. A test searches whole journals for tokens.
//
// A journal is bounded in entries and in bytes of text. The oldest go first, and
// readers are told how many they have missed.
package journal

import (
	"context"
	"iter"
	"sync"
	"time"

	"github.com/wsbind/wsbind/mockserver/clock"
)

// Defaults that stand in for the zero values of [Config].
const (
	DefaultMaxEntries = 20_000
	DefaultMaxBytes   = 32 << 20
)

// Config says how much a journal keeps. Its zero value works.
type Config struct {
	Clock      clock.Clock // default clock.Real
	Wall       clock.Clock // dates Entry.Real; default clock.Real
	MaxEntries int         // default DefaultMaxEntries
	MaxBytes   int         // of all their texts and lists; default DefaultMaxBytes
}

// Journal is the journal of one tenant. Its methods may be called by several
// goroutines. Create one with [New].
type Journal struct {
	cfg Config

	mu        sync.Mutex
	kept      ring  // the oldest one's N is dropped+1
	bytes     int   // their sizes
	dropped   int64 // how many are gone
	epoch     int   // counts from 1 with every Reset
	totals    Totals
	observers []func(*Entry)
	changed   chan struct{} // closed and replaced with every entry that someone waits for
	waiting   bool
}

// New returns an empty journal.
func New(cfg Config) *Journal {
	if cfg.Clock == nil {
		cfg.Clock = clock.Real()
	}
	if cfg.Wall == nil {
		cfg.Wall = clock.Real()
	}
	if cfg.MaxEntries <= 0 {
		cfg.MaxEntries = DefaultMaxEntries
	}
	if cfg.MaxBytes <= 0 {
		cfg.MaxBytes = DefaultMaxBytes
	}
	return &Journal{cfg: cfg, epoch: 1, changed: make(chan struct{})}
}

// Observe has every later entry handed to observe, in order, before Add returns.
// It is called with the journal locked: it must be quick and must not call the
// journal. The entry is only lent, until observe returns, but its texts and lists
// may be kept. None of it may be changed.
func (j *Journal) Observe(observe func(*Entry)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.observers = append(j.observers, observe)
}

// Add numbers an entry, dates it unless it has a date, and keeps it.
func (j *Journal) Add(e Entry) {
	e.cut()
	e.withoutTokens()
	j.keep(&e, nil)
}

// keep numbers and dates what is good to be kept, and keeps it. f, unless nil, has
// the text.
func (j *Journal) keep(e *Entry, f Frame) {
	size := e.size()
	if f != nil {
		size += f.Size()
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	n := j.last() + 1
	for j.kept.count == j.cfg.MaxEntries || j.bytes+size > j.cfg.MaxBytes && j.kept.count > 0 {
		j.bytes -= j.kept.at(0).bytes
		j.kept.drop()
		j.dropped++
	}
	j.bytes += size
	r := j.kept.push(j.cfg.MaxEntries)
	r.Entry, r.frame, r.bytes = *e, f, size
	r.N, r.Real = n, j.cfg.Wall.Now().UTC()
	if r.Time.IsZero() {
		r.Time = j.cfg.Clock.Now()
	}
	r.Time = r.Time.UTC()
	j.totals.count(&r.Entry)
	for _, observe := range j.observers {
		observe(&r.Entry)
	}
	if j.waiting {
		close(j.changed)
		j.changed, j.waiting = make(chan struct{}), false
	}
}

// last is the number of the latest entry. The caller holds mu.
func (j *Journal) last() int64 { return j.dropped + int64(j.kept.count) }

// Reset forgets every entry and counts from 1 again, by another clock.
func (j *Journal) Reset(c clock.Clock) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.cfg.Clock = c
	j.kept, j.bytes, j.dropped = ring{}, 0, 0
	j.epoch++
	if j.waiting {
		close(j.changed)
		j.changed, j.waiting = make(chan struct{}), false
	}
}

// Wall returns the time by the wall's clock.
func (j *Journal) Wall() time.Time { return j.cfg.Wall.Now().UTC() }

// Entries returns what is kept and chosen by q, oldest first.
func (j *Journal) Entries(q Query) []Entry {
	list, _, _ := j.Read(q)
	return list
}

// Read is Entries with the number of the latest entry, chosen or not, and how many
// are no longer kept, all of one moment: who goes on after last misses none.
func (j *Journal) Read(q Query) (entries []Entry, last, dropped int64) {
	entries, seen := j.after(q, 0)
	return entries, seen.last, seen.dropped
}

// Len returns how many entries there were in all, those dropped included.
func (j *Journal) Len() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.last()
}

// Dropped returns how many of them are no longer kept.
func (j *Journal) Dropped() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.dropped
}

// Bytes returns the size of the texts and lists of those that are kept.
func (j *Journal) Bytes() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.bytes
}

// batch is how many entries a follower holds at a time: many may never read on.
const batch = 128

// Follow yields what Entries would return and then every entry as it is added,
// until ctx ends. Where a reader is so slow that entries it has not seen were
// dropped, missed says how many those were before the entry, chosen by q or not.
func (j *Journal) Follow(ctx context.Context, q Query) iter.Seq2[Entry, int64] {
	return func(yield func(e Entry, missed int64) bool) {
		q := q
		if q.After > j.Len() {
			q.After = 0 // of a journal that was reset since
		}
		var missed int64 // none of what was chosen came since
		var epoch int
		for first := q.After == 0; ; first = false {
			list, seen := j.after(q, batch)
			if seen.epoch != epoch && epoch != 0 {
				q.After, epoch = 0, 0
				continue
			}
			epoch = seen.epoch
			if !first {
				missed += max(seen.dropped-q.After, 0)
			}
			for _, e := range list {
				if !yield(e, missed) {
					return
				}
				missed = 0
			}
			q.After, q.Limit = seen.last, 0
			select {
			case <-seen.changed:
			case <-ctx.Done():
			}
			if ctx.Err() != nil {
				return
			}
		}
	}
}

// position is how far a reader of a journal has come.
type position struct {
	epoch         int // counts the resets
	dropped, last int64
	changed       <-chan struct{} // closed when there is more
}

// after returns the chosen entries, at most so many (0: all), and where they end.
// Texts are written when nobody waits for the journal: they may be many megabytes.
func (j *Journal) after(q Query, most int) ([]Entry, position) {
	list, frames, seen := j.choose(q, most)
	for i, f := range frames {
		if f != nil {
			list[i].Text = textOf(f)
		}
	}
	return list, seen
}

// choose is after without the texts that are not written yet: those are in frames.
func (j *Journal) choose(q Query, most int) (list []Entry, frames []Frame, seen position) {
	j.mu.Lock()
	defer j.mu.Unlock()
	at := int(min(max(q.After-j.dropped, 0), int64(j.kept.count)))
	if q.Limit > 0 {
		at = j.latest(q, at)
	}
	for ; at < j.kept.count && (most == 0 || len(list) < most); at++ {
		if r := j.kept.at(at); q.matches(&r.Entry) {
			list, frames = append(list, r.Entry), append(frames, r.frame)
		}
	}
	seen = position{j.epoch, j.dropped, j.dropped + int64(at), j.changed}
	if at < j.kept.count {
		seen.changed = ready
	} else {
		j.waiting = true
	}
	return list, frames, seen
}

// latest returns where the latest entries begin that are chosen by q, not before an
// index. The caller holds mu.
func (j *Journal) latest(q Query, first int) int {
	at := j.kept.count
	for n := 0; at > first && n < q.Limit; at-- {
		if q.matches(&j.kept.at(at - 1).Entry) {
			n++
		}
	}
	return at
}

// ready is for who need not wait.
var ready = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()
