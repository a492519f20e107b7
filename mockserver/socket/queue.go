package socket

import (
	"sync"
	"time"

	"github.com/wsbind/wsbind/core/fault"
)

// queue holds the frames that wait for the network, in order and bounded in
// bytes, and ends with at most one close. Whoever adds never waits: one carrier at
// a time takes from it, which is called when there is something to take, and an
// idle queue has none.
type queue struct {
	mu      sync.Mutex
	rouse   func() // calls a carrier
	carried bool   // one was called and has not said yet that nothing is left
	frames  []message
	bytes   int // of the frames that are not on the network yet
	kept    int // of those that wait for the journal only
	max     int
	close   fault.Code // why the socket is closed, "" while it is open
	gone    bool       // the connection is lost: nothing can be sent
	over    time.Time  // when the first of the two came about; the goroutines of the socket notice later
	held    bool       // what is added waits: see hold
	sent    uint64     // frames handed to the network
}

// idleFrames is how much room a queue keeps while nothing waits.
const idleFrames = 4

func (q *queue) init(maxBytes int, rouse func()) { q.max, q.rouse = maxBytes, rouse }

// changed calls a carrier if there is something to take, or nothing ever again.
// The caller holds mu.
func (q *queue) changed() {
	if !q.carried && (q.gone || !q.held && (len(q.frames) > 0 || q.close != "")) {
		q.carried = true
		q.rouse()
	}
}

// add appends a frame and reports whether it fits. When it does not, the reader
// is too slow: the queue is then ended with slow-reader, and nothing of it is
// wanted any more. After the end, frames are dropped silently. A single frame
// beyond the bound is taken when nothing else waits, for it could never be
// delivered otherwise. Frames that a fault keeps have the same bound for themselves.
func (q *queue) add(m message) (fits bool) {
	size := m.Size()
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.close != "" || q.gone {
		return true
	}
	waits := &q.bytes
	if m.kept() {
		waits = &q.kept
	}
	fits = *waits == 0 || *waits+size <= q.max
	q.frames = append(q.frames, m)
	*waits += size
	if !fits {
		q.bytes, q.close, q.over = 0, fault.SlowReader, m.at()
	}
	q.changed()
	return fits
}

// hold makes what is added wait until release, so that the journal can tell what
// a client sent before what it was answered.
func (q *queue) hold() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.held = true
}

func (q *queue) release() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.held = false
	q.changed()
}

// end lets the frames before it out and then closes with code. Only the first
// end counts; last, unless nil, is a frame sent before the close, whatever the
// bound. It returns whether it was the first.
func (q *queue) end(code fault.Code, last *message, at time.Time) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.close != "" || q.gone {
		return false
	}
	if last != nil {
		q.frames = append(q.frames, *last)
		q.bytes += last.Size()
	}
	q.close, q.over = code, at
	q.changed()
	return true
}

// lose says that the connection is gone: nothing is wanted any more.
func (q *queue) lose(at time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.gone = true
	if q.over.IsZero() {
		q.over = at
	}
	q.changed()
}

// ended returns why the queue takes no more frames, "" while it does.
func (q *queue) ended() (code fault.Code, gone bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.close, q.gone
}

// since returns when the queue was ended or the connection lost, whichever was
// first.
func (q *queue) since() time.Time {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.over
}

// What a carrier finds.
type finding int

const (
	nothing finding = iota // for now: another carrier is called when there is more
	some                   // frames to carry
	theEnd                 // no frame will follow: the socket is to be closed, and no carrier is called any more
)

// take moves the frames that wait into batch. Frames come also when they are not
// wanted any more.
func (q *queue) take(batch []message) ([]message, finding) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.held && !q.gone:
	case len(q.frames) > 0:
		batch = append(batch[:0], q.frames...)
		clear(q.frames)
		if q.frames = q.frames[:0]; cap(q.frames) > idleFrames {
			q.frames = nil
		}
		return batch, some
	case q.gone || q.close != "":
		return batch[:0], theEnd
	}
	q.carried = false
	return batch[:0], nothing
}

// more reports whether there is something to take; where there is not, another
// carrier is called for what comes.
func (q *queue) more() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.carried = q.gone || !q.held && (len(q.frames) > 0 || q.close != "")
	return q.carried
}

// wants reports whether a frame that was taken is to be written: none is once
// the reader was too slow.
func (q *queue) wants() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.close != fault.SlowReader && !q.gone
}

// done notes that frames of so many bytes in all wait no more, and how many of
// them went out.
func (q *queue) done(bytes, sent int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.sent += uint64(sent)
	q.bytes = max(q.bytes-bytes, 0)
}

// doneKept is done for a frame that a fault has kept.
func (q *queue) doneKept(bytes int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.kept -= bytes
}

// waiting returns the bytes not on the network yet and the frames that are.
func (q *queue) waiting() (bytes int, sent uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.bytes, q.sent
}
