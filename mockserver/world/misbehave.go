package world

import (
	"slices"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/subscription"
)

// What is here is the part of the faults that needs the world: events that
// happen, and the order in which they are told. It all happens before the call
// that caused it returns, so that a seed replays.

// draw asks whether a fault strikes a Subscription.
func (w *World) draw(point faults.Point, s *live) (faults.Injection, bool) {
	if w.cfg.Faults == nil || !w.cfg.Faults.Armed() {
		return faults.Injection{}, false
	}
	return w.cfg.Faults.Draw(faults.Occasion{
		Point: point, FHIR: w.cfg.Release.String(), Caller: s.owner, Subscription: s.id,
	}, nil)
}

// befall tells of the event of a change that was added to the log, in the way that
// the faults want it.
func (w *World) befall(s *live, t *tiding, number int64, shared *sharing) {
	if strike, struck := w.draw(faults.Change, s); struck {
		w.suffer(s, []notification.Event{numbered(t.of.event, number)}, strike)
		return
	}
	if d := shared.delivery(s, t, number); d != nil {
		w.deliver(s.bound, d)
	}
}

// occur tells of events that no change has made, likewise.
func (w *World) occur(s *live, list []notification.Event) {
	if s.status != subscription.Active || len(s.bound) == 0 {
		return
	}
	if strike, struck := w.draw(faults.Change, s); struck {
		w.suffer(s, list, strike)
		return
	}
	w.pushAll(s, list)
}

// suffer tells of events as a fault wants it.
func (w *World) suffer(s *live, list []notification.Event, strike faults.Injection) {
	switch {
	case strike.Fault == faults.StatusError:
		w.fail(s, strike.Fault)
	case strike.Fault == faults.StatusOff:
		w.setStatus(s, subscription.Off)
		w.armEnd(s) // which stops the timer
		w.unbindAll(s, fault.SubscriptionNotBindable, strike.Fault)
	case strike.Fault == faults.Burst:
		w.pushAll(s, slices.Concat(list, w.more(s, list, strike.Count)), strike.Fault)
	case strike.Fault == faults.SeveralEvents:
		w.pushTogether(s, slices.Concat(list, w.more(s, list, strike.Count-1)), strike.Fault)
	}
}

// more adds events that are like the last of a list.
func (w *World) more(s *live, list []notification.Event, count int) []notification.Event {
	var added []notification.Event
	last := list[len(list)-1] // a copy: the log keeps it, and would keep the list
	for range min(max(count, 1), MaxEmit) {
		added = append(added, numbered(&last, s.log.add(&last)))
	}
	return added
}

// pushTogether delivers events in one notification, or in as few as a max-count
// of the Subscription allows.
func (w *World) pushTogether(s *live, list []notification.Event, faults ...string) {
	if s.compiled.MaxCount > 0 {
		w.pushAll(s, list, faults...)
		return
	}
	w.push(s, s.bound, list, faults...)
}

// welcome tells a sink that it is attached: by a handshake, and by what the
// faults want before and after it.
func (w *World) welcome(s *live, b *binding) {
	to := []*binding{b}
	strike, _ := w.draw(faults.Attach, s)
	switch strike.Fault {
	case faults.EarlyEvent:
		w.happen(s, strike.Fault)
	case faults.EarlyHeartbeat:
		w.deliver(to, w.eventless(s, Heartbeat, strike.Fault))
	}
	handshake := w.eventless(s, Handshake)
	w.deliver(to, handshake)
	switch strike.Fault {
	case faults.PromptEvent:
		w.happen(s, strike.Fault)
	case faults.PromptHeartbeat:
		w.deliver(to, w.eventless(s, Heartbeat, strike.Fault))
	case faults.RepeatedHandshake:
		again, notice := *handshake, *handshake.Notice
		again.Notice, notice.Faults = &notice, []string{strike.Fault}
		w.deliver(to, &again)
	}
}

// happen makes an event of a Subscription that no change has caused.
func (w *World) happen(s *live, faults ...string) {
	e, err := w.emission(s, Emission{})
	if err != nil {
		return // only a focus that is named can be wrong
	}
	w.push(s, s.bound, []notification.Event{numbered(&e, s.log.add(&e))}, faults...)
}
