package socket

import (
	"iter"
	"time"
)

// holder is the token that holds bindings. It is shared and never changed.
type holder struct {
	jti     string
	subject string
	expires time.Time // zero: never
}

// lasts reports whether the token is good at a moment.
func (h *holder) lasts(now time.Time) bool { return h.expires.IsZero() || h.expires.After(now) }

// outlasts reports whether a token lasts longer than another.
func (h *holder) outlasts(o *holder) bool {
	return !o.expires.IsZero() && (h.expires.IsZero() || h.expires.After(o.expires))
}

// holders are the tokens that hold the bindings of a socket, by Subscription. Every
// frame asks for one, on thousands of sockets in turn: a map is in many places of
// memory, none of which a processor has at hand, and most sockets have few
// bindings.
type holders struct {
	list  []holding
	index map[string]int // places in list, nil while that is short
}

type holding struct {
	subscription string
	*holder
}

// short is how many bindings are looked through rather than up.
const short = 16

// find returns the place of a Subscription, -1 if it is not bound.
func (h *holders) find(subscription string) int {
	if h.index != nil {
		if i, ok := h.index[subscription]; ok {
			return i
		}
		return -1
	}
	for i := range h.list {
		if h.list[i].subscription == subscription {
			return i
		}
	}
	return -1
}

// of returns the token that holds a Subscription, or nil.
func (h *holders) of(subscription string) *holder {
	if i := h.find(subscription); i >= 0 {
		return h.list[i].holder
	}
	return nil
}

// put has a token hold a Subscription.
func (h *holders) put(subscription string, by *holder) {
	if i := h.find(subscription); i >= 0 {
		h.list[i].holder = by
		return
	}
	h.list = append(h.list, holding{subscription, by})
	switch {
	case h.index != nil:
		h.index[subscription] = len(h.list) - 1
	case len(h.list) > short:
		h.index = make(map[string]int, 2*short)
		for i := range h.list {
			h.index[h.list[i].subscription] = i
		}
	}
}

// remove unbinds a Subscription.
func (h *holders) remove(subscription string) {
	i, last := h.find(subscription), len(h.list)-1
	if i < 0 {
		return
	}
	h.list[i] = h.list[last]
	h.list[last] = holding{}
	h.list = h.list[:last]
	if h.index != nil {
		delete(h.index, subscription)
		if i < last {
			h.index[h.list[i].subscription] = i
		}
	}
}

func (h *holders) clear() { *h = holders{} }

func (h *holders) len() int { return len(h.list) }

// all yields what is bound, in no order.
func (h *holders) all() iter.Seq2[string, *holder] {
	return func(yield func(string, *holder) bool) {
		for i := range h.list {
			if !yield(h.list[i].subscription, h.list[i].holder) {
				return
			}
		}
	}
}
