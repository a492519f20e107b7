package mockserver

import (
	"cmp"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/draw"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/scenario"
	"github.com/wsbind/wsbind/mockserver/socket"
)

// Defaults that stand in for the zero values of [Config].
const (
	DefaultListen     = "127.0.0.1:0"
	DefaultAlgorithm  = "ES256"
	DefaultLifetime   = 5 * time.Minute
	MaxLifetime       = 24 * time.Hour
	DefaultMaxBody    = 4 << 20
	DefaultMaxSockets = 10_000
	DefaultMaxTenants = 1_000
)

// NoIDs says what the operation does at type level when no id is given.
type NoIDs string

// The two policies that the specification leaves to a server.
const (
	NoIDsAll  NoIDs = "all"  // a token for every websocket Subscription of the caller
	NoIDsFail NoIDs = "fail" // the request fails with no-subscriptions
)

// Config says how the mock server behaves. Its zero value works: a server on a
// free port of the loopback interface, with a key of its own and real time.
type Config struct {
	// Listen is the address of the FHIR bases and websockets, host:port.
	// Default: 127.0.0.1 and a free port. Danger: any other host opens a
	// server without access control to the network.
	Listen string
	// Management is the address of the management interface, host:port.
	// Default: 127.0.0.1 and a free port. Danger: whoever reaches it can make
	// up events and revoke tokens; it should never leave the machine.
	Management string
	// PublicURL is what clients put before /fhir/R4, when that is not the
	// listener's own address: behind a proxy, in a container. It is http or
	// https, without query; a path in it is expected to be removed by the proxy.
	// Default: the listener's address. Headers such as Host and
	// X-Forwarded-Host are never asked.
	PublicURL string
	// TLS makes Listen speak https and wss. Default: nil, plain http. See
	// [SelfSigned]. The management interface stays plain.
	TLS *tls.Config

	// Page is the built page, package webdemo has it: index.html and what it loads,
	// beside NAME its precompressed forms NAME.br and NAME.gz. Browsers get it at /,
	// and from there it may drive the management interface, see
	// [Server.ManagementHandler]. Danger: so may every script in it. Default: nil,
	// and / answers a few lines of text to everybody.
	Page fs.FS
	// Version is what the page is told of this program. Default: the version of
	// this module.
	Version string

	// Algorithm signs binding tokens: ES256, ES384, EdDSA, RS256, RS384,
	// PS256 or HS256. Default: ES256, or what Key says. Danger: an HS256 key is
	// never published, so nobody but this server can verify its tokens.
	Algorithm string
	// Key is the private JWK that signs binding tokens. Default: one made at
	// first use and gone at exit. Danger: tokens of one run are valid in the
	// next when both have one Key and one PublicURL.
	Key []byte
	// Lifetime of a binding token, whole seconds, at most MaxLifetime.
	// Default: DefaultLifetime.
	Lifetime time.Duration
	// NoIDs is the policy for a request without ids at type level. Default:
	// NoIDsAll.
	NoIDs NoIDs
	// RequireAuth refuses FHIR requests without a bearer token (401). Any
	// token is accepted: it tells callers apart, nothing more. Default: false,
	// and the caller is then "anonymous".
	RequireAuth bool
	// LenientGet lets R5 clients call $get-ws-binding-token by GET, as R5's own
	// example does although its definition rules it out. Default: false.
	LenientGet bool
	// SingleUse refuses a binding token the second time it is shown. Default:
	// false: a client may bind again with the token it has.
	SingleUse bool

	// Dialect is how clients bind on the websocket. Default: socket.Spec.
	Dialect socket.Dialect
	// OnlySpaceForm refuses bind-with-token: TOKEN, with the colon. Default:
	// false, both spellings are HL7's own.
	OnlySpaceForm bool
	// AcceptJSONBind reads the bind frame of Medplum's clients besides, and
	// answers it as every other. Default: false.
	AcceptJSONBind bool
	// Profile says which faults strike unasked. Default: faults.Polite, none.
	Profile faults.Profile
	// Seed is what everything that is left to chance is drawn from: ids, the
	// paths of websockets, faults. The same seed and the same actions of clients
	// give the same again. At most draw.MaxSeed. Default: one that is drawn, see
	// Tenant.Seed.
	Seed uint64

	// Clock is what every timer and date of the server follows. Default:
	// clock.Real. A clock.Virtual stands still until Tenant.Advance; each tenant
	// then has one of its own, which starts where this one started. Danger: a
	// client on wall time cannot follow a virtual clock.
	Clock clock.Clock
	// SharedClock says that the clients under test follow a virtual Clock, so
	// that what they do late counts against them. Default: false, nothing that
	// rests on a virtual time does.
	SharedClock bool
	// Logger gets one record per request and per socket. No token is ever in
	// them. Default: slog.Default.
	Logger *slog.Logger

	// Scenario is carried out from the start, in the default tenant: what it is
	// about is there before a client can ask. What it says of the server's manner
	// (seed, profile, dialect, clock, options) stands in for members that are zero.
	// Default: none.
	Scenario *scenario.Scenario
	// FailOn is the severity of findings (information, warning, error) that fail
	// a test of [Start], or worse ones. Default: none do.
	FailOn string

	// MaxBody bounds a request's body in bytes. Default: DefaultMaxBody.
	MaxBody int64
	// MaxSockets bounds the open websockets of each FHIR release. Default:
	// DefaultMaxSockets.
	MaxSockets int
	// MaxTenants bounds the tenants; a request for another is answered by 429.
	// Default: DefaultMaxTenants.
	MaxTenants int
	// MaxEvents bounds the event log of each Subscription, which $events
	// reads. Default: see package world.
	MaxEvents int
	// BindTimeout closes a socket on which nothing is bound. Default: see
	// package socket.
	BindTimeout time.Duration
	// MaxQueue bounds what one slow socket may leave unread, in bytes.
	// Default: see package socket.
	MaxQueue int

	// wall tells what time it is outside, whatever Clock says. Default:
	// clock.Real; a test of reviews has one of its own, so that it need not wait.
	wall clock.Clock
}

