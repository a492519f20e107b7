package review

import (
	"slices"
	"strconv"

	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/journal"
)

// The types of notification, and of an OperationOutcome.
const (
	handshake   = "handshake"
	heartbeat   = "heartbeat"
	event       = "event-notification"
	queryStatus = "query-status"
	outcome     = "outcome"
)

// unreadable are faults that leave nothing of a frame for a client to go by.
var unreadable = []string{
	faults.MalformedJSON, faults.MissingStatus, faults.WrongSubscription, faults.EmptyBundle, faults.BinaryFrame,
}

// severed are faults after which a connection may be dead.
var severed = []string{faults.Drop, faults.Stall}

// doubtful are faults that some clients read past and others do not, or not soon:
// whether the client knows what the frame said cannot be told.
var doubtful = []string{
	faults.WrongBundleType, faults.CounterAsNumber, faults.OversizedFrame, faults.SplitFrame, faults.SlowFrame, faults.LongFraction,
}

// sent takes a frame that was written to the network.
func (r *Reviewer) sent(e *journal.Entry) {
	s := r.socket(e)
	if s == nil {
		return
	}
	at := point{e.Time, e.Real}
	if hasFault(e, severed...) {
		r.fail(s, e)
	}
	if s.broken || hasFault(e, unreadable...) {
		return
	}
	if e.Type == outcome {
		for _, t := range s.pending {
			r.learn(s, t, at, e.N)
		}
		s.pending = nil
		return
	}
	if len(e.Subscriptions) == 0 || e.Type == "pong" {
		return
	}
	s.good = true
	var about *sub
	for _, id := range e.Subscriptions {
		b := s.binding(id)
		if b == nil {
			b = s.bind(id, "", at)
		}
		about = r.attach(s, b, b.jti, b.at)
	}
	if len(e.Subscriptions) == 1 {
		r.notified(e, s, about)
	}
}

// withheld takes a frame that never reached its client.
func (r *Reviewer) withheld(e *journal.Entry) {
	s := r.socket(e)
	if s == nil {
		return
	}
	if e.Type == outcome && len(s.pending) > 0 {
		s.pending = s.pending[1:]
	}
	if hasFault(e, severed...) {
		r.fail(s, e)
	}
}

// notified takes a notification that its client could read, of one Subscription.
func (r *Reviewer) notified(e *journal.Entry, sock *socket, s *sub) {
	switch e.Type {
	case handshake:
		r.note(e, ReceivedHandshake, sock.caller, e.Subscriptions)
	case heartbeat:
		r.note(e, ReceivedHeartbeat, sock.caller, e.Subscriptions)
	case queryStatus:
		s.trouble = true // that is what it is pushed for
	}
	if sock.dialect == medplum || sock.dialect == legacy {
		r.noteEvents(e, sock, s)
		return // they write no numbers that a client could go by
	}
	r.ripen(sock.fhir, sock.caller, s, point{e.Time, e.Real})
	for i := range s.gaps {
		s.gaps[i].later++
	}
	r.noteEvents(e, sock, s)
	r.count(e, sock, s)
}

// count takes the numbers in a notification.
func (r *Reviewer) count(e *journal.Entry, sock *socket, s *sub) {
	doubt := hasFault(e, doubtful...)
	var opened []gap
	for _, n := range sorted(e.Events) {
		var filled *gap
		if s.gaps, filled = without(s.gaps, n); filled != nil {
			r.filled(e, e.Subscriptions, *filled, "late arrival")
		}
		switch {
		case n <= 0:
		case doubt:
			s.perhaps(n)
		default:
			opened = append(opened, s.event(n, e)...)
		}
	}
	if e.Total != nil && !doubt {
		opened = append(opened, s.reach(*e.Total, e)...)
	}
	for _, g := range opened {
		r.note(e, SawGap, sock.caller, e.Subscriptions,
			"from", strconv.FormatInt(g.from, 10), "to", strconv.FormatInt(g.to, 10), "by", e.Type)
	}
}

// sorted returns numbers in order. Nearly always they are.
func sorted(numbers []int64) []int64 {
	if slices.IsSorted(numbers) {
		return numbers
	}
	return slices.Sorted(slices.Values(numbers))
}

// noteEvents notes the events of a notification, and which of them had come before.
func (r *Reviewer) noteEvents(e *journal.Entry, sock *socket, s *sub) {
	if e.Type != event {
		return
	}
	for i, n := range e.Events {
		focus := ""
		if i < len(e.Focus) && len(e.Focus) == len(e.Events) {
			focus = e.Focus[i]
		}
		again := n > 0 && s.sent.has(n, sock.n, s.sockets)
		s.sent.push(n, sock.n)
		r.noteEvent(e, ReceivedEvent, sock.caller, n, focus)
		if again {
			r.noteEvent(e, GotDuplicate, sock.caller, n, "")
		}
		r.delivered(e, sock, s, n, focus, again)
	}
}
