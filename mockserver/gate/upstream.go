package gate

import (
	"context"

	"github.com/wsbind/wsbind/core/token"
)

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
// network.
type listener interface {
	// notification hands over a frame; subscription says whose it is, "" where the
	// channel does not know, and the socket reads it if that matters.
	notification(frame []byte, subscription string)
	// outcome hands over an OperationOutcome of the server.
	outcome(frame []byte)
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
