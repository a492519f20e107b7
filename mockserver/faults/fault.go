// Package faults says how the mock server misbehaves, and when.
//
// [Catalogue] lists every fault by name: where it strikes, what happens, and
// what it tests in a client. A [Plan] decides when one strikes:
//
//	plan.Next(faults.Spec{Fault: faults.Gap}) // the next event is lost
//	plan.Next(faults.Spec{Fault: faults.CloseAfterHand, Code: 4001, Subscription: "s1"})
//	plan.Set(faults.Spec{Fault: faults.Duplicate, Probability: 0.1}) // one in ten comes twice
//
// The server asks [Plan.Draw] at every occasion. Chance comes from a
// [draw.Source], keyed by fault and subject, so that a seed replays.
//
// Only when and which is decided here. How a fault is carried out is known to
// the part of the server that it strikes.
package faults

import "slices"

// Point is where a fault strikes.
type Point string

// The points. A fault belongs to one.
const (
	// Operation is a request for a binding token, or for what Spec.On says,
	// before it is answered.
	Operation Point = "operation"
	// Upgrade is the opening handshake of a websocket.
	Upgrade Point = "upgrade"
	// Bind is a bind frame that would succeed.
	Bind Point = "bind"
	// Attach is when a Subscription is bound, before its handshake. Change is an
	// event of a Subscription that is bound, before anybody is told.
	Attach Point = "attach"
	Change Point = "change"
	// Handshake, Heartbeat and Event are notifications of a Subscription on
	// their way to one socket.
	Handshake Point = "handshake"
	Heartbeat Point = "heartbeat"
	Event     Point = "event"
	// Frame is any text frame on its way to the network.
	Frame Point = "frame"
	// Ping is a ping of the client (RFC 6455).
	Ping Point = "ping"
)

// Layer groups faults for people.
type Layer string

// The layers, as they are listed. Legal holds what no specification forbids and
// clients get wrong all the same.
const (
	LayerOperation    Layer = "operation"
	LayerSocket       Layer = "socket"
	LayerNotification Layer = "notification"
	LayerLegal        Layer = "legal"
)

// Option is the name, in JSON, of a member of Spec that a fault reads beside those
// that say when it strikes.
type Option string

// The options.
const (
	OptionCode      Option = "code"
	OptionDelay     Option = "seconds"
	OptionParameter Option = "parameter"
	OptionOn        Option = "on"
	OptionCount     Option = "count"
)

// Fault is one way to misbehave.
type Fault struct {
	Name  string `json:"fault"`
	Layer Layer  `json:"layer"`
	Point Point  `json:"point"`
	// Does is what the server does, Tests what a client must do then.
	Does  string `json:"does"`
	Tests string `json:"tests"`
	// Options lists which options it reads.
	Options []Option `json:"options,omitempty"`
	// code and delay (seconds) and count stand in for options that are not given.
	code, delay, count int
	// rate is its probability in the profile that has it.
	rate float64
}

// Lookup finds a fault by its name.
func Lookup(name string) (Fault, bool) {
	for _, f := range catalogue {
		if f.Name == name {
			return f, true
		}
	}
	return Fault{}, false
}

// Catalogue lists every fault, by layer.
func Catalogue() []Fault { return slices.Clone(catalogue) }
