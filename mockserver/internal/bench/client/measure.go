//go:build linux

package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/wsbind/wsbind/mockserver/internal/bench/job"
)

// patience is how long nothing may arrive while something is due.
const patience = 20 * time.Second

// delivered is how many messages have arrived on all sockets.
func (c *client) delivered() int64 {
	if c.unit > 0 {
		return c.loop.payload / c.unit
	}
	return c.loop.frames
}

// perEvent is how many messages an event is due to bring.
func (c *client) perEvent() int64 { return int64(len(c.loop.sockets) * c.each) }

func (c *client) publish() error {
	c.sent++
	return c.events.send()
}

// saturate keeps the server busy: some events are always on their way.
func (c *client) saturate(o job.Order) (job.Answer, error) {
	begin, base, n := time.Now(), c.delivered(), 0
	over := func() bool {
		return o.Events > 0 && n >= o.Events || o.Events == 0 && time.Since(begin).Seconds() >= o.Seconds
	}
	last, moved := base, begin
	for {
		done := c.delivered() - base
		for !over() && done >= int64(n-o.Window+1)*c.perEvent() {
			if err := c.publish(); err != nil {
				return job.Answer{}, err
			}
			n++
		}
		if done >= int64(n)*c.perEvent() && over() {
			break
		}
		if err := c.loop.wait(); err != nil {
			return job.Answer{}, err
		}
		if now := c.delivered(); now != last {
			last, moved = now, time.Now()
		} else if time.Since(moved) > patience {
			return job.Answer{}, fmt.Errorf("%d of %d messages arrived, and no more did", now-base, int64(n)*c.perEvent())
		}
	}
	took := time.Since(begin).Seconds()
	return job.Answer{Events: n, Frames: n * int(c.perEvent()), Seconds: took}, c.events.failed(n)
}

// pace sends events when they are due, however long they take.
func (c *client) pace(o job.Order) (job.Answer, error) {
	l, events := c.loop, int(o.Rate*o.Seconds)
	if events == 0 || c.unit > 0 {
		return job.Answer{}, errors.New("no event is due, or frames are not messages")
	}
	for i := range l.sockets {
		l.sockets[i].seen = 0
	}
	l.period, l.delays = time.Duration(float64(time.Second)/o.Rate), make([]uint32, 0, events*int(c.perEvent()))
	l.begun = time.Now().Add(10 * time.Millisecond)
	defer func() { l.begun, l.delays = time.Time{}, nil }()
	sent := make(chan error, 1)
	go func() {
		for k := range events {
			time.Sleep(time.Until(l.begun.Add(time.Duration(k) * l.period)))
			if err := c.publish(); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	moved := time.Now()
	for had := 0; len(l.delays) < cap(l.delays); had = len(l.delays) {
		if err := l.wait(); err != nil {
			return job.Answer{}, err
		}
		if len(l.delays) != had {
			moved = time.Now()
		} else if time.Since(moved) > patience {
			return job.Answer{}, fmt.Errorf("%d of %d messages arrived, and no more did", had, cap(l.delays))
		}
	}
	if err := <-sent; err != nil {
		return job.Answer{}, err
	}
	took := time.Since(l.begun).Seconds()
	slices.Sort(l.delays)
	at := func(p float64) float64 { return float64(quantile(l.delays, p)) / 1000 }
	return job.Answer{Events: events, Frames: len(l.delays), Seconds: took, P50: at(0.5), P99: at(0.99), Max: at(1)}, c.events.failed(events)
}

// quantile returns the value that a part p of a sorted list does not exceed.
func quantile(sorted []uint32, p float64) uint32 {
	i := int(float64(len(sorted))*p+0.999999) - 1
	return sorted[min(max(i, 0), len(sorted)-1)]
}

// check sends one event and looks at all it brings, to every socket. Later on frames
// are only counted.
func (c *client) check() (job.Answer, error) {
	l := c.loop
	l.keep(true)
	defer l.keep(false)
	frames, payload := l.frames, l.payload
	if err := c.publish(); err != nil {
		return job.Answer{}, err
	}
	for begin := time.Now(); l.frames < frames+c.perEvent(); {
		if err := l.wait(); err != nil {
			return job.Answer{}, err
		}
		if time.Since(begin) > patience {
			return job.Answer{}, fmt.Errorf("%d of %d frames arrived", l.frames-frames, c.perEvent())
		}
	}
	for i := range l.sockets {
		if err := c.peer.verify(i, c.sent, l.sockets[i].kept); err != nil {
			return job.Answer{}, fmt.Errorf("socket %d: %w: %.2000s", i, err, l.sockets[i].kept)
		}
	}
	size := int64(len(l.sockets[0].kept))
	if c.peer.batches() {
		if l.payload-payload != size*c.perEvent() {
			return job.Answer{}, errors.New("messages differ in length, or more arrived than was due")
		}
		c.unit, l.payload = size, 0
	}
	return job.Answer{Size: int(size), Events: 1}, c.events.failed(1)
}
