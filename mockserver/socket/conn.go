package socket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"
	"unique"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/journal"
	"github.com/wsbind/wsbind/mockserver/wire"
)

// closeWait bounds, in wall time, what remains to be written and the closing
// handshake once a socket is being closed.
const closeWait = 5 * time.Second

// conn is one socket. A goroutine of its own reads and binds; the hub's outlet
// writes; timers, revocations and the world come from elsewhere.
//
// Locks are taken in this order: control, the world's, mu, the queue's.
type conn struct {
	// What every frame needs stands together: with thousands of sockets it is the
	// processor's way to memory that a frame waits for.
	hub     *Hub
	manner  *manner
	net     *wire.Conn
	number  uint64
	subject atomic.Value // a unique.Handle[string]: the caller whose token was bound last

	// over says that nothing is delivered to the socket any more: it is being
	// closed, or a fault that waits in the queue will end it. It is never unset.
	over atomic.Bool

	// mu is a leaf but for the queue and the clock: the world calls Deliver
	// and Ended with its own lock held.
	mu      sync.Mutex
	bound   holders
	late    map[string]*heldFrames // by Subscription
	silent  map[string]bool        // Subscriptions whose heartbeats have stopped
	planned map[string]*holder     // what the bind in progress makes of bound, as handshakes go out

	out queue

	idle    clock.Timer       // runs while nothing is bound
	expiry  clock.Timer       // runs to the next end of a holder
	beat    clock.Timer       // runs to the next heartbeat, in the dialect Medplum
	aborted *faults.Injection // what closed the socket, if a fault did
	blocked string            // the fault that keeps the network busy, if one does

	// control is held by whoever changes what is bound: a bind, an expiry, a
	// revocation. It may be held while the world is called.
	control sync.Mutex

	ws      *websocket.Conn
	log     *slog.Logger
	remote  string
	opened  time.Time
	page    string        // the URL that it was opened at, see Config.Page
	granted *Grant        // by the opening handshake, in the dialect Query
	written chan struct{} // closed when nothing will be written any more
}

func newConn(h *Hub, ws *websocket.Conn, network *wire.Conn, r *http.Request) *conn {
	c := &conn{
		hub: h, ws: ws, net: network, remote: r.RemoteAddr, page: h.cfg.Page(r), manner: h.manner,
		opened: h.cfg.Clock.Now(), written: make(chan struct{}),
	}
	c.out.init(h.cfg.MaxQueue, func() { h.outlet.stand(c) })
	return c
}

// caller names the caller whose token was bound last, "" before that.
func (c *conn) caller() string {
	if subject, known := c.subject.Load().(unique.Handle[string]); known {
		return subject.Value()
	}
	return ""
}

// serve reads until the socket is closed by either side.
func (c *conn) serve() {
	c.mu.Lock()
	c.awaitBind()
	c.mu.Unlock()
	if c.manner.started != nil {
		c.manner.started(c)
	}
	c.log.Info("websocket opened", "remote", c.remote)

	err := c.readAll()
	if code, _ := c.out.ended(); code == "" {
		c.lose(c.hub.cfg.Clock.Now())
	}
	late := c.retire()
	<-c.written
	for i := range late {
		c.noteFrame(&journal.Entry{}, &late[i], journal.Withheld)
	}
	c.ws.CloseNow() // again, if the closing handshake did not; it frees what a lost connection left
	c.logClose(err)
}

// survive cuts the connection after a bug, which must not end the other sockets.
func (c *conn) survive() {
	problem := recover()
	if problem == nil {
		return
	}
	c.log.Error("a websocket panicked", "panic", fmt.Sprint(problem), "stack", string(debug.Stack()))
	c.cut(c.hub.cfg.Clock.Now())
	c.retire()
}

// readAll takes frames until there are no more to take; the error says how the
// connection ended, and is nil when this side closes it.
func (c *conn) readAll() error {
	for {
		text, err := c.read()
		var mistake fault.Code
		switch {
		case err == nil:
			c.manner.read(c, text)
		case errors.As(err, &mistake):
			c.over.Store(true)
			c.leave() // before the client can tell
			c.shut(mistake, nil)
		default:
			return err
		}
		if code, _ := c.out.ended(); code != "" {
			return nil
		}
	}
}

