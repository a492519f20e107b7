package socket

import (
	"slices"
	"time"

	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/journal"
	"github.com/wsbind/wsbind/mockserver/world"
)

// message is a text frame on its way to the client. It is small, for thousands
// wait at a time.
type message struct {
	// about is the notification that it carries, nil for any other frame.
	about *world.Delivery
	// odd is what else there is to say, nil for a notification that goes out as the
	// world has written it.
	odd *oddities
}

// oddities are what a message has that is no notification as the world wrote it.
type oddities struct {
	text []byte // nil where the notification is the text
	// kind says what a frame is that carries no notification, subscriptions which
	// ones it is about.
	kind          string
	subscriptions []string
	at            time.Time
	faults        []string
	// strike is the fault that strikes on the network, if its Fault is set.
	strike faults.Injection
	// kept is set where a fault keeps it from the client: it waits with the others
	// only for the journal, which has all in their order.
	kept bool
}

// struckBy returns what is odd about a message that a fault will strike.
func (m *message) struckBy(strike faults.Injection, at time.Time) *oddities {
	odd := &oddities{at: at}
	if m.odd != nil {
		odd = m.odd
	}
	odd.strike = strike
	return odd
}

// at is when the message came about.
func (m *message) at() time.Time {
	if m.odd != nil {
		return m.odd.at
	}
	return m.about.At
}

// kept reports whether a fault keeps the message from the client.
func (m *message) kept() bool { return m.odd != nil && m.odd.kept }

// struck names the fault that strikes the message on the network, "" for none.
func (m *message) struck() string {
	if m.odd != nil {
		return m.odd.strike.Fault
	}
	return ""
}

// Size returns how many bytes the text has.
func (m *message) Size() int {
	switch {
	case m.odd != nil && m.odd.text != nil:
		return len(m.odd.text)
	case m.about != nil:
		return m.about.Size()
	}
	return 0
}

// Append appends the text to dst.
func (m *message) Append(dst []byte) []byte {
	switch {
	case m.odd != nil && m.odd.text != nil:
		return append(dst, m.odd.text...)
	case m.about != nil:
		return m.about.Append(dst)
	}
	return dst
}

// words is a text as a journal.Frame.
type words []byte

func (w words) Append(dst []byte) []byte { return append(dst, w...) }
func (w words) Size() int                { return len(w) }

// frame returns what writes the text for the journal, long after the message is
// gone.
func (m *message) frame() journal.Frame {
	if m.about != nil && (m.odd == nil || m.odd.text == nil) {
		return m.about
	}
	return words(m.odd.text)
}

// describe fills in what the journal keeps of a message, but for the text.
func (m *message) describe(e *journal.Entry, kind journal.Kind) {
	*e = journal.Entry{Kind: kind, Time: m.at(), Bytes: m.Size()}
	if d := m.about; d != nil {
		e.Type, e.Subscriptions, e.Total, e.Faults = d.Kind.String(), d.Named, d.Total(), d.Faults
		e.Events, e.Focus = d.Numbers(), d.Focus
	}
	odd := m.odd
	if odd == nil {
		return
	}
	switch {
	case m.about == nil:
		e.Type, e.Subscriptions = odd.kind, odd.subscriptions
	case odd.text != nil: // the notification, which may be long, is not kept for its numbers
		total := *e.Total
		e.Total, e.Events = &total, slices.Clone(e.Events)
	}
	e.Faults = slices.Concat(e.Faults, odd.faults)
	if odd.strike.Fault != "" {
		e.Faults = append(e.Faults, odd.strike.Fault)
	}
}
