package world

import "github.com/wsbind/wsbind/core/fault"

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

// Sink takes the notifications of the Subscriptions it is attached to, such as
// a websocket. It is used as a map key: implement it by a pointer.
//
// Both methods are called with the world's lock held, in the order that counts:
// they must only enqueue and must not call the world.
type Sink interface {
	// Deliver takes a notification Bundle. Sinks share the frame: it is read-only.
	Deliver(subscription string, kind Kind, frame []byte)
	// Ended says that the Subscription delivers no more to this sink, which is
	// detached from it already: fault.UnknownSubscription when it was deleted,
	// fault.SubscriptionNotBindable when it is off (by its client or its end)
	// or entered in error.
	Ended(subscription string, code fault.Code)
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
	return nil, fault.New(fault.UnknownSubscription, "not there yet")
}

// Detach undoes Attach for the ids, or for all of the sink's when ids is nil.
// Nothing is delivered to the sink for them once it has returned.
func (w *World) Detach(sink Sink, ids []string) {}