// read returns the next text frame. An error with a code is the client's
// mistake, any other means that the connection is lost.
func (c *conn) read() ([]byte, error) {
	kind, r, err := c.ws.Reader(context.Background())
	if err != nil {
		return nil, err
	}
	if kind != websocket.MessageText {
		return nil, fault.BinaryFrame
	}
	limit := c.hub.cfg.MaxFrame
	text, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > limit:
		return nil, fault.FrameTooLarge
	case !utf8.Valid(text):
		return nil, fault.InvalidUTF8
	}
	return text, nil
}

// closeStatus returns the close code that says a code in the socket's dialect.
func (c *conn) closeStatus(code fault.Code) websocket.StatusCode {
	status := code.CloseStatus()
	if status == uint16(websocket.StatusPolicyViolation) && c.manner.failure != 0 {
		status = c.manner.failure
	}
	return websocket.StatusCode(status)
}

// shut sends last, unless nil, after all that waits, and then closes. The
// Subscriptions are those that last is about.
func (c *conn) shut(code fault.Code, last []byte, subscriptions ...string) {
	var m *message
	now := c.hub.cfg.Clock.Now()
	if last != nil {
		m = &message{odd: &oddities{text: last, kind: kindOutcome, subscriptions: subscriptions, at: now}}
	}
	if c.out.end(code, m, now) {
		c.limitClosing()
	}
}

// limitClosing gives the network closeWait to bring the rest to an end. A client
// that hears nothing any more is not waited for.
func (c *conn) limitClosing() {
	if c.net.Stalled() {
		c.cut(c.hub.cfg.Clock.Now())
		return
	}
	c.net.SetDeadline(time.Now().Add(closeWait)) // fails only on a connection that is closed already
}

// cut closes the connection without a word.
func (c *conn) cut(at time.Time) {
	c.lose(at)
	c.net.Close()
}

// lose drops what waits: the connection is gone.
func (c *conn) lose(at time.Time) {
	c.over.Store(true)
	c.out.lose(at)
}

// leave unbinds everything of a socket that is over. The caller holds neither mu
// nor the world's lock.
func (c *conn) leave() {
	if c.over.Load() {
		c.hub.cfg.World.Detach(c, nil)
	}
}

// finish lets nothing more be delivered to the socket. The caller holds mu.
func (c *conn) finish() {
	c.over.Store(true)
	c.bound.clear()
}

// logClose notes how the socket ended: by this side, by the client's close
// frame, or by neither.
func (c *conn) logClose(err error) {
	end := c.ending(err)
	_, sent := c.out.waiting()
	c.log.Info("websocket closed", "by", end.By, "status", end.Code, "reason", journal.WithoutTokens(end.Reason), "frames", sent,
		"duration", c.hub.cfg.Clock.Now().Sub(c.opened))
	c.note(end)
}

// ending is what the journal keeps of the end of a socket. What the server ended
// is dated when it did: a virtual clock may be far ahead when the network is done.
func (c *conn) ending(err error) journal.Entry {
	e := journal.Entry{Kind: journal.Close, By: "server"}
	c.mu.Lock()
	strike := c.aborted
	c.mu.Unlock()
	code, _ := c.out.ended()
	var closed websocket.CloseError
	// An answer to a close repeats its code: another one is the client's own close,
	// which was under way before this side's.
	crossed := errors.As(err, &closed) && closed.Code != websocket.StatusNoStatusRcvd && closed.Code != c.closeStatus(code)
	switch {
	case strike != nil:
		e.Time, e.Code, e.Reason, e.Faults = c.out.since(), strike.Code, abortReason, []string{strike.Fault}
	case code != "" && !crossed:
		e.Time, e.Code, e.Reason = c.out.since(), int(c.closeStatus(code)), code.CloseReason()
		if c.closeStatus(code) == websocket.StatusPolicyViolation || code == fault.BinaryFrame || code == fault.FrameTooLarge || code == fault.SlowReader {
			e.Verdict = string(code)
		}
	case errors.As(err, &closed):
		e.By, e.Code, e.Reason = "client", int(closed.Code), closed.Reason
		if closed.Code == websocket.StatusNoStatusRcvd {
			e.Code = 0
		}
	default:
		e.By, e.Time = "nobody", c.out.since()
	}
	return e
}
