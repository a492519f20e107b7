//go:build linux

package main

import (
	"fmt"

	"github.com/wsbind/wsbind/mockserver/internal/bench/job"
)

// compared is a row of growth: the server's processor time at the larger size against
// that at the smaller.
func compared(r row, large, small []float64, each string) result {
	return result{row: r, value: median(ratios(large, small)),
		figures: fmt.Sprintf("server CPU %s and %s µs %s", short(median(large)), short(median(small)), each)}
}

// moreSockets is what a frame costs when there are ten times as many sockets.
func (b *bench) moreSockets() ([]result, error) {
	r := []result{{}}
	for _, name := range []string{"wsbind", "bare"} {
		way, err := b.fastest(name, window)
		if err != nil {
			return nil, err
		}
		a, z, err := b.grow(name, way, job.Order{Sockets: b.many}, job.Order{Sockets: b.many / 10})
		if err != nil {
			return nil, err
		}
		if name == "wsbind" {
			r[0] = compared(rowSockets, each(a, cpu), each(z, cpu), "a frame")
			r[0].figures += fmt.Sprintf(", %s and %s frames/s", grouped(median(each(a, frames))), grouped(median(each(z, frames))))
		} else {
			r[0].figures += fmt.Sprintf("; coder/websocket %.2f ×", median(ratios(each(a, cpu), each(z, cpu))))
		}
	}
	return r, nil
}

// moreSubscriptions is what a frame costs when each socket gets fifty of an event.
func (b *bench) moreSubscriptions() ([]result, error) {
	a, z, err := b.grow("wsbind", "", job.Order{Sockets: b.few / 10, Each: 50}, job.Order{Sockets: b.few / 10, Each: 1})
	if err != nil {
		return nil, err
	}
	return []result{compared(rowEach, each(a, cpu), each(z, cpu), "a frame")}, nil
}

// grow measures a large and a small side of one server.
func (b *bench) grow(name, way string, large, small job.Order) (a, z []sample, err error) {
	big, err := b.start(name, way, large)
	if err != nil {
		return nil, nil, err
	}
	defer b.close(big)
	little, err := b.start(name, way, small)
	if err != nil {
		return nil, nil, err
	}
	defer b.close(little)
	return alternate(b, big, little, func(s *side) (sample, error) { return s.saturate(job.Order{Seconds: b.seconds}) })
}

// made is so many events for one socket, several on their way.
func (b *bench) made(n int) job.Order { return job.Order{Events: n, Window: 32} }

// longerLog is what an event, and asking for the last ten, costs when a hundred times
// as many are kept. Both logs are full, after the same events, and stay as long as
// they are.
func (b *bench) longerLog() ([]result, error) {
	var sides [2]*side
	for i, kept := range []int{b.log, b.log / 100} {
		s, err := b.start("wsbind", "", job.Order{Sockets: 1}, "--max-events", fmt.Sprint(kept))
		if err != nil {
			return nil, err
		}
		defer b.close(s)
		if _, err := s.saturate(b.made(b.log)); err != nil {
			return nil, err
		}
		sides[i] = s
	}
	a, z, err := alternate(b, sides[0], sides[1], func(s *side) (sample, error) { return s.saturate(b.made(b.events)) })
	if err != nil {
		return nil, err
	}
	c, d, err := alternate(b, sides[0], sides[1], func(s *side) (asked, error) {
		return s.requests(job.Order{Connections: 1, Seconds: b.seconds, Request: fmt.Sprintf(
			"GET /fhir/R5/Subscription/{subscription}/$events?eventsSinceNumber=%d HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", s.sent-9)})
	})
	if err != nil {
		return nil, err
	}
	return []result{
		compared(rowLogMade, each(a, cpu), each(z, cpu), "an event"),
		compared(rowLogAsked, each(c, cpuOf), each(d, cpuOf), "a request"),
	}, nil
}

// moreOthers is what an event costs beside Subscriptions whose filters it does not pass.
func (b *bench) moreOthers() ([]result, error) {
	var sides [3]*side
	var got [3][]float64
	for i, others := range []int{0, b.many / 10, b.many} {
		s, err := b.start("wsbind", "", job.Order{Sockets: 1, Others: others})
		if err != nil {
			return nil, err
		}
		defer b.close(s)
		sides[i] = s
	}
	for range b.rounds {
		for i, s := range sides {
			x, err := s.saturate(b.made(b.events))
			if err != nil {
				return nil, err
			}
			got[i] = append(got[i], x.cpu)
		}
	}
	return []result{compared(rowOthers1, got[1], got[0], "an event"), compared(rowOthers10, got[2], got[0], "an event")}, nil
}
