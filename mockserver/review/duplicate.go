package review

import (
	"slices"
	"strconv"
	"time"

	"github.com/wsbind/wsbind/mockserver/journal"
)

// A client that reads the focus of each event shows by that which events it took
// for new. It must have the habit, and break it for as many duplicates, before
// anything is made of it: a resource may be read for other reasons.
const (
	habit      = 2
	breaks     = 2
	readWithin = 5 * time.Second // of the notification
)

// watched are the events whose focus a caller may read.
type watched struct {
	list      ring[sighting]
	clear     int     // sightings in it that are
	rereads   int     // duplicates that it read again
	evidence  []int64 // those reads
	otherwise bool    // it reads again without a duplicate, too
}

// sighting is an event with a focus.
type sighting struct {
	sub, focus string
	number     int64
	// clear is what can be told from reads, nil where they may have another
	// reason, now and for ever.
	clear *readings
}

// readings are how often an event was sent, and its focus read.
type readings struct {
	times, reads int
	last         point // when it was sent last
}

// sighted is how far the events of a Subscription are among those whose focus its
// caller may read. In a crowd, where nothing is clear, one above them all need not
// be looked for.
type sighted struct {
	known bool
	most  int64 // none has a higher number
}

// blur notes that nothing can be told from reads any more.
func (w *watched) blur(one *sighting) {
	if one.clear != nil {
		one.clear = nil
		w.clear--
	}
}

// add begins to watch an event.
func (w *watched) add(one sighting) {
	if w.clear > 0 && w.list.count == w.list.limit {
		w.blur(w.list.at(0))
	}
	if one.clear != nil {
		w.clear++
	}
	w.list.push(one)
}

// find returns an event, if it is watched, and whether there are others of the same
// focus: then reads of it tell nothing about any of them.
func (w *watched) find(sub, focus string, number int64) (known *sighting, others bool) {
	for _, one := range w.list.all() {
		switch {
		case one.focus != focus:
		case one.sub == sub && one.number == number:
			known = one
		default:
			w.blur(one)
			others = true
		}
	}
	return known, others
}

// most returns the highest number of a Subscription's events, 0 if there are none.
func (w *watched) most(sub string) (number int64) {
	for _, one := range w.list.all() {
		if one.sub == sub {
			number = max(number, one.number)
		}
	}
	return number
}

// delivered notes that an event was sent to a caller.
func (r *Reviewer) delivered(e *journal.Entry, sock *socket, s *sub, n int64, focus string, again bool) {
	if focus == "" || n <= 0 {
		return
	}
	w, id := &r.callerOf(sock).watched, e.Subscriptions[0]
	if !s.sighted.known {
		s.sighted = sighted{true, w.most(id)}
	}
	unclear := len(s.sockets) > 1 || sock.base.live > 1 || hasFault(e, doubtful...)
	var known *sighting
	if !unclear || w.clear > 0 || n <= s.sighted.most {
		var others bool
		known, others = w.find(id, focus, n)
		unclear = unclear || others
	}
	s.sighted.most = max(s.sighted.most, n)
	at := point{e.Time, e.Real}
	switch {
	case known == nil && unclear:
		w.add(sighting{sub: id, focus: focus, number: n})
	case known == nil:
		w.add(sighting{id, focus, n, &readings{times: 1, last: at}})
	case known.clear != nil:
		known.clear.times++
		known.clear.last = at
		if unclear || again != (known.clear.times > 1) {
			w.blur(known)
		}
	}
}

// fetched notes that a client has got events by $events: what it reads afterwards
// may be for their sake.
func (r *Reviewer) fetched(e *journal.Entry, id string) {
	w := &r.caller(e.FHIR, e.Caller).watched
	for _, one := range w.list.all() {
		if one.sub == id && (len(e.Events) == 0 || slices.Contains(e.Events, one.number)) {
			w.blur(one)
		}
	}
}

// judgeRead looks at a read of what may be the focus of an event.
func (r *Reviewer) judgeRead(e *journal.Entry, c *caller) {
	if !good(e) {
		return
	}
	w := &c.watched
	for _, one := range w.list.all() {
		if one.focus != e.Resource || one.clear == nil {
			continue
		}
		at, seen := arrival(e), one.clear
		if at.wall.Before(seen.last.wall) || !within(seen.last, at, readWithin) {
			w.blur(one)
			continue
		}
		seen.reads++
		if seen.reads > seen.times {
			w.otherwise = true
		}
		if seen.reads == 2 && seen.times == 2 {
			w.rereads++
			w.evidence = append(w.evidence, e.N)
			r.judgeHabit(e, w, one)
		}
	}
}

func (r *Reviewer) judgeHabit(e *journal.Entry, w *watched, one *sighting) {
	once := 0
	for _, other := range w.list.all() {
		if other.clear != nil && other.clear.times == 1 && other.clear.reads == 1 {
			once++
		}
	}
	if w.otherwise || once < habit || w.rereads < breaks {
		return
	}
	f := about(DuplicateTakenAsNew, e, e.Caller, one.sub, "it read "+one.focus+" again at "+hour(e.Time)+
		" when the notification of event "+strconv.FormatInt(one.number, 10)+" came a second time, as it did for other duplicates")
	f.Evidence = w.evidence
	w.evidence = nil
	r.found(f)
}
