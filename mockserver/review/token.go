package review

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/journal"
)

// Leeway is how much the clock of a client may be behind, and a bind frame under
// way, before a token that had run out counts against it.
const Leeway = 5 * time.Second

// showed takes a token that was shown on a socket: by a bind frame or, in the query
// dialect, by the URL.
func (r *Reviewer) showed(e *journal.Entry, s *socket) {
	if t := r.tokens.get(tokenKey{e.FHIR, e.JTI}); t != nil {
		s.speaksAs(cmp.Or(t.caller, s.caller))
		r.judgeToken(e, s, t)
		r.judgeSubjects(e, s, t)
	}
	b := r.base(e.FHIR)
	b.outstanding = slices.DeleteFunc(b.outstanding, func(o shot) bool { return o.jti == e.JTI })
}

// bindEnded takes what came of showing a token.
func (r *Reviewer) bindEnded(e *journal.Entry, s *socket) {
	if e.Verdict == journal.Good {
		r.boundOn(e, s, r.tokens.get(tokenKey{e.FHIR, e.JTI}))
		return
	}
	r.note(e, FailedToBind, s.caller, e.Subscriptions, "code", e.Verdict)
	if e.JTI != "" && len(e.Faults) == 0 {
		s.tell(told{e.Verdict, e.JTI, e.Subscriptions})
	}
}

// judgeToken looks at the token that is shown.
func (r *Reviewer) judgeToken(e *journal.Entry, s *socket, t *token) {
	say := func(code, message string) {
		f := about(code, e, s.caller, subjectOf(t.subs), message)
		f.Evidence = []int64{t.n, e.N}
		r.found(f)
	}
	if len(t.broken) > 0 {
		say(UsedBrokenAnswer, "it bound with the token of an answer that had this wrong: "+strings.Join(t.broken, ", "))
	}
	if t.path != "" && s.path != "" && s.path != t.path && !ownURL(s.dialect) {
		say(IgnoredWebsocketURL, "it showed a token at "+fault.Quote(s.path)+" whose answer named "+fault.Quote(t.path))
	}
	if why := r.knownDead(e, s, t); why != "" {
		f := about(UsedDeadToken, e, s.caller, subjectOf(t.subs), "it showed a token at "+hour(e.Time)+" though "+why)
		f.Evidence = []int64{cmp.Or(t.deadN, t.n), e.N}
		r.found(f)
		r.note(e, UsedDeadToken, s.caller, t.subs, "code", cmp.Or(t.dead, string(fault.ExpiredToken)))
	}
}

// knownDead says why a client must have known that a token was worth nothing, or
// "". The time of day is only a reason for clients that can know it.
func (r *Reviewer) knownDead(e *journal.Entry, s *socket, t *token) string {
	at := point{e.Time, e.Real}
	if t.dead != "" {
		t.again++
	}
	if t.dead != "" && (couldKnow(t.deadAt, at) || t.again >= manyAtOnce) {
		return "it was told at " + hour(t.deadAt.tenant) + " that this one is worth nothing (" + t.dead + ")"
	}
	if t.expires.IsZero() || !r.timed() || s.broken || e.Time.Before(t.expires.Add(Leeway)) {
		return ""
	}
	if r.cfg.Virtual {
		if since, known := r.reached(t.expires); !known || e.Real.Sub(since) < Reaction {
			return "" // the clock may have leapt while the frame was under way
		}
	}
	return "its answer had said that it would run out at " + hour(t.expires)
}

// judgeSubjects looks at a bind whose Subscriptions the client knows to be gone.
func (r *Reviewer) judgeSubjects(e *journal.Entry, s *socket, t *token) {
	for _, id := range t.subs {
		gone := r.subs.get(subKey{who{e.FHIR, t.caller}, id})
		if gone == nil || !gone.dead || !couldKnow(gone.deadAt, point{e.Time, e.Real}) {
			return // the bind is good for this one
		}
	}
	if len(t.subs) == 1 {
		about := *e
		about.Caller = t.caller
		r.usedDeadID(&about, t.subs[0], r.sub(e.FHIR, t.caller, t.subs[0]))
	}
}

// boundOn takes a bind that succeeded.
func (r *Reviewer) boundOn(e *journal.Entry, s *socket, t *token) {
	at := point{e.Time, e.Real}
	ids := e.Subscriptions
	if len(ids) == 0 && t != nil {
		ids = t.subs
	}
	r.note(e, Bound, s.caller, ids, "jti", e.JTI)
	r.noteRenewal(e, s, ids)
	for _, id := range ids {
		r.bind(s, id, e.JTI, at)
	}
}

// noteRenewal notes that a token takes over from another: one that is still bound,
// or one that ran out. That a connection was lost between is no renewal.
func (r *Reviewer) noteRenewal(e *journal.Entry, s *socket, ids []string) {
	for _, id := range ids {
		known := r.subs.get(subKey{who{s.fhir, s.caller}, id})
		if known == nil || known.token == "" || known.token == e.JTI {
			continue
		}
		old := r.tokens.get(tokenKey{s.fhir, known.token})
		if old == nil || old.expires.IsZero() {
			continue
		}
		over := !e.Time.Before(old.expires)
		if !over && len(known.sockets) == 0 {
			continue
		}
		r.note(e, Renewed, s.caller, ids, "beforeExpiry", strconv.FormatBool(!over),
			"issued", hour(old.at.tenant), "expired", hour(old.expires), "difference", spell(e.Time.Sub(old.expires)))
		return
	}
}

// tell notes what the next outcome or close frame will tell the client.
func (s *socket) tell(t told) {
	if len(s.pending) < 64 {
		s.pending = append(s.pending, t)
	}
}

// learn notes what a client was told about its token.
func (r *Reviewer) learn(s *socket, news told, at point, n int64) {
	t := r.tokens.get(tokenKey{s.fhir, news.jti})
	if t == nil {
		return
	}
	switch fault.Code(news.code) {
	case fault.RevokedToken:
		for _, id := range news.subs {
			if !slices.Contains(t.revoked, id) {
				t.revoked = append(t.revoked, id)
			}
		}
		if len(news.subs) > 0 && len(t.revoked) < len(t.subs) {
			return // it is still good for the others
		}
	case fault.ExpiredToken, fault.AlreadyUsed:
	case fault.UnknownSubscription:
		r.learnGone(s, t, at, n)
		return
	default:
		return // it may be refused here and taken elsewhere
	}
	if t.dead == "" {
		t.dead, t.deadAt, t.deadN = news.code, at, n
	}
}

// learnGone notes that a client was told that there is no such Subscription. Of
// several it was not told which.
func (r *Reviewer) learnGone(s *socket, t *token, at point, n int64) {
	if len(t.subs) != 1 {
		return
	}
	gone := r.sub(s.fhir, t.caller, t.subs[0])
	if !gone.dead {
		gone.die(at, n)
	}
}

// useShot notes that an opening handshake uses a token up: that which it shows, or
// the latest.
func (r *Reviewer) useShot(b *base, e *journal.Entry) {
	b.outstanding = slices.DeleteFunc(b.outstanding, func(o shot) bool { return e.Real.Sub(o.at.wall) > time.Minute })
	if last := len(b.outstanding) - 1; last >= 0 && e.JTI == "" {
		b.outstanding = b.outstanding[:last]
	}
}

// subjectOf names the Subscription that a finding is about, if it is one.
func subjectOf(ids []string) string {
	if len(ids) == 1 {
		return ids[0]
	}
	return ""
}
