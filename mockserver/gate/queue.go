package gate

import (
	"sync"

	"github.com/wsbind/wsbind/core/fault"
)

// queue holds the frames that wait for a client's network, in order and bounded in
// bytes, and ends with at most one close. The writer takes from it; everybody else
// only adds, and never waits.
type queue struct {
	mu     sync.Mutex
	ready  sync.Cond // something to take, or nothing ever again
	frames [][]byte
	bytes  int // of the frames that are not on the network yet
	max    int
	close  fault.Code // why the socket is closed, "" while it is open
	gone   bool       // the connection is lost: nothing can be sent
}

func (q *queue) init(maxBytes int) {
	q.max = maxBytes
	q.ready.L = &q.mu
}

// add appends a frame and reports whether it fits. A single frame beyond the bound is
// taken where nothing else waits, for it could never be sent otherwise. After the
// end, frames are dropped silently.
func (q *queue) add(frame []byte) (fits bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.close != "" || q.gone {
		return true
	}
	if q.bytes > 0 && q.bytes+len(frame) > q.max {
		return false
	}
	q.frames = append(q.frames, frame)
	q.bytes += len(frame)
	q.ready.Signal()
	return true
}

// end lets the frames before it out and then closes with code; last, unless nil, is
// sent before that whatever the bound. To a slow reader nothing more is sent at all.
// Only the first end counts, and end reports whether it was.
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
	if code == fault.SlowReader {
		q.frames, q.bytes = nil, 0
	}
	q.close = code
	q.ready.Signal()
	return true
}

// lose says that the connection is gone: nothing is wanted any more.
func (q *queue) lose() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.gone = true
	q.frames, q.bytes = nil, 0
	q.ready.Signal()
}

// ended returns why the queue takes no more frames, "" while it does or where the
// connection was lost.
func (q *queue) ended() fault.Code {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.close
}

// take waits for frames and returns them all, in the memory of the batch before.
// Without frames it returns the code to close with, and "" where the connection is
// gone.
func (q *queue) take(batch [][]byte) ([][]byte, fault.Code) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.frames) == 0 && q.close == "" && !q.gone {
		q.ready.Wait()
	}
	clear(batch)
	batch, q.frames = q.frames, batch[:0]
	if q.gone {
		return nil, ""
	}
	return batch, q.close
}

// wanted reports whether a frame that was taken is still to be written.
func (q *queue) wanted() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.close != fault.SlowReader && !q.gone
}

// done notes that frames of so many bytes in all wait no more.
func (q *queue) done(bytes int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.bytes = max(q.bytes-bytes, 0)
}
