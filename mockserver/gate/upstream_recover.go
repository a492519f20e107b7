package gate

import (
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/clock"
)

// recover has a lost server back: it tries with pauses that grow, until everything
// that can be is bound again or patience is at its end.
func (c *guideChannel) recover(ids []string) {
	deadline := c.cfg.clock.Now().Add(c.cfg.patience)
	var err error
	for attempt := 0; ; attempt++ {
		left := deadline.Sub(c.cfg.clock.Now())
		if left <= 0 {
			c.fail(fault.New(fault.UpstreamUnavailable, "the FHIR server could not be had back within "+c.cfg.patience.String()+reason(err)))
			return
		}
		if !c.sleep(min(c.cfg.pause(attempt), left)) {
			return
		}
		if err = c.rebind(ids, recovered); err == nil || c.ctx.Err() != nil {
			return
		}
		if code := fault.CodeOf(err); code != fault.UpstreamUnavailable {
			if code == fault.UpstreamRefused {
				c.cfg.observe(Event{Name: UpstreamRefused, Code: code, Detail: fault.DetailOf(err), Subscriptions: ids})
			}
			c.fail(err)
			return
		}
	}
}

func reason(err error) string {
	if err == nil {
		return ""
	}
	return ": " + fault.DetailOf(err)
}

// sleep waits, and reports false where the channel is closed before that.
func (c *guideChannel) sleep(d time.Duration) bool {
	passed := make(chan struct{})
	timer := c.cfg.clock.AfterFunc(d, func() { close(passed) })
	defer timer.Stop()
	select {
	case <-passed:
		return true
	case <-c.ctx.Done():
		return false
	}
}

// fail says that the channel is at its end.
func (c *guideChannel) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.listener.failed(err)
	}
}

// rebind binds ids that are bound already, with new tickets. The client is told of
// those that cannot be bound any more.
func (c *guideChannel) rebind(ids []string, why occasion) error {
	if err := c.take(c.ctx); err != nil {
		return err
	}
	defer c.give()
	if ids = c.stillBound(ids); len(ids) == 0 {
		return nil
	}
	t, omitted, err := c.tickets.again(c.ctx, ids)
	if err == nil {
		var more []Omitted
		_, more, err = c.attempt(c.ctx, t, why)
		omitted = append(omitted, more...)
	}
	if errors.Is(err, fault.UnknownSubscription) { // of all of them
		omitted, err = omitted[:0], nil
		for _, id := range ids {
			omitted = append(omitted, Omitted{id, fault.UnknownSubscription})
		}
	}
	if err != nil {
		return err
	}
	return c.giveUp(omitted)
}

// stillBound returns those of ids that nobody has unbound meanwhile.
func (c *guideChannel) stillBound(ids []string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !c.isBound(id) })
}

// giveUp unbinds what cannot be bound any more. If nothing is left the channel is at
// its end.
func (c *guideChannel) giveUp(omitted []Omitted) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lost = false
	if len(omitted) == 0 || c.closed {
		return nil
	}
	ids := map[fault.Code][]string{}
	for _, o := range omitted {
		code := fault.CodeOf(o.Err)
		ids[code] = append(ids[code], o.ID)
		delete(c.bound, o.ID)
		for _, k := range c.links {
			k.forget(o.ID)
		}
	}
	if len(c.bound) == 0 {
		return fault.New(fault.UnknownSubscription, "none of the Subscriptions that were bound can be bound any more")
	}
	for _, code := range slices.Sorted(maps.Keys(ids)) {
		c.listener.unbound(code, ids[code])
	}
	c.dropIdle()
	return nil
}

// leastRenewal is the shortest time between two renewals.
const leastRenewal = time.Second

// renewInTime sets the time at which a websocket's tickets are renewed: when three
// quarters of the life of the first that expires are over. The caller holds mu.
func (c *guideChannel) renewInTime(k *link) {
	var expires time.Time
	for _, id := range k.ids {
		if e := c.bound[id]; expires.IsZero() || !e.IsZero() && e.Before(expires) {
			expires = e
		}
	}
	left := expires.Sub(c.cfg.clock.Now())
	if expires.IsZero() || left <= 0 { // the server's clock is another: it says so when it is over
		return
	}
	c.renewIn(k, left/4*3, 0)
}

// renewIn renews a ticket after a while. The caller holds mu.
func (c *guideChannel) renewIn(k *link, d time.Duration, attempt int) {
	clock.Stop(&k.renewal)
	k.renewal = c.cfg.clock.AfterFunc(max(d, leastRenewal), func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if !c.closed && !k.over {
			c.working.Go(func() { c.renew(k, attempt) })
		}
	})
}

// renew binds once more what is bound on a websocket, and the client does not notice.
// Where that fails it is tried again; a binding that ends meanwhile is lost and had
// back.
func (c *guideChannel) renew(k *link, attempt int) {
	c.mu.Lock()
	ids := slices.Clone(k.ids)
	c.mu.Unlock()
	err := c.rebind(ids, renewed)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil || c.closed {
		return
	}
	if errors.Is(err, fault.UnknownSubscription) {
		c.listener.failed(err)
		return
	}
	if k.over {
		return // which is had back already
	}
	c.cfg.observe(Event{Name: UpstreamRefused, Code: fault.CodeOf(err), Detail: "the gate's token cannot be renewed: " + fault.DetailOf(err), Subscriptions: ids})
	c.renewIn(k, c.cfg.pause(attempt), attempt+1)
}
