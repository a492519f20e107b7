//go:build race

package host_test

// underRace leaves out all kinds of engine but one: the race detector slows
// wazero tenfold.
const underRace = true
