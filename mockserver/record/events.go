package record

import (
	"slices"
	"time"

	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/scenario"
	"github.com/wsbind/wsbind/mockserver/socket"
)

// event makes of an event-notification an emission, and of how it came a fault.
func (p *composer) event(i int) {
	m := &p.moments[i]
	s := p.subs[m.subs[0]]
	if len(m.numbers) == 0 {
		if s.sent[m.socket]++; p.copyOf(i) {
			return
		}
		p.emit(m.at, s, 1, m.focus)
		return
	}
	fresh := slices.DeleteFunc(slices.Clone(m.numbers), func(n int64) bool { return n <= s.count })
	if len(fresh) == 0 {
		if m.numbers[len(m.numbers)-1] <= s.sent[m.socket] {
			p.note("an event of %s came once more, later: that is left out", s.id)
		}
		s.sent[m.socket] = max(s.sent[m.socket], m.numbers[len(m.numbers)-1])
		return // what another socket was sent already
	}
	if late := p.late(i, s.count, fresh[0]); late > 0 {
		p.used[late] = true
		p.strike(m.at, faults.Spec{Fault: faults.Reordered, Subscription: s.id})
		p.emit(m.at, s, 1, p.moments[late].focus)
	}
	p.settle(m.at, s, fresh[0]-1)
	var struck []faults.Spec
	if len(fresh) > 1 {
		struck = append(struck, faults.Spec{Fault: faults.SeveralEvents, Subscription: s.id, Count: len(fresh)})
	}
	if again := p.again(i); again > 0 {
		p.used[again] = true
		struck = append(struck, faults.Spec{Fault: faults.Duplicate, Subscription: s.id})
	} else if m.fault != "" {
		struck = append(struck, faults.Spec{Fault: m.fault, Subscription: s.id})
	}
	if len(struck) > 0 {
		p.strike(m.at, struck...)
	}
	p.emit(m.at, s, 1, m.focus)
	s.count = fresh[len(fresh)-1]
	s.sent[m.socket] = s.count
}

// copyOf reports whether an event without a number is what another socket has just
// been sent, for all that can be told.
func (p *composer) copyOf(i int) bool {
	m := &p.moments[i]
	for j := i - 1; j >= 0 && m.at.Sub(p.moments[j].at) < 100*time.Millisecond; j-- {
		before := &p.moments[j]
		switch {
		case before.kind != event || before.subs[0] != m.subs[0]:
		case before.socket == m.socket:
			return false
		case before.focus == m.focus && p.sockets[before.socket] != nil: // which is open still
			return true
		}
	}
	return false
}

// again returns the index of the next event-notification of the same Subscription
// on the same socket if it is the same once more, or 0.
func (p *composer) again(i int) int {
	j := p.following(i)
	if j > 0 && slices.Equal(p.moments[j].numbers, p.moments[i].numbers) {
		return j
	}
	return 0
}

// late returns the index of the notification that the one at i has overtaken, or 0:
// of the only event that is missing before it, it comes next.
func (p *composer) late(i int, count, first int64) int {
	j := p.following(i)
	if first == count+2 && j > 0 && slices.Equal(p.moments[j].numbers, []int64{count + 1}) {
		return j
	}
	return 0
}

// following returns the index of the event-notification that follows on the same
// socket about the same Subscription, or 0.
func (p *composer) following(i int) int {
	m := &p.moments[i]
	for j := i + 1; j < len(p.moments); j++ {
		n := &p.moments[j]
		if n.kind == closed && n.socket == m.socket {
			return 0
		}
		if n.kind == event && n.socket == m.socket && n.subs[0] == m.subs[0] {
			return j
		}
	}
	return 0
}

// settle lets the events happen that nobody has seen, up to a number: as frames that
// could not be read, where there were such, and else as a gap. Where the
// Subscription is not bound, or in error, nobody is told of events anyway.
func (p *composer) settle(at time.Time, s *played, upTo int64) {
	lost := int(min(upTo-s.count, maxBefore))
	if lost <= 0 {
		return
	}
	if !p.bound(s.id) || s.failed {
		p.emit(at, s, lost, focus{})
		return
	}
	for _, l := range p.sockets {
		for lost > 0 && slices.Contains(l.subs, s.id) && len(l.lost) > 0 {
			p.strike(at, faults.Spec{Fault: l.lost[0], Subscription: s.id})
			p.emit(at, s, 1, focus{})
			l.lost = l.lost[1:]
			lost--
		}
	}
	if lost == 0 {
		return
	}
	gap := faults.Spec{Fault: faults.Gap, Subscription: s.id}
	if lost > 1 {
		gap.Times = lost
	}
	p.strike(at, gap)
	p.emit(at, s, lost, focus{})
}

// status takes a notification that the Subscription is in error.
func (p *composer) status(i int) {
	m := &p.moments[i]
	s := p.subs[m.subs[0]]
	switch {
	case m.word != "error":
		p.note("%s was said to have another status than error: that is left out", s.id)
	case s.created:
		p.strike(m.at, faults.Spec{Fault: faults.StatusError})
		p.emit(m.at, s, 1, focus{})
		p.note("the Subscription of the client fails in place of an event, which is counted")
		s.failed = true
	case !s.failed:
		p.settle(m.at, s, m.counter)
		p.step(m.at, scenario.Step{Error: s.id})
		s.failed = true
	}
}

// handshake takes one that no bind has asked for: those that were are used up.
func (p *composer) handshake(i int) {
	m := &p.moments[i]
	s := p.subs[m.subs[0]]
	byClient := false
	for j := i - 1; j >= 0 && !byClient; j-- {
		before := &p.moments[j]
		if before.kind == status && slices.Contains(before.subs, s.id) {
			break
		}
		byClient = before.kind == updated && slices.Contains(before.subs, s.id)
	}
	switch {
	case s.failed:
		p.settle(m.at, s, m.counter)
		if !byClient && !s.created {
			p.step(m.at, scenario.Step{Reactivate: s.id})
		}
		s.failed = false
		s.handshakes++
	case s.binds > 0:
		p.fault(faults.Spec{Fault: faults.RepeatedHandshake, Subscription: s.id, After: s.binds - 1})
		s.handshakes++
	default:
		p.note("%s was handed a handshake without a bind: that is left out", s.id)
	}
}

// numbered reports whether the events of the dialect have numbers.
func (p *composer) numbered() bool { return p.dialect == socket.Spec || p.dialect == socket.Query }
