package gate

import (
	"context"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/core/bridge"
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/notification"
)

// The dialect legacy, of R4's core specification and of HAPI: bind ID is answered by
// bound ID, and each event is ping ID. A connection binds one Subscription, and knows
// no token.

type legacy struct{ cfg *upstreamConfig }

func newLegacy(cfg upstreamConfig) upstream { return newRelay(&cfg, &legacy{&cfg}) }

// obstacle says that there is nothing but pings, unless what changed can be read.
func (d *legacy) obstacle(s *bridge.Subscription) error {
	how := "the gate fetches no resources"
	switch {
	case s.Content == notification.Empty:
		return nil
	case d.cfg.fetch && isFetchable(s.Criteria):
		return nil
	case d.cfg.fetch:
		how = "its criteria are no search"
	}
	return fault.New(fault.SubscriptionNotBindable, "Subscription "+s.ID+" asks for the content "+s.Content.String()+", and "+how+": ask for empty")
}

func (d *legacy) tap(id string) tap { return &legacyTap{cfg: d.cfg, id: id} }

// legacyTap is one Subscription's connections, one after the other.
type legacyTap struct {
	cfg *upstreamConfig
	id  string
	// changes tells which resources changed; it outlives connections, so that
	// nothing is missed between them.
	changes *changes
}

func (t *legacyTap) open(in *inlet, s *bridge.Subscription) error {
	again, err := t.prepare(in.ctx, s)
	if err != nil {
		return err
	}
	conn, err := t.cfg.dial(in.ctx, t.cfg.websocketURL)
	if err != nil {
		return err
	}
	context.AfterFunc(in.ctx, func() { conn.Close(websocket.StatusNormalClosure, "") })
	look := func(bool) { in.event(notification.Resource{}) }
	if t.changes != nil {
		look = t.changes.follow(in)
	}
	bound := make(chan error, 1)
	in.run(func() { t.read(conn, in, func() { look(true) }, bound) })
	if err := t.bind(in.ctx, conn, bound); err != nil {
		return err
	}
	if again {
		look(false) // for what changed while there was no connection
	}
	return nil
}

// prepare notes what is there before the bind. It reports whether that was done for
// an earlier one.
func (t *legacyTap) prepare(ctx context.Context, s *bridge.Subscription) (again bool, err error) {
	if s.Content == notification.Empty {
		t.changes = nil
		return false, nil
	}
	if t.changes != nil && t.changes.criteria == s.Criteria {
		return true, nil
	}
	c := newChanges(t.cfg, s)
	if err := c.begin(ctx); err != nil {
		return false, err
	}
	t.changes = c
	return false, nil
}

// bind asks for the Subscription, and waits for the answer.
func (t *legacyTap) bind(ctx context.Context, conn *websocket.Conn, bound <-chan error) error {
	ctx, cancel := context.WithTimeout(ctx, t.cfg.timeout)
	defer cancel()
	if err := conn.Write(ctx, websocket.MessageText, bridge.AppendBind(nil, bridge.Legacy, t.id)); err != nil {
		return fault.New(fault.UpstreamUnavailable, "the FHIR server's websocket broke before the bind")
	}
	select {
	case err := <-bound:
		return err
	case <-ctx.Done():
		return t.cfg.unanswered(t.id)
	}
}

// read takes the server's frames until the connection ends. The first answer to the
// bind, or the end before there is one, is for bound.
func (t *legacyTap) read(conn *websocket.Conn, in *inlet, pinged func(), bound chan<- error) {
	defer t.cfg.hungUp()
	answered := false
	for {
		_, text, err := conn.Read(context.Background()) // it ends with the inlet
		if err != nil {
			if answered {
				in.lost(connectionLost(err))
			} else {
				bound <- t.refusal(err)
			}
			return
		}
		frame := bridge.Read(bridge.Legacy, t.cfg.release, text)
		if len(frame.Subscriptions) != 1 || frame.Subscriptions[0] != t.id {
			continue
		}
		switch {
		case frame.Kind == bridge.Bound && !answered:
			answered = true
			bound <- nil
		case frame.Kind == bridge.Ping:
			pinged()
		}
	}
}

// refusal is the error of a connection that ended before the bind was answered. HAPI
// calls what it does not bind a protocol error.
func (t *legacyTap) refusal(err error) error {
	if websocket.CloseStatus(err) == websocket.StatusProtocolError {
		return unknownSubscription(t.id, "is not bound by the FHIR server")
	}
	return connectionLost(err)
}

// connectionLost is the error of a connection that ended.
func connectionLost(err error) error {
	if status := websocket.CloseStatus(err); status >= 0 {
		return fault.New(fault.UpstreamUnavailable, "the FHIR server closed the websocket: "+status.String())
	}
	return fault.New(fault.UpstreamUnavailable, "the connection to the FHIR server broke")
}
