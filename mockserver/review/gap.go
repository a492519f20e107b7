package review

import (
	"slices"
	"strconv"
	"time"

	"github.com/wsbind/wsbind/mockserver/journal"
)

// Grace is how long, by the tenant's clock, a client may leave a gap, and patience
// how long it may when so many notifications came after it.
const (
	Grace         = 10 * time.Second
	patience      = 2 * time.Second
	notifications = 3
)

// numbers is what a client was told of a Subscription's event numbers.
type numbers struct {
	known bool  // whether there is a number to start from
	high  int64 // the highest number it was told of
	gaps  []gap // below it, what it did not get, in order
	maybe []int64
	sent  deliveries
}

func newNumbers() numbers { return numbers{sent: newDeliveries()} }

// gap is a run of events that a client knows to exist and did not get.
type gap struct {
	from, to int64
	since    point // when it became visible to a client that was listening
	asleep   bool  // nobody is listening
	ripe     bool  // the client had its chance
	later    int   // notifications since
	n        int64 // the entry that made it visible
}

// maxGaps bounds what is kept of a Subscription's gaps.
const maxGaps = 64

// event takes an event that was sent and returns the gap that it opened, if any.
func (s *numbers) event(n int64, e *journal.Entry) []gap {
	opened := s.reach(n-1, e)
	s.high = max(s.high, n)
	return opened
}

// perhaps takes an event that the client may have read, or not. It opens no gap
// and is no part of one.
func (s *numbers) perhaps(n int64) {
	switch {
	case !s.known || n <= s.high:
	case n == s.high+1:
		s.high = n
	default:
		s.maybe = append(s.maybe[max(0, len(s.maybe)-63):], n)
	}
}

// reach notes that the client knows of all events up to n.
func (s *numbers) reach(n int64, e *journal.Entry) []gap {
	if !s.known {
		s.known, s.high = true, n // where it starts from
		return nil
	}
	if n <= s.high {
		return nil
	}
	g := gap{from: s.high + 1, to: n, since: point{e.Time, e.Real}, n: e.N}
	s.high = n
	opened := []gap{g}
	for _, m := range s.maybe {
		opened, _ = without(opened, m)
	}
	s.gaps = append(s.gaps, opened...)
	if len(s.gaps) > maxGaps {
		s.gaps = slices.Delete(s.gaps, 0, len(s.gaps)-maxGaps)
	}
	return opened
}

