package gate

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/wsbind/wsbind/core/fault"
)

// ticket is what binds at a FHIR server that speaks the guide's protocol.
type ticket struct {
	token   string
	url     string    // of the websocket to bind on
	ids     []string  // what it binds, in order
	expires time.Time // when another is due, zero where that is not the gate's to say
}

// tickets gets what a channel binds with. Each channel has its own.
type tickets interface {
	// bind gets what binds a grant of the client's. What it leaves out is omitted; an
	// error means that nothing is left.
	bind(ctx context.Context, g Grant) (ticket, []Omitted, error)
	// again gets what binds ids that are bound already once more.
	again(ctx context.Context, ids []string) (ticket, []Omitted, error)
	// refused is what it means that the server refuses a ticket with a code.
	refused(code fault.Code, detail string) error
	// renews reports whether tickets are the gate's own: the client must not notice
	// their end, and a lost server is had back with new ones.
	renews() bool
}

// guideUpstream is a FHIR server that speaks the guide's protocol: the client's frames
// are its frames. How to bind, tickets say.
type guideUpstream struct {
	cfg     *upstreamConfig
	tickets func() tickets
	ending  sync.WaitGroup // websockets that say goodbye
}

func (u *guideUpstream) open(l listener) channel {
	c := &guideChannel{
		cfg: u.cfg, tickets: u.tickets(), listener: l, upstream: u,
		turn: make(chan struct{}, 1), links: map[string]*link{}, bound: map[string]time.Time{},
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c
}

func (u *guideUpstream) close() { u.ending.Wait() }

// guideChannel is one client's share of it: a websocket for each URL that tickets
// name, which is one as a rule.
type guideChannel struct {
	cfg      *upstreamConfig
	tickets  tickets
	listener listener
	upstream *guideUpstream
	ctx      context.Context // done when the channel is closed
	cancel   context.CancelFunc
	working  sync.WaitGroup // what renews and recovers
	turn     chan struct{}  // holds the right to bind: the client's binds and the gate's own take turns

	mu      sync.Mutex // held while the listener is told, so that its frames are in order
	closed  bool
	links   map[string]*link     // by URL
	bound   map[string]time.Time // when the tickets of ids expire, those of a lost server included
	waiting *awaited             // the bind in progress
	lost    bool                 // the listener was told so, and not yet of the opposite
}

// bind implements channel.
func (c *guideChannel) bind(ctx context.Context, g Grant) ([]string, []Omitted, error) {
	ctx, cancel := c.during(ctx)
	defer cancel()
	if err := c.take(ctx); err != nil {
		return nil, nil, err
	}
	defer c.give()
	t, omitted, err := c.tickets.bind(ctx, g)
	if err != nil {
		return nil, nil, err
	}
	bound, more, err := c.attempt(ctx, t, asked)
	if err != nil {
		return nil, nil, err
	}
	return bound, append(omitted, more...), nil
}

// during is ctx until the channel is closed.
func (c *guideChannel) during(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(c.ctx, cancel)
	return ctx, func() { stop(); cancel() }
}

func (c *guideChannel) take(ctx context.Context) error {
	select {
	case c.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fault.New(fault.UpstreamUnavailable, "the FHIR server keeps another bind waiting")
	}
}

func (c *guideChannel) give() { <-c.turn }

// attempt binds with a ticket, on the websocket that there is for its URL or a new
// one. The caller has the turn.
func (c *guideChannel) attempt(ctx context.Context, t ticket, why occasion) (bound []string, omitted []Omitted, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.timeout)
	defer cancel()
	k, err := c.linkTo(ctx, t.url)
	if err != nil {
		return nil, nil, err
	}
	w := c.await(k, t, why)
	if err = k.bind(ctx, t.token); err == nil {
		err = w.wait(ctx)
	}
	return c.settle(w, t, err)
}

