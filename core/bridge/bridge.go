// Package bridge stands between the guide's websocket channel and other dialects
// of FHIR servers: it reads what a server sends, and writes what the guide has in
// its place.
//
// A gate reads the Subscription with [ReadSubscription], binds with [AppendBind],
// reads each frame of the server with [Read], and writes the client's frame with
// [Append]. Event numbers are the gate's to count: servers of the other dialects
// have none.
//
// # What it promises
//
// Reading is lenient: what a server of a dialect is known to send is read, whatever
// else is wrong with it, and any other text is a frame of the kind [Unknown]. Writing
// is strict: what Append writes passes the checker of core/notification, resources
// of the server included, or it is refused. Resources are copied byte for byte.
//
// Nothing here reads a clock or draws randomness, and no token is in an error.
package bridge

import (
	"time"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/notification"
)

// Dialect is how a FHIR server speaks on its websocket (P§4).
type Dialect uint8

// The dialects.
const (
	Spec    Dialect = iota // the guide's
	Medplum                // Medplum's JSON frames and Bundles
	Legacy                 // bind ID, bound ID, ping ID of R4 and HAPI
)

// ParseDialect reads the name of a dialect: spec, medplum or legacy.
func ParseDialect(name string) (Dialect, bool) {
	switch name {
	case "spec":
		return Spec, true
	case "medplum":
		return Medplum, true
	case "legacy":
		return Legacy, true
	}
	return Spec, false
}

// Subscription is what a gate has to know of one.
type Subscription struct {
	ID              string
	Status          string
	Channel         string // its code, such as websocket
	Topic           string // the canonical, or ""
	Criteria        string // classic criteria, or ""
	Content         notification.Content
	HeartbeatPeriod time.Duration // 0 where it asks for none
}

// Kind is what a frame of a server is.
type Kind uint8

// The kinds. The zero Kind is none of the others.
const (
	Unknown Kind = iota
	Handshake
	Heartbeat
	Events
	QueryStatus
	Outcome
	Pong
	Bound
	Ping
)

var kinds = [...]string{
	Unknown: "unknown", Handshake: "handshake", Heartbeat: "heartbeat", Events: "event-notification",
	QueryStatus: "query-status", Outcome: "outcome", Pong: "pong", Bound: "bound", Ping: "ping",
}

// String returns FHIR's code of a notification type, and a word of ours for the
// others.
func (k Kind) String() string { return kinds[k] }

// Frame is what a server's frame says.
type Frame struct {
	Kind          Kind
	Subscriptions []string // ids
	// Code and Text are those of an Outcome's first issue: our code where it has
	// one, FHIR's issue type otherwise. The text is cut behind 200 bytes, and is ""
	// where a token may stand in it.
	Code, Text string
	// Focus is what an event of Medplum's is about: its URL may be relative, or
	// "" where the server names none; its Body is nil where the server sends none,
	// and otherwise a part of the frame.
	Focus notification.Resource
}

// Draft is a notification to be written.
type Draft struct {
	Release          fhir.Release
	Base             string // as clients see it, without a slash at its end
	Type             notification.Type
	Subscription     Subscription
	ID               string // a UUID in lower case, of the status
	Timestamp        string // an instant, of the Bundle and of its event
	Number           int64  // of the event, where Type is EventNotification
	EventsSinceStart int64  // the same as Number, where Type is EventNotification
	// Focus is what the event is about. How much of it is told is up to the
	// content level. Its URL may be relative, or "" where the Body says it.
	Focus notification.Resource
}
