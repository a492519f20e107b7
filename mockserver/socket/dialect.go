package socket

import (
	"slices"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/world"
)

// Dialect is how client and server speak on a websocket. Servers in the world
// bind in several ways that do not understand one another.
type Dialect string

// The dialects.
const (
	// Spec is that of the Subscriptions R5 Backport guide and of FHIR R5:
	// bind-with-token TOKEN, answered by notification Bundles.
	Spec Dialect = "spec"
	// Medplum binds by JSON frames on one well-known path, and sends Bundles of
	// its own kind.
	Medplum Dialect = "medplum"
	// Legacy is that of FHIR R4 and of HAPI: bind ID, answered by bound ID, and
	// then ping ID without any content. It has no token.
	Legacy Dialect = "legacy"
	// Query has the token in the URL and binds with the opening handshake.
	Query Dialect = "query"
)

// Dialects lists the dialects, the default first.
func Dialects() []Dialect { return []Dialect{Spec, Medplum, Legacy, Query} }

// ParseDialect reads a dialect's name; "" is Spec.
func ParseDialect(name string) (Dialect, error) {
	switch d := Dialect(name); {
	case name == "":
		return Spec, nil
	case slices.Contains(Dialects(), d):
		return d, nil
	}
	return "", fault.At(fault.MalformedRequest, "dialect", fault.Quote(name)+" is no dialect: spec, medplum, legacy or query is due")
}

// manner is what a dialect makes of a socket.
type manner struct {
	// read answers a text frame of the client.
	read func(c *conn, text []byte)
	// render writes a notification as frames; none at all where the dialect has
	// no word for it. It is called with the world's lock held. Nil sends FHIR's
	// notifications as they are.
	render func(c *conn, d *world.Delivery) [][]byte
	// stopped tells that Subscriptions are bound no more because their token is
	// worth nothing any more. The caller holds mu.
	stopped func(c *conn, code fault.Code, ids []string)
	// patient sockets stay open with nothing bound on them.
	patient bool
	// failure is the close status of a failed bind, 0 for the one that its code
	// has.
	failure uint16
	// started is called once the socket is open, unless nil.
	started func(c *conn)
}

// manners has to be filled by init: the functions in it refer to it.
var manners map[Dialect]*manner

func init() {
	manners = map[Dialect]*manner{
		Spec:    {read: (*conn).readSpec, stopped: (*conn).tellStopped},
		Query:   {read: (*conn).readQuery, stopped: (*conn).tellStopped, started: (*conn).bindQuery},
		Legacy:  {read: (*conn).readLegacy, render: renderLegacy, stopped: (*conn).closeStopped, failure: protocolError},
		Medplum: {read: (*conn).readMedplum, render: (*conn).renderMedplum, stopped: (*conn).tellMedplum, patient: true, started: (*conn).startMedplum},
	}
}

// protocolError is the close status 1002 of RFC 6455.
const protocolError = 1002
