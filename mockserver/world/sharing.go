package world

import (
	"log/slog"
	"strings"
	"time"

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
	source  *subscription.Topic // of the Subscription that was looked at last
	latest  *shaped             // what was found for it
	parcels []parcel            // what is left of a slab
	slab    int                 // how many parcels the next one has
}

// shaped is an event as one topic shapes it.
type shaped struct {
	topic   *subscription.Topic // nil where nothing is included
	event   *notification.Event
	focus   []string
	entries [notification.FullResource + 1][]byte // by content level
	frames  []framed
}

// framed is the notification of an event to active Subscriptions that have named
// the topic alike and want the same content.
type framed struct {
	topic   string
	content notification.Content
	shape   *notification.Shape // nil where it cannot be written
}

// parcel is a delivery with the one event in it.
type parcel struct {
	Delivery
	event  [1]notification.Event
	number [1]int64
}

// maxSlab is how many deliveries are made at a time. One that a queue or the
// journal holds on to keeps its neighbours, so that there must not be many.
const maxSlab = 64

// shaped returns the event for a Subscription, without its number. Neighbours are
// often to the same topic.
func (h *sharing) shaped(s *live) *shaped {
	if h.latest == nil || h.source != s.compiled.Source {
		h.source, h.latest = s.compiled.Source, h.find(s.compiled.Source)
	}
	return h.latest
}

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
	of := &shaped{topic: topic, event: e, focus: focusOf([]notification.Event{*e})}
	h.events = append(h.events, of)
	return of
}

// shape returns the notification of an event to Subscriptions like s, which is
// active; nil where it cannot be written.
func (h *sharing) shape(of *shaped, s *live) *notification.Shape {
	for i := range of.frames {
		if f := &of.frames[i]; f.content == s.compiled.Content && f.topic == s.compiled.Topic {
			return f.shape
		}
	}
	entries := &of.entries[s.compiled.Content]
	if *entries == nil {
		*entries = h.w.entries(s.compiled.Content, []notification.Event{numbered(of.event, 1)})
	}
	status := h.w.statusOf(s, notification.EventNotification, notification.UUID{})
	status.Events, status.EventsSinceStart = []notification.Event{numbered(of.event, 1)}, 1
	shape, err := notification.NewShape(notification.Notification{
		Release: h.w.cfg.Release, ID: status.ID, Timestamp: h.at,
		Content: s.compiled.Content, Status: status, Entries: *entries,
	})
	if err != nil {
		h.w.cfg.Log.Error("a notification cannot be written", slog.String("subscription", s.id), slog.Any("error", err))
	}
	of.frames = append(of.frames, framed{s.compiled.Topic, s.compiled.Content, shape})
	return shape
}

// delivery returns the notification of an event, that has got a number, to a
// Subscription, or nil where it cannot be written.
func (h *sharing) delivery(s *live, of *shaped, number int64) *Delivery {
	shape := h.shape(of, s)
	if shape == nil {
		return nil
	}
	if len(h.parcels) == 0 {
		h.slab = min(max(1, 2*h.slab), maxSlab)
		h.parcels = make([]parcel, h.slab)
	}
	p := &h.parcels[0]
	h.parcels = h.parcels[1:]
	p.event[0], p.number[0] = numbered(of.event, number), number
	p.Delivery = Delivery{
		Subscription: s.id, Kind: Events, Events: p.event[:], Total: number, At: h.now,
		Named: s.named, Numbers: p.number[:], Focus: of.focus, shape: shape,
		fill: notification.Fill{ID: s.ids.next(), Subscription: s.ref, Number: number},
	}
	return &p.Delivery
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
