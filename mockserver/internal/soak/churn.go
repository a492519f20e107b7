package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// round lets everything happen for some time, waits until every seat has what is due
// to it, and measures.
func (s *soak) round(ctx context.Context, length time.Duration) error {
	for _, g := range s.groups {
		if err := s.makeAnew(ctx, g.lines[1]); err != nil {
			return err
		}
	}
	sitting, rise := context.WithCancel(ctx)
	defer rise()
	var seats sync.WaitGroup
	for _, one := range s.seats {
		one.stay.Store(false)
		seats.Go(func() { one.sit(sitting) })
	}
	if err := s.churn(ctx, length); err != nil {
		return err
	}
	if err := s.measureFull(ctx); err != nil {
		return err
	}
	rise()
	seats.Wait()
	return s.measureEmpty(ctx)
}

// churn does everything side by side for some time.
func (s *soak) churn(whole context.Context, length time.Duration) error {
	ctx, cancel := context.WithTimeout(whole, length) // what was begun then is finished
	defer cancel()
	var all sync.WaitGroup
	every := func(d time.Duration, do func() error) {
		all.Go(func() {
			for pause(ctx, d/2+time.Duration(s.draw(int(d)))) {
				if err := do(); err != nil {
					s.fail(err)
					return
				}
			}
		})
	}
	every(eventEvery, func() error {
		return s.groups[s.draw(groups)].event(whole, s.server)
	})
	every(visitEvery, func() error {
		l := s.groups[s.draw(groups)].lines[0]
		s.visitors.present.Go(func() { s.visitors.visit(whole, l) })
		return nil
	})
	every(changeEvery, func() error {
		g := s.groups[s.draw(groups)]
		if s.draw(2) == 0 {
			return s.turn(whole, g.lines[s.draw(2)])
		}
		return s.replace(whole, g.lines[1])
	})
	all.Wait()
	s.visitors.present.Wait()
	return nil
}

// turn turns a Subscription off for a moment, in which it has no events.
func (s *soak) turn(ctx context.Context, l *line) error {
	l.group.quiet.Lock()
	defer l.group.quiet.Unlock()
	l.epoch.Add(1)
	defer l.epoch.Add(1)
	if err := l.put(ctx, s.server, "off"); err != nil {
		return err
	}
	if err := l.group.change(ctx, s.server); err != nil {
		return err
	}
	for _, other := range l.group.lines {
		if other != l {
			other.made.Add(1)
		}
	}
	pause(ctx, time.Duration(s.draw(int(500*time.Millisecond))))
	if err := l.put(ctx, s.server, "requested"); err != nil {
		return err
	}
	s.turns.Add(1)
	if s.draw(2) == 0 {
		s.clear(l) // who does not come back by itself is told by its next renewal
	}
	return nil
}

// replace deletes a Subscription once its seats have everything, and makes another
// with its id.
func (s *soak) replace(ctx context.Context, l *line) error {
	l.group.quiet.Lock()
	defer l.group.quiet.Unlock()
	if err := s.await(ctx, l); err != nil {
		return err
	}
	l.epoch.Add(1)
	defer l.epoch.Add(1)
	if s.draw(2) == 0 {
		s.clear(l)
	}
	if err := l.remove(ctx, s.server); err != nil {
		return err
	}
	s.deletions.Add(1)
	s.clear(l) // a fault may have made an event that one of them has still to yield
	if err := s.makeAnew(ctx, l); err != nil {
		return err
	}
	s.clear(l) // and one that has come since may know the old numbers
	return nil
}

// makeAnew makes a Subscription that is not there.
func (s *soak) makeAnew(ctx context.Context, l *line) error {
	l.made.Store(0)
	for _, one := range s.seats {
		one.due.renew(l.id)
	}
	return l.put(ctx, s.server, "requested")
}

// clear has the clients go that listen to a line.
func (s *soak) clear(l *line) {
	for _, one := range s.seats {
		if one.on(l) {
			one.rise()
		}
	}
}

// await waits until the seats of some lines have every event that was made, and
// holds the server to having made them.
func (s *soak) await(ctx context.Context, lines ...*line) error {
	behind := ""
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		all, err := s.server.events(ctx)
		if err != nil {
			return err
		}
		totals := map[string]int64{}
		for _, l := range lines {
			totals[l.id] = all[l.key()]
			if made := l.made.Load(); totals[l.id] < made {
				return fmt.Errorf("lost: Subscription %s had %d events, the server counts %d", l.id, made, totals[l.id])
			}
		}
		if behind = s.behind(totals); behind == "" {
			return nil
		}
		if !pause(ctx, 200*time.Millisecond) {
			return ctx.Err()
		}
	}
	return errors.New("lost, or very late: " + behind)
}

func (s *soak) behind(totals map[string]int64) string {
	for _, one := range s.seats {
		if text := one.due.behind(totals); text != "" {
			return text
		}
	}
	return ""
}

// measureFull waits until every seat has everything, and measures with all of them
// on a socket of their own.
func (s *soak) measureFull(ctx context.Context) error {
	var lines []*line
	for _, g := range s.groups {
		lines = append(lines, g.lines...)
	}
	if err := s.await(ctx, lines...); err != nil {
		return err
	}
	for _, one := range s.seats {
		one.stay.Store(true)
	}
	s.server.http.CloseIdleConnections()
	var moment sample
	for range 5 { // a fault may end one at any time
		if _, err := s.server.settle(ctx, func(now sample) bool { return now.sockets == float64(len(s.seats)) }); err != nil {
			return err
		}
		var err error
		if moment, err = s.server.measure(ctx); err != nil {
			return err
		}
		if moment.sockets == float64(len(s.seats)) {
			break
		}
	}
	s.full = append(s.full, moment)
	return nil
}

// measureEmpty deletes what is fleeting, and measures with nobody there.
func (s *soak) measureEmpty(ctx context.Context) error {
	for _, g := range s.groups {
		if err := g.lines[1].remove(ctx, s.server); err != nil {
			return err
		}
		s.deletions.Add(1)
	}
	s.server.http.CloseIdleConnections()
	if _, err := s.server.settle(ctx, func(now sample) bool { return judgeRest(s.start, now) == nil }); err != nil {
		return err
	}
	moment, err := s.server.measure(ctx)
	if err != nil {
		return err
	}
	s.empty = append(s.empty, moment)
	return judgeRest(s.start, moment)
}
