package socket

import (
	"slices"
	"time"

	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/journal"
	"github.com/wsbind/wsbind/mockserver/world"
)

// message is a text frame on its way to the client, with what the journal wants
// to know of it.
type message struct {
	text []byte
	// about is the notification that it carries, nil for any other frame; kind
	// then says what it is.
	about *world.Delivery
	kind  string
	// subscriptions are those that any other frame is about.
	subscriptions []string
	at            time.Time
	faults        []string
	// strike is the fault that strikes on the network, if its Fault is set.
	strike faults.Injection
	// kept is set where a fault keeps it from the client: it waits with the others
	// only for the journal, which has all in their order.
	kept bool
}

// entry is what the journal keeps of a message.
func (m *message) entry(kind journal.Kind) journal.Entry {
	e := journal.Entry{
		Kind: kind, Time: m.at, Type: m.kind, Subscriptions: m.subscriptions,
		Bytes: len(m.text), Faults: m.faults,
		Text: string(m.text[:min(len(m.text), journal.MaxText+1)]),
	}
	if d := m.about; d != nil {
		total := d.Total // a pointer into the delivery would keep all of it for as long as the entry
		e.Type, e.Subscriptions, e.Total = d.Kind.String(), []string{d.Subscription}, &total
		e.Faults = slices.Concat(d.Faults, m.faults)
		for _, event := range d.Events {
			e.Events = append(e.Events, event.Number)
			if event.Focus.URL != "" {
				e.Focus = append(e.Focus, relative(event.Focus.URL))
			}
		}
	}
	if m.strike.Fault != "" {
		e.Faults = append(slices.Clip(e.Faults), m.strike.Fault)
	}
	return e
}

// relative returns the last two segments of a resource's URL: Type/ID.
func relative(url string) string {
	slashes := 0
	for i := len(url) - 1; i >= 0; i-- {
		if url[i] == '/' {
			if slashes++; slashes == 2 {
				return url[i+1:]
			}
		}
	}
	return url
}
