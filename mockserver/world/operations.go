package world

import "github.com/wsbind/wsbind/core/fault"

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
	return nil, fault.New(fault.Unavailable, "not there yet")
}

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

// StatusBundle answers $status with a searchset.
func (w *World) StatusBundle(caller string, q StatusQuery) ([]byte, error) {
	return nil, fault.New(fault.Unavailable, "not there yet")
}

// EventsQuery asks for $events. The bounds are inclusive and given as they
// were sent; "" is no bound.
type EventsQuery struct {
	Since, Until string
	// Content is a hint: empty, id-only or full-resource; "" is the
	// Subscription's own level, which is never exceeded.
	Content string
}

// EventsBundle answers $events. Bounds that are no numbers or contradict each
// other, and an unknown content level, are fault.InvalidQuery (400), with the
// expression Parameters.parameter.where(name='…').
//
// Every kept event in the range is in the answer: max-count bounds pushed
// notifications, and here the caller chooses the range. Events that are no
// longer kept are named in the status's error element.
func (w *World) EventsBundle(caller, id string, q EventsQuery) ([]byte, error) {
	return nil, fault.New(fault.Unavailable, "not there yet")
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
	return 0, 0, fault.New(fault.Unavailable, "not there yet")
}
