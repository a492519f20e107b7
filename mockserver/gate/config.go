package gate

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net/http"
	"time"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/mockserver/clock"
)

// Defaults that stand in for the zero values of [Config].
const (
	DefaultListen        = "127.0.0.1:0"
	DefaultAlgorithm     = token.ES256
	DefaultPatience      = time.Minute
	DefaultTimeout       = 10 * time.Second
	DefaultKeysCooldown  = 30 * time.Second
	DefaultPollInterval  = 5 * time.Second
	DefaultStorePatience = 30 * time.Second
	DefaultBindTimeout   = 30 * time.Second
	DefaultMaxQueue      = 1 << 20
	DefaultMaxSockets    = 10_000
	DefaultMaxBound      = 4_000
	DefaultMaxWaiting    = 16
	DefaultMaxAnswer     = 8 << 20
	DefaultMaxBody       = 1 << 20
)

// Dialect is what the FHIR server speaks on its websocket.
type Dialect string

// The dialects. What the gate does for each is in EDGE.md.
const (
	Spec    Dialect = "spec"    // the guide's: the gate binds with a token of its own
	Pass    Dialect = "pass"    // the guide's: the gate verifies the server's tokens and passes them on
	Medplum Dialect = "medplum" // Medplum's JSON frames
	Legacy  Dialect = "legacy"  // bind ID, bound ID, ping ID
)

// Dialects lists them.
func Dialects() []Dialect { return []Dialect{Spec, Medplum, Legacy, Pass} }

// Replay is how much a gate remembers of tokens.
type Replay string

// The levels.
const (
	Stateless Replay = "stateless" // nothing: no single use, no revocation
	Isolate   Replay = "isolate"   // both, in this gate's store, which no other gate shares
	Shared    Replay = "shared"    // both, in a store that gates share
)

// Replays lists the levels.
func Replays() []Replay { return []Replay{Stateless, Isolate, Shared} }

// Check is what becomes of a notification of the FHIR server's that is not valid.
type Check string

// The ways. None is the zero value: notifications are not looked at.
const (
	Report   Check = "report"   // it passes, and the operator is told
	Drop     Check = "drop"     // it is left out, and the operator is told
	Annotate Check = "annotate" // an OperationOutcome frame before it tells the client as well
)

// Checks lists the ways.
func Checks() []Check { return []Check{Report, Drop, Annotate} }

// NoIDs is what happens to a request for a token, at the type level, that names no
// Subscription.
type NoIDs string

// The two policies.
const (
	NoIDsFail NoIDs = "fail" // the request fails
	NoIDsAll  NoIDs = "all"  // the token is for every websocket Subscription that the caller can find
)

// Upstream is the FHIR server behind a gate.
type Upstream struct {
	// Base is its FHIR base, as the gate reaches it. Required.
	Base string
	// Dialect is what it speaks. Default: Spec.
	Dialect Dialect
	// Release is the release that it speaks. Default: R4.
	Release fhir.Release
	// WebsocketURL is its websocket. Required for Legacy and Pass. Default: what its
	// answers to the operation say.
	WebsocketURL string
	// Headers gives the gate's own credential, such as Authorization, for each
	// request. Default: none. Danger: whoever it names reads, through the gate, what
	// it may read; give it no more than Subscriptions.
	Headers func(ctx context.Context) (http.Header, error)
	// Fetch has changed resources read for Subscriptions that ask for more than
	// empty, in the dialect Legacy.
	Fetch bool
	// Patience is how long it is tried to have a lost server back. Default:
	// DefaultPatience.
	Patience time.Duration
	// Timeout bounds one request, in wall time. Default: DefaultTimeout.
	Timeout time.Duration
	// HTTP makes requests and opens websockets; redirects are not followed, whatever it
	// says. Default: a client of its own. Its Timeout must be 0.
	HTTP *http.Client
}

