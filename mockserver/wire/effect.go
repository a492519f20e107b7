package wire

import (
	"encoding/binary"
	"net"
	"time"
	"unicode/utf8"

	"github.com/wsbind/wsbind/mockserver/clock"
)

// Effect is something that happens to one text frame. The functions that return
// one say what goes over the wire. An Effect may be used for several frames and
// connections. In a message of several frames only the first is a text frame.
type Effect struct{ strike strike }

// strike begins an effect when the head of the frame is known and nothing of it
// has been written. It writes what is to be written of the head, and returns
// the course of the payload.
type strike func(*Conn) (course, error)

// course takes a frame's payload piece by piece, and with the last piece last.
// An empty payload is a last piece without bytes.
type course func(b []byte, last bool) error

// vanish swallows the frame.
func vanish(*Conn) (course, error) {
	return func([]byte, bool) error { return nil }, nil
}

// Binary sends the frame with opcode 2 in place of 1, all else the same.
func Binary() Effect {
	return Effect{func(c *Conn) (course, error) {
		head := c.frame.head()
		head[0] = head[0]&^opcodeBits | opBinary
		return nil, c.send(head)
	}}
}

// maxSplit bounds what Split keeps in memory.
const maxSplit = 32 << 20

// Split sends the message in three fragments: a text frame without FIN, a ping
// without payload, a continuation without FIN, a continuation with FIN. They are
// cut within a character of several bytes in each half of the message where
// there is one. A short message leaves fragments empty, which RFC 6455 allows. A
// client answers the ping. A frame of more than 32 MiB goes out as it is.
func Split() Effect {
	return Effect{func(c *Conn) (course, error) {
		if c.frame.left > maxSplit || c.frame.masked() {
			return nil, c.send(c.frame.head())
		}
		text := make([]byte, 0, c.frame.left)
		return func(b []byte, last bool) error {
			if text = append(text, b...); !last {
				return nil
			}
			return c.sendFragments(c.frame.bytes[0], text)
		}, nil
	}}
}

// sendFragments writes text in place of a frame that began with the byte first.
func (c *Conn) sendFragments(first byte, text []byte) error {
	i, j := cuts(text)
	fragments := net.Buffers{
		newHead(first&^finBit, uint64(i)), text[:i],
		newHead(finBit|opPing, 0),
		newHead(opContinuation, uint64(j-i)), text[i:j],
		newHead(first&finBit|opContinuation, uint64(len(text)-j)), text[j:],
	}
	_, err := fragments.WriteTo(c.Conn)
	return err
}

// slowChunks is into how many pieces Slow cuts a frame at most.
const slowChunks = 16

// Slow sends the frame's bytes in up to 16 pieces, whatever its size: the first
// byte alone, then the others in equal pieces, with a pause on the clock before
// each. The frame is the same in the end. Nothing else is written, and what is
// read is kept, until it is over. A clock that leaps over several pauses, as a
// virtual one does, lets several pieces go.
func Slow(clk clock.Clock, pause time.Duration) Effect {
	return SlowSince(clk, time.Time{}, pause)
}

// SlowSince is Slow with pauses that are counted from a time on; the zero time
// stands for the beginning of the frame.
func SlowSince(clk clock.Clock, since time.Time, pause time.Duration) Effect {
	return Effect{func(c *Conn) (course, error) {
		c.hold()
		due := since
		if pause > 0 && since.IsZero() {
			due = clk.Now()
		}
		head := c.frame.head()
		rest := uint64(len(head)-1) + c.frame.left
		chunk := (rest-1)/(slowChunks-1) + 1
		room := uint64(1) // until the next pause
		drip := func(b []byte, last bool) error {
			for len(b) > 0 {
				if room == 0 {
					if due = due.Add(pause); pause > 0 {
						if err := c.pause(clk, due); err != nil {
							return err
						}
					}
					room = chunk
				}
				n := min(room, uint64(len(b)))
				if err := c.send(b[:n]); err != nil {
					return err
				}
				b, room = b[n:], room-n
			}
			if last {
				c.release()
			}
			return nil
		}
		return drip, drip(head, false)
	}}
}

// spaces is what an oversized frame is written from.
var spaces = func() (s [16 << 10]byte) {
	for i := range s {
		s[i] = ' '
	}
	return
}()

// Oversized sends another text frame before the frame: size spaces, complete
// and correct but for its size, whose length takes 64 bits when it is 65,536 or
// more. It takes no memory. The frame itself follows as it is.
func Oversized(size int64) Effect {
	return Effect{func(c *Conn) (course, error) {
		left := max(size, 0)
		if err := c.send(newHead(finBit|opText, uint64(left))); err != nil {
			return nil, err
		}
		for left > 0 {
			n := min(left, int64(len(spaces)))
			if err := c.send(spaces[:n]); err != nil {
				return nil, err
			}
			left -= n
		}
		return nil, c.send(c.frame.head())
	}}
}

// Drop closes the network connection in place of the frame. There is no close
// frame; the client meets the end of the stream. Write returns [net.ErrClosed].
func Drop() Effect {
	return Effect{func(c *Conn) (course, error) {
		c.Close() // it is gone either way
		return nil, net.ErrClosed
	}}
}

// Stall writes nothing any more, from the frame on, and reads nothing: the
// connection stays open in silence, and the client's own writes fill the
// network's buffers. Write pretends to succeed, Read waits for its deadline or
// for Close. Nor is it noticed that a client has left: who arms this closes the
// Conn in the end.
func Stall() Effect {
	return Effect{func(c *Conn) (course, error) {
		c.mute = true
		c.stall()
		return nil, nil
	}}
}

// Delay holds the frame, and with it all that is to be written after it, until d
// has passed on the clock, and then sends it as it is. What is read meanwhile is
// kept.
func Delay(clk clock.Clock, d time.Duration) Effect {
	return Effect{func(c *Conn) (course, error) {
		if d <= 0 {
			return nil, c.send(c.frame.head())
		}
		return DelayUntil(clk, clk.Now().Add(d)).strike(c)
	}}
}

// DelayUntil is Delay until the clock shows a time.
func DelayUntil(clk clock.Clock, until time.Time) Effect {
	return Effect{func(c *Conn) (course, error) {
		c.hold()
		defer c.release()
		if err := c.pause(clk, until); err != nil {
			return nil, err
		}
		return nil, c.send(c.frame.head())
	}}
}

// maxReason is what a control frame's payload of 125 bytes leaves for a reason.
const maxReason = 123

// RawClose sends a close frame in place of the frame, with any code, also those
// that must never be on the wire (1005, 1006, 1015, 999); 0 stands for a close
// frame without code and reason. A reason of more than 123 bytes is cut. After
// it everything written is swallowed, the library's own close frame too. Reading
// goes on, so that the library meets the client's answer, but a client need not
// send one: who arms this closes the Conn after a while.
func RawClose(code uint16, reason string) Effect {
	return Effect{func(c *Conn) (course, error) {
		c.mute = true
		var body []byte
		if code != 0 {
			body = append(binary.BigEndian.AppendUint16(nil, code), shorten(reason)...)
		}
		return nil, c.send(append(newHead(finBit|opClose, uint64(len(body))), body...))
	}}
}

// shorten cuts a reason between two characters.
func shorten(reason string) string {
	if len(reason) <= maxReason {
		return reason
	}
	end := maxReason
	for end > 0 && !utf8.RuneStart(reason[end]) {
		end--
	}
	return reason[:end]
}
