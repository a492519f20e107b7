package review

import (
	"slices"
	"strings"
)

// maxOnSockets bounds what is kept of the sockets on which a Subscription is bound.
const maxOnSockets = 64

// binding is a Subscription on a socket.
type binding struct {
	id     string
	own    *row[subKey, sub] // that of the Subscription, once it was looked up
	listed bool              // it is known that the socket is in sub.sockets
	jti    string
	at     point
}

// binding returns that of a Subscription, or nil.
func (s *socket) binding(id string) *binding {
	if s.latest != nil && s.latest.id == id {
		return s.latest
	}
	i, found := s.place(id)
	if !found {
		return nil
	}
	s.latest = s.bound[i]
	return s.latest
}

// place returns where a Subscription stands among those that are bound, or would.
func (s *socket) place(id string) (int, bool) {
	return slices.BinarySearchFunc(s.bound, id, func(b *binding, id string) int { return strings.Compare(b.id, id) })
}

// bind begins a binding, instead of any that there is.
func (s *socket) bind(id, jti string, at point) *binding {
	s.latest = &binding{id: id, jti: jti, at: at}
	if i, found := s.place(id); found {
		s.bound[i] = s.latest
	} else {
		s.bound = slices.Insert(s.bound, i, s.latest)
	}
	return s.latest
}

func (s *socket) unbind(id string) {
	s.latest = nil
	if i, found := s.place(id); found {
		s.bound = slices.Delete(s.bound, i, i+1)
	}
}

// ids lists what is bound, sorted.
func (s *socket) ids() []string {
	var ids []string
	for _, b := range s.bound {
		ids = append(ids, b.id)
	}
	return ids
}

// speaksAs notes which caller a socket is of.
func (s *socket) speaksAs(caller string) {
	if caller == s.caller {
		return
	}
	s.caller, s.own = caller, nil
	for _, b := range s.bound {
		b.own = nil
	}
}

// callerOf is the caller of a socket. There is one with every frame, so where it
// stands in the table is remembered, as is that of Subscriptions.
func (r *Reviewer) callerOf(s *socket) *caller {
	if r.callers.still(s.own) == nil {
		s.own = r.callerRow(who{s.fhir, s.caller})
	}
	return &s.own.value
}

// subOf is the Subscription of a binding.
func (r *Reviewer) subOf(s *socket, b *binding) *sub {
	if r.subs.still(b.own) == nil {
		b.own, b.listed = r.subRow(subKey{who{s.fhir, s.caller}, b.id}), false
	}
	return &b.own.value
}

// bind notes that a token has bound a Subscription on a socket.
func (r *Reviewer) bind(sock *socket, id, jti string, at point) {
	b := sock.binding(id)
	if b == nil || jti != "" {
		b = sock.bind(id, jti, at)
	}
	r.attach(sock, b, jti, at)
}

// attach notes that a Subscription is bound on a socket, by which token, "" where
// that is not known, and since when.
func (r *Reviewer) attach(sock *socket, b *binding, jti string, at point) *sub {
	s := r.subOf(sock, b)
	if !b.listed && !slices.Contains(s.sockets, sock.n) {
		if len(s.sockets) == 0 {
			s.resume(at, jti != "" && jti == s.token || s.end == serverEnd && !r.startedOver(sock, s))
		}
		if len(s.sockets) < maxOnSockets {
			s.sockets = append(s.sockets, sock.n)
		}
	}
	b.listed = len(s.sockets) < maxOnSockets
	if jti != "" && s.token != jti {
		s.token = jti
	}
	return s
}

// startedOver reports whether the caller did, since the binding ended, what a client
// begins with: then it may be another one. A client of the same name that begins
// with nothing but a token cannot be told from one that connects again.
func (r *Reviewer) startedOver(sock *socket, s *sub) bool {
	c := r.callers.get(who{sock.fhir, sock.caller})
	return c != nil && c.began.wall.After(s.endAt.wall)
}

// detach notes that a Subscription is bound no more on a socket.
func (r *Reviewer) detach(sock *socket, id string, cause endCause, at point, n int64) {
	sock.unbind(id)
	s := r.subs.get(subKey{who{sock.fhir, sock.caller}, id})
	if s == nil {
		return
	}
	s.sockets = slices.DeleteFunc(s.sockets, func(other uint64) bool { return other == sock.n })
	s.end, s.endAt = cause, at
	if len(s.sockets) == 0 {
		r.ripen(sock.fhir, sock.caller, s, at)
		s.pauseGaps()
	}
}
