package socket

import (
	"net/http"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/journal"
)

// note adds an entry about the socket to the journal.
func (c *conn) note(e journal.Entry) {
	e.Socket = c.number
	if e.Caller == "" {
		e.Caller = c.caller()
	}
	c.hub.note(e)
}

// note adds an entry to the journal.
func (h *Hub) note(e journal.Entry) {
	if h.cfg.Journal != nil {
		if e.Kind == journal.Open {
			e.Arrived = h.cfg.Journal.Wall()
		}
		e.FHIR, e.Dialect = h.cfg.FHIR, string(h.cfg.Dialect)
		h.cfg.Journal.Add(e)
	}
}

// noteOpen adds an opening handshake, and why it was refused.
func (h *Hub) noteOpen(r *http.Request, number uint64, status int, g Grant, err error, faults ...string) {
	e := journal.Entry{
		Kind: journal.Open, Socket: number,
		Method: r.Method, Path: r.URL.Path, Status: status, WebsocketURL: h.cfg.Page(r), Verdict: journal.Good, Faults: faults,
		Caller: g.Subject, JTI: g.JTI, Subscriptions: g.Subscriptions,
	}
	if err != nil && len(faults) == 0 {
		e.Verdict, e.Detail = string(fault.CodeOf(err)), fault.DetailOf(err)
	}
	h.note(e)
}

// noteReceived adds a frame of the client and what was made of it.
func (c *conn) noteReceived(got *received) {
	e := got.Entry
	e.Verdict = journal.Good
	if got.err != nil {
		e.Verdict, e.Detail = string(fault.CodeOf(got.err)), fault.DetailOf(got.err)
	}
	e.Text = redacted(e.Text, got.token, e.JTI)
	c.note(e)
}

// redacted replaces tokens by the jti of the one that was read.
func redacted(text, token, jti string) string {
	name := "[token]"
	if jti != "" {
		name = "[token " + jti + "]"
	}
	if token == "" {
		return journal.WithoutTokens(text)
	}
	parts := strings.Split(text, token)
	for i, part := range parts {
		parts[i] = journal.WithoutTokens(part)
	}
	return strings.Join(parts, name)
}
