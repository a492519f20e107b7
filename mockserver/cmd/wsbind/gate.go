package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/wsbind/wsbind/core/binding"
	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/gate"
	"github.com/wsbind/wsbind/mockserver/gate/natsstore"
)

// authorizationVariable holds the gate's own credential: a flag could be seen in the
// list of processes.
const authorizationVariable = "WSBIND_UPSTREAM_AUTHORIZATION"

// gateFlags are those of wsbind gate.
type gateFlags struct {
	upstream, websocket, authorizationFile, dialect, release string
	listen, management, publicURL, path, tlsCert, tlsKey     string
	key, keys, issuer, audience, tolerance                   string
	lifetime, patience, pollInterval, storePatience          time.Duration
	bindTimeout, keysCooldown                                time.Duration
	noIDs, replay, store, storeFailure, check                string
	origins                                                  []string
	fetch, anonymous, json                                   bool
	maxQueue, maxSockets                                     int
}

func gateCommand(s streams) *cobra.Command {
	var f gateFlags
	c := &cobra.Command{
		Use:   "gate --upstream URL [flags]",
		Short: "stand in front of a FHIR server and guard its websocket",
		Long: `wsbind gate answers $get-ws-binding-token in front of a FHIR server and reads the
bind frame itself: a token is verified before anything goes to the server. It
passes every other request on. What it does is written down in EDGE.md of the
package, whose wsbind/edge is the same for Workers, Deno, Bun and Node.

The server speaks one of these:

  spec      the guide's websocket; the gate binds with tokens of the server's own
  medplum   Medplum's JSON frames
  legacy    bind ID, bound ID, ping ID of R4; needs --upstream-websocket
  pass      the guide's; the gate issues nothing, verifies the server's own tokens
            with --keys, --issuer and --audience, and passes them on

The gate's own credential is a value of Authorization, such as Bearer TOKEN, in a
file that is read again for each request, or in ` + authorizationVariable + `.
Who may bind what, the server says: it is asked with the caller's credential.

For medplum and legacy the gate counts events, and a --store that survives it is
required: a file, or nats://HOST:4222 where several gates share one. Where it is
memory, numbers begin anew with each start.

With --json the first line is an object, and the log is JSON too:

  {"base":"http://127.0.0.1:8090/fhir/R4","websocket":"ws://127.0.0.1:8090/ws",
   "jwks":"http://127.0.0.1:8090/.well-known/jwks.json",
   "management":"http://127.0.0.1:8091","local":"http://127.0.0.1:8090"}

The management interface has POST /revoke, GET /healthz, /state and /metrics.
Results go to stdout, the log goes to stderr. Port 0 takes a free port. Ctrl-C or
SIGTERM closes the sockets and ends the gate.`,
		Example: `  wsbind gate --anonymous --upstream http://127.0.0.1:8080/fhir/R4
  wsbind gate --upstream https://fhir.internal/R4 --upstream-authorization-file secret.txt --key private.jwk --public-url https://gate.example.org --origin https://app.example.org
  wsbind gate --upstream https://hapi.internal/fhir --dialect legacy --upstream-websocket wss://hapi.internal/websocket --store gate.db
  wsbind gate --upstream https://fhir.internal/R4 --key private.jwk --store nats://nats.internal:4222`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			return serveGate(ctx, s, f)
		},
	}
	f.register(c)
	return c
}

