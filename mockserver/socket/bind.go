package socket

import (
	"fmt"
	"runtime/debug"
	"strconv"
	"unique"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/journal"
	"github.com/wsbind/wsbind/mockserver/world"
)

// converse handles one frame of the client: act finds out what it asks for and
// does it, answer says what came of it, with mu held. The journal has the frame
// before whatever it leads to.
func (c *conn) converse(text []byte, act func(got *received), answer func(got *received)) {
	c.control.Lock()
	defer c.control.Unlock()
	if code, gone := c.out.ended(); code != "" || gone {
		return
	}
	c.out.hold()
	defer c.out.release()
	defer c.leave()
	got := &received{Entry: journal.Entry{Kind: journal.Received, Time: c.hub.cfg.Clock.Now(), Bytes: len(text), Text: string(text)}}
	func() {
		defer func() {
			if problem := recover(); problem != nil {
				got.err = fmt.Errorf("panic: %v\n%s", problem, debug.Stack())
			}
		}()
		act(got)
	}()
	c.logRefusal(got.err)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.noteReceived(got)
	answer(got)
}

// closing returns the code that a failed bind closes the socket with.
func closing(err error) fault.Code {
	if code := fault.CodeOf(err); code.CloseStatus() != 0 {
		return code
	}
	return fault.InvalidToken // a token this server cannot serve
}

// logRefusal notes why a bind failed. Errors never hold a token.
func (c *conn) logRefusal(err error) {
	switch code := fault.CodeOf(err); code {
	case "":
	case fault.Internal:
		c.log.Error("bind failed", "error", err.Error())
	default:
		c.log.Info("bind refused", "code", code, "detail", journal.WithoutTokens(fault.DetailOf(err)))
	}
}

// omission is a Subscription of a good token that was not bound.
type omission struct {
	subscription string
	code         fault.Code
}

func subscriptionsOf(omitted []omission) []string {
	var ids []string
	for _, o := range omitted {
		ids = append(ids, o.subscription)
	}
	return ids
}

// bind checks the token of a frame and binds what it grants. What could not be
// bound beside the rest is omitted; an error means that nothing could.
func (c *conn) bind(got *received) {
	now := c.hub.cfg.Clock.Now()
	grant, err := c.hub.cfg.Verify(got.token, c.page, now)
	got.about(grant)
	if err == nil {
		err = c.hub.tokens.expired(grant, now)
	}
	if err != nil {
		got.err = err
		return
	}
	c.bindGrant(got, grant)
}

// about notes the claims of the token that was shown.
func (got *received) about(g Grant) {
	got.JTI, got.Subscriptions, got.Caller = g.JTI, g.Subscriptions, g.Subject
	if !g.Expires.IsZero() {
		got.Expires = &g.Expires
	}
	got.WebsocketURL = g.Audience
}

// bindGrant binds what a good token grants, and fails where nothing is left of
// it.
func (c *conn) bindGrant(got *received, grant Grant) {
	hub := c.hub
	got.about(grant)
	grant.Expires = hub.tokens.shortened(grant) // which the client is not told
	ids, omitted := hub.tokens.allowed(grant)
	if len(ids) == 0 {
		got.err = fault.New(fault.RevokedToken, "the token was revoked: ask for a new one")
		return
	}
	if got.err = c.plan(grant, ids); got.err != nil {
		return
	}
	defer c.settle()
	if c.misbind(got, grant) {
		return
	}
	once := hub.cfg.SingleUse && hub.cfg.Dialect != Query && hub.cfg.Dialect != Legacy // one has seen to it, the other has no token
	if once {
		if got.err = hub.tokens.use(grant, hub.cfg.Clock.Now()); got.err != nil {
			return
		}
	}
	attached, err := hub.cfg.World.Attach(c, grant.Subject, ids)
	if err != nil {
		if once {
			hub.tokens.unuse(grant)
		}
		got.err = err
		return
	}
	c.subject.Store(unique.Make(grant.Subject))
	c.log.Info("bound", "jti", grant.JTI, "caller", grant.Subject, "subscriptions", len(attached), "expires", grant.Expires)
	got.omitted = append(omitted, unattached(ids, attached)...)
}

// misbind carries out a fault that strikes a bind that would succeed, and
// reports whether one has.
func (c *conn) misbind(got *received, grant Grant) bool {
	o := faults.Occasion{Point: faults.Bind, Caller: grant.Subject}
	if len(grant.Subscriptions) == 1 {
		o.Subscription = grant.Subscriptions[0]
	}
	strike, struck := c.draw(o, nil)
	if !struck {
		return false
	}
	got.Faults, got.silent = []string{strike.Fault}, true
	c.mu.Lock()
	defer c.mu.Unlock()
	c.planned = nil
	if strike.Fault == faults.UnansweredBind {
		c.stopWaiting()
		return true
	}
	c.abort(strike)
	return true
}

// unattached lists the ids that the world has left out. Those attached are in
// the order of the ids.
func unattached(ids, attached []string) (omitted []omission) {
	for _, id := range ids {
		if len(attached) > 0 && attached[0] == id {
			attached = attached[1:]
		} else {
			omitted = append(omitted, omission{id, fault.UnknownSubscription})
		}
	}
	return omitted
}

// plan notes which token will hold the Subscriptions once their handshakes are
// delivered. Of two tokens the one that lasts longer does.
func (c *conn) plan(g Grant, ids []string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	planned := make(map[string]*holder, len(ids))
	total := c.bound.len()
	own := &holder{g.JTI, g.Subject, g.Expires}
	for _, id := range ids {
		h := own
		if old := c.bound.of(id); old == nil {
			total++
		} else if old.outlasts(h) {
			h = old
		}
		planned[id] = h
	}
	if limit := c.hub.cfg.MaxBound; total > limit {
		return fault.New(fault.TooManyRequests, strconv.Itoa(total)+" Subscriptions would be bound on this socket, at most "+
			strconv.Itoa(limit)+" can be: connect another one")
	}
	c.planned = planned
	return nil
}

// settle ends the bind in progress.
func (c *conn) settle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.planned = nil
	c.arm()
}

// Deliver implements world.Sink. The first delivery of an attachment, as a rule
// the handshake, is what makes a binding: what the world delivers before it, on
// behalf of an earlier one, is held to the earlier token. A notification that
// comes after the end of its token, before the timer had a chance to say so, is
// dropped: it is in $events.
func (c *conn) Deliver(d *world.Delivery) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over.Load() {
		return
	}
	if h, ok := c.planned[d.Subscription]; ok && d.Binds {
		c.bound.put(d.Subscription, h)
		delete(c.silent, d.Subscription)
	}
	if h := c.bound.of(d.Subscription); h != nil && h.lasts(d.At) {
		c.notify(d)
	}
}
