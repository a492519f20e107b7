package socket

import (
	"fmt"
	"runtime/debug"
	"strconv"

	"github.com/wsbind/wsbind/core/binding"
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/world"
)

// bind answers a text frame. One that is no good bind is answered by an
// outcome, which closes the socket only where nothing is bound.
func (c *conn) bind(frame []byte) {
	c.control.Lock()
	defer c.control.Unlock()
	if code, gone := c.out.ended(); code != "" || gone {
		return
	}
	omitted, err := c.attach(frame)
	c.logRefusal(err)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case err == nil && len(omitted) == 0:
	case err == nil:
		c.push(omittedOutcome(omitted))
	case len(c.bound) > 0:
		c.push(outcome(err))
	default:
		c.shut(closing(err), outcome(err))
	}
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
		c.log.Info("bind refused", "code", code, "detail", fault.DetailOf(err))
	}
}

// omission is a Subscription of a good token that was not bound.
type omission struct {
	subscription string
	code         fault.Code
}

// attach checks a frame and its token and binds what it grants. It returns what
// could not be bound beside the rest, and an error when nothing could.
func (c *conn) attach(frame []byte) (omitted []omission, err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("panic: %v\n%s", problem, debug.Stack())
		}
	}()
	hub, now := c.hub, c.hub.cfg.Clock.Now()
	token, err := binding.ParseBind(frame)
	if err != nil {
		return nil, err
	}
	grant, err := hub.cfg.Verify(token, now)
	if err != nil {
		return nil, err
	}
	ids, omitted := hub.tokens.allowed(grant)
	if len(ids) == 0 {
		return nil, fault.New(fault.RevokedToken, "the token was revoked: ask for a new one")
	}
	if err := c.plan(grant, ids); err != nil {
		return nil, err
	}
	defer c.settle()
	if hub.cfg.SingleUse {
		if err := hub.tokens.use(grant, now); err != nil {
			return nil, err
		}
	}
	attached, err := hub.cfg.World.Attach(c, grant.Subject, ids)
	if err != nil {
		if hub.cfg.SingleUse {
			hub.tokens.unuse(grant)
		}
		return nil, err
	}
	c.log.Info("bound", "jti", grant.JTI, "caller", grant.Subject, "subscriptions", len(attached), "expires", grant.Expires)
	return append(omitted, unattached(ids, attached)...), nil
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
	planned := make(map[string]holder, len(ids))
	total := len(c.bound)
	for _, id := range ids {
		h := holder{g.JTI, g.Subject, g.Expires}
		old, again := c.bound[id]
		if !again {
			total++
		} else if old.expires.After(h.expires) {
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

// Deliver implements world.Sink. The handshake is what makes a binding: what the
// world delivers before it, on behalf of an earlier one, is held to the earlier
// token. A notification that comes after the end of its token, before the timer
// had a chance to say so, is dropped: it is in $events.
func (c *conn) Deliver(subscription string, kind world.Kind, frame []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if h, ok := c.planned[subscription]; ok && kind == world.Handshake {
		c.bound[subscription] = h
	}
	if h, ok := c.bound[subscription]; ok && h.expires.After(c.hub.cfg.Clock.Now()) {
		c.push(frame)
	}
}

// push queues a frame and closes the socket when the client reads too slowly.
func (c *conn) push(frame []byte) {
	if !c.out.add(frame) {
		c.limitClosing()
	}
}
