package load

import (
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/wsbind/wsbind/core/fault"
)

// conn is the client's end of a websocket, as little of RFC 6455 as a reader of
// notifications needs. It exists, beside the library that everything else here
// uses, for what ten thousand of them cost: one buffer that is as large as the
// largest message so far, no second goroutine, and several frames per read.
type conn struct {
	net.Conn
	buf  []byte // what was read: buf[r:w] is not consumed yet
	r, w int
	text []byte // a message in fragments, so far

	writing sync.Mutex
	closing bool // a close frame was sent
}

// Opcodes and bits of the first two bytes of a frame.
const (
	finBit   = 0x80
	maskBit  = 0x80
	reserved = 0x70

	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA
)

// firstBuffer is what a socket has before the first frame. Handshakes fit, mostly.
const firstBuffer = 1 << 10

// closeError is the close frame of the server.
type closeError struct {
	code   int
	reason string
}

func (e *closeError) Error() string {
	return "the server closed the socket with " + strconv.Itoa(e.code) + " " + e.reason
}

// Is reports whether the reason is a code, which servers of ours close with.
func (e *closeError) Is(target error) bool {
	code, ok := target.(fault.Code)
	return ok && e.reason == string(code)
}

// errProtocol is a frame that RFC 6455 forbids.
var errProtocol = errors.New("a frame that breaks RFC 6455")

// next returns the next message, which is valid until the call after. It answers
// pings meanwhile. A close frame is answered and returned as a *closeError.
func (c *conn) next() (op byte, text []byte, err error) {
	for {
		first, payload, err := c.frame()
		if err != nil {
			return 0, nil, err
		}
		switch kind := first &^ finBit; {
		case kind == opPing:
			err = c.write(opPong, payload)
		case kind == opPong:
		case kind == opClose:
			return 0, nil, c.closed(payload)
		case kind == opContinuation && op == 0 || kind != opContinuation && op != 0 || kind > opBinary:
			return 0, nil, errProtocol
		default:
			if kind != opContinuation {
				op = kind
				if first&finBit != 0 {
					return op, payload, nil
				}
				c.text = c.text[:0]
			}
			if c.text = append(c.text, payload...); len(c.text) > maxBytes {
				return 0, nil, errProtocol
			}
			if first&finBit != 0 {
				return op, c.text, nil
			}
		}
		if err != nil {
			return 0, nil, err
		}
	}
}

// frame returns a frame's first byte and its payload.
func (c *conn) frame() (first byte, payload []byte, err error) {
	if err := c.fill(2); err != nil {
		return 0, nil, err
	}
	first, length := c.buf[c.r], int(c.buf[c.r+1])
	head := 2
	switch {
	case first&reserved != 0 || length&maskBit != 0:
		return 0, nil, errProtocol
	case length == 126:
		head = 4
	case length == 127:
		head = 10
	}
	if err := c.fill(head); err != nil {
		return 0, nil, err
	}
	switch head {
	case 4:
		length = int(binary.BigEndian.Uint16(c.buf[c.r+2:]))
	case 10:
		n := binary.BigEndian.Uint64(c.buf[c.r+2:])
		if n > maxBytes {
			return 0, nil, errProtocol
		}
		length = int(n)
	}
	if err := c.fill(head + length); err != nil {
		return 0, nil, err
	}
	payload = c.buf[c.r+head : c.r+head+length]
	c.r += head + length
	return first, payload, nil
}

// fill reads until n bytes are there, from r on.
func (c *conn) fill(n int) error {
	for c.w-c.r < n {
		if c.r == c.w {
			c.r, c.w = 0, 0
		}
		if len(c.buf)-c.r < n {
			c.makeRoom(n)
		}
		got, err := c.Conn.Read(c.buf[c.w:])
		if c.w += got; err != nil && c.w-c.r < n {
			if err == io.EOF && c.w > c.r {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
	}
	return nil
}

// makeRoom moves what is there to the front of a buffer for n bytes.
func (c *conn) makeRoom(n int) {
	to := c.buf
	if len(to) < n {
		size := max(len(to), firstBuffer)
		for size < n {
			size *= 2
		}
		to = make([]byte, size)
	}
	c.r, c.w = 0, copy(to, c.buf[c.r:c.w])
	c.buf = to
}

// closed answers a close frame and reads it.
func (c *conn) closed(payload []byte) error {
	e := &closeError{code: 1005}
	if len(payload) >= 2 {
		e.code, e.reason = int(binary.BigEndian.Uint16(payload)), shorten(string(payload[2:]))
	}
	c.bye()
	return e
}

// bye sends a close frame, once. The other end may be gone.
func (c *conn) bye() {
	c.writing.Lock()
	sent := c.closing
	c.closing = true
	c.writing.Unlock()
	if !sent {
		c.write(opClose, []byte{1000 >> 8, 1000 & 0xff})
	}
}

// write sends a frame, masked as a client must.
func (c *conn) write(op byte, payload []byte) error {
	frame := make([]byte, 0, 14+len(payload))
	frame = append(frame, finBit|op)
	switch n := len(payload); {
	case n < 126:
		frame = append(frame, maskBit|byte(n))
	case n < 1<<16:
		frame = binary.BigEndian.AppendUint16(append(frame, maskBit|126), uint16(n))
	default:
		frame = binary.BigEndian.AppendUint64(append(frame, maskBit|127), uint64(n))
	}
	var mask [4]byte
	binary.BigEndian.PutUint32(mask[:], rand.Uint32())
	frame = append(frame, mask[:]...)
	for i, b := range payload {
		frame = append(frame, b^mask[i%4])
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	c.SetWriteDeadline(time.Now().Add(exchangeTimeout))
	_, err := c.Conn.Write(frame)
	return err
}

// tlsOf returns the configuration for a host.
func tlsOf(config *tls.Config, host string) *tls.Config {
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	config = config.Clone()
	config.NextProtos = nil // HTTP/2 has no upgrade
	if config.ServerName == "" {
		config.ServerName = host
	}
	return config
}
