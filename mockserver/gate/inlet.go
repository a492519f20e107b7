package gate

import (
	"context"

	"github.com/wsbind/wsbind/core/bridge"
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/notification"
)

// inlet is one opening of a tap: what a connection of the FHIR server has to do with
// its feed.
type inlet struct {
	feed   *feed
	ctx    context.Context // is cancelled when it is over
	cancel context.CancelFunc

	// What follows is of the feed's goroutine, from before it has noted that this is
	// open.
	settled   bool                    // it is noted
	early     error                   // why it is over already
	held      []notification.Resource // what has happened already
	heldBytes int                     // of that
}

// event tells that something happened. It waits while the feed has much to do.
func (in *inlet) event(focus notification.Resource) {
	in.feed.post(in.feed.ctx, func() { in.feed.happen(in, focus) })
}

// lost tells that nothing more will be told.
func (in *inlet) lost(err error) {
	in.feed.post(in.feed.ctx, func() { in.feed.lose(in, err) })
}

// run does something beside, for which the relay waits when it is closed.
func (in *inlet) run(do func()) { in.feed.relay.running.Go(do) }

// attempt is what came of asking the FHIR server for a Subscription, and of opening
// its tap unless it was open.
type attempt struct {
	facts bridge.Subscription
	in    *inlet
	asked bool // the tap was
	err   error
}

// try asks the FHIR server once more, beside the feed's goroutine. All who wait get
// the answer.
func (f *feed) try() {
	if f.trying {
		return
	}
	f.trying = true
	f.retry.stop()
	a := &attempt{}
	if f.in == nil {
		a.in = &inlet{feed: f}
		a.in.ctx, a.in.cancel = context.WithCancel(f.ctx)
	}
	f.relay.running.Go(func() {
		a.facts, a.err = f.relay.subscription(f.ctx, f.id)
		if a.err == nil && a.in != nil {
			a.asked, a.err = true, f.tap.open(a.in, &a.facts)
		}
		f.post(f.ctx, func() { f.tried(a) })
	})
}

func (f *feed) tried(a *attempt) {
	f.trying = false
	if a.err == nil && !f.learn(a.facts) {
		return // those who wait do so until it is open anew
	}
	if a.in != nil {
		f.opened(a)
	}
	// A Subscription in error takes no more binds, and ends none (P§10).
	if f.bound && a.err != nil && !passing(a.err) && a.facts.Status != "error" {
		f.end(a.err, false)
		return
	}
	for _, answer := range f.waiting {
		answer <- discreet(a.err)
	}
	f.waiting = nil
	if f.bound && f.in == nil && f.ctx.Err() == nil && !f.retry.isSet() {
		if a.err != nil {
			f.missed = a.err
		}
		f.again()
	}
}

// learn takes what the FHIR server says of the Subscription. It reports false where a
// tap is open that was asked for something else.
func (f *feed) learn(facts bridge.Subscription) bool {
	old := f.facts
	f.facts = facts
	if f.in == nil || facts.Content == old.Content && facts.Criteria == old.Criteria {
		return true
	}
	f.lose(f.in, fault.New(fault.UpstreamUnavailable, "the Subscription was changed"))
	return false
}

// opened notes what came of opening the tap.
func (f *feed) opened(a *attempt) {
	if a.err == nil {
		a.err = a.in.early
	}
	if a.err != nil {
		a.in.cancel()
		name := UpstreamLost
		if fault.CodeOf(a.err) != fault.UpstreamUnavailable {
			name = UpstreamRefused
		}
		if a.asked {
			f.note(name, a.err)
		}
		f.settle(a.in)
		return
	}
	f.in, f.since = a.in, f.relay.cfg.clock.Now()
	f.live.Store(true)
	f.note(UpstreamOpened, nil)
	if f.bound {
		f.found()
	}
	f.bound = true
	f.settle(a.in)
}

// settle numbers what has happened before it was noted what came of an opening.
func (f *feed) settle(in *inlet) {
	in.settled = true
	for _, focus := range in.held {
		f.happen(in, focus)
	}
	in.held = nil
}

// found tells everybody how many events there were meanwhile.
func (f *feed) found() {
	f.patience.stop()
	count, err := f.ledger.count(f.ctx)
	if err != nil {
		f.end(err, true)
		return
	}
	f.tell(f.ledger.handshake(&f.facts, count))
	for _, s := range f.audience() {
		s.find()
	}
}
