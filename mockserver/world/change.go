package world

import (
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/mockserver/search"
	"github.com/wsbind/wsbind/mockserver/store"
	"github.com/wsbind/wsbind/mockserver/subscription"
)

// maxContext bounds the resources that a topic's notificationShape adds to one
// event.
const maxContext = 100

// changed makes the events of a change. v is the version that was written, or
// deleted; previous is the body before, nil where there was none.
func (w *World) changed(interaction notification.Interaction, previous []byte, v store.Version) {
	if !w.byCriteria.Hears(v.Type) {
		return
	}
	c := subscription.Change{Interaction: interaction, Type: v.Type, Previous: parsed(previous)}
	if interaction != notification.Delete {
		c.Current = parsed(v.Body)
	}
	shared := sharing{w: w, change: c, version: v}
	defer shared.end()
	for _, s := range w.byCriteria.Fired(c) {
		if !s.counts() || c.Type == "Subscription" && (s.owner != v.Owner || s.id == v.ID) {
			continue
		}
		t := shared.tiding(s)
		if number := s.log.add(t.of.event); s.status == subscription.Active && len(s.bound) > 0 {
			w.befall(s, t, number, &shared)
		}
	}
}

func (w *World) url(resourceType, id string) string {
	return w.cfg.Base + "/" + resourceType + "/" + id
}

// context gathers the resources that includes add to an event about focus.
func (w *World) context(typ, id string, focus jsonscan.Value, includes []subscription.Include) []notification.Resource {
	var list []notification.Resource
	seen := map[string]bool{w.url(typ, id): true}
	add := func(v store.Version) {
		url := w.url(v.Type, v.ID)
		if v.Body == nil || v.Type == "Subscription" || seen[url] || len(list) == maxContext {
			return // Subscriptions are their owners' only
		}
		seen[url] = true
		list = append(list, notification.Resource{URL: url, Body: v.Body})
	}
	for _, i := range includes {
		if i.Reverse {
			w.referring(i, typ, id, add)
			continue
		}
		for _, ref := range w.search.References(i.Source, i.Parameter, focus) {
			if i.Target == "" || i.Target == ref.ResourceType {
				v, _ := w.resources.Current(ref.ResourceType, ref.ID)
				add(v)
			}
		}
	}
	return list
}

// referring finds the resources whose parameter refers to the focus.
func (w *World) referring(i subscription.Include, typ, id string, add func(store.Version)) {
	if i.Target != "" && i.Target != typ {
		return
	}
	q, err := w.search.Filter(i.Source, search.Term{Name: i.Parameter, Value: typ + "/" + id})
	if err != nil {
		return // the parameter cannot refer to this type
	}
	for v := range w.resources.All(i.Source) {
		if q.Match(parsed(v.Body)) {
			add(v)
		}
	}
}
