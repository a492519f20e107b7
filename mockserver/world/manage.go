package world

import "github.com/wsbind/wsbind/core/fault"

// Emission asks for events that no change has caused.
type Emission struct {
	// Subscription (an id) or Topic (a canonical) says where: exactly one.
	// A topic means every active Subscription to it.
	Subscription string `json:"subscription,omitempty"`
	Topic        string `json:"topic,omitempty"`
	// Focus is a relative reference such as Encounter/1 to a resource that
	// exists. Where it is absent, the latest resource of a type that the
	// Subscription is about is taken.
	Focus string `json:"focus,omitempty"`
	// Interaction is create, update (the default) or delete.
	Interaction string `json:"interaction,omitempty"`
	// Count is how many events each Subscription gets; 0 means 1, at most
	// MaxEmit. They share notifications as the Subscription's max-count allows.
	Count int `json:"count,omitempty"`
}

// MaxEmit is the largest count of an Emission.
const MaxEmit = 10_000

// Emitted says which events a Subscription got.
type Emitted struct {
	Subscription string `json:"subscription"`
	First        uint64 `json:"first"`
	Last         uint64 `json:"last"`
}

// Emit makes events without a change and past every filter.
func (w *World) Emit(e Emission) ([]Emitted, error) {
	return nil, fault.New(fault.Unavailable, "not there yet")
}

// SetError puts a Subscription into the status error. Attached sinks get a
// query-status notification that says so; from then on events are counted and
// logged but not pushed, and heartbeats carry the status error.
func (w *World) SetError(id string) error {
	return fault.New(fault.NotFound, "not there yet")
}

// Reactivate makes a Subscription in error active again, as its client's update
// would. Attached sinks get a handshake, whose counter tells what they missed.
func (w *World) Reactivate(id string) error {
	return fault.New(fault.NotFound, "not there yet")
}

// State is what the management interface shows of a world.
type State struct {
	FHIR          string              `json:"fhir"`
	Base          string              `json:"base"`
	Resources     map[string]int      `json:"resources"`
	Subscriptions []SubscriptionState `json:"subscriptions"`
}

// SubscriptionState is what the management interface shows of a Subscription.
type SubscriptionState struct {
	ID       string `json:"id"`
	Status   string `json:"status"`
	Topic    string `json:"topic,omitempty"`
	Criteria string `json:"criteria,omitempty"`
	Content  string `json:"content"`
	Events   uint64 `json:"events"` // eventsSinceSubscriptionStart
	Kept     int    `json:"kept"`   // of them, how many the log holds
	Bound    int    `json:"bound"`  // attached sinks
}

// State returns a snapshot. It names no caller.
func (w *World) State() State { return State{} }
