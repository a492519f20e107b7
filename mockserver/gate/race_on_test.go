//go:build race

package gate_test

// underRace says that the race detector watches: everything takes ten times as long.
const underRace = true
