package world

import (
	"slices"
	"strconv"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/mockserver/subscription"
)

// Bindable returns the ids that a binding token for the caller may cover, by
// the rules of P§10: those named, in the order given and each once, or with all
// every requested or active Subscription of the caller.
//
// The error is a *fault.Error: fault.NotFound for an id that is unknown,
// foreign or deleted, fault.SubscriptionNotBindable for one that is off, in
// error or entered in error, with the expression
// Parameters.parameter.where(name='id')[i] of the first of them (clear it at
// the instance level); fault.NoSubscriptions when nothing is left.
func (w *World) Bindable(caller string, ids []string, all bool) ([]string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []string
	listed := map[string]bool{}
	for i, id := range ids {
		if _, err := w.bindable(caller, id); err != nil {
			code, detail := fault.CodeOf(err), fault.DetailOf(err)
			if code == fault.UnknownSubscription {
				code = fault.NotFound
			}
			return nil, fault.At(code, parameter("id")+"["+strconv.Itoa(i)+"]", detail)
		}
		if !listed[id] {
			list, listed[id] = append(list, id), true
		}
	}
	if all && len(ids) == 0 {
		for s := range w.ownedBy(caller) {
			if s.status == subscription.Active {
				list = append(list, s.id)
			}
		}
	}
	if len(list) == 0 {
		return nil, fault.New(fault.NoSubscriptions, "there is no active websocket Subscription of yours that the token could cover: create one, or name one")
	}
	return list, nil
}

// parameter is the FHIRPath of the operation parameters with a name.
func parameter(name string) string { return "Parameters.parameter.where(name='" + name + "')" }

// StatusQuery asks for $status.
type StatusQuery struct {
	// IDs names the Subscriptions; none means all of the caller's. Those that
	// the caller does not have are left out.
	IDs []string
	// Statuses keeps only Subscriptions in one of them; none means any.
	Statuses []string
	// Instance marks the instance level: IDs holds one id, and if the caller
	// does not have it the answer is fault.NotFound, or fault.Gone if it was
	// deleted.
	Instance bool
	// Self is the URL of the request, for the self link of the searchset.
	Self string
}