// linkTo returns the websocket for a URL, which is opened if there is none.
func (c *guideChannel) linkTo(ctx context.Context, url string) (*link, error) {
	c.mu.Lock()
	k := c.links[url]
	c.mu.Unlock()
	if k != nil {
		return k, nil
	}
	conn, err := c.cfg.dial(ctx, url)
	if err != nil {
		return nil, err
	}
	k = newLink(url, conn)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		c.cfg.hungUp()
		c.upstream.part(k)
		return nil, fault.New(fault.GoingAway, "the client is gone")
	}
	c.links[url] = k
	c.upstream.ending.Go(func() { c.read(k) })
	c.cfg.observe(Event{Name: UpstreamOpened})
	return k, nil
}

// await makes ready for the answers to a bind.
func (c *guideChannel) await(k *link, t ticket, why occasion) *awaited {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := newAwaited(k, t.ids, why)
	c.waiting = w
	if k.tokens = append(k.tokens, t.token); len(k.tokens) > mostTokens {
		k.tokens = k.tokens[1:]
	}
	return w
}

// mostTokens is how many tokens of a websocket are remembered: an old one is good for a
// while.
const mostTokens = 20

// settle ends a bind: what has its handshake is bound, and told in order; nothing is
// left of one that bound nothing.
func (c *guideChannel) settle(w *awaited, t ticket, err error) (bound []string, omitted []Omitted, _ error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = nil
	for _, id := range w.order {
		if w.came[id] {
			bound = append(bound, id)
		} else {
			omitted = append(omitted, Omitted{id, w.missing()})
		}
	}
	switch {
	case c.closed:
		return nil, nil, fault.New(fault.GoingAway, "the client is gone")
	case w.link.over && w.why == asked && len(bound) > 0:
		c.release(w.rest())
		c.recoverNew(w.lasting(bound), t.expires)
		return bound, omitted, nil
	case w.link.over || len(bound) == 0:
		if len(w.link.ids) == 0 {
			c.drop(w.link)
		}
		return nil, nil, c.refusal(w, err)
	}
	c.release(w.rest())
	c.hold(w.link, w.lasting(bound), t.expires)
	c.renewInTime(w.link)
	return bound, omitted, nil
}

// refusal says why a bind has bound nothing.
func (c *guideChannel) refusal(w *awaited, err error) error {
	if w.code != "" {
		return c.tickets.refused(fault.Code(w.code), w.text)
	}
	if err == nil || c.ctx.Err() != nil || fault.CodeOf(err) == fault.Internal {
		return fault.New(fault.UpstreamUnavailable, "the FHIR server does not answer the bind")
	}
	return err
}

// hold notes which websocket serves ids. One that serves none any more is closed. The
// caller holds mu.
func (c *guideChannel) hold(k *link, ids []string, expires time.Time) {
	for _, id := range ids {
		c.bound[id] = expires
		for _, other := range c.links {
			if other != k {
				other.forget(id)
			}
		}
		if !slices.Contains(k.ids, id) {
			k.ids = append(k.ids, id)
		}
		k.lapsing = slices.DeleteFunc(k.lapsing, func(lapsing string) bool { return lapsing == id })
	}
	c.dropIdle()
}

// dropIdle closes the websockets that serve nothing. The caller holds mu.
func (c *guideChannel) dropIdle() {
	for k := range maps.Values(c.links) {
		if len(k.ids) == 0 && (c.waiting == nil || c.waiting.link != k) {
			c.drop(k)
		}
	}
}

// drop parts with a websocket. The caller holds mu.
func (c *guideChannel) drop(k *link) {
	if k.over {
		return
	}
	if c.links[k.url] == k {
		delete(c.links, k.url)
	}
	k.retire()
	c.upstream.part(k)
}

// part says goodbye to the FHIR server, and waits for that elsewhere.
func (u *guideUpstream) part(k *link) { u.ending.Go(k.close) }

// unbind implements channel. The server goes on sending what it has bound, and the
// socket passes over it, unless nothing is left on a websocket.
func (c *guideChannel) unbind(ids []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range ids {
		delete(c.bound, id)
	}
	for _, k := range c.links {
		k.lapse(ids)
	}
	c.dropIdle()
}

// close implements channel.
func (c *guideChannel) close() {
	c.mu.Lock()
	c.closed = true
	clear(c.bound)
	for _, k := range c.links {
		c.drop(k)
	}
	c.mu.Unlock()
	c.cancel()
	c.working.Wait()
}
