package wire

import (
	"encoding/binary"
	"net"
	"syscall"
)

// Together is how many bytes of frames that wait for one client are worth gathering
// for [Conn.Try] or [Conn.WriteText]: with so many, what a call costs is nothing
// beside what copying does.
const Together = 64 << 10

// AppendHead appends the head of a text frame of the given size, in the shortest
// form, as the RFC demands: what [Conn.Write] and [Conn.Try] take is heads, each
// with its payload behind it.
func AppendHead(dst []byte, size int) []byte { return appendHead(dst, finBit|opText, uint64(size)) }

func appendHead(dst []byte, first byte, size uint64) []byte {
	switch {
	case size > 0xFFFF:
		return binary.BigEndian.AppendUint64(append(dst, first, 127), size)
	case size > 125:
		return binary.BigEndian.AppendUint16(append(dst, first, 126), uint16(size))
	default:
		return append(dst, first, byte(size))
	}
}

// Attempt is what [Conn.Try] needs to write without waiting. Keep one for each
// goroutine that does: it costs an allocation, a Try none.
type Attempt struct {
	p    []byte
	n    int
	err  error
	once func(fd uintptr) bool
}

// NewAttempt returns an Attempt.
func NewAttempt() *Attempt {
	a := &Attempt{}
	a.once = func(fd uintptr) bool {
		a.n, a.err = tryWrite(fd, a.p)
		return true
	}
	return a
}

// Try writes whole frames as far as that takes no waiting, which is nearly always
// all the way: a reader that keeps up leaves room. What is left is written by
// calling finish, on a goroutine that may wait; until then nothing else goes over
// the connection, so that it must be called. p must not be changed before.
//
// Where an effect is armed or at work, where a control frame waits for the client,
// and on connections that are no sockets of the system, such as TLS, finish writes
// all of it. Errors are those of [Conn.WriteText], and close the Conn as there.
func (c *Conn) Try(p []byte, a *Attempt) (finish func() error, err error) {
	if !c.turn.TryLock() {
		return func() error { return c.WriteText(p) }, nil
	}
	if c.bye {
		c.turn.Unlock()
		return nil, net.ErrClosed
	}
	n := 0
	if c.raw != nil && c.plain() {
		a.p, a.n, a.err = p, 0, nil
		err := c.raw.Write(a.once)
		a.p = nil
		if n = max(a.n, 0); err != nil || a.err != nil && !again(a.err) {
			c.Close()
			c.turn.Unlock()
			if err == nil {
				err = a.err
			}
			return nil, err
		}
	}
	if n == len(p) {
		c.turn.Unlock()
		return nil, nil
	}
	return func() error {
		defer c.turn.Unlock()
		return c.rest(p, n)
	}, nil
}

// rest writes p from a place on, for who holds turn. Up to there it went out without
// an effect.
func (c *Conn) rest(p []byte, from int) error {
	if from == 0 {
		return c.writeText(p)
	}
	begun := 0 // the end of the piece that has begun
	for begun < from {
		begun += piece(p[begun:])
	}
	if _, err := c.Conn.Write(p[from:begun]); err != nil {
		c.Close() // within a frame, into which a control frame would fall
		return err
	}
	if begun == len(p) {
		return nil
	}
	c.pass()
	return c.writeText(p[begun:])
}

// pieceSize is how many bytes go out before a control frame has its turn: the
// websocket library gives up a connection that takes none for five seconds, and a
// client may be slow.
const pieceSize = 16 << 10

// piece returns how many bytes the first frames of p have, as many as make a piece.
func piece(p []byte) (n int) {
	for n < len(p) && n < pieceSize {
		head := headSize(p[n+1])
		n += head + int(payloadSize(p[n:n+head]))
	}
	return min(n, len(p))
}

// pass lets a control frame that waits go first. The caller holds turn.
func (c *Conn) pass() {
	c.turn.Unlock()
	c.turn.Lock() // a mutex that was waited for long is handed over
}

// plain says that bytes go straight through now. The caller holds turn.
func (c *Conn) plain() bool {
	return !c.mute && c.strike == nil && c.course == nil && c.frame.fresh() && c.armed.Load() == nil
}

// rawOf returns the system's socket under a connection, or nil.
func rawOf(conn net.Conn) syscall.RawConn {
	if s, ok := conn.(syscall.Conn); ok && canTry {
		if raw, err := s.SyscallConn(); err == nil {
			return raw
		}
	}
	return nil
}
