// Package gate is the native twin of the package's wsbind/edge: it answers
// $get-ws-binding-token in front of a FHIR server and guards its websocket. What it
// does is written down in wasm/js/EDGE.md, and one suite of tests is run against both.
//
// [Run] listens and serves; [New] returns a handler for a server of one's own, and
// [Start] a gate for a test:
//
//	g, err := gate.Run(gate.Config{
//		Upstream: gate.Upstream{Base: "https://fhir.internal/R4", Headers: credential},
//		Key:      jwk, PublicURL: "https://gate.example",
//	})
//	defer g.Close()
//
// # What it promises
//
// Nothing that a client sends on its websocket reaches the FHIR server before a token
// was verified that this gate, or whoever holds one of its keys, has issued. Whose
// Subscriptions a token is for, the FHIR server has said, asked with the caller's own
// credential; the gate's own goes to the FHIR server and nowhere else, and neither is
// in an event, a log or an answer.
//
// Everything is bounded: sockets, what waits on each, what is read of the FHIR server,
// and how long anything is waited for. What cannot be decided is refused.
//
// # What passes
//
// Requests below the FHIR base that are no operation of the gate's pass as they are,
// with the client's credential; a websocket never does. What a server writes about
// itself into answers is its own to get right, by its configuration: the gate
// translates Location and Content-Location, and tells it what clients see by
// X-Forwarded-Host, -Proto and -Prefix. Operations within a batch are not seen.
//
// # Time
//
// Dates and timers are [Config.Clock]'s. Timeouts of single exchanges, which guard
// against a peer that is gone, are measured in wall time.
package gate

import "errors"

// ErrNoWatch is what a store returns that cannot tell of revocations by itself.
var ErrNoWatch = errors.New("the store does not tell of revocations by itself")
