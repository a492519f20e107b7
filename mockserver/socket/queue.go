package socket

import (
	"sync"

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
	max    int
	close  fault.Code // why the socket is closed, "" while it is open
	gone   bool       // the connection is lost: nothing can be sent
	held   bool       // what is added waits: see hold
	sent   uint64     // frames handed to the network
}

func (q *queue) init(maxBytes int) {
	q.max = maxBytes
	q.ready.L = &q.mu
}

// add appends a frame. When it does not fit, the reader is too slow: the queue is
// then ended with slow-reader, and what it held is returned with the frame. After
// the end, frames are dropped silently. A single frame beyond the bound is taken
// when nothing else waits, for it could never be delivered otherwise.
func (q *queue) add(frame message) (lost []message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.close != "" || q.gone {
		return nil
	}
	if q.bytes > 0 && q.bytes+len(frame.text) > q.max {
		lost = append(q.frames, frame)
		q.frames, q.bytes, q.close = nil, 0, fault.SlowReader
		q.ready.Signal()
		return lost
	}
	q.frames = append(q.frames, frame)
	q.bytes += len(frame.text)
	q.ready.Signal()
	return nil
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
func (q *queue) end(code fault.Code, last *message) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.close != "" || q.gone {
		return false
	}
	if last != nil {
		q.frames = append(q.frames, *last)
		q.bytes += len(last.text)
	}
	q.close = code
	q.ready.Signal()
	return true
}

// lose drops everything and returns it: the connection is gone.
func (q *queue) lose() []message {
	q.mu.Lock()
	defer q.mu.Unlock()
	lost := q.frames
	q.gone, q.frames, q.bytes = true, nil, 0
	q.ready.Signal()
	return lost
}

// ended returns why the queue takes no more frames, "" while it does.
func (q *queue) ended() (code fault.Code, gone bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.close, q.gone
}

// take waits for frames and returns them all, in the memory of the batch before.
// Without frames it returns the code to close with, and "" when the connection
// is gone.
func (q *queue) take(batch []message) ([]message, fault.Code) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for (q.held || len(q.frames) == 0 && q.close == "") && !q.gone {
		q.ready.Wait()
	}
	clear(batch)
	batch, q.frames = q.frames, batch[:0]
	return batch, q.close
}

// wrote notes that a frame went out and reports whether the rest of its batch
// is still wanted: it is not once the reader was too slow.
func (q *queue) wrote(frame *message) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.sent++
	q.bytes = max(q.bytes-len(frame.text), 0)
	return q.close != fault.SlowReader && !q.gone
}

// waiting returns the bytes not on the network yet and the frames that are.
func (q *queue) waiting() (bytes int, sent uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.bytes, q.sent
}
