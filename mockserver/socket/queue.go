package socket

import (
	"sync"
	"time"

	"github.com/wsbind/wsbind/core/fault"
)

// queue holds the frames that wait for the network, in order and bounded in
// bytes, and ends with at most one close. The writer goroutine takes from it;
// everybody else only adds, and never waits.
type queue struct {
	mu     sync.Mutex
	ready  sync.Cond // something to take, or nothing ever again
	frames []message
	bytes  int // of the frames that are not on the network yet
	kept   int // of those that wait for the journal only
	max    int
	close  fault.Code // why the socket is closed, "" while it is open
	gone   bool       // the connection is lost: nothing can be sent
	over   time.Time  // when the first of the two came about; the goroutines of the socket notice later
	held   bool       // what is added waits: see hold
	sent   uint64     // frames handed to the network
}

func (q *queue) init(maxBytes int) {
	q.max = maxBytes
	q.ready.L = &q.mu
}

// add appends a frame and reports whether it fits. When it does not, the reader
// is too slow: the queue is then ended with slow-reader, and nothing of it is
// wanted any more. After the end, frames are dropped silently. A single frame
// beyond the bound is taken when nothing else waits, for it could never be
// delivered otherwise. Frames that a fault keeps have the same bound for themselves.
func (q *queue) add(frame message) (fits bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.close != "" || q.gone {
		return true
	}
	waits := &q.bytes
	if frame.kept {
		waits = &q.kept
	}
	fits = *waits == 0 || *waits+len(frame.text) <= q.max
	q.frames = append(q.frames, frame)
	*waits += len(frame.text)
	if !fits {
		q.bytes, q.close, q.over = 0, fault.SlowReader, frame.at
	}
	q.ready.Signal()
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
	q.ready.Signal()
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
		q.bytes += len(last.text)
	}
	q.close, q.over = code, at
	q.ready.Signal()
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
	q.ready.Signal()
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

// take waits for frames and returns them all, in the memory of the batch before.
// Without frames it returns the code to close with, and "" when the connection
// is gone. Frames come also when they are not wanted any more.
func (q *queue) take(batch []message) ([]message, fault.Code) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for (q.held || len(q.frames) == 0 && q.close == "") && !q.gone {
		q.ready.Wait()
	}
	clear(batch)
	batch, q.frames = q.frames, batch[:0]
	if q.gone {
		return batch, ""
	}
	return batch, q.close
}

// wants reports whether a frame that was taken is to be written: none is once
// the reader was too slow.
func (q *queue) wants() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.close != fault.SlowReader && !q.gone
}

// done notes that a frame waits no more, and whether it went out.
func (q *queue) done(frame *message, sent bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if sent {
		q.sent++
	}
	if frame.kept {
		q.kept -= len(frame.text)
		return
	}
	q.bytes = max(q.bytes-len(frame.text), 0)
}

// waiting returns the bytes not on the network yet and the frames that are.
func (q *queue) waiting() (bytes int, sent uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.bytes, q.sent
}
