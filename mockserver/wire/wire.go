// Package wire is the network connection under a websocket, where a server's
// frames are made to misbehave.
//
// A websocket library writes correct frames only. Put a [Conn] under it, by
// [Hijack] or [New], and [Conn.Arm] it with an [Effect], which strikes once, on
// the next text frame that is written; [Conn.DropPongs] and [Conn.OnPing] take
// away the answers to pings. The library notices nothing but the errors that a
// network gives anyway.
//
// With nothing armed all bytes pass straight through, without a copy or an
// allocation. The Conn only counts, so that it knows where a frame begins
// however the writes are cut, and can be armed at any moment. An effect passes
// over control frames, and over a frame that has begun when it is armed.
//
// A websocket library writes control frames by Write, each whole; text frames, if
// the library is not to write them, go by [Conn.Try] and [Conn.WriteText], many at
// a time. One waits for the other, which lets it in between a few frames. Everything
// may be called at any time by any goroutine. Close and deadlines also end a Write or
// Read that an effect holds. Pauses follow the clock they are given, deadlines wall
// time. No goroutine is started.
package wire

import (
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Conn is a server's connection. Create one with [New] or [Hijack].
type Conn struct {
	net.Conn

	raw    syscall.RawConn // under Conn; nil where there is none
	armed  atomic.Pointer[Effect]
	noPong atomic.Bool
	onPing atomic.Pointer[func() bool]

	// turn is held by whoever writes: the library its control frames, the server
	// its text frames. It guards what follows.
	turn   sync.Mutex
	bye    bool   // a close frame has been written: no text may follow
	frame  frame  // what is being written
	strike strike // waits until the head of the frame is whole
	course course // takes the frame's payload; nil is straight through
	mute   bool   // nothing is written any more

	mu      sync.Mutex // guards what follows, is held only for moments
	closed  bool
	stalled bool
	readBy  time.Time
	writeBy time.Time
	gate    chan struct{} // while not nil, what is read is kept until it is closed
	changed chan struct{} // closed at Close and when a deadline is set; nil when nobody waits
}

// New returns a Conn over a connection on which the opening handshake is over,
// or is being written by other means.
func New(conn net.Conn) *Conn { return &Conn{Conn: conn, raw: rawOf(conn)} }

// Arm makes e strike on the next text frame that begins. It takes the place of
// an effect that has not struck yet; the zero Effect only takes that away.
func (c *Conn) Arm(e Effect) {
	if e.strike == nil {
		c.armed.Store(nil)
		return
	}
	c.armed.Store(&e)
}

// DropPongs swallows all pongs from now on: the client's pings stay unanswered.
func (c *Conn) DropPongs() { c.noPong.Store(true) }

// OnPing has ask called when a pong is about to be written, that is when the
// client has sent a ping. If it returns true this pong and all later ones are
// swallowed and ask is not called again. It runs within the library's Write: it
// must not write to the websocket. A nil ask takes the last one away.
func (c *Conn) OnPing(ask func() bool) {
	if ask == nil {
		c.onPing.Store(nil)
		return
	}
	c.onPing.Store(&ask)
}

// Write implements [net.Conn]. What an effect swallows counts as written.
func (c *Conn) Write(p []byte) (int, error) {
	c.turn.Lock()
	defer c.turn.Unlock()
	return c.write(p)
}

// WriteText writes whole text frames, and waits as long as that takes. None may
// follow a close frame: the error is [net.ErrClosed] then. After any other error
// the Conn is closed, for a frame may be cut short.
func (c *Conn) WriteText(p []byte) error {
	c.turn.Lock()
	defer c.turn.Unlock()
	return c.writeText(p)
}

// writeText is WriteText for who holds turn. Control frames go between the pieces.
func (c *Conn) writeText(p []byte) error {
	for !c.bye {
		n := piece(p)
		if _, err := c.write(p[:n]); err != nil {
			c.Close()
			return err
		}
		if p = p[n:]; len(p) == 0 {
			return nil
		}
		c.pass()
	}
	return net.ErrClosed
}

// write is Write for who holds turn.
func (c *Conn) write(p []byte) (int, error) {
	if c.mute {
		return c.swallow(p)
	}
	sent := 0 // p[sent:at] goes straight through
	for at := 0; at < len(p); {
		if c.frame.fresh() && c.struck(p[at]) && at > sent {
			n, err := c.Conn.Write(p[sent:at])
			if sent += n; err != nil {
				return sent, err
			}
		}
		n := c.frame.take(p[at:])
		at += n
		if c.strike != nil || c.course != nil {
			if err := c.divert(p[at-n : at]); err != nil {
				c.release()
				return sent, err
			}
			if sent = at; c.mute {
				return len(p), nil
			}
		}
		if c.frame.done() {
			c.frame.forget()
		}
	}
	if sent == len(p) {
		return sent, nil
	}
	n, err := c.Conn.Write(p[sent:])
	return sent + n, err
}

// struck says whether something happens to the frame that begins with b.
func (c *Conn) struck(b byte) bool {
	switch b & opcodeBits {
	case opText:
		if c.armed.Load() == nil {
			return false
		}
		if e := c.armed.Swap(nil); e != nil {
			c.strike = e.strike
		}
	case opClose:
		c.bye = true
	case opPong:
		if c.dropsPong() {
			c.strike = vanish
		}
	}
	return c.strike != nil
}

func (c *Conn) dropsPong() bool {
	if !c.noPong.Load() {
		if ask := c.onPing.Load(); ask == nil || !(*ask)() {
			return false
		}
		c.noPong.Store(true)
	}
	return true
}

// divert gives b, the next bytes of the frame, to what strikes it. A head is
// kept until it is whole.
func (c *Conn) divert(b []byte) error {
	if strike := c.strike; strike != nil {
		if !c.frame.whole() {
			return nil
		}
		course, err := strike(c)
		c.strike, c.course = nil, course
		if err != nil || course == nil {
			return err
		}
		b = nil
	}
	last := c.frame.done()
	err := c.course(b, last)
	if last {
		c.course = nil
	}
	return err
}

// send writes b to the network.
func (c *Conn) send(b []byte) error {
	_, err := c.Conn.Write(b)
	return err
}

// Read implements [net.Conn].
//
// While an effect holds a Write, what is read is kept, too: the library would
// want to answer a ping, wait for its turn to write, and, as it does so for some
// seconds only, give up the connection. Only a ping that was read at the very
// moment the hold begins can still bring that about.
func (c *Conn) Read(p []byte) (int, error) {
	_, stalled := c.held()
	if stalled {
		return 0, c.wait(&c.readBy, nil)
	}
	n, err := c.Conn.Read(p)
	gate, stalled := c.held()
	if stalled {
		return 0, c.wait(&c.readBy, nil)
	}
	if n > 0 && gate != nil {
		c.wait(&c.readBy, gate) // it was read: whatever ends the wait, it is handed over
	}
	return n, err
}
