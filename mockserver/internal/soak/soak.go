package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"sync"
	"time"
)

// The size of a soak. It is small: what is wrong shows in how often something was
// done, and the machine has other work.
const (
	groups       = 6
	kept         = 1_000  // events in the log of a Subscription, world.DefaultMaxEvents
	entries      = 16_500 // of the journal: from there on its ring does not grow
	versions     = 100    // of a resource, store.DefaultMaxVersions
	eventEvery   = 90 * time.Millisecond
	visitEvery   = 55 * time.Millisecond
	changeEvery  = 1500 * time.Millisecond
	longestRound = 45 * time.Second
	perRun       = 9 // rounds at least, the time that they take to end left out
)

// soak is one run.
type soak struct {
	cfg    config
	server *server
	cancel context.CancelCauseFunc

	groups   []*group
	seats    []*seat
	visitors visitors

	fresh, anew sample   // of a server that was reset, at the start and at the end
	start       sample   // before anybody came
	full, empty []sample // at the end of each round
	faults      string   // that have struck

	counts

	mu     sync.Mutex
	random *rand.Rand
}

func newSoak(cfg config, server *server, fail context.CancelCauseFunc) *soak {
	s := &soak{cfg: cfg, server: server, cancel: fail, random: rand.New(rand.NewPCG(cfg.seed, 0))}
	s.visitors = visitors{soak: s, passes: map[string]pass{}}
	for n := range groups {
		g := &group{number: n, release: []string{"R4", "R5"}[n%2]}
		g.lines = []*line{{id: fmt.Sprintf("steady-%d", n), group: g}, {id: fmt.Sprintf("fleeting-%d", n), group: g, fleeting: true}}
		s.groups = append(s.groups, g)
	}
	for n, g := range s.groups {
		other := s.groups[(n+2)%groups] // of the same release
		s.addSeat(8*time.Second, g.lines[0])
		s.addSeat(40*time.Second, g.lines[0], g.lines[1], other.lines[0]) // renews, and shares its lines
		s.addSeat(5*time.Second, g.lines[1])
	}
	return s
}

func (s *soak) addSeat(stays time.Duration, lines ...*line) {
	n := len(s.seats) + 1
	one := &seat{soak: s, name: fmt.Sprintf("seat %d", n), lines: lines, stays: stays, random: rand.New(rand.NewPCG(s.cfg.seed, uint64(n)))}
	var ids []string
	for _, l := range lines {
		ids = append(ids, l.id)
	}
	one.due = newDue(one.name, ids...)
	s.seats = append(s.seats, one)
}

// draw returns a number from 0 up to n.
func (s *soak) draw(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.random.IntN(n)
}

// fail ends the soak. Only the first reason counts.
func (s *soak) fail(err error) { s.cancel(err) }

// run churns for the configured time.
func (s *soak) run(ctx context.Context) error {
	until := time.Now().Add(s.cfg.time)
	if err := s.warmUp(ctx); err != nil {
		return err
	}
	length := min(s.cfg.time/perRun*2/3, longestRound)
	for n := 1; time.Now().Before(until) || n <= leastMoments; n++ {
		if err := s.round(ctx, length); err != nil {
			return err
		}
		s.progress(os.Stdout, n)
	}
	return s.judge(ctx)
}

// judge is the end: nobody is there, and nothing that was made for anybody.
func (s *soak) judge(ctx context.Context) (err error) {
	if s.faults, err = faultsStruck(ctx, s.server); err != nil {
		return err
	}
	if err := s.server.reset(ctx); err != nil {
		return err
	}
	if s.anew, err = s.server.measure(ctx); err != nil {
		return err
	}
	_, full := judgeMemory("with all seats on", s.full)
	_, empty := judgeMemory("with nobody there", s.empty)
	_, anew := judgeReset(s.fresh, s.anew)
	return errors.Join(full, empty, anew)
}

// progress prints a line about a round.
func (s *soak) progress(w io.Writer, n int) {
	full, empty := s.full[len(s.full)-1], s.empty[len(s.empty)-1]
	fmt.Fprintf(w, "soak: round %d: %.0f events, %.0f frames, %.0f joins, %.0f tokens; with %.0f sockets heap %.0f kB, resident %.0f kB; with none heap %.0f kB, %.0f goroutines, %.0f files\n",
		n, empty.events-s.start.events, empty.frames, empty.joins, empty.tokens, full.sockets, full.heap/1000, full.resident/1000, empty.heap/1000, empty.goroutines, empty.files)
}

// report prints what was done and found.
func (s *soak) report(w io.Writer, passed bool) {
	var yielded int64
	for _, one := range s.seats {
		yielded += one.due.count()
	}
	var last sample
	if len(s.empty) > 0 {
		last = s.empty[len(s.empty)-1]
	}
	fmt.Fprintf(w, "soak: seed %d: %.0f events made, %.0f frames sent, %d events yielded to %d seats\n", s.cfg.seed, last.events-s.start.events, last.frames, yielded, len(s.seats))
	fmt.Fprintf(w, "soak: %.0f sockets joined; %d clients left, %d sockets were cut, %d silent; %.0f tokens issued, %d bindings renewed; %d Subscriptions deleted, %d turned off and on\n",
		last.joins, s.leaves.Load(), s.cuts.Load(), s.silent.Load(), last.tokens, s.renewals(), s.deletions.Load(), s.turns.Load())
	if passed { // one of either ends the soak
		fmt.Fprintln(w, "soak: lost 0, yielded twice 0")
	}
	fmt.Fprintf(w, "soak: faults struck: %s\n", s.faults)
	fmt.Fprintf(w, "soak: goroutines %.0f → %.0f, open files %.0f → %.0f\n", s.start.goroutines, last.goroutines, s.start.files, last.files)
	full, _ := judgeMemory("with all seats on", s.full)
	empty, _ := judgeMemory("with nobody there", s.empty)
	for _, g := range append(full, empty...) {
		fmt.Fprintln(w, "soak:", g)
	}
	if s.anew.live > 0 {
		g, _ := judgeReset(s.fresh, s.anew)
		fmt.Fprintln(w, "soak:", g)
	}
	fmt.Fprintf(w, "soak: the server took %.1f s of a processor\n", last.cpu)
}
