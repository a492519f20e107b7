// Package subscription reads Subscriptions and SubscriptionTopics of every
// release into one model, refuses what cannot be honoured, and tells which
// changes of resources are events.
//
// Call [ReadTopic] and [Catalog.Put] for each topic, [Read] and [Compile] for
// each Subscription, and [Compiled.Fires] for each change, or let an [Index] ask
// it of those that the change may concern. The package is pure: it keeps no
// state but what it returns, takes no time and no randomness.
//
// # What is promised
//
// A Subscription is refused here, or it fires exactly when its topic and its
// filters say so. Whatever would make it stay silent or fire for the wrong
// reason is refused when it is created, with the element named: an unknown
// topic, a filter that the topic does not allow or that mockserver/search does
// not understand, another channel than websocket, a payload that cannot be
// sent, a modifierExtension. Everything that narrows nothing is accepted:
// names, contacts, texts, unknown extensions, an endpoint, headers, a timeout
// (a websocket has no delivery attempt that could time out).
//
// # Topics
//
// A topic fires for a change when one of its resourceTriggers does. A trigger
// fires for its resource type and interactions (all, where none is listed) when
// its queryCriteria hold: previous is tested on the version before, current on
// the version after the change; with requireBoth both must hold, otherwise one
// of them. Where there is no version before (create) or after (delete),
// resultForCreate and resultForDelete stand in for the test; where they are
// absent too, that side is left out, and a trigger that has nothing left to
// test does not fire. FHIRPath is not evaluated: a trigger that has
// queryCriteria as well uses those, with a warning; a topic that needs FHIRPath
// or event triggers is refused.
//
// # Filters
//
// Filters are AND. One that names a resource type applies to events of that
// type and lets others pass; one that names none applies to every type of the
// topic for which canFilterBy allows it. They are tested on the resource after
// the change, and for a delete on the version before.
//
// # Classic criteria
//
// In R4 and R4B criteria that is no absolute URL is a search string. It fires
// for a create or update after which the resource matches; a delete is no event.
package subscription

import (
	"time"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/notification"
)

// Status is the status of a Subscription.
type Status string

// The statuses; EnteredInError exists in R5 only.
const (
	Requested      Status = "requested"
	Active         Status = "active"
	Error          Status = "error"
	Off            Status = "off"
	EnteredInError Status = "entered-in-error"
)

// Statuses returns the statuses that a release knows.
func Statuses(r fhir.Release) []Status {
	if r == fhir.R5 {
		return []Status{Requested, Active, Error, Off, EnteredInError}
	}
	return []Status{Requested, Active, Error, Off}
}

// Subscription is what a Subscription of any release asks for.
type Subscription struct {
	Release fhir.Release
	Status  Status
	// Topic is the canonical of the topic as it was written, or "" where
	// Criteria is used.
	Topic string
	// Criteria is a classic search string, such as Patient?name=x, or "".
	Criteria string
	Filters  []Filter
	Content  notification.Content
	// HeartbeatPeriod and Timeout are 0 where absent. Timeout has no effect.
	HeartbeatPeriod, Timeout time.Duration
	// MaxCount is the largest number of events in one pushed notification; 0
	// where absent.
	MaxCount int
	// End is when the Subscription ends by itself; zero where it does not.
	End time.Time

	at places
}

// places are where the elements stand that Compile may have to name.
type places struct{ topic, criteria element }

// Filter is one condition of a Subscription.
type Filter struct {
	// Type is the resource type it applies to, "" for every type of the topic.
	Type string
	// Parameter, Modifier, Comparator and Value are the parts of a search
	// condition. Modifier and Comparator may be "", and Value is not escaped
	// for a URL. In the string grammars Value keeps its prefix and Comparator
	// is that prefix, or "".
	Parameter, Modifier, Comparator, Value string

	at element
}

// Change is one interaction with a resource.
type Change struct {
	Interaction notification.Interaction
	Type        string
	// Previous is the version before, absent for a create; Current is the
	// version after, absent for a delete.
	Previous, Current jsonscan.Value
}

// focus returns the version that filters are tested on.
func (c Change) focus() jsonscan.Value {
	if c.Interaction == notification.Delete {
		return c.Previous
	}
	return c.Current
}
