package clock

import (
	"container/heap"
	"sync"
	"time"
)

// Virtual is a clock that stands still until it is advanced. Create one with
// [NewVirtual].
type Virtual struct {
	turn sync.Mutex // held by the one goroutine that advances

	start time.Time

	mu      sync.Mutex // guards what follows, never held during a callback
	now     time.Time
	created uint64
	timers  timers
}

// NewVirtual returns a clock that stands at start.
func NewVirtual(start time.Time) *Virtual { return &Virtual{start: start, now: start} }

// Start returns the time at which the clock stood first.
func (v *Virtual) Start() time.Time { return v.start }

// Now returns the virtual time. Within a callback that is the moment at which
// the callback was due.
func (v *Virtual) Now() time.Time {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.now
}

// AfterFunc implements [Clock]. A callback that is due at once (d of zero or
// less) waits for the next Advance like any other; Advance(0) suffices.
func (v *Virtual) AfterFunc(d time.Duration, f func()) Timer {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.add(v.now.Add(max(d, 0)), f)
}

// At is AfterFunc for a time. One that is past is due at once.
func (v *Virtual) At(at time.Time, f func()) Timer {
	v.mu.Lock()
	defer v.mu.Unlock()
	if at.Before(v.now) {
		at = v.now
	}
	return v.add(at, f)
}

// add keeps a callback. The caller holds mu.
func (v *Virtual) add(due time.Time, f func()) Timer {
	t := &timer{clock: v, due: due, order: v.created, f: f}
	v.created++
	heap.Push(&v.timers, t)
	return t
}

// Advance moves the clock d forward and runs every callback that falls due, in
// the order of their times and, at the same time, in the order they were asked
// for. They run on the calling goroutine, one after the other, with Now at the
// moment each was due; callbacks that they ask for run too if they fall due
// within d. Several goroutines may advance: one waits for the other. A callback
// must not advance the clock itself. A negative d is taken as zero.
func (v *Virtual) Advance(d time.Duration) {
	v.turn.Lock()
	defer v.turn.Unlock()
	end := v.Now().Add(max(d, 0))
	for {
		f := v.next(end)
		if f == nil {
			return
		}
		f()
	}
}

// next takes the first callback due by end and sets the clock to its time; when
// none is left it sets the clock to end and returns nil.
func (v *Virtual) next(end time.Time) func() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.timers) == 0 || v.timers[0].due.After(end) {
		v.now = end
		return nil
	}
	t := heap.Pop(&v.timers).(*timer)
	v.now = t.due
	return t.f
}

// timer is a callback of a Virtual clock; index is its place in the heap, or -1
// once it has left it.
type timer struct {
	clock *Virtual
	due   time.Time
	order uint64
	index int
	f     func()
}

// Stop implements [Timer].
func (t *timer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	if t.index < 0 {
		return false
	}
	heap.Remove(&t.clock.timers, t.index)
	return true
}

// timers is a heap.Interface, the earliest timer first.
type timers []*timer

func (h timers) Len() int { return len(h) }

func (h timers) Less(i, j int) bool {
	if !h[i].due.Equal(h[j].due) {
		return h[i].due.Before(h[j].due)
	}
	return h[i].order < h[j].order
}

func (h timers) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *timers) Push(x any) {
	t := x.(*timer)
	t.index = len(*h)
	*h = append(*h, t)
}

func (h *timers) Pop() any {
	last := len(*h) - 1
	t := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	t.index = -1
	return t
}
