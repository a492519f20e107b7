// Package bridge stands between the guide's websocket channel and other dialects
// of FHIR servers: it reads what a server sends, and writes what the guide has in
// its place.
//
// A gate reads the Subscription with [ReadSubscription], each frame of the server
// with [Read], and writes the client's frame with [Append]. Event numbers are the
// gate's to count: servers of the other dialects have none.
package bridge

import (
	"time"

	"github.com/wsbind/wsbind/core/fault"
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

// Frame is what a server's frame says.
type Frame struct {
	Kind          Kind
	Subscriptions []string // ids
	// Code and Text are those of an Outcome's first issue: our code where it has
	// one, FHIR's issue type otherwise.
	Code, Text string
	// Focus is what an event of Medplum's is about; its URL may be relative.
	Focus notification.Resource
}

// Draft is a notification to be written.
type Draft struct {
	Release          fhir.Release
	Base             string // as clients see it, without a slash at its end
	Type             notification.Type
	Subscription     Subscription
	ID               string // a UUID, of the status
	Timestamp        string // an instant
	Number           int64  // of the event, where Type is EventNotification
	EventsSinceStart int64
	Focus            notification.Resource // cut to the content level
}

// ReadSubscription reads a Subscription of a release, as far as a gate needs it.
// Where it says nothing of its content level, that is Empty with a topic, and
// without one what classic criteria mean (P§10). The error is a *[fault.Error].
func ReadSubscription(release fhir.Release, resource []byte) (Subscription, error) {
	return Subscription{}, fault.New(fault.Internal, "not yet")
}

// Read reads a frame of a server. What is no frame of the dialect is Unknown.
func Read(dialect Dialect, release fhir.Release, frame []byte) Frame { return Frame{} }

// Append appends a draft as the Bundle of its release. The error is a
// *[fault.Error] that names what would make the Bundle invalid.
func Append(dst []byte, d Draft) ([]byte, error) { return dst, fault.New(fault.Internal, "not yet") }

// AppendBind appends the frame that binds in a dialect: a token, or in Legacy an
// id.
func AppendBind(dst []byte, dialect Dialect, what string) []byte { return dst }