// register names the flags.
func (f *gateFlags) register(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&f.upstream, "upstream", "", "the FHIR base of the server behind the gate")
	flags.StringVar(&f.dialect, "dialect", string(gate.Spec), "what it speaks: "+words(gate.Dialects()))
	flags.StringVar(&f.websocket, "upstream-websocket", "", "its websocket (default what its answers say)")
	flags.StringVar(&f.authorizationFile, "upstream-authorization-file", "", "file with the gate's own Authorization")
	flags.StringVar(&f.release, "fhir", "R4", "the release that it speaks: R4, R4B or R5")
	flags.BoolVar(&f.fetch, "fetch", false, "legacy: read what changed for Subscriptions that ask for more than empty")
	flags.DurationVar(&f.patience, "patience", gate.DefaultPatience, "how long it is tried to have a lost server back")
	flags.StringVar(&f.listen, "listen", "127.0.0.1:8090", "address that clients reach")
	flags.StringVar(&f.management, "management", "127.0.0.1:8091", "address of the management interface")
	flags.StringVar(&f.publicURL, "public-url", "", "how clients reach the gate, where a proxy stands between")
	flags.StringVar(&f.path, "path", "", "where clients find the FHIR base, such as /fhir (default the path of --upstream)")
	flags.StringVar(&f.tlsCert, "tls-cert", "", "file with a certificate; serves https and wss")
	flags.StringVar(&f.tlsKey, "tls-key", "", "file with the certificate's key")
	flags.StringArrayVar(&f.origins, "origin", nil, "pages that may connect, repeatable, * for all (default the gate's own origin)")
	flags.StringVar(&f.key, "key", "", "file with the private JWK that signs (default a new key at each start)")
	flags.StringVar(&f.keys, "keys", "", "URL or file of a JWK Set that tokens may be signed with besides")
	flags.DurationVar(&f.keysCooldown, "keys-cooldown", gate.DefaultKeysCooldown, "how long an unknown key does not have --keys read again")
	flags.StringVar(&f.issuer, "issuer", "", "pass: the iss that is due (default --upstream)")
	flags.StringVar(&f.audience, "audience", "", "pass: the aud that is due (default --upstream-websocket)")
	flags.StringVar(&f.tolerance, "clock-tolerance", "0", "how far clocks may differ, seconds or such as 30s")
	flags.DurationVar(&f.lifetime, "lifetime", binding.DefaultLifetime, "how long a token is valid")
	flags.StringVar(&f.noIDs, "no-ids", string(gate.NoIDsFail), "token request at type level without ids: all or fail")
	flags.BoolVar(&f.anonymous, "anonymous", false, "give tokens to callers without Authorization, where the server lets them in")
	flags.StringVar(&f.replay, "replay", "", "what is remembered of tokens: "+words(gate.Replays())+" (default shared with NATS, else isolate); stateless takes a token more than once")
	flags.StringVar(&f.store, "store", "", "where: memory, a file, or nats://HOST:4222 (default memory, but for medplum and legacy)")
	flags.DurationVar(&f.pollInterval, "poll-interval", gate.DefaultPollInterval, "how often the store is asked for revocations")
	flags.DurationVar(&f.storePatience, "store-patience", gate.DefaultStorePatience, "how much longer bindings go on while it cannot be reached")
	flags.StringVar(&f.storeFailure, "store-failure", "closed", "closed lets nothing be bound while it cannot be reached, open goes on unchecked")
	flags.StringVar(&f.check, "check", "", "check the server's notifications: "+words(gate.Checks())+" (default not)")
	flags.DurationVar(&f.bindTimeout, "bind-timeout", gate.DefaultBindTimeout, "how long a socket may have nothing bound")
	flags.IntVar(&f.maxQueue, "max-queue", gate.DefaultMaxQueue, "bytes that may wait for a slow reader")
	flags.IntVar(&f.maxSockets, "max-sockets", gate.DefaultMaxSockets, "websockets at a time")
	flags.BoolVar(&f.json, "json", false, "print the first line and the log as JSON")
	c.MarkFlagRequired("upstream")
	c.MarkFlagsRequiredTogether("tls-cert", "tls-key")
}

func serveGate(ctx context.Context, s streams, f gateFlags) error {
	config, err := f.config(s)
	if err != nil {
		return err
	}
	f.warn(s)
	if config.Store, err = f.openStore(ctx, config.Upstream.Dialect); err != nil {
		return err
	}
	g, err := gate.Run(config)
	if err != nil {
		if config.Store != nil {
			err = errors.Join(err, config.Store.Close())
		}
		return gateError(err)
	}
	if err = announceGate(s.out, g, f); err == nil {
		<-ctx.Done()
		config.Logger.Info("closing")
	}
	return errors.Join(err, g.Close())
}

