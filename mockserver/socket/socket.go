// Package socket speaks the websocket channel of FHIR Subscriptions: it takes
// bind frames, checks their tokens, attaches the socket to a world, and carries
// notifications until the token ends.
//
// Call [New] for each FHIR base and serve the [Hub] at the websocket-url that
// the operation returns; [Hub.Issued] tells it of tokens, [Hub.Revoke] ends
// them, [Hub.Shutdown] says goodbye.
//
// # Dialects
//
// A hub speaks one [Dialect]: Spec unless told otherwise. Each has a file of its
// own (spec.go, medplum.go, legacy.go, query.go), and dialect.go has what they
// differ in. What follows is Spec.
//
// # What a client meets
//
//   - Text frames only. A bind frame is "bind-with-token TOKEN" or
//     "bind-with-token: TOKEN"; binds may follow one another on one socket.
//   - A good bind is answered by a handshake notification for each Subscription
//     of the token, in the token's order, and then by its notifications.
//     Subscriptions that cannot be bound any more are left out and named in an
//     OperationOutcome frame after the handshakes; if there is no other the
//     bind has failed.
//   - A failed bind is answered by an OperationOutcome frame. Where nothing is
//     bound the socket is then closed with 1008 and one word of the published
//     list: invalid-token, expired-token, revoked-token, already-used,
//     unknown-subscription, expected-bind, bind-timeout. Good bindings survive
//     a bad bind.
//   - Of the tokens that named a Subscription on this socket, the one that lasts
//     longest holds it: a renewal extends the binding, repeats the handshake,
//     and loses and repeats no event.
//   - When that token expires or is revoked, the Subscription is unbound. If
//     others keep the socket, one OperationOutcome frame names those that
//     stopped; otherwise the same frame is followed by close 1008,
//     expired-token or revoked-token.
//   - A Subscription that is deleted or off is unbound without a word and its
//     neighbours are not disturbed. When it was the last one the socket stays
//     and waits for another bind, as a new one does: a client that replaces one
//     Subscription by another need not connect again.
//   - A socket on which nothing has been bound for BindTimeout is closed with
//     bind-timeout.
//   - A bind that would put more than MaxBound Subscriptions on a socket fails
//     with too-many-requests.
//   - A reader that leaves more than MaxQueue bytes unread is closed with 1013,
//     slow-reader; what it missed is in $events.
//   - Other closes: 1001 going-away at shutdown, 1003 binary-frame, 1007
//     invalid-utf8, 1009 frame-too-large, 1011 internal. Pings are answered,
//     any Origin is accepted, offered subprotocols and extensions are ignored.
//
// # Faults
//
// What goes wrong is decided by [Config].Faults: misbehave.go asks, mutate.go
// changes texts, and strike.go arms package wire for what happens to a frame on the
// network. It is asked when a frame is queued, in the world's order, so that a seed
// replays whatever the network does.
//
// # Many sockets
//
// coder/websocket opens, reads, answers pings and closes. Text frames go past it, by
// package wire: it writes one frame by one call, or more, and waits for the client,
// whereas here what waits for a socket is written together and a few goroutines write
// to all sockets whose clients keep up (outlet.go, carry.go). An idle socket has one
// goroutine, which reads, and no buffer but its own small ones. A notification is
// written for its socket when it is on its way, from what it shares with thousands.
//
// # Time
//
// Every date and timer is the clock's. Only the closing handshake is measured
// in wall time, for it guards against a peer that is gone.
package socket

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/wsbind/wsbind/core/binding"
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/journal"
	"github.com/wsbind/wsbind/mockserver/world"
)

// Defaults that stand in for the zero values of [Config].
const (
	DefaultBindTimeout = 30 * time.Second
	DefaultMaxFrame    = binding.MaxFrame
	DefaultMaxQueue    = 4 << 20
	DefaultMaxBound    = 4000 // four of the widest tokens
	DefaultMaxSockets  = 10_000
)

// World is what a socket is attached to; *world.World is one.
type World interface {
	Owner(id string) (caller string, ok bool)
	Bindable(caller string, ids []string, all bool) ([]string, error)
	Attach(sink world.Sink, caller string, ids []string) (attached []string, err error)
	Detach(sink world.Sink, ids []string)
}

// Grant is what a good token allows. Claims that the token does not have are
// zero.
type Grant struct {
	JTI           string
	Subject       string // the caller who asked for the token
	Subscriptions []string
	IssuedAt      time.Time
	Expires       time.Time
	// Audience is the websocket URL that the token is meant for.
	Audience string
}

