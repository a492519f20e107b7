package gate

import (
	"context"
	"slices"
	"sync"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/token"
)

// atATime is how many Subscriptions of one bind are made ready at a time.
const atATime = 8

// fanout is a channel of a relay: one client's share of its feeds.
type fanout struct {
	relay    *relay
	listener listener
	turn     sync.Mutex // held by the one bind that is under way

	// mu is held while the listener is told something, so that it is told nothing
	// when close has returned.
	mu     sync.Mutex
	over   bool
	shares map[string]*share
	lost   map[*share]struct{} // whose server is lost, of which the client was told once
}

func (c *fanout) bind(ctx context.Context, g Grant) (bound []string, omitted []Omitted, err error) {
	c.turn.Lock()
	defer c.turn.Unlock()
	shares, err := c.begin(token.Distinct(g.IDs))
	if err != nil {
		return nil, nil, err
	}
	each(shares, func(s *share) { s.ready(ctx) })
	// Only now, so that what is held until the last handshake is little.
	each(shares, func(s *share) { s.join(ctx) })
	bound, omitted, err = c.settle(shares)
	for _, s := range shares {
		c.leave(s)
	}
	return bound, omitted, err
}

// begin finds the shares of a bind, or makes them.
func (c *fanout) begin(ids []string) (shares []*share, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return nil, errOver
	}
	for _, id := range ids {
		s := c.shares[id]
		if s == nil {
			s = &share{id: id, channel: c}
			c.shares[id] = s
		}
		s.binding, s.obstacle = true, nil
		shares = append(shares, s)
	}
	return shares, nil
}

// settle gives the handshakes, if there are any and all could be counted.
func (c *fanout) settle(shares []*share) (bound []string, omitted []Omitted, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return nil, nil, errOver
	}
	for _, s := range shares {
		if s.obstacle != nil {
			omitted = append(omitted, Omitted{s.id, s.obstacle})
			continue
		}
		bound = append(bound, s.id)
	}
	if err := worst(omitted); err != nil && (len(bound) == 0 || fault.CodeOf(err) == fault.StoreUnavailable) {
		return nil, nil, err
	}
	for _, s := range shares {
		if s.obstacle == nil {
			s.bound = true
			c.listener.notification(s.handshake, s.id)
		}
	}
	return bound, omitted, nil
}

// worst is the error that a bind fails with: rather one that passes than one that
// stays.
func worst(omitted []Omitted) error {
	codes := []fault.Code{fault.StoreUnavailable, fault.UpstreamUnavailable, fault.UpstreamRefused}
	for _, code := range codes {
		for _, o := range omitted {
			if fault.CodeOf(o.Err) == code {
				return o.Err
			}
		}
	}
	if len(omitted) == 0 {
		return nil
	}
	return omitted[0].Err
}

// leave ends a bind for a share: what was held is given, or it is not bound and goes.
func (c *fanout) leave(s *share) {
	c.mu.Lock()
	s.binding = false
	if s.bound && !c.over {
		s.flush()
		if !s.feed.live.Load() {
			c.losing(s, fault.UpstreamUnavailable)
		}
		c.mu.Unlock()
		return
	}
	c.take(s)
	c.mu.Unlock()
	s.release()
}

// take takes a share off the list. The caller holds mu, and releases it then
// without.
func (c *fanout) take(s *share) {
	s.bound, s.taken = false, true
	if c.shares[s.id] == s {
		delete(c.shares, s.id)
	}
	delete(c.lost, s)
}

func (c *fanout) unbind(ids []string) {
	for _, s := range c.unbound(ids) {
		s.release()
	}
}

// unbound takes those of the list that no bind is under way for.
func (c *fanout) unbound(ids []string) (taken []*share) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range ids {
		s := c.shares[id]
		if s == nil {
			continue
		}
		if s.bound = false; !s.binding {
			c.take(s)
			taken = append(taken, s)
		}
	}
	return taken
}

func (c *fanout) close() {
	c.mu.Lock()
	taken := c.end()
	c.mu.Unlock()
	for _, s := range taken {
		s.release()
	}
	c.relay.leave(c)
}

// end takes all that no bind is under way for, which has its own end. The caller
// holds mu.
func (c *fanout) end() (taken []*share) {
	c.over = true
	for _, s := range c.shares {
		if s.bound = false; !s.binding {
			c.take(s)
			taken = append(taken, s)
		}
	}
	return taken
}

// losing tells the client that its server is lost, once for all Subscriptions. The
// caller holds mu.
func (c *fanout) losing(s *share, err error) {
	if _, known := c.lost[s]; known || c.over {
		return
	}
	c.lost[s] = struct{}{}
	if len(c.lost) == 1 {
		c.listener.lost(err)
	}
}

// ended tells the client that a Subscription is no more. The channel ends with its
// last, or where all that is left waits for the same server. The caller holds mu.
func (c *fanout) ended(s *share, err error) (taken []*share) {
	if s.bound = false; !s.binding { // or the bind that is under way takes it
		c.take(s)
		taken = []*share{s}
	}
	left, hopeless := 0, fault.CodeOf(err).CloseReason() != string(fault.UnknownSubscription)
	for _, other := range c.shares {
		if other.bound {
			left++
			_, lost := c.lost[other]
			hopeless = hopeless && lost
		}
	}
	if left == 0 || hopeless {
		return append(c.fail(err), taken...)
	}
	c.listener.unbound(fault.CodeOf(err), []string{s.id})
	return taken
}

// fail ends the channel. The caller holds mu.
func (c *fanout) fail(err error) (taken []*share) {
	if c.over {
		return nil
	}
	taken = c.end()
	c.listener.failed(err)
	return taken
}

// each does something with every share, a few at a time.
func each(shares []*share, do func(*share)) {
	var wait sync.WaitGroup
	for some := range slices.Chunk(shares, atATime) {
		for _, s := range some {
			wait.Go(func() { do(s) })
		}
		wait.Wait()
	}
}
