package gate

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/core/binding"
	"github.com/wsbind/wsbind/core/bridge"
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/clock"
)

// link is one websocket of the FHIR server. Its members are guarded by the channel's
// mu.
type link struct {
	url     string
	conn    *websocket.Conn
	ids     []string    // what is bound on it
	lapsing []string    // what was, and may still be at the server until its tickets are over
	renewal clock.Timer // when its ticket is renewed
	over    bool        // the channel has parted with it
	tokens  []string    // which went over it last
}

// lapse leaves ids to the end of their tickets.
func (k *link) lapse(ids []string) {
	for _, id := range ids {
		if slices.Contains(k.ids, id) {
			k.forget(id)
			k.lapsing = append(k.lapsing, id)
		}
	}
}

func newLink(url string, conn *websocket.Conn) *link { return &link{url: url, conn: conn} }

func (k *link) forget(id string) {
	k.ids = slices.DeleteFunc(k.ids, func(held string) bool { return held == id })
}

func (k *link) retire() {
	k.over = true
	clock.Stop(&k.renewal)
}

// close says goodbye, and waits a while for the answer.
func (k *link) close() { k.conn.Close(websocket.StatusNormalClosure, "") }

// bind sends a bind frame.
func (k *link) bind(ctx context.Context, token string) error {
	if k.conn.Write(ctx, websocket.MessageText, binding.AppendBind(nil, token)) != nil {
		return fault.New(fault.UpstreamUnavailable, "the bind cannot be sent to the FHIR server")
	}
	return nil
}

// read takes the frames of a websocket until it ends.
func (c *guideChannel) read(k *link) {
	defer c.cfg.hungUp()
	for {
		kind, text, err := k.conn.Read(context.Background()) // which dropping the link ends
		if err == nil && kind != websocket.MessageText {
			err = fault.New(fault.UpstreamRefused, "the FHIR server sends a binary frame")
			c.upstream.part(k)
		}
		if err != nil {
			c.ended(k, err)
			return
		}
		c.frame(k, text)
	}
}

// frame takes one frame.
func (c *guideChannel) frame(k *link, text []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if k.over || c.closed {
		return
	}
	w := c.waiting
	if w == nil || w.link != k {
		c.pass(k, text)
		return
	}
	f := bridge.Read(bridge.Spec, c.cfg.release, text)
	if f.Kind == bridge.Outcome {
		f.Text = withoutSecrets(f.Text, k.tokens...)
	}
	switch about := first(f.Subscriptions); {
	case f.Kind == bridge.Outcome && (w.over || isEnd(f.Code) && (c.tickets.renews() || k.isAboutOthers(text, w.order))): // about an earlier one
		c.pass(k, text)
	case f.Kind == bridge.Outcome:
		w.refuse(f.Code, f.Text)
	case f.Kind == bridge.Handshake && w.awaits(about):
		c.release(w.arrive(about, text))
	case f.Kind != bridge.Unknown && w.keeps(about) && !c.isBound(about):
		if !w.keep(about, text, c.cfg.maxBytes) {
			w.end(fault.New(fault.UpstreamRefused, "the FHIR server sends more than can be kept before it answers the bind"))
		}
	case len(f.Subscriptions) == 1:
		c.listener.notification(text, about)
	default:
		c.listener.notification(text, "")
	}
}

// pass hands a frame on as it is. Only an outcome is read: of a ticket that ends the
// client hears from the gate, if at all. The caller holds mu.
func (c *guideChannel) pass(k *link, text []byte) {
	if !bytes.Contains(text, []byte(`"OperationOutcome"`)) {
		c.listener.notification(text, "")
		return
	}
	f := bridge.Read(bridge.Spec, c.cfg.release, text)
	over := isEnd(f.Code)
	switch {
	case f.Kind != bridge.Outcome:
		c.listener.notification(text, "")
	case over && len(k.lapsing) > 0 && !mentions(text, k.ids): // the client was told when the gate's own token was over
	case over && c.tickets.renews():
		c.lose(k, fault.New(fault.UpstreamUnavailable, "the FHIR server has ended the gate's own binding: "+f.Code))
	case f.Code == string(fault.RevokedToken):
		c.revoked(k, text)
	case over: // the gate says so itself, by its own clock
	default:
		c.listener.outcome([]byte(withoutSecrets(string(text), k.tokens...)))
	}
}