// gateError says what to do about a gate that cannot be started.
func gateError(err error) error {
	if on := (*net.OpError)(nil); errors.As(err, &on) {
		return serveError(err)
	}
	return withHint(errors.New(strings.TrimPrefix(err.Error(), "invalid-option: gate.Config: ")), "wsbind gate --help says what is due")
}

// config checks the flags one by one, so that an error names the flag.
func (f *gateFlags) config(s streams) (c gate.Config, err error) {
	for _, a := range []struct{ flag, address string }{{"listen", f.listen}, {"management", f.management}} {
		if _, _, err := net.SplitHostPort(a.address); err != nil {
			return c, withHint(fmt.Errorf("--%s %q is no address", a.flag, a.address), "host and port are due, such as 127.0.0.1:8090")
		}
	}
	if err := f.checkWords(); err != nil {
		return c, err
	}
	c = gate.Config{
		Listen: f.listen, Management: f.management, PublicURL: f.publicURL, Path: f.path,
		Keys: f.keys, KeysCooldown: f.keysCooldown, Issuer: f.issuer, Audience: f.audience,
		Lifetime: f.lifetime, NoIDs: gate.NoIDs(f.noIDs), Anonymous: f.anonymous, Replay: gate.Replay(f.replayLevel()),
		PollInterval: f.pollInterval, StorePatience: f.storePatience, StoreOpen: f.storeFailure == "open",
		Origins: f.origins, Check: gate.Check(f.check), BindTimeout: f.bindTimeout, MaxQueue: f.maxQueue, MaxSockets: f.maxSockets,
		Logger: logger(s, f.json), Metrics: gate.NewMetrics(),
	}
	if c.Upstream, err = f.upstreamConfig(); err != nil {
		return c, err
	}
	if c.Leeway, err = parseTolerance(f.tolerance); err != nil {
		return c, err
	}
	if f.key != "" {
		key, err := s.input(f.key)
		if err != nil {
			return c, err
		}
		c.Key = key.text
	}
	c.TLS, err = certificate(f.tlsCert, f.tlsKey)
	return c, err
}

// checkWords refuses flags whose value is none of a few words.
func (f *gateFlags) checkWords() error {
	storeFailures, policies := []string{"closed", "open"}, []string{"all", "fail"}
	for _, w := range []struct {
		flag, value string
		words       []string
	}{
		{"dialect", f.dialect, texts(gate.Dialects())},
		{"replay", f.replay, append(texts(gate.Replays()), "")},
		{"check", f.check, append(texts(gate.Checks()), "")},
		{"no-ids", f.noIDs, policies},
		{"store-failure", f.storeFailure, storeFailures},
	} {
		if !slices.Contains(w.words, w.value) {
			return withHint(fmt.Errorf("--%s %q is not possible", w.flag, w.value), "one of %s", strings.TrimSuffix(strings.Join(w.words, ", "), ", "))
		}
	}
	switch {
	case f.lifetime < time.Second || f.lifetime > token.DefaultMaxLifetime || f.lifetime%time.Second != 0:
		return withHint(fmt.Errorf("--lifetime %v is not possible", f.lifetime), "whole seconds from 1s to %v are", token.DefaultMaxLifetime)
	case !isOrigin(f.upstream):
		return withHint(fmt.Errorf("--upstream %q is not possible", f.upstream), "a FHIR base is due, such as https://fhir.example.org/R4")
	case f.publicURL != "" && !isOrigin(f.publicURL):
		return withHint(fmt.Errorf("--public-url %q is not possible", f.publicURL), "an http or https URL without a query, such as https://gate.example.org")
	}
	return nil
}

