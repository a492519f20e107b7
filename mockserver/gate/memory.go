package gate

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/wsbind/wsbind/mockserver/clock"
)

// keepRevoked is how long a revocation is kept: the longest life of a token, and
// an hour for clocks that differ.
const keepRevoked = 25 * time.Hour

// keepUsed is how much longer a value is kept than it was asked for: the clocks of
// gates differ, and a token that has expired for one may be good for another.
const keepUsed = time.Minute

// MemoryStore is the store of one gate. It is empty when the gate starts, so that a
// token for single use is good once more, what was revoked is not any more, and
// event numbers begin at 1.
type MemoryStore struct {
	clock clock.Clock
	bell  bell

	mu       sync.Mutex
	values   map[string]value
	sweepAt  int // how many values there are when those that expired are looked for
	counters map[string]int64
	revoked  []revoked
	last     int64 // the number of the last revocation
}

type value struct {
	text    string
	expires time.Time
}

// revoked is a revocation in the order in which they were made.
type revoked struct {
	number int64
	made   time.Time
	record Record
}

// leastSweep is how many values are kept before any that expired is looked for.
const leastSweep = 1024

// NewMemoryStore returns an empty store, which tells by the clock what has expired.
func NewMemoryStore(c clock.Clock) *MemoryStore {
	return &MemoryStore{clock: c, values: map[string]value{}, sweepAt: leastSweep, counters: map[string]int64{}}
}

// PutIfAbsent implements [Store].
func (s *MemoryStore) PutIfAbsent(_ context.Context, key, text string, expires time.Time) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	if v, there := s.values[key]; there && v.expires.After(now) {
		return false, nil
	}
	if len(s.values) >= s.sweepAt {
		s.sweep(now)
	}
	s.values[key] = value{text, keptUntil(now, expires)}
	return true, nil
}

// keptUntil is when a value is forgotten.
func keptUntil(now, expires time.Time) time.Time {
	if expires.Before(now) {
		expires = now
	}
	return expires.Add(keepUsed)
}

// sweep forgets what has expired. The caller holds mu.
func (s *MemoryStore) sweep(now time.Time) {
	for key, v := range s.values {
		if !v.expires.After(now) {
			delete(s.values, key)
		}
	}
	s.sweepAt = max(leastSweep, 2*len(s.values))
}

// Get implements [Store].
func (s *MemoryStore) Get(_ context.Context, key string) (string, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, there := s.values[key]
	if !there || !v.expires.After(s.clock.Now()) {
		return "", false, nil
	}
	return v.text, true, nil
}

// Increment implements [Store].
func (s *MemoryStore) Increment(_ context.Context, counter string) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counters[counter]++
	return s.counters[counter], nil
}

// Count implements [Store].
func (s *MemoryStore) Count(_ context.Context, counter string) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counters[counter], nil
}

// Revoke implements [Store].
func (s *MemoryStore) Revoke(_ context.Context, r Record) error {
	s.mu.Lock()
	now := s.clock.Now()
	s.revoked = slices.DeleteFunc(s.revoked, func(old revoked) bool { return now.Sub(old.made) > keepRevoked })
	s.last++
	s.revoked = append(s.revoked, revoked{s.last, now, r})
	s.mu.Unlock()
	s.bell.ring()
	return nil
}

// Revoked implements [Store]. A cursor is the number of the last revocation told.
func (s *MemoryStore) Revoked(_ context.Context, since string) ([]Record, string, error) {
	after, _ := strconv.ParseInt(since, 10, 64)
	s.mu.Lock()
	defer s.mu.Unlock()
	var records []Record
	for _, r := range s.revoked {
		if r.number > after {
			records = append(records, r.record)
		}
	}
	return records, strconv.FormatInt(s.last, 10), nil
}

// Watch implements [Store].
func (s *MemoryStore) Watch(ctx context.Context, tell func(Record)) error {
	return s.bell.follow(ctx, s.Revoked, tell)
}

// Close implements [Store].
func (s *MemoryStore) Close() error {
	s.bell.end()
	return nil
}
