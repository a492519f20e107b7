package main

import (
	"context"
	"fmt"
	"sync"
	"time"
)

const (
	calmEvents = 120
	calmEvery  = 20 * time.Millisecond
)

// calm is a while before any fault is planned, in which every seat stays on its socket.
// Afterwards a frame that the server loses cannot be told from one that a fault has
// struck: a client asks for $events either way, and has everything in the end. Now nobody
// has a reason to ask.
func (s *soak) calm(ctx context.Context) error {
	var lines []*line
	for _, g := range s.groups {
		if err := s.makeAnew(ctx, g.lines[1]); err != nil {
			return err
		}
		lines = append(lines, g.lines...)
	}
	sitting, rise := context.WithCancel(ctx)
	defer rise()
	var seats sync.WaitGroup
	for _, one := range s.seats {
		one.stay.Store(true)
		seats.Go(func() { one.sit(sitting) })
	}
	err := s.calmEvents(ctx, lines)
	rise()
	seats.Wait()
	for _, g := range s.groups {
		if err == nil {
			err = g.lines[1].remove(ctx, s.server)
		}
	}
	return err
}

// calmEvents makes events and looks who had to ask for them.
func (s *soak) calmEvents(ctx context.Context, lines []*line) error {
	for _, g := range s.groups { // who has the first is bound
		if err := g.event(ctx, s.server); err != nil {
			return err
		}
	}
	if err := s.await(ctx, lines...); err != nil {
		return err
	}
	asked, renewals, opened := s.asked.Load(), s.renewals(), s.opened.Load()
	for n := range calmEvents {
		if err := s.groups[n%groups].event(ctx, s.server); err != nil {
			return err
		}
		pause(ctx, calmEvery)
	}
	if err := s.await(ctx, lines...); err != nil {
		return err
	}
	return judgeCalm(s.asked.Load()-asked, s.renewals()-renewals, s.opened.Load()-opened)
}

// judgeCalm allows for what a renewal may bring about: its handshake can count an event
// whose frame comes right behind it. That is rare; one in four is more than enough. A
// seat that opened another socket, since the machine stood still and its heartbeats with
// it, asks for each of its Subscriptions.
func judgeCalm(asked, renewals, opened int64) error {
	const linesPerSeat = 3
	if asked <= (renewals+3)/4+linesPerSeat*opened {
		return nil
	}
	return fmt.Errorf("lost: seats asked for $events %d times while nothing went wrong, %d bindings were renewed and %d sockets opened", asked, renewals, opened)
}
