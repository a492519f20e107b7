package load

import (
	"fmt"
	"testing"
	"time"

	"github.com/wsbind/wsbind/mockserver/clock"
)

// TestDuplicatesAroundAMove: what comes on both links of a renewal is no duplicate, and
// nothing else is excused by it, however early it was sent.
func TestDuplicatesAroundAMove(t *testing.T) {
	v := clock.NewVirtual(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	r := newRun(Config{Base: "http://127.0.0.1/fhir/R4", Sockets: 1, Events: 10, Seed: 1, Clock: v}.withDefaults())
	s := &socket{run: r, shard: &r.shards[0], subs: []*tally{newTally("s1", 0, 10)}}
	sub := s.subs[0]
	r.begin.Store(1)
	come := func(k int) {
		v.Advance(time.Second)
		if c := &r.changes[k]; c.sent.Load() == 0 {
			c.sent.Store(r.since(v.Now()))
			v.Advance(time.Millisecond)
			c.answered.Store(r.since(v.Now()))
		}
		text := fmt.Sprintf(`{"type":"event-notification","eventNumber":"%d","focus":"Patient/%s","subscription":"Subscription/s1"}`, k+1, r.names.event(k))
		s.take(nil, opText, []byte(text))
	}
	for _, step := range []struct {
		what                           string
		do                             func()
		duplicate, numbersOff, arrived int
	}{
		{"an event", func() { come(0) }, 0, 0, 1},
		{"two links", func() { s.between(true) }, 0, 0, 1},
		{"an event on both", func() { come(1); come(1) }, 0, 0, 2},
		{"an event on both, a third time", func() { come(1) }, 1, 0, 2},
		{"one that came before", func() { come(0) }, 2, 0, 2},
		{"an event, and one before it from the other link", func() { come(3); come(2) }, 2, 0, 4},
		{"one link", func() { s.between(false) }, 2, 0, 4},
		{"the second copy of one", func() { come(3) }, 2, 0, 4},
		{"a third copy of it", func() { come(3) }, 3, 1, 4},
		{"the next one", func() { come(4) }, 3, 1, 5},
		{"that again", func() { come(4) }, 4, 2, 5},
		{"one that came before all that", func() { come(0) }, 5, 3, 5},
	} {
		step.do()
		if sub.duplicate != step.duplicate || sub.numbersOff != step.numbersOff || sub.arrived != step.arrived || sub.reordered != 0 {
			t.Errorf("%s: %d duplicates, %d numbers off, %d arrived, %d reordered, want %d, %d, %d, 0",
				step.what, sub.duplicate, sub.numbersOff, sub.arrived, sub.reordered, step.duplicate, step.numbersOff, step.arrived)
		}
	}
}
