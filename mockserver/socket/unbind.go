package socket

import (
	"slices"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/journal"
)

// Ended implements world.Sink: the Subscription was deleted or turned off. Its
// client did that itself, or set the end that did, and is told nothing; a socket
// that is left with nothing waits for another bind.
func (c *conn) Ended(subscription string, code fault.Code, faults ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bound.of(subscription) == nil {
		return
	}
	c.forget(subscription)
	if c.bound.len() == 0 {
		c.awaitBind()
	}
	c.noteUnbound(code, []string{subscription}, faults...)
}

// Over implements world.Sink.
func (c *conn) Over() bool { return c.over.Load() }

// noteUnbound notes that Subscriptions are bound no more, with the fault that did
// it, and the one that is under way: while a frame is slow, a close frame of the
// client is not answered, and the client may be gone already. The caller holds mu.
func (c *conn) noteUnbound(code fault.Code, ids []string, faults ...string) {
	if c.blocked != "" {
		faults = append(slices.Clip(faults), c.blocked)
	}
	c.note(journal.Entry{Kind: journal.Unbound, Subscriptions: ids, Verdict: string(code), Faults: faults})
}

// expire unbinds what tokens held that have expired by now.
func (c *conn) expire() {
	now := c.hub.cfg.Clock.Now()
	c.release(fault.ExpiredToken, func(_ string, h *holder) bool { return !h.lasts(now) })
}

// revoke unbinds what r covers and returns how many Subscriptions that were.
func (c *conn) revoke(r Revocation) int {
	return c.release(fault.RevokedToken, func(id string, h *holder) bool { return r.covers(h, id) })
}

// release unbinds the Subscriptions chosen by over. The client is told which;
// if none is left the socket is closed.
func (c *conn) release(code fault.Code, over func(id string, h *holder) bool) int {
	c.control.Lock()
	defer c.control.Unlock()
	ids := c.held(over)
	if len(ids) > 0 {
		c.hub.cfg.World.Detach(c, ids)
	}
	defer c.leave()
	c.mu.Lock()
	defer c.mu.Unlock()
	ids = slices.DeleteFunc(ids, func(id string) bool {
		ended := c.bound.of(id) == nil // by the world, meanwhile
		c.forget(id)
		return ended
	})
	c.arm()
	if len(ids) > 0 {
		c.noteUnbound(code, ids)
		c.manner.stopped(c, code, ids)
	}
	return len(ids)
}

// held lists the bound Subscriptions chosen by over, sorted.
func (c *conn) held(over func(id string, h *holder) bool) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var ids []string
	for id, h := range c.bound.all() {
		if over(id, h) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// retire undoes every binding and timer, and returns what is held back.
func (c *conn) retire() (late []message) {
	c.control.Lock()
	defer c.control.Unlock()
	c.over.Store(true)
	c.hub.cfg.World.Detach(c, nil)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bound.clear()
	clock.Stop(&c.idle)
	clock.Stop(&c.expiry)
	clock.Stop(&c.beat)
	return c.heldBack()
}

// awaitBind gives the client a while to bind something. The caller holds mu.
func (c *conn) awaitBind() {
	clock.Stop(&c.idle)
	if c.manner.patient || c.over.Load() {
		return
	}
	c.idle = c.hub.cfg.Clock.AfterFunc(c.hub.cfg.BindTimeout, c.tire)
}

// stopWaiting lets a socket stay open with nothing bound. The caller holds mu.
func (c *conn) stopWaiting() { clock.Stop(&c.idle) }

// tire closes a socket on which nothing was bound in time.
func (c *conn) tire() {
	c.control.Lock() // a bind in progress came in time
	defer c.control.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bound.len() == 0 {
		c.shut(fault.BindTimeout, outcome(fault.New(fault.BindTimeout, "nothing was bound on this socket for "+
			c.hub.cfg.BindTimeout.String()+": send bind-with-token TOKEN soon after connecting")))
	}
}

// arm sets the timers to what is bound. The caller holds mu.
func (c *conn) arm() {
	clock.Stop(&c.expiry)
	if c.bound.len() == 0 {
		return
	}
	clock.Stop(&c.idle)
	var next time.Time
	for _, h := range c.bound.all() {
		if !h.expires.IsZero() && (next.IsZero() || h.expires.Before(next)) {
			next = h.expires
		}
	}
	if next.IsZero() {
		return
	}
	c.expiry = clock.At(c.hub.cfg.Clock, next, c.expire)
}
