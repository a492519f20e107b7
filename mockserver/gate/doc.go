// Package gate is the native twin of the package's wsbind/edge: it answers
// $get-ws-binding-token in front of a FHIR server and guards its websocket.
// What it does is written down in wasm/js/EDGE.md.
package gate

import "errors"

// ErrNoWatch is what a store returns that cannot tell of revocations by itself.
var ErrNoWatch = errors.New("the store does not tell of revocations by itself")
