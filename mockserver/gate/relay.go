package gate

import (
	"context"
	"sync"

	"github.com/wsbind/wsbind/core/bridge"
	"github.com/wsbind/wsbind/core/fault"
)

// relay is a FHIR server of another dialect than the guide's: a feed for each of its
// Subscriptions that somebody is bound to, and the channels that share them.
type relay struct {
	cfg     *upstreamConfig
	dialect dialect
	running sync.WaitGroup // whatever a feed or a tap does beside

	mu       sync.Mutex
	feeds    map[string]*feed
	channels map[*fanout]struct{}
	closed   bool
}

// dialect is what differs between FHIR servers behind a relay.
type dialect interface {
	// obstacle says why a Subscription cannot be served.
	obstacle(s *bridge.Subscription) error
	// tap makes what the events of a Subscription come from.
	tap(id string) tap
}

// tap is where the events of one Subscription come from. It may be opened again,
// when what was opened before is over.
type tap interface {
	// open binds at the FHIR server, and returns when that has agreed. The inlet is
	// told of events, and once of the end, until it is over.
	open(in *inlet, s *bridge.Subscription) error
}

// errOver is the end of what nobody needs any more.
var errOver = fault.New(fault.Aborted, "the socket is closed, or the gate is")

func newRelay(cfg *upstreamConfig, d dialect) *relay {
	return &relay{cfg: cfg, dialect: d, feeds: map[string]*feed{}, channels: map[*fanout]struct{}{}}
}

func (r *relay) open(l listener) channel {
	c := &fanout{relay: r, listener: l, shares: map[string]*share{}, lost: map[*share]struct{}{}}
	r.mu.Lock()
	defer r.mu.Unlock()
	c.over = r.closed
	r.channels[c] = struct{}{}
	return c
}

func (r *relay) close() {
	r.mu.Lock()
	r.closed = true
	channels := r.channels
	r.channels = map[*fanout]struct{}{}
	r.mu.Unlock()
	for c := range channels {
		c.close()
	}
	r.running.Wait()
}

// leave forgets a channel.
func (r *relay) leave(c *fanout) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.channels, c)
}

// hold keeps the feed of a Subscription for a share, until it is released.
func (r *relay) hold(s *share) (*feed, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, errOver
	}
	f := r.feeds[s.id]
	if f == nil {
		f = newFeed(r, s.id)
		r.feeds[s.id] = f
		r.running.Go(f.run)
	}
	f.holders++
	return f, nil
}

// release ends a feed with its last holder.
func (r *relay) release(f *feed, s *share) {
	f.part(s)
	r.mu.Lock()
	defer r.mu.Unlock()
	f.holders--
	if f.holders == 0 {
		r.drop(f)
		f.cancel(errOver)
	}
}

// forget makes the next bind begin anew.
func (r *relay) forget(f *feed) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drop(f)
}

// drop takes a feed off the list. The caller holds mu.
func (r *relay) drop(f *feed) {
	if r.feeds[f.id] == f {
		delete(r.feeds, f.id)
	}
}

// subscription reads a Subscription of the FHIR server.
func (r *relay) subscription(ctx context.Context, id string) (bridge.Subscription, error) {
	status, text, err := r.cfg.exchange(ctx, "GET", "/Subscription/"+id, nil)
	switch {
	case err != nil:
		return bridge.Subscription{}, err
	case status == 404 || status == 410:
		return bridge.Subscription{}, unknownSubscription(id, "does not exist any more")
	case status != 200:
		return bridge.Subscription{}, refuses(status)
	}
	s, err := bridge.ReadSubscription(r.cfg.release, text)
	if err != nil {
		return bridge.Subscription{}, unread("Subscription "+id, err)
	}
	s.ID = id
	if err := obstacle(&s); err != nil {
		return s, err
	}
	return s, r.dialect.obstacle(&s)
}
