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
	list      []*sighting
	rereads   int     // duplicates that it read again
	evidence  []int64 // those reads
	otherwise bool    // it reads again without a duplicate, too
}

// sighting is an event with a focus.
type sighting struct {
	sub, focus string
	number     int64
	times      int // it was sent
	reads      int
	last       point // when it was sent last
	unclear    bool  // a read may have another reason
}

// delivered notes that an event was sent to a caller.
func (r *Reviewer) delivered(e *journal.Entry, sock *socket, s *sub, n int64, focus string, again bool) {
	if focus == "" || n <= 0 {
		return
	}
	w := &r.caller(sock.fhir, sock.caller).watched
	unclear := len(s.sockets) > 1 || r.crowded(sock.fhir) || hasFault(e, doubtful...)
	var known *sighting
	for _, one := range w.list {
		if one.focus == focus && one.sub == e.Subscriptions[0] && one.number == n {
			known = one
		} else if one.focus == focus {
			one.unclear, unclear = true, true
		}
	}
	if known == nil {
		if len(w.list) == 64 {
			w.list = slices.Delete(w.list, 0, 1)
		}
		known = &sighting{sub: e.Subscriptions[0], focus: focus, number: n}
		w.list = append(w.list, known)
		again = false
	}
	known.times++
	known.last = point{e.Time, e.Real}
	known.unclear = known.unclear || unclear || again != (known.times > 1)
}

// fetched notes that a client has got events by $events: what it reads afterwards
// may be for their sake.
func (r *Reviewer) fetched(e *journal.Entry, id string) {
	for _, one := range r.caller(e.FHIR, e.Caller).watched.list {
		if one.sub == id && (len(e.Events) == 0 || slices.Contains(e.Events, one.number)) {
			one.unclear = true
		}
	}
}

// judgeRead looks at a read of what may be the focus of an event.
func (r *Reviewer) judgeRead(e *journal.Entry, c *caller) {
	if !good(e) {
		return
	}
	w := &c.watched
	for _, one := range w.list {
		if one.focus != e.Resource {
			continue
		}
		at := arrival(e)
		if at.wall.Before(one.last.wall) || !within(one.last, at, readWithin) {
			one.unclear = true
		}
		one.reads++
		if one.reads > one.times && !one.unclear {
			w.otherwise = true
		}
		if one.reads == 2 && one.times == 2 && !one.unclear {
			w.rereads++
			w.evidence = append(w.evidence, e.N)
			r.judgeHabit(e, w, one)
		}
	}
}

func (r *Reviewer) judgeHabit(e *journal.Entry, w *watched, one *sighting) {
	once := 0
	for _, other := range w.list {
		if other.times == 1 && other.reads == 1 && !other.unclear {
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
