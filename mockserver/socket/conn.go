package socket

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/clock"
)

// closeWait bounds, in wall time, what remains to be written and the closing
// handshake once a socket is being closed.
const closeWait = 5 * time.Second

// conn is one socket. The goroutine of its HTTP request reads and binds, a
// second one writes; timers, revocations and the world come from elsewhere.
//
// Locks are taken in this order: control, the world's, mu, the queue's.
type conn struct {
	hub    *Hub
	number uint64
	remote string
	opened time.Time
	ws     *websocket.Conn
	net    net.Conn
	log    *slog.Logger
	out    queue

	// control is held by whoever changes what is bound: a bind, an expiry, a
	// revocation. It may be held while the world is called.
	control sync.Mutex

	// mu is a leaf but for the queue and the clock: the world calls Deliver
	// and Ended with its own lock held.
	mu      sync.Mutex
	bound   map[string]holder // by Subscription
	planned map[string]holder // what the bind in progress makes of bound, as handshakes go out
	idle    clock.Timer       // runs while nothing is bound
	expiry  clock.Timer       // runs to the next end of a holder
}

// holder is the token that holds a binding.
type holder struct {
	jti     string
	subject string
	expires time.Time
}

func newConn(h *Hub, ws *websocket.Conn, network net.Conn, remote string) *conn {
	c := &conn{
		hub: h, ws: ws, net: network, remote: remote,
		opened: h.cfg.Clock.Now(), bound: map[string]holder{},
	}
	c.out.init(h.cfg.MaxQueue)
	return c
}

// serve reads until the socket is closed by either side.
func (c *conn) serve() {
	c.mu.Lock()
	c.awaitBind()
	c.mu.Unlock()
	written := make(chan struct{})
	go func() {
		defer close(written)
		c.write()
	}()
	c.log.Info("websocket opened", "remote", c.remote)

	err := c.readAll()
	if code, _ := c.out.ended(); code == "" {
		c.out.lose()
	}
	c.retire()
	<-written
	c.ws.CloseNow() // again, if the closing handshake did not; it frees what a lost connection left
	c.logClose(err)
}

// readAll takes frames until there are no more to take; the error says how the
// connection ended, and is nil when this side closes it.
func (c *conn) readAll() error {
	for {
		text, err := c.read()
		var mistake fault.Code
		switch {
		case err == nil:
			c.bind(text)
		case errors.As(err, &mistake):
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

// write carries the queue to the network and, at its end, closes.
func (c *conn) write() {
	var batch [][]byte
	for {
		var code fault.Code
		if batch, code = c.out.take(batch); len(batch) == 0 {
			if code != "" {
				c.ws.Close(websocket.StatusCode(code.CloseStatus()), code.CloseReason())
			}
			return
		}
		for _, frame := range batch {
			if err := c.ws.Write(context.Background(), websocket.MessageText, frame); err != nil {
				c.cut()
				return
			}
			if !c.out.wrote(frame) {
				break
			}
		}
	}
}

// shut sends last, unless nil, after all that waits, and then closes.
func (c *conn) shut(code fault.Code, last []byte) {
	if c.out.end(code, last) {
		c.limitClosing()
	}
}

// limitClosing gives the network closeWait to bring the rest to an end.
func (c *conn) limitClosing() {
	c.net.SetDeadline(time.Now().Add(closeWait)) // fails only on a connection that is closed already
}

// cut closes the connection without a word.
func (c *conn) cut() {
	c.out.lose()
	c.net.Close()
}

// logClose notes how the socket ended: by this side, by the client's close
// frame, or by neither.
func (c *conn) logClose(err error) {
	code, _ := c.out.ended()
	status, reason := int(code.CloseStatus()), code.CloseReason()
	if code == "" {
		status, reason = int(websocket.StatusAbnormalClosure), "connection lost"
		if closed := websocket.CloseStatus(err); closed != -1 {
			status, reason = int(closed), "closed by the client"
		}
	}
	_, sent := c.out.waiting()
	c.log.Info("websocket closed", "status", status, "reason", reason, "frames", sent,
		"duration", c.hub.cfg.Clock.Now().Sub(c.opened))
}
