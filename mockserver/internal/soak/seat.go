package main

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/client"
)

// seat is an application that listens, goes and comes back, and remembers what it has
// handled.
type seat struct {
	soak   *soak
	name   string
	lines  []*line
	due    *due
	random *rand.Rand
	stays  time.Duration // how long it stays at most before it goes and comes back

	cables cables
	stay   atomic.Bool // it does not go now

	mu      sync.Mutex
	leave   context.CancelFunc // of the client at hand
	present chan struct{}      // closed when that client has gone
}

// on reports whether the seat listens to a line.
func (s *seat) on(l *line) bool { return slices.Contains(s.lines, l) }

// sit listens until ctx ends, with breaks.
func (s *seat) sit(ctx context.Context) {
	for ctx.Err() == nil {
		s.listen(ctx)
		if !pause(ctx, time.Duration(s.random.Int64N(int64(400*time.Millisecond)))) {
			return
		}
	}
}

// listen is one client of the seat. It goes in one of three ways: in good order; its
// connection is cut, which it survives; or silent for some time and then cut.
func (s *seat) listen(ctx context.Context) {
	ctx, leave := context.WithCancel(ctx)
	defer leave()
	gone := make(chan struct{})
	defer close(gone)
	s.mu.Lock()
	s.leave, s.present = leave, gone
	s.mu.Unlock()
	transport := &http.Transport{DialContext: s.cables.dial, DisableCompression: true}
	defer transport.CloseIdleConnections()
	trouble := time.AfterFunc(s.some(s.stays), func() { s.end(ctx, leave) })
	defer trouble.Stop()

	var ids []string
	for _, l := range s.lines {
		ids = append(ids, l.id)
	}
	epochs := s.epochs()
	release, _ := fhir.ParseRelease(s.lines[0].group.release)
	for n, err := range client.Notifications(ctx, client.Config{
		Base: s.soak.server.FHIR[release.String()], Release: release, Subscriptions: ids, Seen: s.due.seen(),
		HTTP: &http.Client{Transport: opening{transport, &s.soak.counts}}, Random: s.random.Float64, Log: slog.New(binding{&s.soak.counts}),
	}) {
		if err == nil && !foreign(n) {
			err = s.due.take(n)
		} else if err != nil && s.excused(epochs) {
			break
		}
		if err != nil {
			s.soak.fail(fmt.Errorf("%s: %w", s.name, err))
			break
		}
	}
	s.soak.leaves.Add(1)
}

// end goes, or cuts the connection, or goes silent first.
func (s *seat) end(ctx context.Context, leave context.CancelFunc) {
	if s.stay.Load() {
		return // for as long as the seats are to stay
	}
	switch s.soak.draw(4) {
	case 0:
		s.cables.mute()
		pause(ctx, 2*time.Second)
		s.cables.cut() // also where the seat is to go meanwhile, which would wait for an answer
		s.soak.silent.Add(1)
	case 1:
		s.cables.cut()
		s.soak.cuts.Add(1)
	default:
		leave()
		return
	}
	if pause(ctx, 3*time.Second) { // it has connected again by itself
		leave()
	}
}

// epochs are those of the lines: odd while something is done to one.
func (s *seat) epochs() (list []int64) {
	for _, l := range s.lines {
		list = append(list, l.epoch.Load())
	}
	return list
}

// excused reports whether a client that began in some epochs may have been refused
// because of what was done to a line meanwhile.
func (s *seat) excused(began []int64) bool {
	return !slices.Equal(s.epochs(), began) || slices.ContainsFunc(began, func(n int64) bool { return n%2 == 1 })
}

// rise has the client at hand go, and waits until it has.
func (s *seat) rise() {
	s.mu.Lock()
	leave, gone := s.leave, s.present
	s.mu.Unlock()
	if leave != nil {
		leave()
		<-gone
	}
}

// some is half of d to all of it.
func (s *seat) some(d time.Duration) time.Duration {
	return d/2 + time.Duration(s.random.Int64N(int64(d/2)))
}

// foreign reports whether a notification is of a Subscription that was not asked for,
// which a fault may send: a client drops it.
func foreign(n client.Notification) bool {
	return slices.ContainsFunc(n.Issues, func(i fault.Issue) bool { return i.Code == fault.UnknownSubscription })
}

// pause reports whether d was waited through.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