// revoked takes that the server has revoked a client's token, which the gate does not
// know: altogether, where the outcome names nothing that is bound. The caller holds mu.
func (c *guideChannel) revoked(k *link, text []byte) {
	ids := named(text, k.ids)
	if len(ids) == 0 {
		ids = slices.Clone(k.ids)
	}
	if w := c.waiting; w != nil { // that bind decides
		ids = slices.DeleteFunc(ids, w.awaits)
		w.ended = append(w.ended, ids...)
	}
	for _, id := range ids {
		delete(c.bound, id)
	}
	k.lapse(ids)
	c.listener.unbound(fault.RevokedToken, ids)
	c.dropIdle()
}

// isEnd reports whether an outcome's code says that a binding has ended.
func isEnd(code string) bool {
	return code == string(fault.ExpiredToken) || code == string(fault.RevokedToken) || code == fault.ExpiredToken.IssueType()
}

// isAboutOthers reports whether an outcome names some of what is or was bound, and
// nothing of what is being bound.
func (k *link) isAboutOthers(text []byte, binding []string) bool {
	return len(named(text, k.ids))+len(named(text, k.lapsing)) > 0 && len(named(text, binding)) == 0
}

// named are those of the ids that an outcome is about, as this project's servers say it:
// in words, and as FHIRPath.
func named(text []byte, ids []string) (list []string) {
	for _, id := range ids {
		if bytes.Contains(text, []byte("'"+id+"'")) || bytes.Contains(text, []byte("Subscription/"+id+" ")) {
			list = append(list, id)
		}
	}
	return list
}

// mentions reports whether a text has one of the ids, as a whole word.
func mentions(text []byte, ids []string) bool {
	words := bytes.FieldsFunc(text, func(c rune) bool {
		return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.')
	})
	return slices.ContainsFunc(words, func(word []byte) bool { return slices.Contains(ids, strings.TrimRight(string(word), ".")) })
}

func first(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return ids[0]
}

// ended takes the end of a websocket.
func (c *guideChannel) ended(k *link, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if k.over || c.closed {
		return
	}
	code, detail := fault.UpstreamUnavailable, "the FHIR server's websocket is lost"
	var closed websocket.CloseError
	if errors.As(err, &closed) {
		detail = "the FHIR server has closed its websocket"
		if reason := fault.Code(closed.Reason); reason.Known() {
			code = reason
			detail += ": " + closed.Reason
		}
	}
	if c.waiting != nil && c.waiting.link == k {
		c.waiting.refuse(string(code), detail)
	}
	if len(k.ids) > 0 && !c.tickets.renews() {
		c.drop(k)
		c.listener.failed(c.tickets.refused(code, detail)) // with the server's own word
		return
	}
	c.lose(k, fault.New(fault.UpstreamUnavailable, detail))
}

// isBound reports whether an id is bound. The caller holds mu.
func (c *guideChannel) isBound(id string) bool {
	_, bound := c.bound[id]
	return bound
}

// lose parts with a websocket and begins to have what was bound on it back. The caller
// holds mu.
func (c *guideChannel) lose(k *link, err error) {
	ids := k.ids
	k.ids = nil
	c.drop(k)
	if len(ids) > 0 {
		c.begin(ids, err)
	}
}

// begin begins to have ids back. The caller holds mu.
func (c *guideChannel) begin(ids []string, err error) {
	if !c.tickets.renews() {
		c.listener.failed(err)
		return
	}
	if !c.lost {
		c.lost = true
		c.listener.lost(err)
	}
	c.working.Go(func() { c.recover(ids) })
}

// recoverNew has ids back whose websocket was lost just when they were bound. Those
// that were bound before are had back already. The caller holds mu.
func (c *guideChannel) recoverNew(ids []string, expires time.Time) {
	ids = slices.DeleteFunc(slices.Clone(ids), c.isBound)
	for _, id := range ids {
		c.bound[id] = expires
	}
	if len(ids) > 0 {
		c.begin(ids, fault.New(fault.UpstreamUnavailable, "the FHIR server's websocket is lost"))
	}
}
