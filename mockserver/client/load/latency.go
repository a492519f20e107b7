package load

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/wsbind/wsbind/mockserver/clock"
)

// latency is a histogram of times, exact to a thousandth, from a microsecond to an
// hour. Longer ones count as an hour.
type latency struct{ *hdrhistogram.Histogram }

const longest = int64(time.Hour / time.Microsecond)

func newLatency() latency { return latency{hdrhistogram.New(1, longest, 3)} }

// record adds a time in nanoseconds. What is early counts as 0.
func (l latency) record(nanoseconds int64) {
	l.RecordValue(min(max(nanoseconds/int64(time.Microsecond), 0), longest))
}

// Percentiles are times in milliseconds.
type Percentiles struct {
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p999"`
	Max  float64 `json:"max"`
}

func (l latency) percentiles() Percentiles {
	at := func(q float64) float64 { return float64(l.ValueAtQuantile(q)) / 1000 }
	return Percentiles{at(50), at(90), at(99), at(99.9), float64(l.Max()) / 1000}
}

// calls is how late the requests were sent that make events, whatever became of them,
// and how long those took that were answered: both from the time each was due.
type calls struct {
	mu         sync.Mutex
	took, late latency
}

func (c *calls) sent(late int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.late.record(late)
}

func (c *calls) answered(took int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.took.record(took)
}

// shards is over how many locks the readers spread: more than a laptop has cores.
const shards = 16

// shard is what some sockets count together. Their readers hold its lock for the
// while that a frame takes.
type shard struct {
	mu      sync.Mutex
	latency latency

	frames, bytes          int64
	delivered              int64 // events that came for the first time
	lastEvent              int64 // when, on the scale of change
	handshakes, heartbeats int64
	foreign                int64 // events that are not of this run
	misdirected            int64 // events for a Subscription that must not get them
	others                 int64 // frames that are no notification
	sample                 string
	closes                 map[Close]int64

	marks, nums []int // what a frame says, while it is counted
}

// pulse measures how late this process wakes up when it asked to be woken, by a schedule
// that is as open as that of the events.
type pulse struct {
	clock clock.Clock
	mu    sync.Mutex
	late  latency
	due   time.Time // of the next beat
	timer clock.Timer
	over  bool
}

// pulsePeriod is short enough for thousands of samples in a minute.
const pulsePeriod = 10 * time.Millisecond

func newPulse(c clock.Clock) *pulse { return &pulse{clock: c, late: newLatency()} }

func (p *pulse) start() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.due = p.clock.Now().Add(pulsePeriod)
	p.arm()
}

// arm asks to be woken once. The caller holds mu.
func (p *pulse) arm() {
	p.timer = clock.At(p.clock, p.due, func() {
		now := p.clock.Now()
		p.mu.Lock()
		defer p.mu.Unlock()
		if !p.over {
			p.beat(now)
			p.arm()
		}
	})
}

// beat counts all that was due: who stood still for a second has missed a hundred, and
// one of a second would say nothing in a p99. The caller holds mu.
func (p *pulse) beat(now time.Time) {
	for ; !p.due.After(now); p.due = p.due.Add(pulsePeriod) {
		p.late.record(int64(now.Sub(p.due)))
	}
}

func (p *pulse) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	clock.Stop(&p.timer)
}
