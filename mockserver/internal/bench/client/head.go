//go:build linux

package main

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// stream follows the frames of one socket, by their heads (RFC 6455, 5.2). What they
// carry is only counted, unless it is to be kept.
type stream struct {
	left    int      // bytes of the current payload that are still to come
	head    [10]byte // a server's frames are not masked
	got     int      // how much of a head there is
	control bool     // the current frame is a ping or pong
	keep    bool
	kept    []byte // of the latest frame
	payload int64  // bytes of all payloads
}

var errClosed = errors.New("the server closed the socket")

// take reads on and returns how many frames with data became whole.
func (s *stream) take(p []byte) (frames int, err error) {
	for len(p) > 0 {
		if s.left == 0 {
			rest, whole, err := s.takeHead(p)
			if err != nil {
				return frames, err
			}
			if p = rest; !whole {
				return frames, nil
			}
		}
		n := min(s.left, len(p))
		if !s.control {
			s.payload += int64(n)
			if s.keep {
				s.kept = append(s.kept, p[:n]...)
			}
		}
		p = p[n:]
		if s.left -= n; s.left == 0 && !s.control {
			frames++
		}
	}
	return frames, nil
}

// takeHead reads a head, or as much of it as there is.
func (s *stream) takeHead(p []byte) (rest []byte, whole bool, err error) {
	for {
		need := s.headSize()
		n := copy(s.head[s.got:need], p)
		s.got, p = s.got+n, p[n:]
		if s.got < need {
			return p, false, nil
		}
		if need == s.headSize() && need >= 2 {
			break
		}
	}
	size := uint64(s.head[1])
	switch size {
	case 126:
		size = uint64(binary.BigEndian.Uint16(s.head[2:]))
	case 127:
		size = binary.BigEndian.Uint64(s.head[2:])
	}
	s.got, s.left = 0, int(size)
	switch opcode := s.head[0]; {
	case opcode == 0x88:
		return p, false, errClosed
	case opcode == 0x81, opcode == 0x82:
		s.control, s.kept = false, s.kept[:0]
	case opcode == 0x89, opcode == 0x8A:
		s.control = true
	default:
		return p, false, fmt.Errorf("a frame begins with %#x: a whole message or a control frame is due", opcode)
	}
	if s.head[1] > 127 || size > 1<<24 || size == 0 && !s.control {
		return p, false, fmt.Errorf("a frame of %d bytes, masked: %t", size, s.head[1] > 127)
	}
	return p, true, nil
}

// headSize is how long the head is, as far as that can be told.
func (s *stream) headSize() int {
	switch {
	case s.got >= 2 && s.head[1] == 126:
		return 4
	case s.got >= 2 && s.head[1] == 127:
		return 10
	}
	return 2
}
