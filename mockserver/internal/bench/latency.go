//go:build linux

package main

import (
	"fmt"

	"github.com/wsbind/wsbind/mockserver/internal/bench/job"
)

// latency compares how late events are where the server is half busy: both get the
// same events, half as many as the slower of the two can deliver.
func (b *bench) latency() ([]result, error) {
	way, err := b.fastest("bare", window)
	if err != nil {
		return nil, err
	}
	ours, theirs, err := b.startBoth("bare", way, job.Order{Sockets: b.many})
	if err != nil {
		return nil, err
	}
	defer b.close(ours)
	defer b.close(theirs)
	a, z, err := alternate(b, ours, theirs, func(s *side) (sample, error) { return s.saturate(job.Order{Seconds: b.seconds}) })
	if err != nil {
		return nil, err
	}
	events := func(s sample) float64 { return s.events }
	rate := min(median(each(a, events)), median(each(z, events))) / 2
	b.say("  saturated at %s and %s events/s, measured at %s", short(median(each(a, events))), short(median(each(z, events))), short(rate))
	c, d, err := alternate(b, ours, theirs, func(s *side) (job.Answer, error) {
		return s.order(job.Order{Do: "pace", Rate: rate, Seconds: max(4*b.seconds, 4/rate)})
	})
	if err != nil {
		return nil, err
	}
	p99 := func(a job.Answer) float64 { return a.P99 }
	p50 := func(a job.Answer) float64 { return a.P50 }
	return []result{{row: rowLatency, value: median(ratios(each(c, p99), each(d, p99))),
		figures: fmt.Sprintf("%s events/s: p99 %s and %s ms, p50 %s and %s ms", short(rate),
			short(median(each(c, p99))), short(median(each(d, p99))), short(median(each(c, p50))), short(median(each(d, p50))))}}, nil
}
