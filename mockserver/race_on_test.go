//go:build race

package mockserver_test

// underRace makes the load test small: the race detector slows it tenfold.
const underRace = true
