package review

import (
	"time"

	"github.com/wsbind/wsbind/mockserver/journal"
)

// point is a moment by the tenant's clock and by the wall's.
type point struct{ tenant, wall time.Time }

// arrival is when a request came in, and when a frame did.
func arrival(e *journal.Entry) point {
	if e.Arrived.IsZero() {
		return point{e.Time, e.Real}
	}
	return point{e.Time, e.Arrived}
}

// now is the present, never before the latest entry.
func (r *Reviewer) now() point {
	p := point{r.cfg.Clock.Now(), r.cfg.Wall.Now()}
	if p.tenant.Before(r.last.tenant) {
		p.tenant = r.last.tenant
	}
	if p.wall.Before(r.last.wall) {
		p.wall = r.last.wall
	}
	return p
}

// passed reports whether a client had d from one moment to another. A leap of a
// virtual clock gives nobody a chance: it must have stood in the second half of d,
// or behind it, for a second of the wall.
func (r *Reviewer) passed(from, to point, d time.Duration) bool {
	if to.tenant.Sub(from.tenant) < d {
		return false
	}
	if !r.cfg.Virtual {
		return true
	}
	since, known := r.reached(from.tenant.Add(d / 2))
	return known && to.wall.Sub(since) >= time.Second && to.wall.Sub(from.wall) >= time.Second
}

// within reports whether one moment follows another soon, on both clocks: waiting
// on either is waiting. Requests are in the journal in the order of their answers,
// so the second may be the earlier one.
func within(from, to point, d time.Duration) bool {
	tenant, wall := to.tenant.Sub(from.tenant), to.wall.Sub(from.wall)
	return tenant >= 0 && wall >= 0 && tenant <= d && wall <= d
}

// couldKnow reports whether what happened at one moment can have been known to a
// client that acted at another.
func couldKnow(told, acted point) bool { return acted.wall.Sub(told.wall) >= Reaction }

// manyAtOnce is how often a client must repeat what it was told to be no use, for
// it to count without [Reaction]: nobody does so much at the same time.
const manyAtOnce = 5

// clockMoved notes where a virtual clock stands, and since when by the wall.
func (r *Reviewer) clockMoved(p point) {
	if !r.cfg.Virtual {
		return
	}
	if last := r.moves.last(); last == nil || p.tenant.After(last.tenant) {
		r.moves.push(p)
	}
}

// stoodIn reports whether a virtual clock stood for a second of the wall from one
// tenant time up to another, at one moment or at several together, so that a client
// could act then.
func (r *Reviewer) stoodIn(from, to time.Time) bool {
	var stood time.Duration
	for i, move := range r.moves.all() {
		if move.tenant.Before(from) || !move.tenant.Before(to) {
			continue
		}
		until := r.last.wall
		if i+1 < r.moves.count {
			until = r.moves.at(i + 1).wall
		}
		stood += until.Sub(move.wall)
	}
	return stood >= time.Second
}

// reached returns since when, by the wall, the tenant's clock is known to have
// been at t or later.
func (r *Reviewer) reached(t time.Time) (wall time.Time, known bool) {
	for _, move := range r.moves.all() {
		if !move.tenant.Before(t) {
			return move.wall, true
		}
	}
	return time.Time{}, false
}

// hour writes a time for a person.
func hour(t time.Time) string { return t.UTC().Format("15:04:05") }
