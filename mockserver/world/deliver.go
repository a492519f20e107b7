package world

import (
	"cmp"
	"log/slog"
	"slices"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/subscription"
)

// binding is a Subscription attached to a sink. It stands in two lists, that of
// the Subscription and that of the sink, both in the order of attaching.
type binding struct {
	number uint64 // tells which came first
	sink   Sink
	s      *live
	beat   clock.Timer
	due    time.Time // of the next heartbeat; the timer may ring before
	turn   uint64    // tells the timer that counts from those that came too late
	// fresh is set by an Attach until its first delivery.
	fresh bool
}

// subscriptionErrors is HL7's code system of what may be wrong with a
// Subscription.
const subscriptionErrors = "http://terminology.hl7.org/CodeSystem/subscription-error"

// statusOf returns what a notification with an id says of a Subscription.
func (w *World) statusOf(s *live, typ notification.Type, id notification.UUID) notification.Status {
	status := notification.Status{
		ID:               id.String(),
		Type:             typ,
		Subscription:     s.url,
		State:            string(s.status),
		Topic:            s.compiled.Topic,
		EventsSinceStart: s.log.total,
	}
	if s.status == subscription.Error {
		status.Errors = []notification.Coding{{System: subscriptionErrors, Code: "no-response", Display: "No response"}}
	}
	return status
}

// bundle writes a notification; nil where that is not possible, which is a bug
// and is logged.
func (w *World) bundle(s *live, content notification.Content, status notification.Status) []byte {
	frame, err := notification.Append(make([]byte, 0, 1024), notification.Notification{
		Release: w.cfg.Release, ID: status.ID, Timestamp: w.now(), Content: content, Status: status,
	})
	if err != nil {
		w.cfg.Log.Error("a notification cannot be written", slog.String("subscription", s.id), slog.Any("error", err))
		return nil
	}
	return frame
}

// entries writes the entries of events.
func (w *World) entries(content notification.Content, events []notification.Event) []byte {
	entries, err := notification.AppendEntries([]byte{}, w.cfg.Release, content, events)
	if err != nil {
		return nil // NewShape meets the same error, which is reported
	}
	return entries
}

// push delivers one notification with the events to sinks of the Subscription.
func (w *World) push(s *live, to []*binding, events []notification.Event, faults ...string) {
	status := w.statusOf(s, notification.EventNotification, s.ids.next())
	status.Events = events
	status.EventsSinceStart = events[len(events)-1].Number
	notice := &Notice{
		Kind: Events, At: w.cfg.Clock.Now(), Frame: w.bundle(s, s.compiled.Content, status),
		Events: events, numbers: numbersOf(events), Focus: focusOf(events), Faults: faults,
	}
	w.deliver(to, &Delivery{Subject: s.subject, Notice: notice, total: [1]int64{status.EventsSinceStart}})
	notice.Events = nil
}

// pushAll delivers events in as few notifications as max-count allows: one
// each, where the Subscription has none.
func (w *World) pushAll(s *live, events []notification.Event, faults ...string) {
	if len(s.bound) == 0 {
		return
	}
	for batch := range slices.Chunk(events, max(s.compiled.MaxCount, 1)) {
		w.push(s, s.bound, batch, faults...)
	}
}

// tell delivers a notification without events to every sink.
func (w *World) tell(s *live, kind Kind, faults ...string) {
	if len(s.bound) > 0 {
		w.deliver(s.bound, w.eventless(s, kind, faults...))
	}
}

// eventless makes a handshake, a heartbeat or a change of status.
func (w *World) eventless(s *live, kind Kind, faults ...string) *Delivery {
	typ := notification.Handshake
	switch kind {
	case Heartbeat:
		typ = notification.Heartbeat
	case StatusChange:
		typ = notification.QueryStatus
	}
	return &Delivery{
		Subject: s.subject, total: [1]int64{s.log.total},
		Notice: &Notice{
			Kind: kind, At: w.cfg.Clock.Now(), Faults: faults,
			Frame: w.bundle(s, s.compiled.Content, w.statusOf(s, typ, s.ids.next())),
		},
	}
}

// deliver hands one notification to the sinks, and begins their heartbeats anew.
func (w *World) deliver(bound []*binding, d *Delivery) {
	if d.Size() == 0 {
		return
	}
	var over []Sink
	for _, b := range bound {
		if b.sink.Over() {
			continue
		}
		if b.fresh {
			first := *d // the other sinks share d
			first.Binds, b.fresh = true, false
			b.sink.Deliver(&first)
		} else {
			b.sink.Deliver(d)
		}
		if b.sink.Over() {
			over = append(over, b.sink)
			continue
		}
		w.armBeat(b)
	}
	for _, sink := range over {
		for _, b := range slices.Clone(w.bindings[sink]) {
			w.unbind(b)
		}
	}
}

// armBeat puts the next heartbeat a period off, where a period is set. Each event
// does so: the timer is left to ring when it would have, and is set again then.
func (w *World) armBeat(b *binding) {
	period := b.s.compiled.HeartbeatPeriod
	if period == 0 {
		w.disarm(b)
		return
	}
	due := w.cfg.Clock.Now().Add(period)
	if b.beat == nil || due.Before(b.due) { // or it would ring too late
		w.disarm(b)
		w.setBeat(b, due)
	}
	b.due = due
}

// setBeat sets the timer.
func (w *World) setBeat(b *binding, due time.Time) {
	turn := b.turn
	b.beat = clock.At(w.cfg.Clock, due, func() { w.atBeat(b, turn) })
}

// disarm stops the timer, also one that rings already.
func (w *World) disarm(b *binding) {
	clock.Stop(&b.beat)
	b.turn++
}

func (w *World) atBeat(b *binding, turn uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || b.turn != turn {
		return
	}
	if w.cfg.Clock.Now().Before(b.due) {
		w.setBeat(b, b.due)
		return
	}
	b.beat = nil
	w.deliver([]*binding{b}, w.eventless(b.s, Heartbeat))
}

// unbind detaches a binding from its Subscription. Its sink is not told.
func (w *World) unbind(b *binding) {
	w.disarm(b)
	b.s.bound = without(b.s.bound, b)
	if w.bindings[b.sink] = without(w.bindings[b.sink], b); len(w.bindings[b.sink]) == 0 {
		delete(w.bindings, b.sink)
	}
}

// without takes a binding out of a list, if it is there. It is found by its
// number: a list may be of ten thousand.
func without(list []*binding, b *binding) []*binding {
	i, found := slices.BinarySearchFunc(list, b.number, func(o *binding, number uint64) int { return cmp.Compare(o.number, number) })
	if !found {
		return list
	}
	return slices.Delete(list, i, i+1)
}

// unbindAll detaches every sink of a Subscription and tells them why.
func (w *World) unbindAll(s *live, code fault.Code, faults ...string) {
	all := s.bound
	s.bound = nil
	for _, b := range all {
		w.unbind(b)
		b.sink.Ended(s.id, code, faults...)
	}
}
