package world

import (
	"strconv"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/mockserver/store"
	"github.com/wsbind/wsbind/mockserver/subscription"
)

// Emission asks for events that no change has caused.
type Emission struct {
	// Subscription (an id) or Topic (a canonical) says where: exactly one.
	// A topic means every active Subscription to it.
	Subscription string `json:"subscription,omitempty"`
	Topic        string `json:"topic,omitempty"`
	// Focus is a relative reference such as Encounter/1 to a resource that
	// exists. Where it is absent, the latest resource of a type that the
	// Subscription is about is taken; where there is none and the content level
	// wants one, a resource of that type with nothing in it is made up and kept.
	Focus string `json:"focus,omitempty"`
	// Interaction is create, update (the default) or delete.
	Interaction string `json:"interaction,omitempty"`
	// Count is how many events each Subscription gets; 0 means 1, at most
	// MaxEmit. They share notifications as the Subscription's max-count allows.
	Count int `json:"count,omitempty"`
}

// MaxEmit is the largest count of an Emission.
const MaxEmit = 10_000

// Emitted says which events a Subscription got.
type Emitted struct {
	Subscription string `json:"subscription"`
	First        uint64 `json:"first"`
	Last         uint64 `json:"last"`
}

// Emit makes events without a change and past every filter. It makes all of
// them or, with an error, none. The expression of an error is the member of the
// Emission.
func (w *World) Emit(e Emission) ([]Emitted, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	targets, err := w.targets(e)
	if err != nil {
		return nil, err
	}
	if e.Count < 0 || e.Count > MaxEmit {
		return nil, fault.At(fault.MalformedRequest, "count", "count is "+strconv.Itoa(e.Count)+", 1 to "+strconv.Itoa(MaxEmit)+" is possible")
	}
	events := make([]notification.Event, len(targets))
	for i, s := range targets {
		if events[i], err = w.emission(s, e); err != nil {
			return nil, err
		}
	}
	emitted := []Emitted{}
	for i, s := range targets {
		list := make([]notification.Event, max(e.Count, 1))
		for j := range list {
			list[j] = numbered(&events[i], s.log.add(&events[i]))
		}
		w.occur(s, list)
		emitted = append(emitted, Emitted{s.id, uint64(list[0].Number), uint64(list[len(list)-1].Number)})
	}
	return emitted, nil
}

// targets lists the Subscriptions that an emission concerns.
func (w *World) targets(e Emission) ([]*live, error) {
	if (e.Subscription == "") == (e.Topic == "") {
		return nil, fault.New(fault.MalformedRequest, "exactly one of subscription (an id) and topic (a canonical) is due")
	}
	if e.Subscription != "" {
		s := w.live[e.Subscription]
		switch {
		case s == nil:
			return nil, fault.At(fault.NotFound, "subscription", "there is no Subscription "+fault.Quote(e.Subscription)+" here: GET /state lists those that there are")
		case !s.counts():
			return nil, fault.At(fault.BusinessRule, "subscription", "Subscription "+s.id+" has the status "+string(s.status)+": it has no events")
		}
		return []*live{s}, nil
	}
	t := w.topics.Resolve(e.Topic)
	if t == nil {
		return nil, fault.At(fault.NotFound, "topic", "no topic has the canonical "+fault.Quote(e.Topic)+
			", one such as "+subscription.BuiltinURL+"Patient is due")
	}
	var list []*live
	for s := range w.order.All() {
		if s.counts() && s.compiled.Source != nil && s.compiled.Source.Named(e.Topic) {
			list = append(list, s)
		}
	}
	return list, nil
}

