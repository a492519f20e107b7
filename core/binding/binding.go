// Package binding is the operation $get-ws-binding-token and the bind frame
// that follows it on the websocket.
//
// A server makes an [Operation] and calls [Operation.Issue] with each request;
// it reads the first frames of a websocket with [ParseBind]. A client reads the
// answer with [Reader.Response] and binds with what [AppendBind] writes.
//
//	op, err := binding.New(binding.Config{Release: fhir.R4, Base: …, WebsocketURL: …, Signer: issuer})
//	answer, err := op.Issue(binding.Request{Body: body, Caller: caller, TokenID: jti, Now: now}, selectIDs)
//
// # What it promises
//
// Requests and responses are those of an OperationDefinition: names, types and
// cardinalities are checked against the document, on the way in and on the way
// out. Which Subscriptions a caller may bind is decided by the server's
// [Selector]; a token never covers none, and no token is issued when one id is
// refused. Signing is left to a [Signer], so that no key is ever here.
//
// Nothing here reads a clock or draws randomness. Tokens are never in errors.
package binding

import (
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/token"
)

// DefaultLifetime stands in for a zero Config.Lifetime.
const DefaultLifetime = 5 * time.Minute

// Signer turns claims into a token, as *jose.Issuer does.
type Signer interface {
	Issue(token.Claims) (compact string, err error)
}

// Selector is the server's policy: it returns the ids that a token for the
// caller may cover, out of those named in the request, or with all out of
// every Subscription there is. An error, best a *[fault.Error] whose
// expression names the parameter, refuses the whole request. At the instance
// level the one id is that of the URL.
type Selector func(caller string, ids []string, all bool) ([]string, error)

// NoIDs is what happens to a request at the type level that names no
// Subscription: the specification leaves it to the server.
type NoIDs uint8

// The two policies. The zero value refuses.
const (
	FailWithoutIDs NoIDs = iota // the request fails
	AllWithoutIDs               // the token covers all that the caller may bind
)

// Config says how a server offers the operation.
type Config struct {
	Release fhir.Release
	// Definition is the OperationDefinition, nil for the built-in one of the
	// release.
	Definition []byte
	// Base is the FHIR base, without a slash at the end: the token's iss.
	Base string
	// WebsocketURL is where to bind: the answer's websocket-url and the
	// token's aud.
	WebsocketURL string
	// Lifetime is how long a token is valid, cut to whole seconds, at most
	// [token.DefaultMaxLifetime]; 0 means DefaultLifetime.
	Lifetime time.Duration
	NoIDs    NoIDs
	Signer   Signer
}

// Request is one invocation.
type Request struct {
	// ID is the Subscription of the URL at the instance level, "" at the type
	// level.
	ID string
	// Body is the Parameters document of a POST. None at all, whatever its
	// Content-Type, is a request without parameters.
	Body []byte
	// Query is the URL's query of a GET, without the question mark. It is read
	// only if Get is set: a POST has its parameters in the body.
	Query string
	Get   bool
	// Caller becomes the token's sub, and TokenID its jti.
	Caller  string
	TokenID string
	Now     time.Time
}

// Answer is what a request yields.
type Answer struct {
	Body   []byte // a Parameters resource
	Token  string // the one in the body
	Claims token.Claims
	// Issues holds what was odd about the request but did not make it fail.
	Issues []fault.Issue
}
