// Package job is what the client of the benchmarks is told and what it answers: one
// JSON object a line, by its standard input and output. The peers announce themselves
// in one line too.
package job

// Order is one thing for the client to do.
type Order struct {
	Do string // connect, check, saturate, pace, requests

	// connect opens Sockets at a server of the kind Peer: wsbind, plain (the bare
	// ones, which begin to send when the opening handshake is over), nats or
	// centrifuge. Events are sent to Publish, host:port.
	Peer    string `json:",omitempty"`
	Socket  string `json:",omitempty"` // ws://HOST:PORT/PATH; not of wsbind, which tells it with the token
	Publish string `json:",omitempty"`
	FHIR    string `json:",omitempty"` // the FHIR base, of wsbind
	Sockets int    `json:",omitempty"`
	Each    int    `json:",omitempty"` // Subscriptions per socket, of wsbind
	Others  int    `json:",omitempty"` // Subscriptions that hear of nothing, bound nowhere
	Size    int    `json:",omitempty"` // of an event's payload, where the client makes it

	// saturate sends events for Seconds, or as many as Events says. The next one is
	// sent when the one Window before it is delivered to all.
	Seconds float64 `json:",omitempty"`
	Events  int     `json:",omitempty"`
	Window  int     `json:",omitempty"`

	// pace sends Rate events a second for Seconds, whether or not they arrive.
	Rate float64 `json:",omitempty"`

	// requests sends Request, over and over, on Connections to Publish for Seconds.
	// The text {subscription} in it stands for the id of the first Subscription.
	Request     string `json:",omitempty"`
	Connections int    `json:",omitempty"`
}

// Answer is what came of an Order.
type Answer struct {
	Error   string  `json:",omitempty"`
	Size    int     `json:",omitempty"` // check: bytes of the payload that brought one event
	Events  int     `json:",omitempty"` // sent, and delivered to all
	Frames  int     `json:",omitempty"` // what was delivered: Bundles, messages, publications
	Seconds float64 `json:",omitempty"` // from the first event to the last delivery
	P50     float64 `json:",omitempty"` // pace: milliseconds from when an event was due
	P99     float64 `json:",omitempty"`
	Max     float64 `json:",omitempty"`
	Count   int     `json:",omitempty"` // requests: answered by 2xx
}

// Announcement is the one line that a peer prints when it listens.
type Announcement struct {
	Socket  string // ws://HOST:PORT/PATH
	Publish string // host:port for POST /publish
	Profile string // host:port for /debug/pprof/
}
