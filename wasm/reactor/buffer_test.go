package main

import (
	"bytes"
	"testing"
)

func TestBuffersAreZeroAndReused(t *testing.T) {
	fresh(t)
	at, _ := input(t, []byte("secret"))
	b := bytesAt(t, at)
	if exportBufferFree(at) != 1 {
		t.Fatal("it cannot be freed")
	}
	if !bytes.Equal(b, make([]byte, 6)) {
		t.Errorf("a freed buffer still says %q", b)
	}
	if again := exportBufferNew(100); again != at {
		t.Errorf("%#x is not used again, %#x is", at, again)
	} else {
		exportBufferFree(again)
	}
}

func TestInputIsOverwritten(t *testing.T) {
	fresh(t)
	at, length := input(t, envelope("", `{"token":"secret"}`))
	b := bytesAt(t, at)
	output(t, exportValidateResponse(at, length))
	if !bytes.Equal(b, make([]byte, length)) {
		t.Errorf("a taken buffer still says %q", b)
	}
}

// TestScratchIsOverwritten: an answer with a token does not stay behind.
func TestScratchIsOverwritten(t *testing.T) {
	fresh(t)
	ask(t, exportParseBind, "", "bind-with-token secret")
	if scratch := current.scratch[:cap(current.scratch)]; bytes.Contains(scratch, []byte("secret")) {
		t.Errorf("the scratch still says %q", scratch)
	}
}

func TestBufferBounds(t *testing.T) {
	fresh(t)
	for _, size := range []int32{-1, maxBuffer + 1, -1 << 31} {
		if at := exportBufferNew(size); at != 0 {
			t.Errorf("%d bytes are given at %#x", size, at)
		}
	}
	var all []int32
	for range maxLive / maxBuffer {
		all = append(all, exportBufferNew(maxBuffer))
	}
	if at := exportBufferNew(1); at != 0 {
		t.Errorf("a byte beyond %d is given at %#x", maxLive, at)
	}
	if at := exportBufferNew(0); at == 0 {
		t.Error("a buffer without bytes is refused, which costs none")
	} else {
		all = append(all, at)
	}
	for _, at := range all {
		if exportBufferFree(at) != 1 {
			t.Errorf("%#x is no buffer", at)
		}
	}
}

func TestBuffersHaveAddressesOfTheirOwn(t *testing.T) {
	fresh(t)
	met := map[int32]bool{0: true}
	var all []int32
	for i := range maxBuffers {
		at := exportBufferNew(int32(i % 3)) // also of size 0
		if met[at] {
			t.Fatalf("buffer %d is at %#x, as another", i, at)
		}
		met[at] = true
		all = append(all, at)
	}
	if at := exportBufferNew(0); at != 0 {
		t.Errorf("buffer %d is given", maxBuffers+1)
	}
	if n := exportBufferLive(); n != maxBuffers {
		t.Errorf("%d are live", n)
	}
	for _, at := range all {
		if exportBufferFree(at) != 1 || exportBufferFree(at) != 0 {
			t.Errorf("%#x is not freed once", at)
		}
	}
}

// TestKeptBuffersAreBounded: what is freed does not stay for ever.
func TestKeptBuffersAreBounded(t *testing.T) {
	fresh(t)
	for size := int32(1); size <= 1<<20; size *= 2 {
		var all []int32
		for range 2 * maxPerSize {
			all = append(all, exportBufferNew(size))
		}
		for _, at := range all {
			exportBufferFree(at)
		}
	}
	kept := 0
	for class, free := range buffers.free {
		for _, b := range free {
			if cap(b) != 1<<class {
				t.Errorf("a buffer of %d bytes is kept with those of %d", cap(b), 1<<class)
			}
			kept += cap(b)
		}
	}
	if kept != buffers.kept || kept > maxKept {
		t.Errorf("%d bytes are kept, %d counted, %d allowed", kept, buffers.kept, maxKept)
	}
}
