package clock_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wsbind/wsbind/mockserver/clock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// log notes what ran and at which second after noon.
type log struct {
	clock *clock.Virtual
	lines []string
}

func (l *log) note(name string) func() {
	return func() {
		l.lines = append(l.lines, fmt.Sprintf("%s@%d", name, l.clock.Now().Sub(noon)/time.Second))
	}
}

func TestAdvanceRunsCallbacksInOrderOfTheirTimes(t *testing.T) {
	l := &log{clock: clock.NewVirtual(noon)}
	l.clock.AfterFunc(3*time.Second, l.note("c"))
	l.clock.AfterFunc(time.Second, l.note("a"))
	l.clock.AfterFunc(3*time.Second, l.note("d"))
	l.clock.AfterFunc(2*time.Second, func() {
		l.note("b")()
		l.clock.AfterFunc(0, l.note("b0"))
		l.clock.AfterFunc(time.Second, l.note("b1"))
		l.clock.AfterFunc(time.Hour, l.note("late"))
	})
	l.clock.AfterFunc(5*time.Second, l.note("e"))

	l.clock.Advance(4 * time.Second)
	want := []string{"a@1", "b@2", "b0@2", "c@3", "d@3", "b1@3"}
	if !slices.Equal(l.lines, want) {
		t.Errorf("ran %v, want %v", l.lines, want)
	}
	if got := l.clock.Now(); !got.Equal(noon.Add(4 * time.Second)) {
		t.Errorf("the clock stands at %v", got)
	}
	l.lines = nil
	l.clock.Advance(time.Second)
	if !slices.Equal(l.lines, []string{"e@5"}) {
		t.Errorf("ran %v at the limit of the advance", l.lines)
	}
}

func TestNothingRunsUnlessAdvanced(t *testing.T) {
	l := &log{clock: clock.NewVirtual(noon)}
	l.clock.AfterFunc(-time.Second, l.note("now"))
	if len(l.lines) != 0 {
		t.Fatal("a callback ran while the clock stood still")
	}
	l.clock.Advance(-time.Hour)
	if !slices.Equal(l.lines, []string{"now@0"}) {
		t.Errorf("ran %v, want now@0", l.lines)
	}
}

func TestStop(t *testing.T) {
	l := &log{clock: clock.NewVirtual(noon)}
	a := l.clock.AfterFunc(time.Second, l.note("a"))
	b := l.clock.AfterFunc(2*time.Second, l.note("b"))
	var own clock.Timer
	own = l.clock.AfterFunc(3*time.Second, func() {
		if own.Stop() {
			t.Error("a callback that runs was stopped")
		}
	})
	if !a.Stop() || a.Stop() {
		t.Error("Stop must return true the first time and false the second")
	}
	l.clock.Advance(time.Minute)
	if !slices.Equal(l.lines, []string{"b@2"}) {
		t.Errorf("ran %v, want b@2 alone", l.lines)
	}
	if b.Stop() {
		t.Error("a callback that ran was stopped")
	}
}

// TestConcurrentUse has something to find only under -race, beyond the count.
func TestConcurrentUse(t *testing.T) {
	v := clock.NewVirtual(noon)
	var mu sync.Mutex
	ran := 0
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for i := range 100 {
				timer := v.AfterFunc(time.Duration(i)*time.Second, func() {
					mu.Lock()
					ran++
					mu.Unlock()
				})
				if i%2 == 1 && timer.Stop() {
					mu.Lock()
					ran++
					mu.Unlock()
				}
				v.Advance(time.Second)
			}
		})
	}
	wait.Wait()
	v.Advance(time.Hour)
	if ran != 800 {
		t.Errorf("%d of 800 timers either ran or were stopped", ran)
	}
}

func TestReal(t *testing.T) {
	c := clock.Real()
	if d := time.Since(c.Now()); d < 0 || d > time.Minute {
		t.Errorf("Real is %v off", d)
	}
	done := make(chan struct{})
	c.AfterFunc(0, func() { close(done) })
	<-done
	if !c.AfterFunc(time.Hour, func() { t.Error("ran after Stop") }).Stop() {
		t.Error("a timer of an hour could not be stopped")
	}
}

func TestAt(t *testing.T) {
	l := &log{clock: clock.NewVirtual(noon)}
	l.clock.Advance(5 * time.Second)
	clock.At(l.clock, noon.Add(7*time.Second), l.note("a"))
	clock.At(l.clock, noon, l.note("past"))
	l.clock.Advance(0)
	l.clock.Advance(time.Minute)
	if !slices.Equal(l.lines, []string{"past@5", "a@7"}) {
		t.Errorf("ran %v, want past@5 and a@7", l.lines)
	}
	done := make(chan struct{})
	clock.At(clock.Real(), time.Now().Add(-time.Hour), func() { close(done) })
	<-done
}