func texts[T ~string](names []T) []string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = string(name)
	}
	return list
}

func (f *gateFlags) upstreamConfig() (u gate.Upstream, err error) {
	u = gate.Upstream{
		Base: f.upstream, Dialect: gate.Dialect(f.dialect), WebsocketURL: f.websocket, Fetch: f.fetch, Patience: f.patience,
	}
	if u.Release, err = parseRelease(f.release); err != nil {
		return u, err
	}
	u.Headers, err = f.credential()
	return u, err
}

// credential returns what gives the gate's own Authorization. A file is read again for
// each request: whoever renews it need not start the gate anew.
func (f *gateFlags) credential() (func(context.Context) (http.Header, error), error) {
	read := func() (string, error) {
		text, err := os.ReadFile(f.authorizationFile)
		return strings.TrimSpace(string(text)), err
	}
	if f.authorizationFile == "" {
		value := os.Getenv(authorizationVariable)
		if value == "" {
			return nil, nil
		}
		read = func() (string, error) { return strings.TrimSpace(value), nil }
	}
	value, err := read()
	if err != nil {
		return nil, withHint(err, "--upstream-authorization-file names a file with a value of Authorization, such as Bearer TOKEN")
	}
	if value == "" || strings.ContainsAny(value, "\r\n") {
		return nil, withHint(errors.New("the gate's Authorization is not one line"), "a value such as Bearer TOKEN is due")
	}
	return func(context.Context) (http.Header, error) {
		value, err := read()
		return http.Header{"Authorization": {value}}, err
	}, nil
}

// openStore opens what is remembered in, nil for the default.
func (f *gateFlags) openStore(ctx context.Context, dialect gate.Dialect) (gate.Store, error) {
	counts := dialect == gate.Medplum || dialect == gate.Legacy
	switch {
	case f.store == "" && counts:
		return nil, withHint(fmt.Errorf("--dialect %s needs a --store: the gate counts events in it", dialect),
			"--store gate.db keeps them in a file; --store memory begins anew with each start")
	case f.store == "":
		return nil, nil
	case f.store == "memory":
		return gate.NewMemoryStore(clock.Real()), nil
	case strings.HasPrefix(f.store, "nats://") || strings.HasPrefix(f.store, "tls://"):
		store, err := natsstore.Open(ctx, natsstore.Config{URL: f.store})
		if err != nil {
			return nil, withHint(err, "is a NATS server with JetStream there?")
		}
		return store, nil
	}
	store, err := gate.OpenBolt(f.store, clock.Real())
	if err != nil {
		return nil, withHint(err, "--store names a file that only this gate has open")
	}
	return store, nil
}

// replayLevel is the level where no flag says.
func (f *gateFlags) replayLevel() string {
	shared := strings.HasPrefix(f.store, "nats://") || strings.HasPrefix(f.store, "tls://")
	return cmp.Or(f.replay, map[bool]string{true: string(gate.Shared), false: string(gate.Isolate)}[shared])
}

// warn says what must not be taken for granted, before the first line.
func (f *gateFlags) warn(s streams) {
	warn := func(text string) {
		if f.json {
			logger(s, true).Warn(text)
			return
		}
		s.say("warning: %s", text)
	}
	if f.key == "" && f.dialect != string(gate.Pass) {
		warn("the signing key is fresh: tokens of another run, or of another gate, are not valid in this one; wsbind keys makes one for --key")
	}
	if f.store == "memory" && (f.dialect == string(gate.Medplum) || f.dialect == string(gate.Legacy)) {
		warn("event numbers are in memory: they begin anew with each start, and clients meet them again")
	}
	if f.tlsCert == "" && !strings.HasPrefix(f.publicURL, "https://") && !loopback(f.listen) {
		warn(f.listen + " can be reached from other machines without TLS, and tokens are worth what is bound with them")
	}
	if !loopback(f.management) {
		warn(f.management + " can be reached from other machines, and whoever reaches it can revoke tokens")
	}
}
