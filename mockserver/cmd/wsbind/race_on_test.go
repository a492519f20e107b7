//go:build race

package main

// underRace runs the scripts natively only: the race detector makes starting a
// module slow, and it is tested under it in wasm/host.
const underRace = true
