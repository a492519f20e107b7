package main

import "context"

// warmUp fills what the server keeps a fixed number of: versions, event logs, entries
// of the journal. What is full does not grow.
func (s *soak) warmUp(ctx context.Context) (err error) {
	for range 2 { // the first makes what is made once
		if err := s.server.reset(ctx); err != nil {
			return err
		}
	}
	if s.fresh, err = s.server.measure(ctx); err != nil {
		return err
	}
	for _, g := range s.groups {
		if err := s.fill(ctx, g); err != nil {
			return err
		}
	}
	if err := s.begin(ctx); err != nil {
		return err
	}
	if err := s.calm(ctx); err != nil {
		return err
	}
	if err := planFaults(ctx, s.server); err != nil {
		return err
	}
	s.start, err = s.server.measure(ctx)
	return err
}

// fill has a group have all versions that are kept of its resources, and a steady
// Subscription whose log is full. The fleeting one is made by each round.
func (s *soak) fill(ctx context.Context, g *group) error {
	for _, l := range g.lines {
		for range versions {
			if err := l.put(ctx, s.server, "requested"); err != nil {
				return err
			}
		}
	}
	for range entries / groups {
		if err := g.change(ctx, s.server); err != nil {
			return err
		}
	}
	for _, l := range g.lines {
		if err := l.remove(ctx, s.server); err != nil {
			return err
		}
		if !l.fleeting {
			if err := l.put(ctx, s.server, "requested"); err != nil {
				return err
			}
		}
	}
	for range kept {
		if err := g.event(ctx, s.server); err != nil {
			return err
		}
	}
	return nil
}

// begin has every seat know of the events that there are.
func (s *soak) begin(ctx context.Context) error {
	totals, err := s.server.events(ctx)
	if err != nil {
		return err
	}
	for _, one := range s.seats {
		for _, l := range one.lines {
			one.due.last[l.id] = totals[l.key()]
		}
	}
	return nil
}
