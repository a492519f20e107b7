package load

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsbind/wsbind/mockserver/clock"
)

// TestScheduleIsOpen: an event is due at its time whatever became of those before.
// One that takes long delays the next ones, which then follow at once, and none is
// left out or moved.
func TestScheduleIsOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		var late []time.Duration
		pace(t.Context(), clock.Real(), begin, 10, 10, func(k int) bool {
			late = append(late, time.Since(begin)-dueAt(k, 10))
			if k == 2 {
				time.Sleep(350 * time.Millisecond) // virtual, as all time in the bubble
			}
			return true
		})
		for k, want := range []time.Duration{0, 0, 0, 250, 150, 50, 0, 0, 0, 0} {
			if late[k] != want*time.Millisecond {
				t.Errorf("event %d was %v late, want %v ms", k, late[k], want)
			}
		}
	})
}

// TestHeldEventsAreCounted: two requests of 250 ms each may be under way, and an event
// is due every 100 ms. The third waits, and those due meanwhile with it.
func TestHeldEventsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, begin := newQueue(2), time.Now()
		var workers sync.WaitGroup
		for range 2 {
			workers.Go(func() {
				for range q.work {
					time.Sleep(250 * time.Millisecond) // virtual
					q.free <- struct{}{}
				}
			})
		}
		var held []int
		for k := range 6 {
			time.Sleep(time.Until(begin.Add(dueAt(k, 10))))
			q.give(t.Context(), clock.Real(), k, begin.Add(dueAt(k, 10)))
			held = append(held, q.held)
		}
		if want := []int{0, 0, 1, 2, 3, 4}; !slices.Equal(held, want) {
			t.Errorf("held were %v, want %v", held, want)
		}
		close(q.work)
		workers.Wait()
	})
}

func TestScheduleEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 250*time.Millisecond)
		defer cancel()
		n := 0
		pace(ctx, clock.Real(), time.Now(), 10, 10, func(int) bool { n++; return true })
		if n != 3 {
			t.Errorf("%d events were given away", n)
		}
		pace(t.Context(), clock.Real(), time.Now(), 10, 10, func(k int) bool { n++; return k < 4 })
		if n != 8 {
			t.Errorf("%d events were given away", n-3)
		}
	})
}

func TestPulseMeasuresLateness(t *testing.T) {
	v := clock.NewVirtual(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	p := newPulse(v)
	p.start()
	v.Advance(time.Second)
	p.stop()
	v.Advance(time.Second)
	if n, most := p.late.TotalCount(), p.late.Max(); n != 100 || most != 0 {
		t.Errorf("%d samples up to %d µs, want 100 of 0", n, most)
	}
}

// A process that stands still for half a second in ten was not late once but fifty times.
func TestPulseCountsWhatItMissed(t *testing.T) {
	begin := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	p := newPulse(clock.NewVirtual(begin))
	p.due = begin.Add(pulsePeriod)
	for n := 1; n <= 950; n++ {
		p.beat(begin.Add(time.Duration(n) * pulsePeriod))
	}
	p.beat(begin.Add(1000 * pulsePeriod))
	got := p.late.percentiles()
	if n := p.late.TotalCount(); n != 1000 || got.P90 != 0 || got.P99 < 389 || got.P99 > 391 || got.Max < 489 || got.Max > 491 {
		t.Errorf("%d samples, %+v", n, got)
	}
}

func TestPercentiles(t *testing.T) {
	l := newLatency()
	if l.percentiles() != (Percentiles{}) {
		t.Errorf("nothing has the percentiles %+v", l.percentiles())
	}
	for n := range 10_000 {
		l.record(int64(n+1) * int64(time.Millisecond))
	}
	l.record(-5)
	l.record(int64(100 * time.Hour))
	got := l.percentiles()
	for _, test := range []struct{ got, want float64 }{
		{got.P50, 5000}, {got.P90, 9000}, {got.P99, 9900}, {got.P999, 9990}, {got.Max, 3_600_000},
	} {
		if test.got < test.want*0.999 || test.got > test.want*1.001 {
			t.Errorf("got %v, want %v to a thousandth", test.got, test.want)
		}
	}
}

func TestBehind(t *testing.T) {
	for _, test := range []struct {
		late, measured float64
		want           bool
	}{{0.2, 1, false}, {9.9, 1, false}, {10, 50, true}, {10, 101, false}, {200, 1500, true}} {
		if got := behind(Percentiles{P99: test.late}, Percentiles{P99: test.measured}); got != test.want {
			t.Errorf("%v late of %v is behind: %v", test.late, test.measured, got)
		}
	}
}

func TestTally(t *testing.T) {
	s := newTally("1", 0, 130)
	for _, n := range []int{0, 63, 64, 129} {
		if !s.first(n) || s.first(n) || !s.has(n) {
			t.Errorf("bit %d is wrong", n)
		}
	}
	if s.arrived != 4 || s.has(1) || s.has(65) || s.has(128) {
		t.Errorf("%d bits are set: %x", s.arrived, s.seen)
	}
	for i, test := range []struct {
		number, off int
		below       bool
	}{{5, 0, false}, {6, 0, false}, {0, 0, false}, {8, 1, false}, {7, 2, true}, {8, 3, false}, {9, 3, false}} {
		if below := s.count(test.number, false); below != test.below || s.numbersOff != test.off {
			t.Errorf("number %d, the %dth, is below: %v, and %d are off", test.number, i+1, below, s.numbersOff)
		}
	}
	if s.count(3, true) || s.count(12, true) || s.count(13, false) || s.numbersOff != 3 {
		t.Errorf("between two links %d numbers are off", s.numbersOff)
	}
}
