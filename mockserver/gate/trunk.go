package gate

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/core/bridge"
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// pingPeriod is how often Medplum's own clients ping, and how long they wait for an
// answer.
const pingPeriod = 5 * time.Second

// trunk is a websocket to Medplum, over which any number of Subscriptions are bound
// by JSON frames. It has to be pinged, or nobody notices that the other side is gone.
type trunk struct {
	cfg    *upstreamConfig
	url    string
	uses   int // guarded by medplum.mu
	ctx    context.Context
	over   context.CancelCauseFunc
	opened chan struct{}   // closed when conn is there
	conn   *websocket.Conn // behind opened
	heard  atomic.Bool     // since the last ping
	// turn is held by the one bind that is under way: a refusal does not say whose
	// it is.
	turn chan struct{}

	mu      sync.Mutex
	users   map[string]*inlet // by their Subscriptions
	pending *pendingBind
}

// pendingBind is a bind that is not answered yet.
type pendingBind struct {
	id, token string
	answer    chan error
}

func newTrunk(cfg *upstreamConfig, url string) *trunk {
	t := &trunk{cfg: cfg, url: url, opened: make(chan struct{}), turn: make(chan struct{}, 1), users: map[string]*inlet{}}
	t.ctx, t.over = context.WithCancelCause(context.Background())
	t.heard.Store(true)
	return t
}

// run connects, and takes frames until the connection ends; whoever is bound is told
// then.
func (t *trunk) run() {
	err := t.serve()
	t.over(err)
	t.mu.Lock()
	users := t.users
	t.users = map[string]*inlet{}
	t.mu.Unlock()
	for _, in := range users {
		in.lost(context.Cause(t.ctx))
	}
}

func (t *trunk) serve() error {
	conn, err := t.cfg.dial(t.ctx, t.url)
	if err != nil {
		return err
	}
	defer t.cfg.hungUp()
	t.conn = conn
	close(t.opened)
	closed := make(chan struct{})
	context.AfterFunc(t.ctx, func() {
		defer close(closed)
		conn.Close(websocket.StatusNormalClosure, "")
	})
	var pinging sync.WaitGroup
	pinging.Go(t.ping)
	for err == nil {
		err = t.read()
	}
	t.over(err)
	pinging.Wait()
	<-closed
	return err
}

// read takes a frame of the server's.
func (t *trunk) read() error {
	_, text, err := t.conn.Read(context.Background()) // it ends with the trunk
	if err != nil {
		return connectionLost(err)
	}
	t.heard.Store(true)
	frame := bridge.Read(bridge.Medplum, t.cfg.release, text)
	switch frame.Kind {
	case bridge.Handshake:
		t.answer(func(p *pendingBind) (bool, error) { return slices.Contains(frame.Subscriptions, p.id), nil })
	case bridge.Outcome:
		t.answer(func(p *pendingBind) (bool, error) { // whose it is, it does not say
			return true, fault.New(fault.UpstreamRefused, "the FHIR server refuses its own token: "+withoutSecrets(frame.Text, p.token))
		})
	case bridge.Events:
		for _, id := range frame.Subscriptions {
			if in := t.user(id); in != nil {
				in.event(frame.Focus)
			}
		}
	}
	return nil
}

func (t *trunk) user(id string) *inlet {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.users[id]
}

// answer ends the bind that is under way, if it is what is answered.
func (t *trunk) answer(what func(p *pendingBind) (bool, error)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.pending == nil {
		return
	}
	if is, err := what(t.pending); is {
		t.pending.answer <- err
		t.pending = nil
	}
}

// ping pings while the trunk lasts.
func (t *trunk) ping() {
	for t.cfg.sleep(t.ctx, pingPeriod) {
		if !t.heard.Swap(false) {
			t.over(fault.New(fault.UpstreamUnavailable, "the FHIR server did not answer a ping within "+pingPeriod.String()))
			return
		}
		if err := t.say(t.ctx, []byte(`{"type":"ping"}`)); err != nil {
			t.over(err)
			return
		}
	}
}

// sleep waits by the clock, and reports whether ctx is not done before.
func (c *upstreamConfig) sleep(ctx context.Context, d time.Duration) bool {
	rings := make(chan struct{})
	timer := c.clock.AfterFunc(d, func() { close(rings) })
	defer timer.Stop()
	select {
	case <-rings:
		return true
	case <-ctx.Done():
		return false
	}
}

func (t *trunk) say(ctx context.Context, frame []byte) error {
	ctx, cancel := context.WithTimeout(ctx, t.cfg.timeout)
	defer cancel()
	if err := t.conn.Write(ctx, websocket.MessageText, frame); err != nil {
		return connectionLost(err)
	}
	return nil
}

// bind binds a Subscription, anew if it is bound, and returns when the server has
// agreed.
func (t *trunk) bind(in *inlet, id, token string) error {
	ctx, cancel := context.WithCancel(in.ctx)
	defer cancel()
	defer context.AfterFunc(t.ctx, cancel)()
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		return t.why(ctx)
	}
	pending := &pendingBind{id, token, make(chan error, 1)}
	t.mu.Lock()
	t.users[id], t.pending = in, pending
	t.mu.Unlock()
	defer t.give(pending)
	late, stop := context.WithTimeout(ctx, t.cfg.timeout)
	defer stop()
	if err := t.say(late, bridge.AppendBind(nil, bridge.Medplum, token)); err != nil {
		return err
	}
	select {
	case err := <-pending.answer:
		return err
	case <-late.Done():
		if ctx.Err() == nil { // Medplum says nothing of what it does not know
			return unknownSubscription(id, "was not bound by the FHIR server within "+t.cfg.timeout.String())
		}
		return t.why(ctx)
	}
}

// give gives a bind up.
func (t *trunk) give(pending *pendingBind) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.pending == pending {
		t.pending = nil
	}
}

// why is why something on the trunk was given up.
func (t *trunk) why(ctx context.Context) error {
	if t.ctx.Err() != nil {
		return context.Cause(t.ctx)
	}
	return ctx.Err()
}

// unbind unbinds a Subscription, with a token that lasts, if others are bound still:
// the trunk ends with the last.
func (t *trunk) unbind(in *inlet, id, token string) {
	t.mu.Lock()
	mine := t.users[id] == in
	if mine {
		delete(t.users, id)
	}
	others := len(t.users) > 0
	t.mu.Unlock()
	if mine && others && token != "" && t.ctx.Err() == nil {
		frame := jsonscan.AppendString([]byte(`{"type":"unbind-from-token","payload":{"token":`), token)
		t.say(t.ctx, append(frame, "}}"...))
	}
}
