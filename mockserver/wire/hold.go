package wire

import (
	"net"
	"os"
	"time"

	"github.com/wsbind/wsbind/mockserver/clock"
)

// swallow is Write once nothing is written any more.
func (c *Conn) swallow(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return 0, net.ErrClosed
	case !c.writeBy.IsZero() && !time.Now().Before(c.writeBy):
		return 0, os.ErrDeadlineExceeded
	}
	return len(p), nil
}

// held says whether what is read is to be kept, for a while or for good.
func (c *Conn) held() (gate chan struct{}, stalled bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gate, c.stalled
}

// Stalled reports whether a Stall has struck: nothing that is written arrives.
func (c *Conn) Stalled() bool {
	_, stalled := c.held()
	return stalled
}

// hold keeps what is read until release.
func (c *Conn) hold() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gate == nil {
		c.gate = make(chan struct{})
	}
}

func (c *Conn) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gate != nil {
		close(c.gate)
		c.gate = nil
	}
}

// past is a deadline that interrupts.
var past = time.Unix(1, 0)

// stall ends reading. A Read under way is interrupted, and waits then.
func (c *Conn) stall() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stalled = true
	c.Conn.SetReadDeadline(past) // fails only on a connection that is closed
}

// pause waits until the clock shows a time.
func (c *Conn) pause(clk clock.Clock, until time.Time) error {
	if !clk.Now().Before(until) {
		return nil
	}
	passed := make(chan struct{})
	timer := clock.At(clk, until, func() { close(passed) })
	defer timer.Stop()
	if !clk.Now().Before(until) {
		return nil // the clock was moved meanwhile
	}
	return c.wait(&c.writeBy, passed)
}

// wait returns nil once until is closed, and an error when the Conn is closed or
// the deadline passes before, which may be moved meanwhile.
func (c *Conn) wait(deadline *time.Time, until <-chan struct{}) error {
	for {
		c.mu.Lock()
		if c.closed {
			c.mu.Unlock()
			return net.ErrClosed
		}
		if c.changed == nil {
			c.changed = make(chan struct{})
		}
		changed, by := c.changed, *deadline
		c.mu.Unlock()
		if done, err := waitOnce(by, until, changed); done {
			return err
		}
	}
}

// waitOnce is a wait under one deadline; it is not done when something changed.
func waitOnce(by time.Time, until, changed <-chan struct{}) (done bool, err error) {
	var expired <-chan time.Time
	if !by.IsZero() {
		timer := time.NewTimer(time.Until(by))
		defer timer.Stop()
		expired = timer.C
	}
	select {
	case <-until:
		return true, nil
	case <-expired:
		return true, os.ErrDeadlineExceeded
	case <-changed:
		return false, nil
	}
}

// wake has all who wait look again. c.mu is held.
func (c *Conn) wake() {
	if c.changed != nil {
		close(c.changed)
		c.changed = nil
	}
}

// Close implements [net.Conn]. It writes no close frame, and
// ends whatever waits.
func (c *Conn) Close() error {
	c.mu.Lock()
	c.closed = true
	c.wake()
	c.mu.Unlock()
	return c.Conn.Close()
}

// SetDeadline implements [net.Conn].
func (c *Conn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// SetReadDeadline implements [net.Conn].
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.readBy = t
	c.wake()
	if c.stalled {
		t = past // the network stays unread
	}
	return c.Conn.SetReadDeadline(t)
}

// SetWriteDeadline implements [net.Conn].
func (c *Conn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writeBy = t
	c.wake()
	return c.Conn.SetWriteDeadline(t)
}
