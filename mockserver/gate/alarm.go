package gate

import "github.com/wsbind/wsbind/mockserver/clock"

// alarm is a timer of one goroutine's. What it was set for may be under way already
// when it is stopped: it is known by its number then.
type alarm struct {
	timer clock.Timer
	set   uint64 // how often it was set or stopped
}

func (a *alarm) isSet() bool { return a.timer != nil }

func (a *alarm) stop() {
	a.set++
	clock.Stop(&a.timer)
}
