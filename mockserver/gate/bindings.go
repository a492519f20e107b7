package gate

import (
	"slices"
	"strconv"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/token"
)

// bindings are the Subscriptions of a socket and the tokens that hold them. Of two
// tokens for one, that which lasts longer holds it. They are not for several
// goroutines at once.
type bindings struct {
	most    int
	held    map[string]*token.Claims
	planned map[string]*token.Claims // what the bind in progress will hold
}

// plan notes what a bind is for. Its notifications pass from now on: handshakes come
// before the bind is done.
func (b *bindings) plan(claims *token.Claims, ids []string) error {
	total := len(b.held)
	for _, id := range ids {
		if b.held[id] == nil {
			total++
		}
	}
	if total > b.most {
		return fault.New(fault.TooManyRequests, strconv.Itoa(total)+" Subscriptions would be bound on this socket, at most "+
			strconv.Itoa(b.most)+" can be: connect another one")
	}
	b.planned = make(map[string]*token.Claims, len(ids))
	for _, id := range ids {
		b.planned[id] = claims
	}
	return nil
}

// settle ends the plan: those are bound.
func (b *bindings) settle(ids []string) {
	for _, id := range ids {
		planned, old := b.planned[id], b.held[id]
		if planned == nil || old != nil && old.Expires.After(planned.Expires) {
			continue
		}
		if b.held == nil {
			b.held = map[string]*token.Claims{}
		}
		b.held[id] = planned
	}
	b.planned = nil
}

// covers reports whether notifications of a Subscription are for the client. The
// timer may be late, and a token over nevertheless.
func (b *bindings) covers(id string, now time.Time) bool {
	held, planned := b.held[id], b.planned[id]
	return held != nil && held.Expires.After(now) || planned != nil && planned.Expires.After(now)
}

// expires is when the first token that holds something expires, zero if there is none.
func (b *bindings) expires() (first time.Time) {
	for _, claims := range b.held {
		if first.IsZero() || claims.Expires.Before(first) {
			first = claims.Expires
		}
	}
	return first
}

// release lets go of what is over, and returns the ids, sorted. What a bind in
// progress renews stays: that bind has the last word.
func (b *bindings) release(over func(claims *token.Claims, id string) bool) (ids []string) {
	for id, claims := range b.held {
		if planned := b.planned[id]; over(claims, id) && (planned == nil || over(planned, id)) {
			ids = append(ids, id)
		}
	}
	for _, id := range ids {
		delete(b.held, id)
	}
	slices.Sort(ids)
	return ids
}
