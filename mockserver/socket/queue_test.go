package socket

import (
	"testing"

	"github.com/wsbind/wsbind/core/fault"
)

// What a fault keeps from a client that has stopped to read would else grow for as
// long as there are events.
func TestKeptFramesAreBounded(t *testing.T) {
	var q queue
	q.init(100)
	if !q.add(message{text: make([]byte, 90)}) {
		t.Error("a frame does not fit")
	}
	for n := range 10 {
		if !q.add(message{text: make([]byte, 10), kept: true}) {
			t.Errorf("kept frame %d does not fit, though it is not for the client", n)
		}
	}
	batch, _ := q.take(nil)
	for i := range batch {
		q.done(&batch[i], true)
	}
	if q.bytes != 0 || q.kept != 0 {
		t.Errorf("%d and %d bytes wait when none do", q.bytes, q.kept)
	}
	for range 10 {
		q.add(message{text: make([]byte, 10), kept: true})
	}
	if q.add(message{text: make([]byte, 10), kept: true}) {
		t.Error("more fits than may")
	}
	if code, _ := q.ended(); code != fault.SlowReader {
		t.Errorf("ended by %q", code)
	}
}
