package socket

import (
	"slices"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/mockserver/world"
)

// The dialect medplum, of the server of that name and of the clients in
// @medplum/core, with what is odd about it: the socket is opened before there is
// a token and stays open with nothing bound; binds, unbinds and pings are JSON
// frames; the Bundles have a SubscriptionStatus also in R4, relative references,
// always the event number 0, no counters, no requests; one heartbeat names every
// Subscription of the socket; a binding whose token has expired ends without a
// word.

// medplumBeat is the period of its heartbeats, which no Subscription can change.
const medplumBeat = 10 * time.Second

func (c *conn) readMedplum(text []byte) {
	c.converse(text, c.actMedplum, func(got *received) {
		switch {
		case got.silent:
		case got.Type == kindPing:
			c.say(kindPong, []byte(`{"type":"pong"}`))
		case got.err != nil && fault.CodeOf(got.err) != fault.UnknownSubscription && got.token != "":
			c.say(kindOutcome, medplumOutcome(c.hub.cfg.NewID(c.number)))
		}
	})
}

// actMedplum does what a frame asks for. Whatever is no frame of the dialect, and
// a Subscription that is gone, is met by silence.
func (c *conn) actMedplum(got *received) {
	frame, ok := readJSONFrame([]byte(got.Text))
	got.Type, got.token = kindUnknown, frame.token
	switch {
	case ok && frame.kind == "ping":
		got.Type = kindPing
	case ok && frame.kind == "bind-with-token" && frame.token != "":
		got.Type = kindBind
		c.bind(got)
	case ok && frame.kind == "unbind-from-token" && frame.token != "":
		got.Type = kindUnbind
		grant, err := c.hub.cfg.Verify(frame.token, c.page, c.hub.cfg.Clock.Now())
		got.about(grant)
		if got.err = err; err == nil {
			c.unbindToken(grant.JTI)
		}
	default:
		got.silent = true
		got.err = fault.New(fault.ExpectedBind, "this server speaks the medplum dialect: a JSON frame of the type bind-with-token, unbind-from-token or ping is due")
	}
}

// unbindToken ends what a token holds. The caller holds control.
func (c *conn) unbindToken(jti string) {
	ids := c.held(func(_ string, h *holder) bool { return h.jti == jti })
	if len(ids) == 0 {
		return
	}
	c.hub.cfg.World.Detach(c, ids)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range ids {
		c.forget(id)
	}
	c.arm()
}

// tellMedplum says nothing: Medplum does not.
func (c *conn) tellMedplum(fault.Code, []string) {}

// startMedplum begins the heartbeats of a socket.
func (c *conn) startMedplum() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.armMedplum()
}

func (c *conn) armMedplum() {
	c.beat = c.hub.cfg.Clock.AfterFunc(medplumBeat, func() {
		defer c.leave()
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.beat == nil {
			return // the socket has ended
		}
		if ids := c.boundIDs(); len(ids) > 0 {
			c.say(world.Heartbeat.String(), c.medplumBundle("heartbeat", ids, nil), ids...)
		}
		c.armMedplum()
	})
}

// boundIDs lists what is bound, sorted. The caller holds mu.
func (c *conn) boundIDs() []string {
	var ids []string
	for id := range c.bound.all() {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// renderMedplum writes a handshake, or a Bundle for each event. The world's own
// heartbeats and changes of status have no counterpart.
func (c *conn) renderMedplum(d *world.Delivery) [][]byte {
	ids := []string{d.Subscription}
	if d.Kind == world.Handshake {
		return [][]byte{c.medplumBundle("handshake", ids, nil)}
	}
	if d.Kind != world.Events {
		return nil
	}
	var frames [][]byte
	for i := range d.Events {
		frames = append(frames, c.medplumBundle("event-notification", ids, &d.Events[i]))
	}
	return frames
}

// medplumBundle writes a notification of some Subscriptions: a status each, and
// the resource of an event if there is one.
func (c *conn) medplumBundle(typ string, ids []string, e *notification.Event) []byte {
	at := c.hub.cfg.Clock.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	text := []byte(`{"id":"` + c.hub.cfg.NewID(c.number) + `","resourceType":"Bundle","type":"history","timestamp":"` + at + `","entry":[`)
	for i, id := range ids {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, `{"resource":{"resourceType":"SubscriptionStatus","id":"`+c.hub.cfg.NewID(c.number)+`","status":"active","type":"`+typ+
			`","subscription":{"reference":"Subscription/`+id+`"}`...)
		if e != nil {
			text = append(text, `,"notificationEvent":[{"eventNumber":"0","timestamp":"`+at+`"`...)
			if e.Focus.URL != "" {
				text = jsonscan.AppendString(append(text, `,"focus":{"reference":`...), world.Relative(e.Focus.URL))
				text = append(text, '}')
			}
			text = append(text, `}]`...)
		}
		text = append(text, `}}`...)
	}
	if e != nil && e.Focus.Body != nil {
		text = append(append(text, `,{"resource":`...), e.Focus.Body...)
		text = append(jsonscan.AppendString(append(text, `,"fullUrl":`...), e.Focus.URL), '}')
	}
	return append(text, `]}`...)
}

// medplumOutcome is the only thing that Medplum says about a token that it does
// not take.
func medplumOutcome(id string) []byte {
	return []byte(`{"resourceType":"OperationOutcome","id":"` + id +
		`","issue":[{"severity":"error","code":"invalid","details":{"text":"Token failed to validate. Check token expiry."}}]}`)
}
