package mockserver_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/client"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/journal"
)

// Whatever the server does to it, a client that does everything right draws no
// finding, not even information.
func TestCarefulClientDrawsNothing(t *testing.T) {
	seeds := uint64(briefly(40, 6))
	for _, profile := range faults.Profiles() {
		for seed := uint64(1); seed <= seeds; seed++ {
			t.Run(string(profile)+"/"+strconv.FormatUint(seed, 10), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { carefulRun(t, profile, seed) })
			})
		}
	}
}

// carefulRun has a careful client listen for some minutes.
func carefulRun(t *testing.T, profile faults.Profile, seed uint64) {
	b := startInBubble(t, mockserver.Config{Profile: profile, Seed: seed, Lifetime: 20 * time.Second})
	chance := rand.New(rand.NewPCG(seed, 1))
	release := releases[seed%3]
	c := startCareful(b, release, seed)
	for range 100 {
		b.pass(time.Duration(chance.IntN(3000)) * time.Millisecond)
		for range max(0, chance.IntN(6)-3) {
			b.event(release)
		}
		if c.over() {
			c.stop()
			b.pass(30 * time.Second)
			c = startCareful(b, release, seed)
		}
	}
	b.pass(time.Minute)
	c.stop()
	b.pass(10 * time.Second)
	for _, f := range b.Findings() {
		t.Errorf("drew %s", mockserver.DescribeFinding(f))
	}
	if profile != faults.Hostile {
		c.hasEverything(t, b)
	}
	if t.Failed() {
		t.Log(journal.Transcript(b.Journal.Entries(journal.Query{FHIR: release.String()})))
	}
}

// carefulClient is the Go client, as a test sees it.
type carefulClient struct {
	id     string
	cancel context.CancelFunc
	done   chan struct{} // closed when it has ended, by itself or not
	events []int64       // that it was given; read them once done is closed
}

// startCareful starts a client with a Subscription of its own.
func startCareful(b *bubbled, release fhir.Release, seed uint64) *carefulClient {
	b.t.Helper()
	id := b.post(release, subscribeTo(release, "Patient", "5"), "Authorization: Bearer careful")
	return listenCarefully(b, release, seed, "careful", id)
}

// listenCarefully starts a client for a Subscription that is there.
func listenCarefully(b *bubbled, release fhir.Release, seed uint64, bearer, id string) *carefulClient {
	ctx, cancel := context.WithCancel(b.t.Context())
	c := &carefulClient{id: id, cancel: cancel, done: make(chan struct{})}
	go c.listen(ctx, client.Config{
		Base: b.BaseURL(release), Release: release, Bearer: bearer, Subscriptions: []string{id},
		HTTP: b.http, Clock: b.clock, Random: rand.New(rand.NewPCG(seed, 2)).Float64,
	})
	return c
}

func (c *carefulClient) listen(ctx context.Context, config client.Config) {
	defer close(c.done)
	for n, err := range client.Notifications(ctx, config) {
		if err == nil {
			c.events = append(c.events, n.Events...)
		}
	}
}

// over reports whether the client has ended.
func (c *carefulClient) over() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

func (c *carefulClient) stop() {
	c.cancel()
	<-c.done
}

// hasEverything checks that the client has got every event once.
func (c *carefulClient) hasEverything(t *testing.T, b *bubbled) {
	t.Helper()
	last := int64(0)
	for _, e := range b.Journal.Entries(journal.Query{Kind: journal.Sent, Subscription: c.id}) {
		last = max(last, slices.Max(append(e.Events, 0)))
	}
	slices.Sort(c.events)
	for n := int64(1); n <= last; n++ {
		if i := int(n) - 1; i >= len(c.events) || c.events[i] != n {
			t.Fatalf("it was given %v, want 1 to %d", c.events, last)
		}
	}
}
