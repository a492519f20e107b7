package notification

import (
	"strings"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// AppendEntries appends the entries of the given events, for
// [Notification.Entries]: each with a comma before it, as they stand behind the
// status. At content level empty there are none. The error is that of
// [Append]. Up to 32 resources nothing is allocated but the result.
func AppendEntries(dst []byte, r fhir.Release, content Content, events []Event) ([]byte, error) {
	if content == Empty {
		return dst, nil
	}
	if err := refuseEvents(r, content, events); err != nil {
		return dst, err
	}
	w := writer{release: r, dst: dst}
	w.entries(content, events)
	return w.dst, nil
}

// mention is one place where the events name a resource.
type mention struct {
	event   int
	context int // index in Event.Context, or focus
	dropped bool
}

const focus = -1

func (m mention) resource(events []Event) *Resource {
	if m.context == focus {
		return &events[m.event].Focus
	}
	return &events[m.event].Context[m.context]
}

// entries appends one entry for each resource that the events name. Several
// may name the same: in a history every focus has its own entry, as it was
// then; R5 lists a resource once (bdl-7), as it is after the last event.
// Context is listed once, and not where the resource is a focus as well.
func (w *writer) entries(content Content, events []Event) {
	var few [32]mention
	all := few[:0]
	for i := range events {
		all = append(all, mention{event: i, context: focus})
		for j := range events[i].Context {
			all = append(all, mention{event: i, context: j})
		}
	}
	if len(all) > 1 {
		w.dropRepeated(all, events)
	}
	for _, m := range all {
		if m.dropped {
			continue
		}
		interaction := Interaction(0)
		if m.context == focus {
			interaction = events[m.event].Interaction
		}
		w.entry(content, interaction, m.resource(events))
	}
}

// dropRepeated marks the mentions that get no entry: it orders them by URL, with
// the one to keep first.
func (w *writer) dropRepeated(all []mention, events []Event) {
	var few [32]uint32
	order := few[:0]
	for i := range all {
		order = append(order, uint32(i))
	}
	jsonscan.Order(order, func(i, j uint32) int {
		a, b := &all[i], &all[j]
		if c := strings.Compare(a.resource(events).URL, b.resource(events).URL); c != 0 {
			return c
		}
		if c := min(a.context, 0) - min(b.context, 0); c != 0 { // the focus is -1
			return c
		}
		if c := b.event - a.event; c != 0 {
			return c
		}
		return b.context - a.context
	})
	for n := 1; n < len(order); n++ {
		m := &all[order[n]]
		if m.resource(events).URL == all[order[n-1]].resource(events).URL {
			m.dropped = w.release == fhir.R5 || m.context != focus
		}
	}
}

// entry appends one entry: what was done to the resource, and the resource at
// content level full-resource.
func (w *writer) entry(content Content, interaction Interaction, r *Resource) {
	w.raw(`,{"fullUrl":`)
	w.text(r.URL)
	if content == FullResource && r.Body != nil && interaction != Delete {
		w.raw(`,"resource":`)
		w.dst = append(w.dst, r.Body...)
	}
	method, status := "GET", "200"
	target := relative(r.URL)
	switch interaction {
	case Create:
		method, status = "POST", "201"
		target, _, _ = strings.Cut(target, "/")
	case Update:
		method = "PUT"
	case Delete:
		method, status = "DELETE", "204"
	}
	w.raw(`,"request":{"method":"`)
	w.raw(method)
	w.raw(`"`)
	w.member("url", target)
	w.raw(`}`)
	if w.release != fhir.R5 {
		w.raw(`,"response":{"status":"`)
		w.raw(status)
		w.raw(`"}`)
	}
	w.raw(`}`)
}

// relative returns the last two segments of a URL: [type]/[id].
func relative(url string) string {
	last := strings.LastIndexByte(url, '/')
	return url[strings.LastIndexByte(url[:max(last, 0)], '/')+1:]
}
