package load

import (
	"strconv"
	"sync/atomic"
	"time"
)

// change is one event to be: a Patient that is made. Times are nanoseconds since the
// run began, plus one, so that 0 means not yet.
type change struct {
	sent, answered atomic.Int64
	id             string // what a server called it that was asked by POST
}

// dueAt returns when an event is due, since the first.
func dueAt(k int, rate float64) time.Duration {
	return time.Duration(float64(k) / rate * float64(time.Second))
}

// inGroup returns how many of the first n events are of a group.
func inGroup(n, group, groups int) int { return (n - group + groups - 1) / groups }

// names are what a run calls its resources: drawn from the seed, so that runs can
// be told apart, and no name is the beginning of another.
type names struct{ run string }

// markerSystem is the system of the identifiers of a run.
const markerSystem = "urn:wsbind:load"

// prefix begins the marker of every event.
func (n names) prefix() string { return "wl" + n.run + "-" }

func (n names) event(k int) string { return n.prefix() + strconv.Itoa(k) }

// group is an identifier of all events of a group.
func (n names) group(g int) string { return "wl" + n.run + "g" + strconv.Itoa(g) }
