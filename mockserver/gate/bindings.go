package gate

import (
	"slices"
	"strconv"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/token"
)

// isOver tells whether a token is over for a Subscription.
type isOver func(claims *token.Claims, id string) bool

// bindings are the Subscriptions of a socket and the tokens that hold them. Of two
// tokens for one, that which lasts longer holds it. They are not for several
// goroutines at once.
type bindings struct {
	most    int
	over    isOver // whether a token grants nothing any more
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
		if planned == nil || old != nil && old.Expires.After(planned.Expires) && !b.over(old, id) {
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
func (b *bindings) covers(id string) bool {
	return b.isGood(b.held[id], id) || b.isGood(b.planned[id], id)
}

func (b *bindings) isGood(claims *token.Claims, id string) bool {
	return claims != nil && !b.over(claims, id)
}

// expires is when the first token expires that holds something, or will; zero if there
// is none.
func (b *bindings) expires() (first time.Time) {
	for _, list := range []map[string]*token.Claims{b.held, b.planned} {
		for _, claims := range list {
			if first.IsZero() || claims.Expires.Before(first) {
				first = claims.Expires
			}
		}
	}
	return first
}

// plans reports whether the bind in progress is about what is over.
func (b *bindings) plans(over isOver) bool {
	for id, claims := range b.planned {
		if over(claims, id) {
			return true
		}
	}
	return false
}

// lose lets go of ids, of which the channel knows that they are not bound, whatever
// token holds them, or will.
func (b *bindings) lose(ids []string) (lost []string) {
	for _, id := range ids {
		if b.held[id] != nil || b.planned[id] != nil {
			lost = append(lost, id)
		}
		delete(b.held, id)
		delete(b.planned, id)
	}
	slices.Sort(lost)
	return lost
}

// release lets go of what is over, and returns the ids, sorted. What a bind in
// progress renews stays: that bind has the last word.
func (b *bindings) release(over isOver) (ids []string) {
	for id, claims := range b.held {
		if over(claims, id) && !b.isGood(b.planned[id], id) {
			ids = append(ids, id)
		}
	}
	for _, id := range ids {
		delete(b.held, id)
	}
	slices.Sort(ids)
	return ids
}