// StatusBundle answers $status with a searchset, in the order of the ids, or of
// creation where none are given. An unknown status is fault.InvalidQuery.
func (w *World) StatusBundle(caller string, q StatusQuery) ([]byte, error) {
	for _, status := range q.Statuses {
		if !slices.Contains(subscription.Statuses(w.cfg.Release), subscription.Status(status)) {
			return nil, fault.At(fault.InvalidQuery, parameter("status"), fault.Quote(status)+" is no status of a Subscription in "+w.cfg.Release.String())
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if q.Instance {
		for _, id := range q.IDs {
			if _, err := w.owned(caller, id); err != nil {
				return nil, err
			}
		}
	}
	set := notification.StatusSet{Release: w.cfg.Release, ID: w.answers.next().String(), Timestamp: w.now(), Self: q.Self}
	for _, s := range w.chosen(caller, q) {
		if len(q.Statuses) == 0 || slices.Contains(q.Statuses, string(s.status)) {
			set.Statuses = append(set.Statuses, w.statusOf(s, notification.QueryStatus, s.ids.next()))
		}
	}
	return notification.AppendStatuses(nil, set)
}

// chosen lists the Subscriptions that $status is about, each once.
func (w *World) chosen(caller string, q StatusQuery) []*live {
	var list []*live
	if len(q.IDs) == 0 && !q.Instance {
		return slices.Collect(w.ownedBy(caller))
	}
	listed := map[string]bool{}
	for _, id := range q.IDs {
		if s := w.live[id]; s != nil && s.owner == caller && !listed[id] {
			list, listed[id] = append(list, s), true
		}
	}
	return list
}

// owned returns a Subscription of the caller's, or fault.NotFound or fault.Gone.
func (w *World) owned(caller, id string) (*live, error) {
	v, ok := w.resources.Current("Subscription", id)
	if _, err := seen(caller, v, ok, "Subscription", id); err != nil {
		return nil, err
	}
	return w.live[id], nil
}

// EventsQuery asks for $events. The bounds are inclusive and given as they
// were sent; "" is no bound.
type EventsQuery struct {
	Since, Until string
	// Content is a hint: empty, id-only or full-resource; "" is the
	// Subscription's own level, which is never exceeded.
	Content string
}

// EventsAnswer is an answer of $events, and what is in it.
type EventsAnswer struct {
	Bundle  []byte
	Numbers []int64 // of its events
	Total   int64   // eventsSinceSubscriptionStart
}

// EventsBundle answers $events. Bounds that are no numbers or contradict each
// other, and an unknown content level, are fault.InvalidQuery (400), with the
// expression Parameters.parameter.where(name='…').
//
// Every kept event in the range is in the answer: max-count bounds pushed
// notifications, and here the caller chooses the range. Events that are no
// longer kept are named in the status's error element.
func (w *World) EventsBundle(caller, id string, q EventsQuery) (answer EventsAnswer, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, err := w.owned(caller, id)
	if err != nil {
		return answer, err
	}
	since, until, err := numbers(q.Since, q.Until)
	if err != nil {
		return answer, err
	}
	content, err := hinted(q.Content, s.compiled.Content)
	if err != nil {
		return answer, err
	}
	status := w.statusOf(s, notification.QueryEvent, s.ids.next())
	status.Events = s.log.between(since, until)
	if first, last := max(since, 1), min(until, s.log.oldest()-1); first <= last {
		status.Errors = append(status.Errors, w.forgotten(first, last))
	}
	answer = EventsAnswer{Bundle: w.bundle(s, content, status), Total: status.EventsSinceStart}
	if answer.Bundle == nil {
		return answer, fault.New(fault.Internal, "")
	}
	for _, e := range status.Events {
		answer.Numbers = append(answer.Numbers, e.Number)
	}
	return answer, nil
}

// forgotten says in a status that events are asked for that are not kept.
func (w *World) forgotten(first, last int64) notification.Coding {
	return notification.Coding{
		System: "http://wsbind.example/CodeSystem/event-log",
		Code:   "events-not-kept",
		Display: "The events " + strconv.FormatInt(first, 10) + " to " + strconv.FormatInt(last, 10) +
			" are no longer kept: the log holds the latest " + strconv.Itoa(w.cfg.MaxEvents),
	}
}

// hinted returns the content level of an answer: the hint, but never above
// the Subscription's own.
func hinted(hint string, own notification.Content) (notification.Content, error) {
	if hint == "" {
		return own, nil
	}
	for _, c := range []notification.Content{notification.Empty, notification.IDOnly, notification.FullResource} {
		if c.String() == hint {
			return min(c, own), nil
		}
	}
	return 0, fault.At(fault.InvalidQuery, parameter("content"), fault.Quote(hint)+" is no content level: use empty, id-only or full-resource")
}

// ResendQuery asks for $resend; bounds are inclusive, "" is no bound.
type ResendQuery struct {
	SinceNumber, UntilNumber   string
	SinceInstant, UntilInstant string
}

// Resend pushes the events in range once more to every attached sink and
// returns how many there were and to how many sinks they went. Errors as for
// EventsBundle; fault.BusinessRule for a Subscription that is not active.
func (w *World) Resend(caller, id string, q ResendQuery) (events, sinks int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, err := w.owned(caller, id)
	if err != nil {
		return 0, 0, err
	}
	since, until, err := numbers(q.SinceNumber, q.UntilNumber)
	if err != nil {
		return 0, 0, err
	}
	from, to, err := w.instants(q.SinceInstant, q.UntilInstant)
	if err != nil {
		return 0, 0, err
	}
	if s.status != subscription.Active {
		return 0, 0, fault.New(fault.BusinessRule, "Subscription "+id+" has the status "+string(s.status)+": nothing is pushed to it")
	}
	list := slices.DeleteFunc(s.log.between(since, until), func(e notification.Event) bool {
		at, _ := time.Parse(time.RFC3339Nano, e.Timestamp) // the world wrote it
		return at.Before(from) || !to.IsZero() && at.After(to)
	})
	w.pushAll(s, list)
	return len(list), len(s.bound), nil
}
