package socket

import (
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/world"
)

// The dialect legacy, of R4's core specification and of HAPI: bind ID is
// answered by bound ID, and each event by ping ID. It knows no token and no
// caller: whoever knows an id may bind it. As in HAPI a socket binds one
// Subscription, and whatever else is sent closes it with 1002.

func (c *conn) readLegacy(text []byte) {
	c.converse(text, c.bindLegacy, func(got *received) {
		if got.err != nil {
			c.shut(closing(got.err), nil)
		}
	})
}

func (c *conn) bindLegacy(got *received) {
	id, ok := strings.CutPrefix(strings.TrimRight(got.Text, "\r\n"), "bind ")
	if !ok {
		got.Type, got.err = kindUnknown, fault.New(fault.ExpectedBind, "this server speaks the legacy dialect: a frame that reads bind ID is due")
		return
	}
	got.Type, got.Subscriptions = kindBind, []string{id}
	owner, there := c.hub.cfg.World.Owner(id)
	if !there {
		got.err = fault.New(fault.UnknownSubscription, "there is no Subscription "+fault.Quote(id))
		return
	}
	if bound := c.held(func(string, *holder) bool { return true }); len(bound) > 0 && bound[0] != id {
		got.err = fault.New(fault.ExpectedBind, "Subscription "+bound[0]+" is bound on this socket already: connect another one")
		return
	}
	c.bindGrant(got, Grant{Subject: owner, Subscriptions: []string{id}, IssuedAt: c.hub.cfg.Clock.Now()})
}

// renderLegacy has a word for the handshake of a bind, and for events.
func renderLegacy(_ *conn, d *world.Delivery) [][]byte {
	switch {
	case d.Binds && d.Kind != world.Events:
		return [][]byte{[]byte("bound " + d.Subscription)}
	case d.Kind != world.Events:
		return nil
	}
	frames := make([][]byte, 0, 1+len(d.Events))
	if d.Binds {
		frames = append(frames, []byte("bound "+d.Subscription))
	}
	for range d.Events {
		frames = append(frames, []byte("ping "+d.Subscription))
	}
	return frames
}
