package gate

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/mockserver/clock"
)

// upstreamConfig is what an upstream is given by its gate. Every member is set but
// where its comment says otherwise.
type upstreamConfig struct {
	base       string // the FHIR base as the gate reaches it, without a slash at its end
	publicBase string // the same as clients see it, in what the gate writes
	release    fhir.Release
	// headers gives the gate's own credential, for each request and each opening
	// handshake: it may change. It never goes to another host than the base's and
	// the websocket's.
	headers func(ctx context.Context) (http.Header, error)
	// websocketURL is the FHIR server's websocket; "" where the answer to the
	// operation says.
	websocketURL string
	fetch        bool          // legacy: read changed resources
	patience     time.Duration // to have a lost server back
	timeout      time.Duration // of one request, and of one opening handshake, in wall time
	maxBytes     int           // of a frame or an answer of the FHIR server
	http         *http.Client
	clock        clock.Clock
	store        Store // where event numbers are counted: "events." and the Subscription's id
	observe      Observer
	ids          func() string  // a new UUID
	sockets      *atomic.Int64  // websockets of the FHIR server that are open
	random       func() float64 // from 0 up to 1, for jitter
}

// Grant is a token that was accepted.
type Grant struct {
	Token  string // which only the dialect pass sends on
	Claims token.Claims
	IDs    []string // in the token's order, without those that were revoked
}

// Omitted is a Subscription that could not be bound.
type Omitted struct {
	ID  string
	Err error
}

// listener is what a channel tells the client's socket. None of it waits for the
// network, and none calls the channel back. What is lost, failed or bound is an
// event of the socket's: a channel observes only what else happens.
type listener interface {
	// notification hands over a frame; subscription says whose it is, "" where the
	// channel does not know, and the socket reads it if that matters.
	notification(frame []byte, subscription string)
	// outcome hands over an OperationOutcome of the server.
	outcome(frame []byte)
	// unbound says that the server has ended the binding of these: the client is told.
	unbound(code fault.Code, ids []string)
	// lost says that the server is lost and the channel tries to have it back.
	lost(err error)
	// failed says that the channel is at its end: so is the socket.
	failed(err error)
}

// channel is what stands for one client's socket at the FHIR server.
type channel interface {
	// bind binds. When it returns, the listener has had a handshake of every
	// Subscription that is bound, in order, and nothing else of these before
	// theirs. With an error nothing has changed.
	bind(ctx context.Context, g Grant) (bound []string, omitted []Omitted, err error)
	// unbind stops these: nothing of theirs is told any more where the channel can
	// tell them apart.
	unbind(ids []string)
	// close ends it; nothing is told any more when it returns.
	close()
}

// upstream is a FHIR server in one dialect.
type upstream interface {
	// open makes a channel, which connects with its first bind.
	open(l listener) channel
	// close ends what channels share, and returns when it is over.
	close()
}
