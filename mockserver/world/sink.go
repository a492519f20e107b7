package world

import (
	"slices"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/mockserver/subscription"
)

// Kind tells notifications apart.
type Kind uint8

// The kinds of notification that are pushed.
const (
	Handshake Kind = iota + 1
	Heartbeat
	Events
	// StatusChange is the query-status notification that says that the
	// Subscription is in error now.
	StatusChange
)

// String returns FHIR's code for the type of notification.
func (k Kind) String() string {
	switch k {
	case Handshake:
		return "handshake"
	case Heartbeat:
		return "heartbeat"
	case Events:
		return "event-notification"
	case StatusChange:
		return "query-status"
	}
	return "invalid-kind"
}

// Delivery is one notification on its way to sinks. One event makes thousands, so
// that what they have in common is not in each of them.
type Delivery struct {
	*Subject
	*Notice
	// Binds marks the first delivery that an Attach causes: from it on the
	// Subscription is bound. As a rule that is the handshake.
	Binds bool
	id    notification.UUID
	// total is eventsSinceSubscriptionStart, which is the number of the last event as
	// well. It is an array to be a list of numbers.
	total [1]int64
}

// Subject is the Subscription that a delivery is about.
type Subject struct {
	Subscription string
	Named        []string // the same as a list, to be shared with journal.Entry
	ref          notification.Reference
}

// Notice is what deliveries of one kind and moment have in common, of one Subscription
// or of many.
type Notice struct {
	Kind Kind
	At   time.Time // when it came about
	// Events are what it tells of, whatever the content level; for numbers see
	// Delivery.Numbers. They are lent to Sink.Deliver: queues and the journal hold on to
	// deliveries, and must not hold on to resources.
	Events []notification.Event
	Focus  []string // Type/ID of each of them that has a focus
	Faults []string // those that made it what it is
	// Frame is the Bundle where it is written already. Where it is nil Append writes
	// it: most need not be in memory before they are on their way.
	Frame   []byte
	shape   *notification.Shape
	numbers []int64 // of several events
}

// Numbers lists the numbers of the events. It is not to be changed.
func (d *Delivery) Numbers() []int64 {
	switch {
	case d.numbers != nil:
		return d.numbers
	case d.Kind == Events:
		return d.total[:]
	}
	return nil
}

// Total returns where eventsSinceSubscriptionStart stands, which is not to be changed.
func (d *Delivery) Total() *int64 { return &d.total[0] }

// fill is what the Bundle has of its own.
func (d *Delivery) fill() notification.Fill {
	return notification.Fill{ID: d.id, Subscription: d.ref, Number: d.total[0]}
}

// Append appends the Bundle to dst and returns the result.
func (d *Delivery) Append(dst []byte) []byte {
	if d.shape != nil {
		return d.shape.Append(dst, d.fill())
	}
	return append(dst, d.Frame...)
}

// Size returns the length of the Bundle in bytes.
func (d *Delivery) Size() int {
	if d.shape != nil {
		return d.shape.Size(d.fill())
	}
	return len(d.Frame)
}

// Bundle returns the Bundle, which is not to be changed.
func (d *Delivery) Bundle() []byte {
	if d.shape != nil {
		return d.Append(make([]byte, 0, d.Size()))
	}
	return d.Frame
}

// Sink takes the notifications of the Subscriptions it is attached to, such as
// a websocket. It is used as a map key: implement it by a pointer.
//
// Its methods are called with the world's lock held, in the order that counts:
// they must only enqueue and must not call the world.
type Sink interface {
	// Deliver takes a notification. Sinks share it: it is read-only.
	Deliver(d *Delivery)
	// Ended says that the Subscription delivers no more to this sink, which is
	// detached from it already: fault.UnknownSubscription when it was deleted,
	// fault.SubscriptionNotBindable when it is off (by its client or its end)
	// or entered in error. Faults are those that made it so.
	Ended(subscription string, code fault.Code, faults ...string)
	// Over reports whether the sink takes nothing more: it is detached from
	// everything then, before the call that delivered to it returns.
	Over() bool
}

// Attach binds the sink to the caller's Subscriptions: the handshake of each
// goes out at once, in the order given, and then its notifications. Attaching
// again sends the handshake again, and loses and repeats nothing.
//
// Ids that cannot be bound (unknown, foreign, deleted, off or in error) do not
// keep the others from being attached. The error, a *fault.Error about the
// first of them, is returned only when none was attached:
// fault.UnknownSubscription or fault.SubscriptionNotBindable.
//
// A sink that stays attached to a Subscription in error is still told when it
// is active again.
func (w *World) Attach(sink Sink, caller string, ids []string) (attached []string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	done := map[string]bool{}
	for _, id := range ids {
		if done[id] {
			continue
		}
		s, refused := w.bindable(caller, id)
		switch {
		case w.closed:
			refused = fault.New(fault.GoingAway, "the server is going away")
		case sink.Over(): // since the handshake before this one
		case refused == nil:
			w.attach(sink, s)
			attached, done[id] = append(attached, id), true
		}
		if refused != nil && err == nil {
			err = refused
		}
	}
	if len(attached) > 0 {
		return attached, nil
	}
	return nil, err
}

// bindable returns the caller's Subscription if it is active, or a
// *fault.Error that says why it cannot be bound.
func (w *World) bindable(caller, id string) (*live, error) {
	s := w.live[id]
	if s == nil || s.owner != caller {
		return nil, fault.New(fault.UnknownSubscription, "there is no Subscription "+fault.Quote(id))
	}
	if s.status != subscription.Active {
		return nil, fault.New(fault.SubscriptionNotBindable, "Subscription "+id+" has the status "+string(s.status)+": update it with the status requested first")
	}
	return s, nil
}

func (w *World) attach(sink Sink, s *live) {
	b := w.binding(sink, s)
	if b == nil {
		w.attached++
		b = &binding{number: w.attached, sink: sink, s: s}
		s.bound = append(s.bound, b)
		w.bindings[sink] = append(w.bindings[sink], b)
	}
	b.fresh = true
	w.welcome(s, b)
}

// binding returns the binding of a sink to a Subscription, or nil. It looks
// through the shorter list: where one is long, the other rarely is.
func (w *World) binding(sink Sink, s *live) *binding {
	list := s.bound
	if own := w.bindings[sink]; len(own) < len(list) {
		list = own
	}
	for _, b := range list {
		if b.sink == sink && b.s == s {
			return b
		}
	}
	return nil
}

// Detach undoes Attach for the ids, or for all of the sink's when ids is nil.
// Nothing is delivered to the sink for them once it has returned.
func (w *World) Detach(sink Sink, ids []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	asked := map[string]bool{}
	for _, id := range ids {
		asked[id] = true
	}
	for _, b := range slices.Clone(w.bindings[sink]) {
		if ids == nil || asked[b.s.id] {
			w.unbind(b)
		}
	}
}

// Owner names the caller whose Subscription has an id: the dialect legacy binds
// without a token.
func (w *World) Owner(id string) (caller string, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if s := w.live[id]; s != nil {
		return s.owner, true
	}
	return "", false
}
