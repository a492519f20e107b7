package wire

import "encoding/binary"

// The parts of a frame's first two bytes (RFC 6455, section 5.2).
const (
	finBit     = 0x80
	opcodeBits = 0x0F
	maskBit    = 0x80
	lengthBits = 0x7F

	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA
)

// maxHead is the longest head of a frame: the first two bytes, a length of 64
// bits and a masking key.
const maxHead = 14

// frame follows a stream of bytes from one frame to the next, wherever the
// stream is cut. The zero value stands before the first frame.
type frame struct {
	bytes [maxHead]byte
	have  int    // how many of bytes have been seen
	left  uint64 // bytes of the payload to come, once the head is whole
}

// fresh says that the next byte begins a frame.
func (f *frame) fresh() bool { return f.have == 0 }

// whole says that all of the head has been seen.
func (f *frame) whole() bool { return f.have >= 2 && f.have == headSize(f.bytes[1]) }

// done says that all of the frame has been seen; forget then goes on to the
// next one.
func (f *frame) done() bool { return f.whole() && f.left == 0 }

func (f *frame) forget() { f.have = 0 }

// masked says that the payload is masked, which a server's never is.
func (f *frame) masked() bool { return f.bytes[1]&maskBit != 0 }

// head returns what has been seen of the head. It may be changed until the
// frame is forgotten, but for its length.
func (f *frame) head() []byte { return f.bytes[:f.have] }

// take moves on within p, to the end of the head or, once the head is whole, to
// the end of the payload, and returns how many bytes that was.
func (f *frame) take(p []byte) int {
	if f.whole() {
		n := min(uint64(len(p)), f.left)
		f.left -= n
		return int(n)
	}
	n := 0
	for n < len(p) && !f.whole() {
		f.bytes[f.have] = p[n]
		f.have++
		n++
	}
	if f.whole() {
		f.left = payloadSize(f.head())
	}
	return n
}

// headSize returns the size of a head by its second byte.
func headSize(second byte) int {
	size := 2
	switch second & lengthBits {
	case 126:
		size += 2
	case 127:
		size += 8
	}
	if second&maskBit != 0 {
		size += 4
	}
	return size
}

// payloadSize reads the length out of a whole head.
func payloadSize(head []byte) uint64 {
	switch n := head[1] & lengthBits; n {
	case 126:
		return uint64(binary.BigEndian.Uint16(head[2:]))
	case 127:
		return binary.BigEndian.Uint64(head[2:])
	default:
		return uint64(n)
	}
}

// newHead returns the head of an unmasked frame.
func newHead(first byte, size uint64) []byte { return appendHead(nil, first, size) }

// cuts returns where to cut a text in three: within a character of each half if
// there is one of several bytes there, and else at a third and two thirds.
func cuts(text []byte) (first, second int) {
	size := len(text)
	return cutWithin(text, 0, size/3, size/2), cutWithin(text, size/2, size*2/3, size)
}

// cutWithin returns the place in text[from:to] that is within a character and
// is the next after near, or else the last before it, or else near itself.
func cutWithin(text []byte, from, near, to int) int {
	for i := near; i < to; i++ {
		if inside(text[i]) {
			return i
		}
	}
	for i := near - 1; i >= from; i-- {
		if inside(text[i]) {
			return i
		}
	}
	return near
}

// inside says that b continues a character of UTF-8.
func inside(b byte) bool { return b&0xC0 == 0x80 }
