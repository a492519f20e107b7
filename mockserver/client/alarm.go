package client

import (
	"time"

	"github.com/wsbind/wsbind/mockserver/clock"
)

// alarm is a timer that rings on a channel, for a select.
type alarm struct {
	clock clock.Clock
	rings <-chan struct{} // nil while nothing is set
	timer clock.Timer
}

// set makes the alarm ring once, after d. What was set before does not ring
// any more.
func (a *alarm) set(d time.Duration) {
	a.stop()
	rings := make(chan struct{}, 1)
	a.rings = rings
	a.timer = a.clock.AfterFunc(max(d, 0), func() { rings <- struct{}{} })
}

func (a *alarm) stop() {
	if a.timer != nil {
		a.timer.Stop()
	}
	a.rings, a.timer = nil, nil
}
