package socket

import (
	"sync"
	"testing"
	"time"

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

// wary takes from a queue as carriers do, and notes how far each adder's frames have
// come: without a lock, for there must not be two carriers at a time.
type wary struct {
	t     *testing.T
	q     queue
	came  [4]int
	ended chan struct{}
}

func (w *wary) carry() {
	for turn := 0; ; turn++ {
		batch, found := w.q.take(nil)
		switch found {
		case nothing:
			return
		case theEnd:
			close(w.ended) // which panics the second time
			return
		}
		for i := range batch {
			text := batch[i].odd.text
			if w.came[text[0]]++; w.came[text[0]] != int(text[1])<<8|int(text[2]) {
				w.t.Errorf("frame %d of adder %d is %x", w.came[text[0]], text[0], text)
			}
			w.q.done(len(text), 1)
		}
		if turn%3 == 2 {
			if w.q.more() {
				go w.carry()
			}
			return
		}
	}
}

// Whoever adds, holds and releases, at whatever moment: all comes, in order, by one
// carrier at a time, and then the end.
func TestQueuesWakeTheirCarriers(t *testing.T) {
	for range 20 {
		w := &wary{t: t, ended: make(chan struct{})}
		w.q.init(1<<20, func() { go w.carry() })
		const each = 500
		var adding sync.WaitGroup
		for a := range w.came {
			adding.Go(func() {
				for n := range each {
					w.q.add(message{odd: &oddities{text: []byte{byte(a), byte((n + 1) >> 8), byte(n + 1)}}})
				}
			})
		}
		adding.Go(func() {
			for range each {
				w.q.hold()
				w.q.release()
			}
		})
		adding.Wait()
		w.q.end(fault.GoingAway, nil, time.Time{})
		<-w.ended
		w.q.lose(time.Time{})
		if w.came != [...]int{each, each, each, each} || w.q.bytes != 0 {
			t.Errorf("%d frames came, %d bytes wait", w.came, w.q.bytes)
		}
	}
}
