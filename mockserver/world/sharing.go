package world

import (
	"log/slog"
	"strings"
	"time"
	"unique"

	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/mockserver/store"
	"github.com/wsbind/wsbind/mockserver/subscription"
)

// sharing holds what the events of one change have in common, however many
// Subscriptions it concerns.
type sharing struct {
	w       *World
	change  subscription.Change
	version store.Version
	now     time.Time
	at      string // the same, as FHIR writes it
	events  []*shaped
	tidings []*tiding
	latest  *tiding // neighbours are often kin
}

// shaped is the event as one topic shapes it.
type shaped struct {
	topic   *subscription.Topic // nil where nothing is included
	event   *notification.Event
	entries [notification.FullResource + 1][]byte // by content level
}

// tiding is what Subscriptions of a kin are told of the event.
type tiding struct {
	kin    unique.Handle[kin]
	of     *shaped
	tried  bool
	notice *Notice    // nil where it was not tried, or cannot be written
	made   []Delivery // of the notice, in advance, for those to come
	slab   int        // how many were made last
}

// maxSlab is how many deliveries are made at a time. One that a queue or the
// journal holds on to keeps its neighbours, so that there must not be many, nor any
// of another notice.
const maxSlab = 64

// tiding returns what Subscriptions like s are told. Its event has no number.
func (h *sharing) tiding(s *live) *tiding {
	if h.latest != nil && h.latest.kin == s.kin {
		return h.latest
	}
	for _, t := range h.tidings {
		if t.kin == s.kin {
			h.latest = t
			return t
		}
	}
	h.latest = &tiding{kin: s.kin, of: h.find(s.compiled.Source)}
	h.tidings = append(h.tidings, h.latest)
	return h.latest
}

// find returns the event as a topic shapes it.
func (h *sharing) find(topic *subscription.Topic) *shaped {
	var includes []subscription.Include
	if topic != nil {
		includes = topic.Includes(h.change.Type)
	}
	if len(includes) == 0 {
		topic = nil
	}
	for _, of := range h.events {
		if of.topic == topic {
			return of
		}
	}
	if h.at == "" {
		h.now = h.w.cfg.Clock.Now()
		h.at = instant(h.now)
	}
	focus := h.change.Current
	e := &notification.Event{
		Timestamp:   h.at,
		Interaction: h.change.Interaction,
		Focus:       notification.Resource{URL: h.w.url(h.version.Type, h.version.ID), Body: h.version.Body},
	}
	if h.change.Interaction == notification.Delete {
		focus, e.Focus.Body = h.change.Previous, nil
	}
	e.Context = h.w.context(h.version.Type, h.version.ID, focus, includes)
	of := &shaped{topic: topic, event: e}
	h.events = append(h.events, of)
	return of
}

// write writes the notification of an event to Subscriptions like s, which is
// active; nil where it cannot be written.
func (h *sharing) write(of *shaped, s *live) *Notice {
	events := []notification.Event{numbered(of.event, 1)} // which a Fill replaces
	entries := &of.entries[s.compiled.Content]
	if *entries == nil {
		*entries = h.w.entries(s.compiled.Content, events)
	}
	status := h.w.statusOf(s, notification.EventNotification, notification.UUID{})
	status.Events, status.EventsSinceStart = events, 1
	shape, err := notification.NewShape(notification.Notification{
		Release: h.w.cfg.Release, ID: status.ID, Timestamp: h.at,
		Content: s.compiled.Content, Status: status, Entries: *entries,
	})
	if err != nil {
		h.w.cfg.Log.Error("a notification cannot be written", slog.String("subscription", s.id), slog.Any("error", err))
		return nil
	}
	return &Notice{Kind: Events, At: h.now, Events: events, Focus: focusOf(events), shape: shape}
}

// delivery returns the notification of an event, that has got a number, to a
// Subscription, or nil where it cannot be written.
func (h *sharing) delivery(s *live, t *tiding, number int64) *Delivery {
	if !t.tried {
		t.tried, t.notice = true, h.write(t.of, s)
	}
	if t.notice == nil {
		return nil
	}
	if len(t.made) == 0 {
		t.slab = min(max(1, 2*t.slab), maxSlab)
		t.made = make([]Delivery, t.slab)
	}
	d := &t.made[0]
	t.made = t.made[1:]
	*d = Delivery{Subject: s.subject, Notice: t.notice, id: s.ids.next(), total: [1]int64{number}}
	return d
}

// end takes back what was lent to sinks.
func (h *sharing) end() {
	for _, t := range h.tidings {
		if t.notice != nil {
			t.notice.Events = nil
		}
	}
}

// focusOf lists what events are about, as Type/ID, where there is something.
func focusOf(events []notification.Event) (list []string) {
	for i := range events {
		if url := events[i].Focus.URL; url != "" {
			list = append(list, Relative(url))
		}
	}
	return list
}

// Relative returns the last two segments of a resource's URL: Type/ID.
func Relative(url string) string {
	id := max(strings.LastIndexByte(url, '/'), 0)
	return url[strings.LastIndexByte(url[:id], '/')+1:]
}

// numbersOf lists the numbers of events.
func numbersOf(events []notification.Event) (list []int64) {
	for i := range events {
		list = append(list, events[i].Number)
	}
	return list
}
