package load

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Report says what came of a load. As JSON its members keep their names; times are
// milliseconds.
type Report struct {
	Base      string `json:"base"`
	Release   string `json:"release"`
	Dialect   string `json:"dialect"`
	Content   string `json:"content"`
	Seed      uint64 `json:"seed"`
	MatchedBy string `json:"matchedBy"` // marker, or count where frames carry none

	Sockets                int     `json:"sockets"`
	SubscriptionsPerSocket int     `json:"subscriptionsPerSocket"`
	Groups                 int     `json:"groups"`
	Events                 int     `json:"events"`
	EventsPerSecond        float64 `json:"eventsPerSecond"`
	ResourceBytes          int     `json:"resourceBytes"` // of the first Patient

	Bound struct {
		Sockets       int     `json:"sockets"`
		Subscriptions int     `json:"subscriptions"`
		DurationMs    float64 `json:"durationMs"` // from the first request to the last handshake
	} `json:"bound"`

	Requests   Requests   `json:"requests"`
	Deliveries Deliveries `json:"deliveries"`
	Frames     Frames     `json:"frames"`

	Renewals int64     `json:"renewals"`
	Closes   []Close   `json:"closes"`   // of sockets that the server, or the network, ended early
	Failures []Failure `json:"failures"` // of requests, opening handshakes and binds

	// WakeLateMs is how late this process woke up when it had asked to, a hundred
	// times a second. BehindMs is 0, or its p99 where that is 10 ms or more and at least
	// a tenth of the p99 of deliveries: the figures are then about this machine and not
	// about the server.
	WakeLateMs Percentiles `json:"wakeLateMs"`
	BehindMs   float64     `json:"behindMs"`

	Interrupted bool `json:"interrupted"` // what was under way and did not come is lost; what was not made yet is not due
}

// Requests are those that make the events.
type Requests struct {
	Sent     int `json:"sent"`
	Answered int `json:"answered"`
	Held     int `json:"held"` // had to wait, since as many as may be were under way
	// LatencyMs is from when the event was due until the answer, of those that were
	// answered by a success; LateMs until the request was sent, of all that were.
	LatencyMs Percentiles `json:"latencyMs"`
	LateMs    Percentiles `json:"lateMs"`
}

// Deliveries are events as they come to Subscriptions: an event to ten of them is ten.
type Deliveries struct {
	Due        int64 `json:"due"`
	Received   int64 `json:"received"` // each once
	Lost       int64 `json:"lost"`
	Duplicate  int64 `json:"duplicate"`
	Reordered  int64 `json:"reordered"`
	NumbersOff int64 `json:"numbersOff"` // event numbers that were not the one after the highest so far
	// Misdirected are events for a Subscription that is not bound on the socket, or
	// does not ask for them.
	Misdirected int64       `json:"misdirected"`
	LatencyMs   Percentiles `json:"latencyMs"` // from when the event was due until the frame was read
}

// Frames is everything that came over the sockets. What is per second began with the
// first event.
type Frames struct {
	Count           int64   `json:"count"`
	Bytes           int64   `json:"bytes"`      // of their text
	DurationMs      float64 `json:"durationMs"` // from when the first event was due until the last came
	FramesPerSecond float64 `json:"framesPerSecond"`
	BytesPerSecond  float64 `json:"bytesPerSecond"`
	Handshakes      int64   `json:"handshakes"`
	Heartbeats      int64   `json:"heartbeats"`
	Foreign         int64   `json:"foreign"` // events that others have made
	Other           int64   `json:"other"`   // frames that are no notification, or cut off
	OtherSample     string  `json:"otherSample,omitempty"`
}

// Close is how a socket ended. 1006 is an end without a close frame, and the reason
// then what the network says.
type Close struct {
	Code   int    `json:"code"`
	Reason string `json:"reason"`
	Count  int64  `json:"count"`
}

// Failure is a call that did not do what it should.
type Failure struct {
	Call   string `json:"call"`
	Status int    `json:"status"` // of HTTP, 0 where there was no answer
	Code   string `json:"code"`   // of the OperationOutcome, or why there was no answer
	Count  int64  `json:"count"`
}

// Good reports whether everything came, once and in order, and nothing was refused.
func (r *Report) Good() bool {
	d := r.Deliveries
	return d.Lost+d.Duplicate+d.Reordered+d.NumbersOff+d.Misdirected+r.Frames.Other == 0 &&
		len(r.Closes) == 0 && len(r.Failures) == 0 && !r.Interrupted
}

// maxKinds bounds how many kinds of failures, and of closes, are told apart.
const maxKinds = 100

// failures counts each kind; its keys have no count.
type failures map[Failure]int64

func (f failures) add(one Failure) {
	if _, known := f[one]; !known && len(f) >= maxKinds {
		one = Failure{Call: one.Call, Code: "others"}
	}
	f[one]++
}

// behind tells whether the lateness of this process spoils the figures: it is long,
// and no small part of what was measured.
func behind(late, measured Percentiles) bool {
	const long, part = 10, 0.1
	return late.P99 >= long && late.P99 >= part*measured.P99
}

