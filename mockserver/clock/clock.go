// Package clock makes time a parameter.
//
// Use [Real] in a server that people talk to, and [NewVirtual] with
// [Virtual.Advance] in a test: an hour then passes in microseconds, and the
// same advances give the same order of events every time.
//
// Everything of the mock server that waits or dates something asks a [Clock].
// Only network deadlines, which guard against a peer that is gone, are measured
// in wall time.
package clock

import "time"

// Clock tells the time and calls back when a while has passed. Both
// implementations may be used by several goroutines at once.
type Clock interface {
	// Now returns the current time.
	Now() time.Time
	// AfterFunc calls f once, when d has passed. The caller must not rely on
	// the goroutine that f runs on, and no lock of the clock is held meanwhile.
	AfterFunc(d time.Duration, f func()) Timer
}

// Timer is a callback that was asked for.
type Timer interface {
	// Stop prevents the callback. It returns false when it came too late:
	// the callback has started, or was stopped before.
	Stop() bool
}

// At calls f once, when a clock shows a time; at once if that is past, which on a
// virtual clock is with the next advance. An advance that falls between asking
// the time and asking for a callback cannot make it late, as it could with
// AfterFunc.
func At(c Clock, at time.Time, f func()) Timer {
	if v, virtual := c.(*Virtual); virtual {
		return v.At(at, f)
	}
	return c.AfterFunc(at.Sub(c.Now()), f)
}

// Stop stops the timer that t points to, if there is one, and forgets it.
func Stop(t *Timer) {
	if *t != nil {
		(*t).Stop()
		*t = nil
	}
}

// Real returns the system's clock. Its callbacks run on goroutines of their
// own.
func Real() Clock { return wall{} }

type wall struct{}

func (wall) Now() time.Time                            { return time.Now() }
func (wall) AfterFunc(d time.Duration, f func()) Timer { return time.AfterFunc(d, f) }
