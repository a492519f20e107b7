package gate

import (
	"sync"
	"time"

	"github.com/wsbind/wsbind/core/token"
)

// sweepFrom is how many revocations there are before any that is old is looked for.
const sweepFrom = 1024

// known are the revocations that a gate knows of, for as long as they are of any
// concern: no token that is accepted is good for longer.
type known struct {
	mu      sync.RWMutex
	at      map[Revocation]time.Time // when each was made
	sweepAt int
}

func newKnown() *known { return &known{at: map[Revocation]time.Time{}, sweepAt: sweepFrom} }

// note keeps a revocation and reports whether that is news.
func (k *known) note(r Record, now time.Time) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if at, ok := k.at[r.Revocation]; ok && !r.At.After(at) {
		return false
	}
	k.at[r.Revocation] = r.At
	if len(k.at) >= k.sweepAt {
		k.sweep(now)
	}
	return true
}

// sweep forgets what is old whenever there is twice as much as was kept, so that its
// cost is spread evenly. The caller holds mu.
func (k *known) sweep(now time.Time) {
	for r, at := range k.at {
		if at.Add(keepRevoked).Before(now) {
			delete(k.at, r)
		}
	}
	k.sweepAt = max(sweepFrom, 2*len(k.at))
}

// reaches reports whether a token is revoked, altogether or for a Subscription.
func (k *known) reaches(claims *token.Claims, id string) bool {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if len(k.at) == 0 {
		return false
	}
	if _, revoked := k.at[Revocation{JTI: claims.ID}]; revoked && claims.ID != "" {
		return true
	}
	return claims.Subject != "" && k.predates(claims, Revocation{Subject: claims.Subject}) ||
		k.predates(claims, Revocation{Subscription: id})
}

// predates reports whether r was revoked and the token issued by then. Dates in a
// token are whole seconds, so that one which was issued in the same second is reached
// as well, and so is one that does not say when it was issued.
func (k *known) predates(claims *token.Claims, r Revocation) bool {
	at, revoked := k.at[r]
	return revoked && !claims.IssuedAt.After(at)
}
