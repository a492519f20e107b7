package load

import (
	"bytes"
	"slices"
	"time"
)

// marked reports whether frames carry the marker of their event. Without content
// there is none, and a server that names the Patients itself has it only in their
// identifiers.
func (r *run) marked() bool {
	return r.config.Content == FullResource || r.config.Content == IDOnly && !r.config.Post
}

// takeLegacy counts ping ID and bound ID.
func (s *socket) takeLegacy(l *link, text []byte, now time.Time) {
	id, ping := bytes.CutPrefix(text, pingWord)
	if !ping {
		var bound bool
		if id, bound = bytes.CutPrefix(text, boundWord); !bound {
			s.shard.stray(text)
			return
		}
	}
	at := place(id, s.subs, 0)
	switch {
	case at < 0 && ping:
		s.shard.misdirected++
	case at < 0:
		s.shard.stray(text)
	case ping:
		s.unmarked(s.subs[at], 0, now)
	default:
		s.shaken(l, at)
	}
}

// takeMarked counts a notification of events of this run.
func (s *socket) takeMarked(text []byte, now time.Time) {
	sh := s.shard
	sh.marks = markers(sh.marks[:0], text, s.run.prefix)
	at := subscriptionOf(text, s.subs, s.at)
	switch {
	case at < 0 && !bytes.Contains(text, subscription):
		sh.stray(text)
		return
	case at < 0:
		sh.misdirected += int64(len(sh.marks))
		return
	}
	s.at = at
	t := s.subs[at]
	sh.nums = numbers(sh.nums[:0], text)
	for i, k := range sh.marks {
		number := 0
		if len(sh.nums) == len(sh.marks) {
			number = sh.nums[i]
		}
		if k >= len(s.run.changes) || k%s.run.config.Groups != t.group {
			sh.misdirected++
			continue
		}
		s.arrive(t, k, number, now)
	}
}

// takeOther counts what carries no marker of this run.
func (s *socket) takeOther(l *link, text []byte, now time.Time) {
	sh := s.shard
	switch kindOf(text) {
	case pong:
	case heartbeat:
		sh.heartbeats++
	case handshake:
		if at := subscriptionOf(text, s.subs, 0); at >= 0 {
			s.shaken(l, at)
			return
		}
		sh.stray(text)
	case event:
		at := subscriptionOf(text, s.subs, s.at)
		if at < 0 {
			sh.misdirected++
			return
		}
		s.at = at
		if s.run.marked() {
			sh.foreign++
			sh.nums = numbers(sh.nums[:0], text)
			for _, n := range sh.nums {
				s.subs[at].count(n, s.moved) // ours goes on from there
			}
			return
		}
		s.takeEmpty(s.subs[at], text, now)
	default:
		sh.stray(text)
	}
}

// takeEmpty counts a notification without content by its event numbers.
func (s *socket) takeEmpty(t *tally, text []byte, now time.Time) {
	sh := s.shard
	sh.nums = numbers(sh.nums[:0], text)
	if len(sh.nums) == 0 {
		s.unmarked(t, 0, now)
	}
	for _, n := range sh.nums {
		s.unmarked(t, n, now)
	}
}

// unmarked counts an event that is known by its number only, or, where that is 0,
// by how many came before.
func (s *socket) unmarked(t *tally, number int, now time.Time) {
	n := number - 1
	if number == 0 {
		n = t.frames
	}
	k := n*s.run.config.Groups + t.group
	if k >= len(s.run.changes) || s.run.changes[k].sent.Load() == 0 {
		// More of them than there were requests.
		if number == 0 {
			t.duplicate++
		} else {
			s.shard.foreign++
		}
		return
	}
	t.frames++
	s.arrive(t, k, number, now)
}

// arrive counts event k of a Subscription, which has a number unless that is 0.
func (s *socket) arrive(t *tally, k, number int, now time.Time) {
	c, at, n := &s.run.changes[k], s.run.since(now), k/s.run.config.Groups
	if !t.first(n) {
		excused := t.excused(n)
		if !excused {
			t.duplicate++
		}
		t.count(number, s.moving || excused)
		return
	}
	if s.moving {
		t.twice[n] = struct{}{}
	}
	below := t.count(number, s.moving)
	// An event whose request had been answered before another was sent cannot
	// have happened after that one. By number alone k is not known well enough.
	answered := c.answered.Load()
	if below || !s.moving && s.run.marked() && answered != 0 && t.last > answered {
		t.reordered++
	}
	t.last = max(t.last, c.sent.Load())
	s.shard.delivered++
	s.shard.lastEvent = max(s.shard.lastEvent, at)
	s.shard.latency.record(at - s.run.due(k))
}

// shaken notes a handshake, of which more may come with each renewal.
func (s *socket) shaken(l *link, at int) {
	s.shard.handshakes++
	if l.due == nil || !l.due[at] {
		return
	}
	if l.due[at] = false; !slices.Contains(l.due, true) {
		l.due = nil
		close(l.ready)
	}
}