// withDefaults returns the configuration with every zero value replaced, or
// says which member cannot be used.
func (c Config) withDefaults() (Config, error) {
	c.follow(c.Scenario)
	if c.Listen == "" {
		c.Listen = DefaultListen
	}
	if c.Management == "" {
		c.Management = DefaultListen
	}
	if c.Lifetime == 0 {
		c.Lifetime = DefaultLifetime
	}
	if c.NoIDs == "" {
		c.NoIDs = NoIDsAll
	}
	if c.Clock == nil {
		c.Clock = clock.Real()
	}
	if c.wall == nil {
		c.wall = clock.Real()
	}
	if c.Dialect == "" {
		c.Dialect = socket.Spec
	}
	if c.Profile == "" {
		c.Profile = faults.Polite
	}
	if c.Seed == 0 {
		c.Seed = drawSeed()
	}
	if c.MaxTenants == 0 {
		c.MaxTenants = DefaultMaxTenants
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.MaxBody == 0 {
		c.MaxBody = DefaultMaxBody
	}
	if c.MaxSockets == 0 {
		c.MaxSockets = DefaultMaxSockets
	}
	c.Version = cmp.Or(c.Version, moduleVersion())
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	return c, c.check()
}

// follow takes what a scenario says where the configuration says nothing.
func (c *Config) follow(s *scenario.Scenario) {
	if s == nil {
		return
	}
	if c.Seed == 0 && s.Seed != nil {
		c.Seed = *s.Seed
	}
	if c.Clock == nil && s.Clock.Virtual {
		start := s.Clock.Start
		if start.IsZero() {
			start = time.Now().UTC().Truncate(time.Second)
		}
		c.Clock = clock.NewVirtual(start)
	}
	c.Profile = cmp.Or(c.Profile, s.Profile)
	c.Dialect = cmp.Or(c.Dialect, socket.Dialect(s.Dialect))
	c.SharedClock = c.SharedClock || s.Clock.Shared
	o := s.Options
	c.Lifetime = cmp.Or(c.Lifetime, time.Duration(o.Lifetime))
	c.NoIDs = cmp.Or(c.NoIDs, NoIDs(o.NoIDs))
	c.RequireAuth = c.RequireAuth || o.RequireAuth
	c.LenientGet = c.LenientGet || o.LenientGet
	c.SingleUse = c.SingleUse || o.SingleUse
	c.OnlySpaceForm = c.OnlySpaceForm || o.OnlySpaceForm
	c.AcceptJSONBind = c.AcceptJSONBind || o.AcceptJSONBind
}

// check refuses what cannot be served.
func (c Config) check() error {
	switch {
	case c.Lifetime < time.Second || c.Lifetime > MaxLifetime || c.Lifetime%time.Second != 0:
		return unusable("Lifetime %v: whole seconds from 1s to %v are possible", c.Lifetime, MaxLifetime)
	case c.NoIDs != NoIDsAll && c.NoIDs != NoIDsFail:
		return unusable("NoIDs %q: all and fail are possible", c.NoIDs)
	case !slices.Contains([]string{"", "information", "warning", "error"}, c.FailOn):
		return unusable("FailOn %q: information, warning and error are possible", c.FailOn)
	case c.Seed > draw.MaxSeed:
		return unusable("Seed %d: at most %d is possible", c.Seed, uint64(draw.MaxSeed))
	case !slices.Contains(socket.Dialects(), c.Dialect):
		return unusable("Dialect %q: spec, medplum, legacy and query are possible", c.Dialect)
	case !slices.Contains(faults.Profiles(), c.Profile):
		return unusable("Profile %q: polite, surprising and hostile are possible", c.Profile)
	case c.MaxTenants < 0 || c.MaxBody < 0 || c.MaxSockets < 0 || c.MaxEvents < 0 || c.MaxQueue < 0 || c.BindTimeout < 0:
		return unusable("a negative limit: leave it zero to get the default")
	case c.PublicURL != "":
		return checkPublicURL(c.PublicURL)
	}
	return nil
}

func checkPublicURL(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return unusable("PublicURL %q: an absolute http or https URL is due", s)
	}
	if u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return unusable("PublicURL %q: it must have no user, query or fragment", s)
	}
	return nil
}

// unusable says which member of a Config cannot be used.
func unusable(format string, args ...any) error {
	return fault.New(fault.MalformedRequest, "mockserver.Config: "+fmt.Sprintf(format, args...))
}

// drawSeed returns a seed of a size that a person can copy.
func drawSeed() uint64 {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return binary.BigEndian.Uint64(b[:])%999_999_999 + 1
}
