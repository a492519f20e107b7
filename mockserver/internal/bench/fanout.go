//go:build linux

package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/wsbind/wsbind/mockserver/internal/bench/job"
)

// window is how many events are on their way at once, to every peer alike: with one, a
// server stands still between events; with many, whoever waits to put several messages
// into one write is measured, not the fan-out. Several frames may wait for a socket all
// the same, and some servers write those by one call; with a window of single, none does.
const (
	window = 4
	single = 1
)

// sample is one round of one side.
type sample struct {
	rate   float64 // frames delivered a second
	events float64 // events a second
	cpu    float64 // microseconds of the server's processor time per frame
	client float64 // and of the client's
}

// saturate has a side deliver as much as it can.
func (s *side) saturate(o job.Order) (sample, error) {
	o.Do = "saturate"
	if o.Window == 0 {
		o.Window = window
	}
	server, client := s.server.busy(), s.client.busy()
	a, err := s.order(o)
	if err != nil {
		return sample{}, err
	}
	per := 1e6 / float64(a.Frames)
	return sample{float64(a.Frames) / a.Seconds, float64(a.Events) / a.Seconds,
		(s.server.busy() - server) * per, (s.client.busy() - client) * per}, nil
}

// order has the side's client do something.
func (s *side) order(o job.Order) (job.Answer, error) {
	a, err := s.client.order(o)
	if err != nil {
		return a, fmt.Errorf("%s: %w%s", filepath.Base(s.server.Path), err, logged(s.server))
	}
	s.sent += a.Events
	return a, nil
}

// ways are those in which a peer can do it, of which the fastest is compared with.
var ways = map[string][]string{
	"bare":       {"loop", "workers", "writers"},
	"tcp":        {"loop", "workers", "writers"},
	"centrifuge": {"0s", "1ms", "10ms"}, // its WriteDelay
}

// fastest tries the ways of a peer at a window, once in a run.
func (b *bench) fastest(peer string, window int) (string, error) {
	name := peer
	if window == single {
		name += ", one event at a time,"
	}
	if way, known := b.chosen[name]; known {
		return way, nil
	}
	best, most, took := "", 0.0, ""
	for _, way := range ways[peer] {
		s, err := b.start(peer, way, job.Order{Sockets: b.few})
		if err != nil {
			return "", err
		}
		got, err := s.saturate(job.Order{Seconds: b.seconds, Window: window})
		b.close(s)
		if err != nil {
			return "", err
		}
		b.say("  %s %s: %s frames/s, %s µs", peer, way, grouped(got.rate), short(got.cpu))
		took += fmt.Sprintf(", `%s` %s at %s", way, grouped(got.rate), short(got.cpu))
		if got.rate > most {
			best, most = way, got.rate
		}
	}
	if best != "" {
		b.tried = append(b.tried, fmt.Sprintf("%s by `%s` (%s)", name, best, strings.TrimPrefix(took, ", ")))
	}
	b.chosen[name] = best
	return best, nil
}

// fanout compares how fast one event after the other reaches all, with so many on their
// way.
func (b *bench) fanout(r row, peer string, window int) func() ([]result, error) {
	return func() ([]result, error) {
		way, err := b.fastest(peer, window)
		if err != nil {
			return nil, err
		}
		ours, theirs, err := b.startBoth(peer, way, job.Order{Sockets: b.few})
		if err != nil {
			return nil, err
		}
		defer b.close(ours)
		defer b.close(theirs)
		a, z, err := alternate(b, ours, theirs, func(s *side) (sample, error) {
			return s.saturate(job.Order{Seconds: b.seconds, Window: window})
		})
		if err != nil {
			return nil, err
		}
		// Its numbers tell whether any event was lost before.
		if _, err := ours.order(job.Order{Do: "check"}); err != nil {
			return nil, err
		}
		return []result{{row: r, value: median(ratios(each(a, frames), each(z, frames))), figures: framesAndCPU(a, z)}}, nil
	}
}

func frames(s sample) float64 { return s.rate }
func cpu(s sample) float64    { return s.cpu }
func client(s sample) float64 { return s.client }

func framesAndCPU(a, z []sample) string {
	return fmt.Sprintf("%s and %s/s; server CPU %s and %s µs a frame, client %s and %s",
		grouped(median(each(a, frames))), grouped(median(each(z, frames))), short(median(each(a, cpu))), short(median(each(z, cpu))),
		short(median(each(a, client))), short(median(each(z, client))))
}

// start starts a server, connects its client, and looks at the first event. A short
// time of work warms both up.
func (b *bench) start(name, way string, o job.Order, flags ...string) (*side, error) {
	server, err := b.serve(name, way, flags...)
	if err != nil {
		return nil, err
	}
	s, err := b.open(server, o)
	if err != nil {
		return nil, err
	}
	if _, err := s.order(job.Order{Do: "check"}); err != nil {
		return nil, err
	}
	_, err = s.saturate(job.Order{Seconds: b.seconds / 4})
	return s, err
}

func (b *bench) startBoth(peer, way string, o job.Order) (ours, theirs *side, err error) {
	if ours, err = b.start("wsbind", "", o); err == nil {
		theirs, err = b.start(peer, way, o)
	}
	return ours, theirs, err
}

// alternate measures the one and the other in turn.
func alternate[T any](b *bench, ours, theirs *side, measure func(*side) (T, error)) (a, z []T, err error) {
	for range b.rounds {
		for _, side := range []struct {
			*side
			into *[]T
		}{{ours, &a}, {theirs, &z}} {
			got, err := measure(side.side)
			if err != nil {
				return nil, nil, err
			}
			*side.into = append(*side.into, got)
		}
	}
	return a, z, nil
}
