package socket

import (
	"net/http"

	"github.com/wsbind/wsbind/core/fault"
)

// The dialect query: the token stands in the URL, and the opening handshake
// binds. A token opens one socket.

// tokenOf returns the token in a request's query.
func tokenOf(r *http.Request) string { return r.URL.Query().Get("token") }

// checkQuery decides before the opening handshake whether the token in the URL
// is good. Its error has the status 401, or 404 where none of the token's
// Subscriptions is left.
func (h *Hub) checkQuery(r *http.Request) (Grant, error) {
	compact := tokenOf(r)
	if compact == "" {
		return Grant{}, fault.New(fault.InvalidToken, "no token stands in the URL: connect to the websocket-url as it is, which ends with ?token=")
	}
	now := h.cfg.Clock.Now()
	grant, err := h.cfg.Verify(compact, h.cfg.Page(r), now)
	if err != nil {
		return grant, err
	}
	if err := h.tokens.expired(grant, now); err != nil {
		return grant, err
	}
	ids, _ := h.tokens.allowed(grant)
	if len(ids) == 0 {
		return grant, fault.New(fault.RevokedToken, "the token was revoked: ask for a new one")
	}
	for _, id := range ids {
		if _, err = h.cfg.World.Bindable(grant.Subject, []string{id}, false); err == nil {
			return grant, h.tokens.use(grant, now)
		}
	}
	return grant, fault.New(fault.UnknownSubscription, fault.DetailOf(err))
}

// bindQuery binds what the token of the opening handshake grants.
func (c *conn) bindQuery() {
	c.converse(nil, func(got *received) {
		got.Type = kindBind
		c.bindGrant(got, *c.granted)
	}, c.answerSpec)
}

// readQuery answers a frame, of which the dialect has none.
func (c *conn) readQuery(text []byte) {
	c.converse(text, func(got *received) {
		_, got.Type, _ = c.hub.parseSpec(text)
		got.err = fault.New(fault.ExpectedBind, "nothing is sent in this dialect (query): the token in the URL has bound the socket already")
	}, c.answerSpec)
}
