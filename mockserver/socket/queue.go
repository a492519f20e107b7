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
	frames [][]byte
	bytes  int // of the frames that are not on the network yet
	max    int
	close  fault.Code // why the socket is closed, "" while it is open
	gone   bool       // the connection is lost: nothing can be sent
	sent   uint64     // frames handed to the network
}

func (q *queue) init(maxBytes int) {
	q.max = maxBytes
	q.ready.L = &q.mu
}

// add appends a frame. It returns false when the frame does not fit: the reader
// is too slow, and the queue is then emptied and ended with slow-reader. After
// the end, frames are dropped silently. A single frame beyond the bound is taken
// when nothing else waits, for it could never be delivered otherwise.
func (q *queue) add(frame []byte) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.close != "" || q.gone {
		return true
	}
	if q.bytes > 0 && q.bytes+len(frame) > q.max {
		q.frames, q.bytes, q.close = nil, 0, fault.SlowReader
		q.ready.Signal()
		return false
	}
	q.frames = append(q.frames, frame)
	q.bytes += len(frame)
	q.ready.Signal()
	return true
}

// end lets the frames before it out and then closes with code. Only the first
// end counts; last, unless nil, is a frame sent before the close, whatever the
// bound. It returns whether it was the first.
func (q *queue) end(code fault.Code, last []byte) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.close != "" || q.gone {
		return false
	}
	if last != nil {
		q.frames = append(q.frames, last)
		q.bytes += len(last)
	}
	q.close = code
	q.ready.Signal()
	return true
}

// lose drops everything: the connection is gone.
func (q *queue) lose() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.gone, q.frames, q.bytes = true, nil, 0
	q.ready.Signal()
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
func (q *queue) take(batch [][]byte) ([][]byte, fault.Code) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.frames) == 0 && q.close == "" && !q.gone {
		q.ready.Wait()
	}
	clear(batch)
	batch, q.frames = q.frames, batch[:0]
	return batch, q.close
}

// wrote notes that a frame went out and reports whether the rest of its batch
// is still wanted: it is not once the reader was too slow.
func (q *queue) wrote(frame []byte) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.sent++
	q.bytes = max(q.bytes-len(frame), 0)
	return q.close != fault.SlowReader && !q.gone
}

// waiting returns the bytes not on the network yet and the frames that are.
func (q *queue) waiting() (bytes int, sent uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.bytes, q.sent
}
