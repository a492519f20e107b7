package mockserver_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/client"
	"github.com/wsbind/wsbind/mockserver/faults"
)

// TestClientAmongFaults has the client listen to hostile servers, both by one
// clock. It may give up with a reason; while it listens it yields every event or
// tells that it missed it, and never one twice.
func TestClientAmongFaults(t *testing.T) {
	for seed := range uint64(briefly(30, 9)) {
		t.Run(fmt.Sprint(seed+1), func(t *testing.T) {
			t.Parallel()
			listenAmongFaults(t, seed+1, releases[seed%3])
		})
	}
}

func listenAmongFaults(t *testing.T, seed uint64, r fhir.Release) {
	s := start(t, func(c *mockserver.Config) {
		c.Seed, c.Profile, c.SharedClock, c.Lifetime = seed, faults.Hostile, true, time.Minute
	})
	id := s.post(r, subscribeTo(r, "Patient", "10"))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	heard := map[int64]int{}
	ended := make(chan error, 1)
	go func() {
		var last error
		for n, err := range client.Notifications(ctx, client.Config{
			Base: s.BaseURL(r), Release: r, Subscriptions: []string{id}, Seen: map[string]int64{id: 0},
			HTTP: s.http, Clock: s.clock, Random: func() float64 { return 0.5 },
		}) {
			if last = err; err != nil || n.Subscription != id {
				continue
			}
			for _, e := range n.Events {
				heard[e]++
			}
			for _, m := range n.Missed {
				for e := m.From; e <= m.To; e++ {
					heard[e]++
				}
			}
		}
		ended <- last
	}()
	over := false
	for step := 0; step < 120 && !over; step++ {
		if step%6 == 0 {
			s.event(r)
		}
		s.clock.Advance(time.Second)
		select { // some moments for those who wake
		case err := <-ended:
			t.Logf("ended at step %d: %v", step, err)
			over = true
		case <-time.After(time.Millisecond):
		}
	}
	if !over {
		cancel()
		if err := <-ended; err != nil {
			t.Logf("at last: %v", err)
		}
	}
	last := int64(0)
	for e, times := range heard {
		last = max(last, e)
		if times != 1 {
			t.Errorf("event %d was told %d times", e, times)
		}
	}
	if int64(len(heard)) != last {
		t.Errorf("heard of %d events, the last is %d: %v", len(heard), last, heard)
	}
	if log := s.logs.String(); strings.Contains(log, "panic") {
		t.Errorf("the log has a panic: %s", log)
	}
}