// emission returns the event that a Subscription gets, without its number.
func (w *World) emission(s *live, e Emission) (notification.Event, error) {
	event := notification.Event{Timestamp: w.now(), Interaction: notification.Update}
	switch e.Interaction {
	case "", "update":
	case "create":
		event.Interaction = notification.Create
	case "delete":
		event.Interaction = notification.Delete
	default:
		return event, fault.At(fault.MalformedRequest, "interaction", fault.Quote(e.Interaction)+" is no interaction: use create, update or delete")
	}
	typ, id, err := w.focus(s, e.Focus)
	if err != nil || id == "" {
		return event, err
	}
	event.Focus.URL = w.url(typ, id)
	v, ok := w.resources.Current(typ, id)
	switch {
	case event.Interaction == notification.Delete:
	case !ok || !visible(s.owner, v) || v.Deleted:
		return event, fault.At(fault.NotFound, "focus", "there is no "+typ+"/"+id+" that the event could be about: create it first")
	default:
		event.Focus.Body = v.Body
		if s.compiled.Source != nil {
			event.Context = w.context(typ, id, parsed(v.Body), s.compiled.Source.Includes(typ))
		}
	}
	return event, nil
}

// focus returns the resource that an event is about: the one named, or the
// latest of the Subscription's types, or one made up. At content level empty
// there need be none.
func (w *World) focus(s *live, named string) (typ, id string, err error) {
	if named != "" {
		typ, id, _ = strings.Cut(named, "/")
		if !fhir.IsResourceType(w.cfg.Release, typ) || fhir.CheckText(w.cfg.Release, "id", id).Code != "" {
			return "", "", fault.At(fault.MalformedRequest, "focus", fault.Quote(named)+" is no relative reference: write Type/id")
		}
		return typ, id, nil
	}
	var latest store.Version
	for _, t := range s.compiled.Types() {
		for v := range w.resources.All(t) {
			if visible(s.owner, v) && !v.LastUpdated.Before(latest.LastUpdated) {
				latest = v
			}
		}
	}
	if latest.ID == "" && s.compiled.Content != notification.Empty {
		latest = w.madeUp(s.compiled.Types()[0], s.owner)
	}
	return latest.Type, latest.ID, nil
}

// madeUp stores a resource with nothing in it, so that a client can read what
// its event is about. It is no change: nobody else hears of it.
func (w *World) madeUp(resourceType, owner string) store.Version {
	root := parsed([]byte(`{"resourceType":"` + resourceType + `"}`))
	made, _ := w.resources.Put(resourceType, w.freeID(resourceType, owner), "", w.cfg.Clock.Now(), root)
	return made
}

// SetError puts an active Subscription into the status error; one that is in
// error stays so. Attached sinks get a query-status notification that says so;
// from then on events are counted and logged but not pushed, and heartbeats
// carry the status error.
func (w *World) SetError(id string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, err := w.managed(id)
	if err != nil || s.status == subscription.Error {
		return err
	}
	if s.status != subscription.Active {
		return fault.New(fault.BusinessRule, "Subscription "+id+" has the status "+string(s.status)+": only an active one can fail")
	}
	w.fail(s)
	return nil
}

// fail puts an active Subscription in error.
func (w *World) fail(s *live, faults ...string) {
	w.setStatus(s, subscription.Error)
	w.tell(s, StatusChange, faults...)
}

// Reactivate makes a Subscription in error active again, as its client's update
// would; one that is active stays so. Attached sinks get a handshake, whose
// counter tells what they missed.
func (w *World) Reactivate(id string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, err := w.managed(id)
	if err != nil || s.status == subscription.Active {
		return err
	}
	if s.status != subscription.Error {
		return fault.New(fault.BusinessRule, "Subscription "+id+" has the status "+string(s.status)+": only one in error can be made active")
	}
	w.setStatus(s, subscription.Active)
	w.tell(s, Handshake)
	return nil
}

func (w *World) managed(id string) (*live, error) {
	if s := w.live[id]; s != nil {
		return s, nil
	}
	return nil, fault.New(fault.NotFound, "there is no Subscription "+fault.Quote(id)+" here: GET /state lists those that there are")
}
