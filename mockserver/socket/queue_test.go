package socket

import (
	"testing"

	"github.com/wsbind/wsbind/core/fault"
)

// What a fault keeps from a client that has stopped to read would else grow for as
// long as there are events.
func TestKeptFramesAreBounded(t *testing.T) {
	var q queue
	q.init(100, func() {})
	wait := func(size int, kept bool) bool {
		return q.add(message{odd: &oddities{text: make([]byte, size), kept: kept}})
	}
	if !wait(90, false) {
		t.Error("a frame does not fit")
	}
	for n := range 10 {
		if !wait(10, true) {
			t.Errorf("kept frame %d does not fit, though it is not for the client", n)
		}
	}
	batch, _ := q.take(nil)
	for i := range batch {
		if batch[i].kept() {
			q.doneKept(batch[i].Size())
		} else {
			q.done(batch[i].Size(), 1)
		}
	}
	if q.bytes != 0 || q.kept != 0 {
		t.Errorf("%d and %d bytes wait when none do", q.bytes, q.kept)
	}
	for range 10 {
		wait(10, true)
	}
	if wait(10, true) {
		t.Error("more fits than may")
	}
	if code, _ := q.ended(); code != fault.SlowReader {
		t.Errorf("ended by %q", code)
	}
}
