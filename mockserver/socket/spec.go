package socket

import (
	"bytes"

	"github.com/wsbind/wsbind/core/binding"
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/mockserver/internal/notice"
	"github.com/wsbind/wsbind/mockserver/journal"
)

// The kinds of frame that clients send, as the journal names them.
const (
	kindBind      = "bind"
	kindColonBind = "bind-colon"
	kindJSONBind  = "bind-json"
	kindUnbind    = "unbind"
	kindPing      = "ping"
	kindPong      = "pong"
	kindUnknown   = "unknown"
	kindOutcome   = "outcome"
	kindClose     = "close" // not a frame of its own: what a fault closes a socket with
)

// readSpec answers a text frame. One that is no good bind is answered by an
// outcome, which closes the socket only where nothing is bound.
func (c *conn) readSpec(text []byte) {
	c.converse(text, func(got *received) {
		if got.token, got.Type, got.err = c.hub.parseSpec(text); got.err != nil {
			return
		}
		c.bind(got)
	}, c.answerSpec)
}

// answerSpec tells what came of a bind. The caller holds control and mu.
func (c *conn) answerSpec(got *received) {
	switch {
	case got.silent:
	case got.err == nil && len(got.omitted) == 0:
	case got.err == nil:
		c.say(kindOutcome, omittedOutcome(got.omitted), subscriptionsOf(got.omitted)...)
	case c.bound.len() > 0:
		c.say(kindOutcome, outcome(got.err))
	default:
		c.shut(closing(got.err), outcome(got.err))
	}
}

// parseSpec reads a bind frame and says which spelling it has.
func (h *Hub) parseSpec(text []byte) (token, kind string, err error) {
	if h.cfg.AcceptJSONBind {
		if token, ok := jsonBind(text); ok {
			return token, kindJSONBind, nil
		}
	}
	token, err = binding.ParseBind(text)
	switch {
	case err != nil:
		return "", kindUnknown, err
	case !bytes.HasPrefix(text, []byte("bind-with-token:")):
		return token, kindBind, nil
	case h.cfg.OnlySpaceForm:
		return "", kindColonBind, fault.New(fault.ExpectedBind, "a colon stands behind bind-with-token, and this server was told to read the other "+
			"spelling only: a frame that reads bind-with-token TOKEN is due")
	}
	return token, kindColonBind, nil
}

// jsonBind reads the bind frame that Medplum's clients send.
func jsonBind(text []byte) (token string, ok bool) {
	f, ok := readJSONFrame(text)
	return f.token, ok && f.kind == "bind-with-token" && f.token != ""
}

// jsonFrame is what a JSON frame says.
type jsonFrame struct{ kind, token string }

func readJSONFrame(text []byte) (jsonFrame, bool) {
	var doc jsonscan.Document
	if doc.Parse(text, jsonscan.Limits{MaxDepth: 8}) != nil || doc.Root().Kind() != jsonscan.Object {
		return jsonFrame{}, false
	}
	f := jsonFrame{kind: textOf(doc.Root().Get("type")), token: textOf(doc.Root().Get("payload").Get("token"))}
	return f, f.kind != ""
}

func textOf(v jsonscan.Value) string {
	if v.Kind() != jsonscan.String {
		return ""
	}
	return v.Text()
}

// received is a text frame of the client and what came of it.
type received struct {
	journal.Entry
	token   string
	omitted []omission
	err     error
	silent  bool // a fault, or the dialect, keeps the answer back
}

// tellStopped tells which Subscriptions are bound no more, and closes the socket
// if none is left. The caller holds mu.
func (c *conn) tellStopped(code fault.Code, ids []string) {
	if c.bound.len() > 0 {
		c.say(kindOutcome, notice.Unbound(code, ids), ids...)
		return
	}
	c.shut(code, notice.Unbound(code, ids), ids...)
}

// closeStopped closes the socket if nothing is left, without a word.
func (c *conn) closeStopped(code fault.Code, _ []string) {
	if c.bound.len() == 0 {
		c.shut(code, nil)
	}
}