// Config says how sockets behave. World and Verify are required; every other
// zero value works.
type Config struct {
	World World
	// Verify checks a token that was shown on a page of the hub (see Page) at a
	// moment, and returns what it grants, or an error with a code of core/fault
	// and as much as is known of the token.
	Verify func(token string, page string, now time.Time) (Grant, error)
	// Page returns what names the URL that a request for a socket came to, "" for
	// the one and only. Default: there is one.
	Page func(r *http.Request) string
	// Caller names who asks for a socket, "" where the request does not say.
	// Default: it never does. Who binds a token is known by that.
	Caller func(r *http.Request) string
	// Dialect is what is spoken. Default: Spec.
	Dialect Dialect
	// OnlySpaceForm refuses the spelling bind-with-token: TOKEN, with the colon.
	OnlySpaceForm bool
	// AcceptJSONBind reads Medplum's bind frame besides, and answers as ever.
	AcceptJSONBind bool
	// FHIR is the release in the journal and for Faults, such as R4.
	FHIR string
	// Journal takes what happens on the sockets; nil for none.
	Journal *journal.Journal
	// Faults says when something goes wrong; nil means never.
	Faults world.Chance
	// NewID returns an id for what a socket makes itself, in the dialect Medplum,
	// by the number of the socket. Default: the number itself.
	NewID func(socket uint64) string
	// SingleUse refuses a token the second time it is shown, and tokens that
	// cannot be told apart because they have no jti.
	SingleUse bool
	// Clock is what timers and dates follow. Default: clock.Real.
	Clock clock.Clock
	// Logger gets a record per socket. Default: records are dropped.
	Logger *slog.Logger

	// BindTimeout closes a socket on which nothing is bound. Default:
	// DefaultBindTimeout.
	BindTimeout time.Duration
	// MaxFrame bounds a frame from the client, in bytes. Default:
	// DefaultMaxFrame. Danger: below it, wide tokens cannot be bound.
	MaxFrame int
	// MaxQueue bounds the frames that wait for a client, in bytes. Default:
	// DefaultMaxQueue.
	MaxQueue int
	// MaxBound bounds the Subscriptions bound on one socket. Default:
	// DefaultMaxBound.
	MaxBound int
	// MaxSockets bounds the sockets; the next one is refused with 503. Default:
	// DefaultMaxSockets.
	MaxSockets int
}

// Hub serves the sockets of one FHIR base: it is the handler of its
// websocket-url. Create one with [New].
type Hub struct {
	cfg    Config
	manner *manner
	tokens *ledger
	outlet outlet

	mu      sync.Mutex
	conns   map[*conn]struct{}
	places  int    // sockets, and opening handshakes under way
	opened  uint64 // sockets ever
	closing bool
	empty   chan struct{} // closed when the last place of a closing hub is free
}

// New returns a hub without sockets.
func New(cfg Config) *Hub {
	if cfg.Clock == nil {
		cfg.Clock = clock.Real()
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.NewID == nil {
		cfg.NewID = func(socket uint64) string { return strconv.FormatUint(socket, 10) }
	}
	if cfg.Page == nil {
		cfg.Page = func(*http.Request) string { return "" }
	}
	if cfg.Caller == nil {
		cfg.Caller = func(*http.Request) string { return "" }
	}
	cfg.Dialect = cmp.Or(cfg.Dialect, Spec)
	cfg.BindTimeout = cmp.Or(cfg.BindTimeout, DefaultBindTimeout)
	cfg.MaxFrame = cmp.Or(cfg.MaxFrame, DefaultMaxFrame)
	cfg.MaxQueue = cmp.Or(cfg.MaxQueue, DefaultMaxQueue)
	cfg.MaxBound = cmp.Or(cfg.MaxBound, DefaultMaxBound)
	cfg.MaxSockets = cmp.Or(cfg.MaxSockets, DefaultMaxSockets)
	return &Hub{
		cfg: cfg, manner: manners[cfg.Dialect], tokens: newLedger(),
		conns: map[*conn]struct{}{}, empty: make(chan struct{}),
	}
}

// Shorten makes the bindings of a token end at a moment before the token does.
func (h *Hub) Shorten(jti string, at time.Time) { h.tokens.shorten(jti, at) }

// Issued tells the hub that a token was issued, so that a revocation by
// Subscription or subject can tell earlier tokens from later ones.
func (h *Hub) Issued(jti string, expires time.Time) {
	h.tokens.issue(jti, expires, h.cfg.Clock.Now())
}

// Revoke ends the bindings that r covers, on every socket, and refuses the
// tokens concerned from now on. It returns how many bindings ended.
func (h *Hub) Revoke(r Revocation) int {
	h.tokens.revoke(r, h.cfg.Clock.Now())
	ended := 0
	for _, c := range h.sockets() {
		ended += c.revoke(r)
	}
	return ended
}

// Shutdown takes no more sockets, closes those there are with 1001 going-away
// once their queues are written, and cuts what is left when ctx is done. It
// returns when the last socket is gone.
func (h *Hub) Shutdown(ctx context.Context) {
	h.mu.Lock()
	if !h.closing {
		h.closing = true
		if h.places == 0 {
			close(h.empty)
		}
	}
	h.mu.Unlock()
	for _, c := range h.sockets() {
		c.shut(fault.GoingAway, nil)
	}
	select {
	case <-h.empty:
	case <-ctx.Done():
		for _, c := range h.sockets() {
			c.cut(h.cfg.Clock.Now())
		}
		<-h.empty
	}
}

// sockets lists the open sockets, oldest first.
func (h *Hub) sockets() []*conn {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]*conn, 0, len(h.conns))
	for c := range h.conns {
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b *conn) int { return cmp.Compare(a.number, b.number) })
	return list
}

// ServeHTTP performs the opening handshake. The socket is served, until it is
// closed, by a goroutine of its own: what net/http keeps for a request, some ten
// kilobytes, is given back.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := h.admit(); err != nil {
		w.Header().Set("Retry-After", "5")
		h.refuse(w, r, fault.CodeOf(err).HTTPStatus(), Grant{}, err)
		return
	}
	served := false
	defer func() {
		if !served { // also after a panic, which net/http keeps from the other sockets
			h.leave()
		}
	}()
	c := h.open(w, r)
	if c == nil {
		return
	}
	served = true
	go func() {
		defer h.leave()
		defer h.part(c)
		defer c.survive()
		c.serve()
	}()
}
