//go:build race

package mockserver_test

// underRace makes tests small in which little is concurrent, and the load test: the
// race detector slows them tenfold.
const underRace = true