// Config says what a gate stands in front of. Upstream.Base is required, and Store in
// the dialects Medplum and Legacy; every other zero value works.
type Config struct {
	// Listen is the address that clients reach, host:port. Default: 127.0.0.1 and a
	// free port.
	Listen string
	// Management is the address of the management interface, host:port. Default:
	// 127.0.0.1 and a free port. Danger: whoever reaches it can revoke tokens.
	Management string
	// PublicURL is what clients put before the path, where that is not the listener's
	// own address. It is http or https, without query; a path in it is expected to be
	// removed by whatever stands between. Default: the listener's address.
	PublicURL string
	// Path is where clients find the FHIR base, such as /fhir. Default: the path that
	// Upstream.Base has; with any other, what the FHIR server writes about itself does
	// not fit.
	Path string
	// TLS makes Listen speak https and wss. Default: nil, plain http.
	TLS *tls.Config

	Upstream Upstream

	// Key is the private JWK that signs tokens. Default: one made at the start, which
	// is gone at the end; several gates need one and the same, or Keys of each other.
	// Not for Pass.
	Key []byte
	// Keys is a JWK Set, a URL or the name of a file, with keys that tokens may be
	// signed with besides. Required for Pass, whose tokens are the FHIR server's.
	Keys string
	// KeysCooldown is how long no token, whatever key it names, has Keys read again
	// after they were. Default: DefaultKeysCooldown.
	KeysCooldown time.Duration
	// Issuer and Audience are iss and aud of the tokens that are accepted, in the
	// dialect Pass. Default: Upstream.Base and Upstream.WebsocketURL. Otherwise they are
	// the FHIR base and the websocket URL of this gate, as clients see them.
	Issuer, Audience string
	// Leeway is how far clocks may differ. Default: not at all.
	Leeway time.Duration
	// Lifetime is how long a token is valid, in whole seconds. Default:
	// binding.DefaultLifetime.
	Lifetime time.Duration
	// NoIDs is what a request without ids gets. Default: NoIDsFail.
	NoIDs NoIDs
	// Caller names who asks for a token, "" for nobody, who is refused. Default: a hash
	// of the bearer token; what the caller may do is for the FHIR server to say.
	Caller func(r *http.Request) string
	// Anonymous lets in who shows no Authorization, all by the name anonymous. Danger:
	// at a FHIR server that shows Subscriptions to everybody, everybody may bind them.
	Anonymous bool

	// Replay is what is remembered: whether a token may be shown twice, and taken back.
	// Default: Isolate.
	Replay Replay
	// Store is what is remembered in; it is closed with the gate. Default: the memory
	// of this process, but not in the dialects Medplum and Legacy, where event numbers
	// would begin anew with each start.
	Store Store
	// PollInterval is how often the store is asked for revocations. Default:
	// DefaultPollInterval.
	PollInterval time.Duration
	// StorePatience is how much longer bindings go on while the store cannot be
	// reached. Default: DefaultStorePatience.
	StorePatience time.Duration
	// StoreOpen lets tokens be bound, and bindings go on, while the store cannot be
	// reached. Danger: what was revoked or used is then accepted.
	StoreOpen bool

	// Origins are the pages that may connect, such as https://app.example, or "*" for
	// all. Default: those of the gate's own origin.
	Origins []string
	// Check is what becomes of notifications that are not valid. Default: they are
	// not looked at.
	Check Check

	BindTimeout time.Duration // in which something must be bound; default DefaultBindTimeout
	MaxFrame    int           // bytes of a client's frame; default binding.MaxFrame
	MaxQueue    int           // bytes that may wait for a slow reader; default DefaultMaxQueue
	MaxSockets  int           // at a time; default DefaultMaxSockets
	MaxBound    int           // Subscriptions of one socket; default DefaultMaxBound
	MaxWaiting  int           // binds of one socket; default DefaultMaxWaiting
	MaxAnswer   int           // bytes of an answer or a frame of the FHIR server; default DefaultMaxAnswer
	MaxBody     int64         // bytes of a request for a token; default DefaultMaxBody

	// Clock is what dates and timers follow. Default: clock.Real.
	Clock clock.Clock
	// Logger gets a record of each event. Default: slog.Default.
	Logger *slog.Logger
	// Observe gets each event as well. Default: nobody.
	Observe Observer
	// Metrics count what happens, and answer /metrics of the management interface.
	// They are one gate's. Default: none, and 404.
	Metrics *Metrics
}