// report reads everything, when nothing goes on any more.
func (r *run) report(interrupted bool) Report {
	c := r.config
	out := Report{
		Base: c.Base, Release: r.server.release.String(), Dialect: c.Dialect, Content: c.Content, Seed: c.Seed, MatchedBy: "count",
		Sockets: c.Sockets, SubscriptionsPerSocket: c.Subscriptions, Groups: c.Groups, Events: c.Events, EventsPerSecond: c.Rate,
		ResourceBytes: len(r.patient(nil, 0)), Renewals: r.renewed.Load(), Closes: []Close{}, Failures: []Failure{},
		WakeLateMs: r.pulse.late.percentiles(), Interrupted: interrupted,
	}
	if r.marked() {
		out.MatchedBy = "marker"
	}
	out.Bound.Sockets, out.Bound.Subscriptions = len(r.sockets), len(r.sockets)*c.Subscriptions
	out.Bound.DurationMs = ms(r.bound)
	out.Requests = Requests{
		Sent: int(r.asked.Load()), Answered: r.answeredEvents(), Held: r.held,
		LatencyMs: r.calls.took.percentiles(), LateMs: r.calls.late.percentiles(),
	}
	r.addDeliveries(&out.Deliveries)
	r.addFrames(&out)
	if behind(out.WakeLateMs, out.Deliveries.LatencyMs) {
		out.BehindMs = out.WakeLateMs.P99
	}
	for f, n := range r.failures {
		f.Count = n
		out.Failures = append(out.Failures, f)
	}
	slices.SortFunc(out.Failures, func(a, b Failure) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Call, b.Call), cmp.Compare(a.Status, b.Status), cmp.Compare(a.Code, b.Code))
	})
	return out
}

// addDeliveries adds up the Subscriptions.
func (r *run) addDeliveries(d *Deliveries) {
	answered := r.answeredByGroup()
	for _, s := range r.sockets {
		for _, t := range s.subs {
			d.Due += answered[t.group]
			d.Received += int64(t.arrived)
			d.Lost += r.lost(t, answered[t.group])
			d.Duplicate += int64(t.duplicate)
			d.Reordered += int64(t.reordered)
			d.NumbersOff += int64(t.numbersOff)
		}
	}
}

// lost counts the events of a Subscription whose requests were answered and that did
// not come. Those that came although their request failed are no substitute, where
// they can be told apart.
func (r *run) lost(t *tally, answered int64) int64 {
	if !r.marked() || answered == int64(inGroup(len(r.changes), t.group, r.config.Groups)) {
		return max(answered-int64(t.arrived), 0)
	}
	var n int64
	for k := t.group; k < len(r.changes); k += r.config.Groups {
		if r.changes[k].answered.Load() != 0 && !t.has(k/r.config.Groups) {
			n++
		}
	}
	return n
}

// addFrames adds up the shards.
func (r *run) addFrames(out *Report) {
	all, f, closes := newLatency(), &out.Frames, map[Close]int64{}
	var last int64
	for i := range r.shards {
		s := &r.shards[i]
		all.Merge(s.latency.Histogram)
		f.Count += s.frames
		f.Bytes += s.bytes
		f.Handshakes += s.handshakes
		f.Heartbeats += s.heartbeats
		f.Foreign += s.foreign
		f.Other += s.others
		f.OtherSample = cmp.Or(f.OtherSample, s.sample)
		out.Deliveries.Misdirected += s.misdirected
		last = max(last, s.lastEvent)
		for c, n := range s.closes {
			closes[c] += n
		}
	}
	out.Deliveries.LatencyMs = all.percentiles()
	if took := time.Duration(last - r.begin.Load()); last > 0 && took > 0 {
		f.DurationMs = ms(took)
		f.FramesPerSecond = float64(f.Count-r.framesBefore) / took.Seconds()
		f.BytesPerSecond = float64(f.Bytes-r.bytesBefore) / took.Seconds()
	}
	for _, c := range slices.SortedFunc(maps.Keys(closes), func(a, b Close) int {
		return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.Reason, b.Reason))
	}) {
		out.Closes = append(out.Closes, Close{c.Code, c.Reason, closes[c]})
	}
}

// answeredByGroup returns how many events of each group happened for sure.
func (r *run) answeredByGroup() []int64 {
	n := make([]int64, r.config.Groups)
	for k := range r.changes {
		if r.changes[k].answered.Load() != 0 {
			n[k%len(n)]++
		}
	}
	return n
}

func (r *run) answeredEvents() (sum int) {
	for _, n := range r.answeredByGroup() {
		sum += int(n)
	}
	return sum
}

// expected returns how many deliveries are due.
func (r *run) expected() (sum int64) {
	answered := r.answeredByGroup()
	for _, s := range r.sockets {
		for _, t := range s.subs {
			sum += answered[t.group]
		}
	}
	return sum
}

// delivered returns how many deliveries there were, and when the last one was.
func (r *run) delivered() (n, last int64) {
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		n += s.delivered
		last = max(last, s.lastEvent)
		s.mu.Unlock()
	}
	return n, last
}

// countBefore notes what came before the first event.
func (r *run) countBefore() {
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		r.framesBefore += s.frames
		r.bytesBefore += s.bytes
		s.mu.Unlock()
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
