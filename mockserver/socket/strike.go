package socket

import (
	"time"

	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/wire"
)

// abortReason is the reason in the close frame of a fault.
const abortReason = "closed on purpose"

// slowPause is how long a slow frame pauses between its pieces. Like a delay it
// counts from when the frame was queued, which no network changes.
const slowPause = 200 * time.Millisecond

// arms prepares the network for a message, if a fault is to strike it there, and
// reports whether the client will never get it.
func (c *conn) arms(m *message) (lost bool) {
	clk, strike := c.hub.cfg.Clock, &m.odd.strike
	switch strike.Fault {
	case faults.Drop:
		c.net.Arm(wire.Drop())
		return true
	case faults.Stall:
		c.net.Arm(wire.Stall())
		return true
	case faults.CloseBeforeHand, faults.CloseAfterHand:
		c.net.Arm(wire.RawClose(uint16(strike.Code), abortReason))
		return true
	case faults.Delay:
		c.net.Arm(wire.DelayUntil(clk, m.at().Add(strike.Delay())))
	case faults.SplitFrame:
		c.net.Arm(wire.Split())
	case faults.SlowFrame:
		c.net.Arm(wire.SlowSince(clk, m.at(), slowPause))
	case faults.OversizedFrame:
		c.net.Arm(wire.Oversized(int64(strike.Count)))
	case faults.BinaryFrame:
		c.net.Arm(wire.Binary())
	}
	return false
}

// block notes which fault the network is busy with, "" for none.
func (c *conn) block(by string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.blocked = by
}

// dropsPongs decides, at a ping of the client, whether it and all later ones
// stay unanswered.
func (c *conn) dropsPongs() bool {
	strike, struck := c.draw(faults.Occasion{Point: faults.Ping, Caller: c.caller()}, nil)
	if struck {
		c.withhold([]message{{odd: &oddities{kind: kindPong, at: c.hub.cfg.Clock.Now(), faults: []string{strike.Fault}}}})
	}
	return struck
}
