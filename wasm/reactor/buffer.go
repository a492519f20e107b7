package main

import (
	"math/bits"
	"unsafe"
)

// The bounds of what a host may ask for.
const (
	maxBuffer  = 32 << 20  // bytes of one buffer
	maxBuffers = 1024      // live ones
	maxLive    = 128 << 20 // bytes of all live ones
)

// Small buffers come in powers of two and are kept when they are freed.
const (
	minClass   = 7       // 128 bytes
	maxClass   = 18      // 256 KiB
	maxPerSize = 8       // kept of each size
	maxKept    = 1 << 20 // bytes kept altogether
)

// buffers are the pieces of memory that the host and an operation hand to each
// other. Their addresses stay what they are: the collector moves nothing.
var buffers struct {
	live  [][]byte // the length is what the host asked for
	bytes int      // of all live ones
	free  [maxClass + 1][][]byte
	kept  int // bytes of all free ones
}

// address names a buffer to the host. Memory has 32 bits in WebAssembly; on
// other platforms, where only tests run, the low ones tell buffers apart.
func address(b []byte) int32 { return int32(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) }

// newBuffer returns the address of a new buffer of zeros, or 0.
func newBuffer(size int32) int32 {
	if size < 0 || size > maxBuffer || len(buffers.live) >= maxBuffers || buffers.bytes+int(size) > maxLive {
		return 0
	}
	b := allocate(int(size))
	hold(b)
	return address(b)
}

// hold makes b a live buffer.
func hold(b []byte) {
	buffers.live = append(buffers.live, b)
	buffers.bytes += len(b)
}

// allocate returns size zeros, from what was freed if possible. There is memory
// behind them even if size is 0, for an address of their own.
func allocate(size int) []byte {
	class := classOf(size)
	if class > maxClass {
		return make([]byte, size)
	}
	if free := buffers.free[class]; len(free) > 0 {
		b := free[len(free)-1]
		buffers.free[class] = free[:len(free)-1]
		buffers.kept -= cap(b)
		return b[:size]
	}
	return make([]byte, size, 1<<class)
}

// classOf returns the power of two that holds size bytes.
func classOf(size int) int { return max(minClass, bits.Len(uint(max(size, 1)-1))) }

// take returns a live buffer, which then is none any more; the caller releases
// it.
func take(at int32) (b []byte, ok bool) {
	for i := len(buffers.live) - 1; i >= 0; i-- { // most are freed soon
		if address(buffers.live[i]) != at {
			continue
		}
		b = buffers.live[i]
		last := len(buffers.live) - 1
		buffers.live[i], buffers.live[last] = buffers.live[last], nil
		buffers.live = buffers.live[:last]
		buffers.bytes -= len(b)
		return b, true
	}
	return nil, false
}

// release overwrites a buffer that was taken, and keeps it if it is small.
func release(b []byte) {
	b = b[:cap(b)]
	clear(b)
	class := classOf(len(b))
	if class > maxClass || len(b) != 1<<class || len(buffers.free[class]) == maxPerSize {
		return
	}
	if buffers.kept+len(b) > maxKept { // of sizes that were asked for before
		clear(buffers.free[:])
		buffers.kept = 0
	}
	buffers.free[class] = append(buffers.free[class], b[:0])
	buffers.kept += len(b)
}
