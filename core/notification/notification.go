// Package notification checks and builds the Bundles that a Subscription's
// websocket carries, in FHIR R4, R4B and R5.
//
// To check or read a Bundle, keep a [Checker] and call [Checker.Check], or
// [Checker.Read] for what the Bundle says as well. To build one, fill a
// [Notification] and call [Append]; [AppendStatuses] builds the searchset that
// $status answers with.
//
//	var c notification.Checker // reuse it: a valid Bundle then costs no allocation
//	issues := c.Check(frame, fhir.R4)
//
// # What a notification is
//
// A Bundle whose first entry is the status: who speaks (subscription), why
// (type), and which events are meant. R4 writes the status as Parameters with
// the profile of the Subscriptions R5 Backport guide, R4B and R5 as
// SubscriptionStatus; R4 and R4B use a history Bundle, where every entry has a
// request and a response, R5 a subscription-notification, which has none. The
// entries behind the status hold what the content level allows: nothing
// (empty), URLs (id-only) or resources (full-resource).
//
// # What is promised
//
// Check reports every issue, up to a bound, with the FHIRPath expression and
// the byte offset. What is published but odd is a warning or an information;
// what breaks a rule of the release or of the guide is an error, with a code of
// its own where clients meet it often, so that they can choose to tolerate it.
// The inside of other resources is checked by the generic rules of FHIR JSON
// only. Terminology and profiles are not checked.
//
// What Append builds passes Check, as long as the resources it is given do.
// Their bytes are copied, never re-written: 9007199254740993, trailing zeros
// and seven-digit fractions arrive as they were stored. Nothing is taken from a
// clock or from randomness, and nothing is allocated but the result.
package notification

import "github.com/wsbind/wsbind/core/fhir"

// Type says why a notification was sent (subscription-notification-type).
type Type uint8

// The notification types. The zero Type is none of them.
const (
	Handshake         Type = iota + 1 // the first message after a bind
	Heartbeat                         // the subscription is alive
	EventNotification                 // something happened
	QueryStatus                       // an answer of $status, or an error pushed to the client
	QueryEvent                        // an answer of $events
)

var typeCodes = [...]string{
	Handshake: "handshake", Heartbeat: "heartbeat", EventNotification: "event-notification",
	QueryStatus: "query-status", QueryEvent: "query-event",
}

// String returns FHIR's code, or "" for no type.
func (t Type) String() string {
	if int(t) < len(typeCodes) {
		return typeCodes[t]
	}
	return ""
}

// Content is how much a notification tells of its events
// (subscription-payload-content).
type Content uint8

// The content levels.
const (
	Empty        Content = iota // that something happened
	IDOnly                      // which resources are concerned
	FullResource                // the resources themselves
)

// String returns FHIR's code: empty, id-only or full-resource.
func (c Content) String() string {
	switch c {
	case Empty:
		return "empty"
	case IDOnly:
		return "id-only"
	case FullResource:
		return "full-resource"
	}
	return ""
}

// Interaction is what happened to the focus of an event. Its zero value is
// none: the resource was not changed, as with additional context.
type Interaction uint8

// The interactions.
const (
	Create Interaction = iota + 1
	Update
	Delete
)

// Unknown stands for a counter that the status does not have.
const Unknown = -1

// Notification is what [Append] writes as a Bundle.
type Notification struct {
	Release   fhir.Release
	ID        string // of the Bundle; "" leaves it out
	Timestamp string // an instant, when the Bundle was assembled; "" leaves it out
	Content   Content
	Status    Status
	// Entries are the entries behind the status if they were built before,
	// by [AppendEntries] with the same release, content and events. One event
	// concerns many subscriptions: its entries are built once, and each
	// subscription's Bundle is its own status and a copy of them.
	Entries []byte
}

// Status is what a notification says of its Subscription.
type Status struct {
	// ID is the id of the status resource. To build, it is a UUID in lower
	// case, and the fullUrl is urn:uuid:ID.
	ID   string
	Type Type
	// Subscription is the reference to the Subscription. To build, it is
	// absolute: [base]/Subscription/[id].
	Subscription string
	// State is the Subscription's status: requested, active, error, off, and
	// in R5 entered-in-error; "" where a Bundle that was read has none.
	State string
	// Topic is the canonical URL of the topic, or "". It is never written
	// into a notification of content level empty, which must not tell it.
	Topic string
	// EventsSinceStart counts the events since the Subscription was created,
	// this notification's included, or is Unknown.
	EventsSinceStart int64
	// Events are in the order of their numbers.
	Events []Event
	Errors []Coding
}

// Event is one notificationEvent.
type Event struct {
	Number      int64  // counts from 1 for each Subscription
	Timestamp   string // an instant; "" leaves it out
	Interaction Interaction
	Focus       Resource
	Context     []Resource // additional context, such as the Patient of an Encounter
}

// Resource is a resource that an event concerns.
type Resource struct {
	// URL is absolute and without a version: [base]/[type]/[id].
	URL string
	// Body is the resource as JSON, of the type and id that the URL names; it
	// is copied byte for byte at content level full-resource. It is nil where
	// the resource is not included: after a delete, or where the receiver may
	// not see it. What was read is a part of the text that was given.
	Body []byte
}

// Coding is one coding of an error, such as no-response in
// http://terminology.hl7.org/CodeSystem/subscription-error.
type Coding struct{ System, Code, Display string }

// The profiles of the guide that Bundles and R4 statuses claim in meta.profile,
// and R5's, which they need not claim.
const (
	ProfileBundleR4  = guide + "backport-subscription-notification-r4"
	ProfileBundleR4B = guide + "backport-subscription-notification"
	ProfileStatusR4  = guide + "backport-subscription-status-r4"
	ProfileBundleR5  = "http://hl7.org/fhir/StructureDefinition/subscription-notification-bundle"

	guide = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/"
)
