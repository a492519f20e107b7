package world_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/world"
)

// counter is a sink that holds every Subscription to its numbers. It looks at
// nothing but the number, so that the race detector's time goes to the world.
type counter struct {
	mu    sync.Mutex
	last  map[string]int64 // event number by Subscription; absent before the handshake
	wrong []string
}

func (c *counter) Deliver(d *world.Delivery) {
	id, kind, frame := d.Subscription, d.Kind, d.Bundle()
	c.mu.Lock()
	defer c.mu.Unlock()
	last, shaken := c.last[id]
	n := counterOf(frame)
	switch {
	case kind == world.Handshake && (!shaken || n == last), kind == world.Events && shaken && n == last+1, kind == world.Heartbeat && shaken && n == last:
		c.last[id] = n
	default:
		c.wrong = append(c.wrong, fmt.Sprintf("%s: %v %d after %d (%v)", id, kind, n, last, shaken))
	}
}

func (c *counter) Over() bool { return false }

func (c *counter) Ended(id string, _ fault.Code, _ ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.last, id)
}

// counterOf reads eventsSinceSubscriptionStart of R5.
func counterOf(frame []byte) (n int64) {
	var doc jsonscan.Document
	if err := doc.Parse(frame, jsonscan.Limits{}); err != nil {
		return -1
	}
	fmt.Sscan(doc.Root().Get("entry").At(0).Get("resource").Get("eventsSinceSubscriptionStart").Text(), &n)
	return n
}

// TestManySinksAtOnce lets writers, listeners who come and go, a clock and the
// management interface loose on one world. Nothing may be lost, doubled or
// reordered for anybody who is attached.
func TestManySinksAtOnce(t *testing.T) {
	const subscriptions, sinks, writers, writes = 6, 40, 4, 60
	s := newScene(t, fhir.R5)
	var ids []string
	for range subscriptions {
		ids = append(ids, s.create(s.subscription(order{heartbeat: 1, content: "full-resource"})).ID)
	}
	var all []*counter
	var work sync.WaitGroup
	for i := range sinks {
		c := &counter{last: map[string]int64{}}
		all = append(all, c)
		mine := []string{ids[i%subscriptions], ids[(i+1)%subscriptions], ids[(i+3)%subscriptions]}
		work.Go(func() {
			for range 10 {
				if _, err := s.Attach(c, "alice", mine); err != nil {
					t.Error(err)
				}
				if i%4 == 0 {
					s.Detach(c, mine[:1])
					c.Ended(mine[0], "") // forget what it said: numbers go on elsewhere
				}
			}
		})
	}
	for i := range writers {
		work.Go(func() {
			for j := range writes {
				id := fmt.Sprintf("p%d", i)
				if _, err := s.Update("alice", "Patient", id, []byte(withID(patient("male"), id)), ""); err != nil {
					t.Error(err)
				}
				if j%10 == 9 {
					if err := s.Delete("alice", "Patient", id); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	work.Go(func() {
		for range 20 {
			s.clock.Advance(300 * time.Millisecond)
			s.State()
			s.All("alice", "Patient")
			if _, err := s.EventsBundle("alice", ids[0], world.EventsQuery{Since: "1"}); err != nil {
				t.Error(err)
			}
		}
	})
	work.Wait()
	const total = writers * (writes + writes/10)
	for _, state := range s.State().Subscriptions {
		if state.Events != total {
			t.Errorf("%s counts %d events, %d changes were made", state.ID, state.Events, total)
		}
	}
	for i, c := range all {
		for _, w := range c.wrong {
			t.Errorf("sink %d: %s", i, w)
		}
		for id, last := range c.last {
			if last != total {
				t.Errorf("sink %d has %d of %d events of %s", i, last, total, id)
			}
		}
	}
}

// TestRealClock shows a heartbeat without a virtual clock.
func TestRealClock(t *testing.T) {
	s := newScene(t, fhir.R4, func(c *world.Config) { c.Clock = clock.Real() })
	v := s.create(s.subscription(order{heartbeat: 1}))
	beat := make(chan struct{}, 1)
	if _, err := s.Attach(notifier{beat}, "alice", []string{v.ID}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-beat:
	case <-time.After(10 * time.Second):
		t.Error("no heartbeat in ten seconds")
	}
	s.Close()
}

// notifier is a sink that passes on that there was a heartbeat.
type notifier struct{ beat chan struct{} }

func (n notifier) Deliver(d *world.Delivery) {
	kind := d.Kind
	if kind == world.Heartbeat {
		select {
		case n.beat <- struct{}{}:
		default:
		}
	}
}

func (n notifier) Ended(string, fault.Code, ...string) {}
func (n notifier) Over() bool                          { return false }

// BenchmarkEvent is one change that concerns a thousand Subscriptions with one
// sink each.
func BenchmarkEvent(b *testing.B) {
	for _, content := range []string{"empty", "id-only", "full-resource"} {
		b.Run(content, func(b *testing.B) {
			w := world.New(world.Config{Release: fhir.R4, Base: "http://example.org/fhir/R4", Clock: clock.NewVirtual(newYear)})
			defer w.Close()
			for range 1000 {
				v, err := w.Create("alice", "Subscription", []byte(subscriptionOf(fhir.R4, order{content: content, filters: []string{"gender=male"}})))
				if err != nil {
					b.Fatal(err)
				}
				if _, err := w.Attach(notifier{}, "alice", []string{v.ID}); err != nil {
					b.Fatal(err)
				}
			}
			body := []byte(withID(patient("male"), "p"))
			b.ResetTimer()
			for b.Loop() {
				if _, err := w.Update("alice", "Patient", "p", body, ""); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
