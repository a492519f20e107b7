package gate

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wsbind/wsbind/core/bridge"
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/notification"
)

// feed is a Subscription of the FHIR server as long as somebody is bound to it. All
// who are get the same notifications with the same numbers, from its one goroutine.
type feed struct {
	id      string
	relay   *relay
	tap     tap
	holders int             // guarded by relay.mu
	ctx     context.Context // is cancelled, with a cause, when the feed is over
	cancel  context.CancelCauseFunc
	calls   chan func() // what its goroutine is to do next
	live    atomic.Bool // the FHIR server is connected

	mu     sync.Mutex
	joined []*share // who is told; never changed in place

	// What follows is the goroutine's.
	ledger    ledger
	facts     bridge.Subscription
	in        *inlet // while live
	bound     bool   // it was live before
	trying    bool
	attempts  int            // since the FHIR server was lost
	since     time.Time      // since when it is there
	deadline  time.Time      // until when it is waited for
	missed    error          // why it is not back yet
	waiting   []chan<- error // who wants to know whether it can be bound now
	heartbeat alarm
	patience  alarm
	retry     alarm
}

// queued is how many things may wait for a feed: whoever brings more waits as well.
const queued = 16

// stableAfter is how long a server has to be back to have come back.
const stableAfter = 10 * time.Second

func newFeed(r *relay, id string) *feed {
	f := &feed{id: id, relay: r, tap: r.dialect.tap(id), ledger: newLedger(r.cfg, id), calls: make(chan func(), queued)}
	f.ctx, f.cancel = context.WithCancelCause(context.Background())
	return f
}

func (f *feed) run() {
	defer func() {
		f.heartbeat.stop()
		f.patience.stop()
		f.retry.stop()
	}()
	for f.ctx.Err() == nil {
		select {
		case do := <-f.calls:
			do()
		case <-f.ctx.Done():
		}
	}
}

// post has something done by the feed's goroutine, unless ctx or the feed is over
// first.
func (f *feed) post(ctx context.Context, do func()) {
	select {
	case f.calls <- do:
	case <-ctx.Done():
	case <-f.ctx.Done():
	}
}

// await posts what answers, and returns the answer.
func (f *feed) await(ctx context.Context, ask func(answer chan<- error)) error {
	answer := make(chan error, 1)
	f.post(ctx, func() { ask(answer) })
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-f.ctx.Done():
		return context.Cause(f.ctx)
	}
}

// ready returns when the Subscription may be bound now and its events come in: the
// FHIR server is asked each time.
func (f *feed) ready(ctx context.Context) error {
	return f.await(ctx, func(answer chan<- error) {
		f.waiting = append(f.waiting, answer)
		f.try()
	})
}

// join has a share told of all that comes from now on, and gives it its handshake.
func (f *feed) join(ctx context.Context, s *share) error {
	return f.await(ctx, func(answer chan<- error) {
		count, err := f.ledger.count(f.ctx)
		var frame []byte
		if err == nil {
			frame, err = f.ledger.handshake(&f.facts, count)
		}
		if err == nil && s.joins(frame) {
			f.mu.Lock()
			if !slices.Contains(f.joined, s) {
				f.joined = append(slices.Clone(f.joined), s)
			}
			f.mu.Unlock()
			if !f.heartbeat.isSet() {
				f.rest()
			}
		}
		answer <- err
	})
}

// part has a share told no more.
func (f *feed) part(s *share) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.joined = slices.DeleteFunc(slices.Clone(f.joined), func(other *share) bool { return other == s })
}

func (f *feed) audience() []*share {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.joined
}

// happen takes an event. What comes before it is noted that the inlet is open has its
// number behind the handshakes that tell of that; what comes when the inlet is over
// has happened all the same.
func (f *feed) happen(in *inlet, focus notification.Resource) {
	switch {
	case in.settled && f.bound:
		f.number(focus)
	case in.settled: // nobody is bound
	case len(in.held) < maxHeld && in.heldBytes+len(focus.Body) <= heldFrames*f.relay.cfg.maxBytes:
		in.held = append(in.held, focus)
		in.heldBytes += len(focus.Body)
	default:
		in.early = fault.New(fault.UpstreamUnavailable, "the FHIR server sends more events than can be kept before its bind is answered")
	}
}

// number gives an event its number, and tells it.
func (f *feed) number(focus notification.Resource) {
	if f.ctx.Err() != nil {
		return
	}
	n, err := f.ledger.next(f.ctx)
	if err != nil {
		f.end(err, true) // no event without its number
		return
	}
	f.tell(f.ledger.event(&f.facts, n, focus))
}

// tell gives everybody a notification. One that cannot be written is missing: the
// number of the next says so.
func (f *feed) tell(frame []byte, err error) {
	f.rest()
	if err != nil {
		f.note(NotificationRefused, err)
		return
	}
	for _, s := range f.audience() {
		s.give(frame)
	}
}

// rest begins the period of the heartbeat anew.
func (f *feed) rest() {
	if period := f.facts.HeartbeatPeriod; period > 0 && f.live.Load() {
		f.alarm(&f.heartbeat, period, func() { f.tell(f.ledger.heartbeat(&f.facts)) })
		return
	}
	f.heartbeat.stop()
}

// lose notes that what was opened is over, and begins to have it back.
func (f *feed) lose(in *inlet, err error) {
	if f.in != in {
		in.early = err // before it was noted that it is open
		return
	}
	f.live.Store(false)
	f.in, f.missed = nil, err
	in.cancel()
	f.heartbeat.stop()
	f.note(UpstreamLost, err)
	f.wait()
	for _, s := range f.audience() {
		s.lose(fault.UpstreamUnavailable)
	}
}

// wait begins to wait for the FHIR server; or goes on, where it was not there for
// long since it was waited for.
func (f *feed) wait() {
	now := f.relay.cfg.clock.Now()
	if f.deadline.IsZero() || now.Sub(f.since) >= stableAfter {
		f.attempts, f.deadline = 0, now.Add(f.relay.cfg.patience)
	}
	f.alarm(&f.patience, f.deadline.Sub(now), func() { f.end(f.missed, false) })
	f.again()
}

// again tries once more after a while.
func (f *feed) again() {
	f.alarm(&f.retry, f.relay.cfg.pause(f.attempts), f.try)
	f.attempts++
}

// end ends the feed for everybody; and, if all is set, whatever else they have.
func (f *feed) end(err error, all bool) {
	if f.ctx.Err() != nil {
		return
	}
	err = discreet(err)
	f.relay.forget(f)
	f.cancel(err)
	for _, s := range f.audience() {
		s.end(err, all)
	}
}

// note tells the operator.
func (f *feed) note(name EventName, err error) {
	e := Event{Name: name, Subscriptions: []string{f.id}}
	if err != nil {
		e.Code, e.Detail = fault.CodeOf(err), fault.DetailOf(err)
	}
	f.relay.cfg.observe(e)
}

// alarm has the feed's goroutine do something after a while, unless the alarm is set
// anew or stopped before.
func (f *feed) alarm(a *alarm, d time.Duration, do func()) {
	a.stop()
	set := a.set
	a.timer = f.relay.cfg.clock.AfterFunc(d, func() {
		f.post(f.ctx, func() {
			if a.set == set {
				a.stop()
				do()
			}
		})
	})
}
