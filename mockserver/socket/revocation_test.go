package socket

import (
	"strconv"
	"testing"
	"time"
)

// TestTheLedgerForgetsWhatHasExpired: a server that runs for long issues many
// tokens and must not remember them all.
func TestTheLedgerForgetsWhatHasExpired(t *testing.T) {
	l := newLedger()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	first := Grant{JTI: "0", Subject: "alice", Subscriptions: []string{"a"}, Expires: now.Add(5 * time.Minute)}
	for n := range 100_000 {
		jti := strconv.Itoa(n)
		l.issue(jti, now.Add(5*time.Minute), now)
		if err := l.use(Grant{JTI: jti, Expires: now.Add(5 * time.Minute)}, now); err != nil {
			t.Fatal(err)
		}
		if n%10 == 0 {
			l.revoke(Revocation{JTI: jti}, now)
		}
		now = now.Add(time.Second)
	}
	// Of each kind 300 can matter still, and of revocations those of a day.
	if size := len(l.issued) + len(l.used) + len(l.revoked); size > 4*(300+300+8640) {
		t.Errorf("%d entries after 100,000 tokens", size)
	}
	last := Grant{JTI: "99990", Subscriptions: []string{"a"}, Expires: now}
	if ids, _ := l.allowed(last); ids != nil {
		t.Error("a revocation was forgotten while it mattered")
	}
	if ids, _ := l.allowed(first); ids == nil {
		t.Error("a revocation of yesterday is still there")
	}
}

// A clock that stands still lets no token expire: what is remembered of those that
// were issued is bounded all the same, and none outlives a revocation by that.
func TestTheLedgerIsBoundedWhileTimeStandsStill(t *testing.T) {
	l := newLedger()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for n := range 2*maxIssued + 10 {
		l.issue(strconv.Itoa(n), now.Add(tokenLife), now)
		l.shorten(strconv.Itoa(n), now.Add(time.Hour))
	}
	if len(l.issued) > maxIssued || len(l.latest) > maxIssued || len(l.short) > maxIssued {
		t.Errorf("%d, %d and %d tokens are remembered", len(l.issued), len(l.latest), len(l.short))
	}
	l.revoke(Revocation{Subject: "alice"}, now)
	if ids, _ := l.allowed(Grant{JTI: "0", Subject: "alice", Subscriptions: []string{"a"}, IssuedAt: now}); ids != nil {
		t.Error("the first token outlives its revocation")
	}
}

func TestRevokingNothingRevokesNothing(t *testing.T) {
	l := newLedger()
	now := time.Now()
	l.revoke(Revocation{}, now)
	if ids, revoked := l.allowed(Grant{Subscriptions: []string{"a"}}); len(ids) != 1 || revoked != nil {
		t.Errorf("allowed %v, revoked %v", ids, revoked)
	}
}
