package main

import (
	"fmt"
	"slices"
)

// What counts as growth. Between two moments at which the server has the same to hold,
// with all seats on their sockets or with none, memory may grow by what it remembers on
// purpose and within bounds that a run does not reach. The texts of the journal and the
// facts that verdicts rest on are told by /metrics and taken off. What else is
// remembered of a socket and its token, for the journal to name them and for verdicts,
// was measured as 400 to 900 bytes, most at the beginning. The rest is noise, of slices
// that grow in steps, or a leak.
const (
	spareGoroutines = 6       // of idle HTTP connections, and of timers on their way
	spareFiles      = 6       // likewise
	spareHeap       = 500_000 // bytes
	spareResident   = 16_000_000
	perFact         = 200 // bytes: 144 for each place of a ring that doubles, and what some have besides
	perJoin         = 700
	perToken        = 100
	perEvent        = 20
	perJoinAnew     = 50 // where a reset has all of that forgotten
	leastMoments    = 6  // below it nothing is judged
)

// growth is what a number did between two parts of a run.
type growth struct {
	what     string
	from, to float64
	allowed  float64
	meaning  string
}

func (g growth) String() string {
	return fmt.Sprintf("%s %+.0f kB (%.0f → %.0f, %s; up to %+.0f kB is none)", g.what, (g.to-g.from)/1000, g.from/1000, g.to/1000, g.meaning, g.allowed/1000)
}

// judgeMemory compares the medians of the last third of the moments with those of the
// first one, the very first moment left out: no single one, and no start, has a say.
func judgeMemory(where string, moments []sample) (found []growth, bad error) {
	if len(moments) < leastMoments {
		return nil, nil
	}
	third := len(moments) / 3
	first, last := moments[1:1+third], moments[len(moments)-third:]
	between := func(value func(sample) float64) float64 { return median(last, value) - median(first, value) }
	joins := between(func(s sample) float64 { return s.joins })
	tokens := between(func(s sample) float64 { return s.tokens })
	events := between(func(s sample) float64 { return s.events })
	live := between(func(s sample) float64 { return s.live })
	for _, one := range []struct {
		what    string
		allowed float64
		value   func(sample) float64
	}{
		{"live heap", spareHeap + perJoin*joins + perToken*tokens + perEvent*events, func(s sample) float64 { return s.heap }},
		// The collector lets garbage grow as large as what is alive, and pages are given back late.
		{"resident memory", spareResident + 2.5*max(live, 0), func(s sample) float64 { return s.resident }},
	} {
		g := growth{
			what: one.what + " " + where, from: median(first, one.value), to: median(last, one.value), allowed: one.allowed,
			meaning: fmt.Sprintf("while %.0f sockets joined, %.0f tokens were issued, %.0f events made", joins, tokens, events),
		}
		found = append(found, g)
		if g.to-g.from > g.allowed && bad == nil {
			bad = fmt.Errorf("memory grows: %v", g)
		}
	}
	return found, bad
}

// judgeRest compares what is open while nobody is there with what was at the start.
func judgeRest(start, now sample) error {
	switch {
	case now.sockets > start.sockets:
		return fmt.Errorf("websockets are left: %.0f are open and nobody is there", now.sockets)
	case now.goroutines > start.goroutines+spareGoroutines:
		return fmt.Errorf("goroutines grow: %.0f at the start, %.0f now that nobody is there, after %.0f sockets", start.goroutines, now.goroutines, now.joins)
	case now.files > start.files+spareFiles:
		return fmt.Errorf("open file descriptors grow: %.0f at the start, %.0f now that nobody is there, after %.0f sockets", start.files, now.files, now.joins)
	}
	return nil
}

// judgeReset compares what is alive after a reset at the end with the same at the start:
// nothing that a tenant keeps is left then, so that little is excused.
func judgeReset(start, end sample) (growth, error) {
	g := growth{
		what: "live heap after a reset", from: start.heap, to: end.heap, allowed: spareHeap + perJoinAnew*end.joins,
		meaning: fmt.Sprintf("while %.0f sockets joined", end.joins),
	}
	if g.to-g.from > g.allowed {
		return g, fmt.Errorf("memory outlasts a reset: %v", g)
	}
	return g, nil
}

func median(list []sample, value func(sample) float64) float64 {
	var values []float64
	for _, s := range list {
		values = append(values, value(s))
	}
	slices.Sort(values)
	if n := len(values); n%2 == 0 {
		return (values[n/2-1] + values[n/2]) / 2
	}
	return values[len(values)/2]
}
