package socket

import (
	"sync"
	"time"

	"github.com/wsbind/wsbind/core/fault"
)

// Revocation names what is revoked: exactly one member is set.
type Revocation struct {
	JTI          string // one token
	Subscription string // every token that names the Subscription, for it
	Subject      string // every token of a caller
}

// covers reports whether the revocation is about a token, or about one of the
// Subscriptions that it names.
func (r Revocation) covers(h *holder, subscription string) bool {
	switch {
	case r.JTI != "":
		return h.jti == r.JTI
	case r.Subscription != "":
		return subscription == r.Subscription
	}
	return h.subject == r.Subject
}

// ledger remembers which tokens were issued, used and revoked, for as long as
// that can matter.
//
// A revocation by Subscription or subject reaches the tokens issued until then
// and none after. Dates in a token are whole seconds and a virtual clock may
// stand still, so that "until then" is told by the order of issuing; only for a
// token that this server has not issued (one made with wsbind issue, say) does
// the ledger go by its date.
type ledger struct {
	mu      sync.Mutex
	order   uint64
	issued  map[string]issue
	latest  []string             // the same, oldest first
	short   map[string]time.Time // jti → when its bindings end early
	used    map[string]time.Time // jti → exp
	revoked map[Revocation]mark
	sweepAt int // size at which the next sweep is due
}

// issue is a token that this server has issued.
type issue struct {
	order uint64
	exp   time.Time
}

// mark is when a revocation was made.
type mark struct {
	order uint64
	at    time.Time
}

// tokenLife is the longest life of a token that core/token accepts (P§10); what
// is older than that can be forgotten.
const tokenLife = 24 * time.Hour

// maxIssued bounds the tokens whose order is remembered, for a clock that stands
// still lets none expire. An older one is told by its date, to the second: too many
// are revoked rather than too few.
const maxIssued = 100_000

// sweepMin is the size below which the ledger is never swept.
const sweepMin = 1024

func newLedger() *ledger {
	return &ledger{
		issued:  map[string]issue{},
		short:   map[string]time.Time{},
		used:    map[string]time.Time{},
		revoked: map[Revocation]mark{},
		sweepAt: sweepMin,
	}
}

// issue notes that a token was issued.
func (l *ledger) issue(jti string, exp, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.order++
	l.issued[jti] = issue{l.order, exp}
	l.latest = append(l.latest, jti)
	for len(l.latest) > maxIssued {
		l.drop(l.latest[0])
		l.latest = l.latest[1:]
	}
	l.sweep(now)
}

// use notes that a token is used and refuses it from the second time on.
func (l *ledger) use(g Grant, now time.Time) error {
	if g.JTI == "" {
		return fault.New(fault.TokenMissingClaim, "claim jti is missing: this server takes each token once and could not tell it again")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, again := l.used[g.JTI]; again {
		return fault.New(fault.AlreadyUsed, "the token was used before and this server takes each token once: ask for a new one")
	}
	l.used[g.JTI] = g.Expires
	l.sweep(now)
	return nil
}

// unuse takes a use back: nothing could be bound.
func (l *ledger) unuse(g Grant) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.used, g.JTI)
}

// shorten makes a token end early.
func (l *ledger) shorten(jti string, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.short[jti] = at
}

// shortened returns when the bindings of a token end.
func (l *ledger) shortened(g Grant) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	if at, early := l.short[g.JTI]; early && at.Before(g.Expires) {
		return at
	}
	return g.Expires
}

// expired is the error of a token that was made to end early.
func (l *ledger) expired(g Grant, now time.Time) error {
	if end := l.shortened(g); end.IsZero() || end.After(now) {
		return nil
	}
	return fault.New(fault.ExpiredToken, "the token has expired: ask for a new one")
}

// revoke notes a revocation.
func (l *ledger) revoke(r Revocation, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.order++
	l.revoked[r] = mark{l.order, now}
	l.sweep(now)
}

// allowed splits the Subscriptions of a token into those that it still grants
// and those for which it was revoked.
func (l *ledger) allowed(g Grant) (ids []string, revoked []omission) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, gone := l.revoked[Revocation{JTI: g.JTI}]; gone && g.JTI != "" || l.predates(g, Revocation{Subject: g.Subject}) {
		return nil, nil
	}
	for _, id := range g.Subscriptions {
		if l.predates(g, Revocation{Subscription: id}) {
			revoked = append(revoked, omission{id, fault.RevokedToken})
		} else {
			ids = append(ids, id)
		}
	}
	return ids, revoked
}

// predates reports whether r was revoked and the token g issued before that.
func (l *ledger) predates(g Grant, r Revocation) bool {
	m, revoked := l.revoked[r]
	if !revoked || r == (Revocation{}) {
		return false
	}
	if i, ours := l.issued[g.JTI]; ours && g.JTI != "" {
		return i.order < m.order
	}
	return !g.IssuedAt.After(m.at)
}

// drop forgets that a token was issued.
func (l *ledger) drop(jti string) {
	delete(l.issued, jti)
	delete(l.short, jti)
}

// sweep forgets what has expired whenever the ledger has doubled, so that its
// cost is spread evenly over the tokens.
func (l *ledger) sweep(now time.Time) {
	if len(l.issued)+len(l.used)+len(l.revoked) < l.sweepAt {
		return
	}
	kept := l.latest[:0:0]
	for _, jti := range l.latest {
		if l.issued[jti].exp.After(now) {
			kept = append(kept, jti)
		} else {
			l.drop(jti)
		}
	}
	l.latest = kept
	for jti, exp := range l.used {
		if !exp.After(now) {
			delete(l.used, jti)
		}
	}
	for r, m := range l.revoked {
		if !m.at.Add(tokenLife).After(now) {
			delete(l.revoked, r)
		}
	}
	l.sweepAt = max(sweepMin, 2*(len(l.issued)+len(l.used)+len(l.revoked)))
}
