package review

import (
	"slices"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/journal"
)

// expiry is a token that ran out while it was bound, and before its client had
// asked for another.
type expiry struct {
	issued, expires time.Time
	at              point
	n               int64
	socket          uint64
}

// minLife is how long a token must have been bound for its client to have had a
// chance to renew it.
const minLife = time.Second

// tokenRanOut looks at a Subscription whose token ended on a socket. Whether its
// client had asked in time may show only later: a request is in the journal when
// it is answered.
func (r *Reviewer) tokenRanOut(e *journal.Entry, sock *socket, id string, b *binding) {
	t := r.tokens.get(tokenKey{sock.fhir, b.jti})
	c := r.callers.get(who{sock.fhir, sock.caller})
	if t == nil || c == nil || !r.timed() || e.Time.Before(t.expires) || t.expires.IsZero() || sock.broken || len(e.Faults) > 0 {
		return // not at the time that its answer said, or not known well enough
	}
	s := r.sub(sock.fhir, sock.caller, id)
	if s.trouble || s.dead || c.blocked || c.asks.dropped && c.asks.at(0).n > t.n {
		return
	}
	if c.askedFor(id, t) || !r.hadChance(t, b) || r.renewedOthers(sock, t) {
		return
	}
	s.expired = &expiry{t.at.tenant, t.expires, point{e.Time, e.Real}, e.N, sock.n}
	if len(c.expired) < 64 {
		c.expired = append(c.expired, id)
	}
}

// askedFor reports whether a caller asked for another token of a Subscription within
// the life of one.
func (c *caller) askedFor(id string, t *token) bool {
	for _, a := range c.asks.all() {
		if a.n != t.n && a.covers(id) && !a.at.tenant.Before(t.at.tenant) && a.at.tenant.Before(t.expires) {
			return true
		}
	}
	return false
}

// renewedOthers reports whether later tokens hold other Subscriptions on the same
// socket: then the client may want this one no more. There is no frame to say so.
func (r *Reviewer) renewedOthers(sock *socket, t *token) bool {
	for _, other := range sock.bound {
		if later := r.tokens.get(tokenKey{sock.fhir, other.jti}); later != nil && later.n > t.n {
			return true
		}
	}
	return false
}

// hadChance reports whether a client could have renewed a token. A virtual clock
// must have stood for a while in the last tenth of the token's life: before that
// no client needs to.
func (r *Reviewer) hadChance(t *token, b *binding) bool {
	if t.expires.Sub(b.at.tenant) < minLife {
		return false
	}
	from := t.expires.Add(-t.expires.Sub(t.at.tenant) / 10)
	if b.at.tenant.After(from) {
		from = b.at.tenant
	}
	return !r.cfg.Virtual || r.stoodIn(from, t.expires)
}

// askedAfterExpiry looks at a request for a token of which the client's tokens
// that ran out may have waited.
func (r *Reviewer) askedAfterExpiry(e *journal.Entry, c *caller) {
	a := ask{arrival(e), e.N, subjects(e)}
	c.expired = slices.DeleteFunc(c.expired, func(id string) bool {
		s := r.subs.get(subKey{who{e.FHIR, e.Caller}, id})
		if s == nil || s.expired == nil {
			return true
		}
		if !a.covers(id) {
			return false
		}
		x := s.expired
		s.expired = nil
		if !a.at.tenant.Before(x.expires) {
			r.foundLate(e, id, x)
		}
		return true
	})
}

func (r *Reviewer) foundLate(e *journal.Entry, id string, x *expiry) {
	f := about(RenewedTooLate, e, e.Caller, id, "it asked for a new token "+spell(e.Time.Sub(x.expires))+
		" after the one of "+hour(x.issued)+" had run out at "+hour(x.expires)+" on a good connection")
	f.Socket, f.Evidence = x.socket, []int64{x.n, e.N}
	r.found(f)
}

// judgeExpiry says that a client never renewed, as long as it has not.
func (r *Reviewer) judgeExpiry(all findings, key subKey, s *sub, now point) {
	x := s.expired
	if x == nil || !r.passed(x.at, now, 2*time.Second) {
		return // its request may be under way
	}
	all.add(Finding{
		Code: NeverRenewed, FHIR: key.fhir, Caller: key.caller, Subscription: key.id, Socket: x.socket, Evidence: []int64{x.n},
		Message: "it let the token of " + hour(x.issued) + " run out at " + hour(x.expires) + " and has asked for no other since it got that",
	})
}

// unbound takes the end of bindings.
func (r *Reviewer) unbound(e *journal.Entry) {
	sock := r.socket(e)
	if sock == nil {
		return
	}
	r.note(e, LostBinding, sock.caller, e.Subscriptions, "reason", e.Verdict)
	byToken := map[string][]string{}
	for _, id := range e.Subscriptions {
		b := sock.binding(id)
		if b == nil {
			continue
		}
		cause := clientEnd
		switch fault.Code(e.Verdict) {
		case fault.ExpiredToken:
			cause = serverEnd
			byToken[b.jti] = append(byToken[b.jti], id)
			r.tokenRanOut(e, sock, id, b)
		case fault.RevokedToken:
			cause = serverEnd
			byToken[b.jti] = append(byToken[b.jti], id)
		default:
			r.sub(sock.fhir, sock.caller, id).trouble = true
		}
		r.detach(sock, id, cause, point{e.Time, e.Real}, e.N)
	}
	for jti, ids := range byToken {
		sock.tell(told{e.Verdict, jti, ids})
	}
}