// without takes an event out of gaps. It returns the gap of which nothing is left
// then, if there is one.
func without(gaps []gap, n int64) (left []gap, filled *gap) {
	i := slices.IndexFunc(gaps, func(g gap) bool { return g.from <= n && n <= g.to })
	if i < 0 {
		return gaps, nil
	}
	head, tail := gaps[i], gaps[i]
	head.to, tail.from = n-1, n+1
	var parts []gap
	for _, part := range []gap{head, tail} {
		if part.from <= part.to {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		filled = &head
		filled.to = n
	}
	return slices.Replace(slices.Clone(gaps), i, i+1, parts...), filled
}

// forget starts anew, as for a Subscription that was created.
func (s *sub) forget() {
	s.numbers = newNumbers()
	s.dead, s.expired = false, nil
}

// die notes that the client was told that there is no such Subscription.
func (s *sub) die(at point, n int64) {
	s.dead, s.deadAt, s.deadN, s.reused = true, at, n, 0
	s.trouble, s.gaps, s.expired = true, nil, nil
}

// resume notes that somebody listens again. Who closed its connection itself may
// have gone for good, and another may have come who knows nothing: for that one
// everything starts with the first number it hears.
func (s *sub) resume(at point, same bool) {
	if !same {
		s.known, s.maybe = false, nil
		s.gaps = slices.DeleteFunc(s.gaps, func(g gap) bool { return !g.ripe })
		s.expired = nil
	}
	for i := range s.gaps {
		if s.gaps[i].asleep {
			s.gaps[i].asleep, s.gaps[i].since, s.gaps[i].later = false, at, 0
		}
	}
}

// pauseGaps notes that nobody listens any more.
func (s *sub) pauseGaps() {
	for i := range s.gaps {
		s.gaps[i].asleep = true
	}
}

// ripen notes for which gaps the client has had its chance.
func (r *Reviewer) ripen(fhir, caller string, s *sub, now point) {
	if len(s.gaps) == 0 || !r.timed() {
		return
	}
	c := r.callers.get(who{fhir, caller})
	if c != nil && c.blocked {
		return // it was told that it may not ask
	}
	if c != nil {
		s.gaps = slices.DeleteFunc(s.gaps, func(g gap) bool { return c.searched.wall.After(g.since.wall) })
	}
	for i := range s.gaps {
		g := &s.gaps[i]
		if g.asleep {
			continue
		}
		if c != nil && c.hold.After(g.since.tenant) {
			g.since.tenant = c.hold // it was asked to wait
		}
		g.ripe = g.ripe || r.passed(g.since, now, Grace) ||
			g.later >= notifications && r.passed(g.since, now, patience)
	}
}

// judgeGaps says that a client never caught up, as long as it has not.
func (r *Reviewer) judgeGaps(all findings, key subKey, s *sub, now point) {
	r.ripen(key.fhir, key.caller, s, now)
	for _, g := range s.gaps {
		if !g.ripe {
			continue
		}
		what := "event " + strconv.FormatInt(g.from, 10)
		if g.from != g.to {
			what = "events " + strconv.FormatInt(g.from, 10) + " to " + strconv.FormatInt(g.to, 10)
		}
		all.add(Finding{
			Code: NeverCaughtUp, FHIR: key.fhir, Caller: key.caller, Subscription: key.id, Evidence: []int64{g.n},
			Message: "it could see at " + hour(g.since.tenant) + " that it had missed " + what + ", went on listening and has not called $events",
		})
	}
}

// askedForEvents takes a call of $events or $resend. That it was made is what
// counts: a gap that the answer does not fill is the server's.
func (r *Reviewer) askedForEvents(e *journal.Entry) {
	ids := subjects(e)
	r.note(e, AskedForEvents, e.Caller, ids, "status", strconv.Itoa(e.Status), "events", strconv.Itoa(len(e.Events)))
	if len(ids) != 1 {
		return
	}
	s := r.sub(e.FHIR, e.Caller, ids[0])
	at := arrival(e)
	events := sorted(e.Events)
	for _, g := range s.gaps {
		if covers(events, g.from, g.to) {
			r.filled(e, ids, g, "$events")
		}
	}
	for _, n := range events {
		s.gaps, _ = without(s.gaps, n)
		if s.known {
			s.high = max(s.high, n)
		}
	}
	s.gaps = slices.DeleteFunc(s.gaps, func(g gap) bool { return g.asleep || !g.since.wall.After(at.wall) })
	r.fetched(e, ids[0])
}

// covers reports whether all numbers from one to another are in a sorted list.
func covers(events []int64, from, to int64) bool {
	i, found := slices.BinarySearch(events, from)
	j, last := slices.BinarySearch(events, to)
	return found && last && int64(j-i) == to-from
}

// filled notes that a client has got what it had missed.
func (r *Reviewer) filled(e *journal.Entry, ids []string, g gap, with string) {
	r.note(e, FilledGap, e.Caller, ids, "with", with,
		"from", strconv.FormatInt(g.from, 10), "to", strconv.FormatInt(g.to, 10))
}

// searched takes a search: a client may look at everything anew instead of asking
// for the events that it has missed.
func (r *Reviewer) searched(e *journal.Entry) {
	if e.Resource == "Subscription" || e.Resource == "SubscriptionTopic" {
		return
	}
	c := r.caller(e.FHIR, e.Caller)
	c.searched = arrival(e)
}
