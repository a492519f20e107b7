package gate

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	mathrand "math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jose"
	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/mockserver/internal/fhirhttp"
)

// The paths of a gate beside the FHIR base.
const (
	socketPath = "/ws"
	jwksPath   = "/.well-known/jwks.json" // RFC 8615
)

// Gate is an HTTP handler in front of a FHIR server. Create one with [Run], [Start] or
// [New].
type Gate struct {
	cfg        Config
	basePath   string // of the FHIR base, as it is escaped
	publicBase string // the FHIR base as clients see it: iss
	socketURL  string // the websocket as clients see it: aud

	keys        *jose.Set // nil in the dialect Pass
	admission   *admission
	revocations *revocations
	judge       *judge
	upstream    upstream
	server      *upstreamConfig // how the FHIR server is asked
	endpoint    *endpoint       // nil in the dialect Pass
	proxy       http.Handler
	store       Store

	mu       sync.Mutex
	sessions map[*session]struct{}
	places   int    // sockets, and opening handshakes under way
	opened   uint64 // sockets ever
	closing  bool
	empty    chan struct{} // closed when the last place of a closing gate is free
	ended    sync.Once

	listeners listeners
}

// New returns a gate that does not listen, to be served by the caller. Config.PublicURL
// is required, and Listen, Management and TLS are not used. It must be closed.
func New(cfg Config) (*Gate, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	if cfg.PublicURL == "" {
		return nil, unusable("PublicURL is empty: New needs to know where it will be served, Run finds out itself")
	}
	return newGate(cfg)
}

// newGate makes a gate of a configuration that is complete.
func newGate(cfg Config) (*Gate, error) {
	keys, err := ownKeys(&cfg)
	if err != nil {
		return nil, err
	}
	observe := shielded(cfg.Observe, cfg.Logger)
	if cfg.Metrics != nil {
		observe = observers(cfg.Metrics.Observe, observe)
	}
	cfg.Observe = observers(logTo(cfg.Logger), observe)
	if cfg.Origins == nil {
		cfg.Origins = []string{originOf(cfg.PublicURL)}
	}
	base, _ := url.Parse(cfg.Upstream.Base) // which check has done before
	g := &Gate{
		cfg: cfg, basePath: cmp.Or(cfg.Path, base.EscapedPath()), keys: keys, judge: newJudge(&cfg),
		sessions: map[*session]struct{}{}, empty: make(chan struct{}), store: cfg.Store,
	}
	g.publicBase = cfg.PublicURL + g.basePath
	g.socketURL = "ws" + strings.TrimPrefix(cfg.PublicURL, "http") + socketPath
	if g.store == nil {
		g.store = NewMemoryStore(cfg.Clock)
	}
	g.server = g.newUpstreamConfig()
	if g.upstream, err = newUpstream(cfg.Upstream.Dialect, *g.server); err != nil {
		return nil, err
	}
	g.guardTokens()
	if keys != nil {
		if g.endpoint, err = newEndpoint(g); err != nil {
			return nil, err
		}
	}
	if cfg.Metrics != nil {
		cfg.Metrics.follow(g)
	}
	g.proxy = g.newProxy(base)
	g.revocations.start()
	return g, nil
}

// newUpstreamConfig is what the upstream is given.
func (g *Gate) newUpstreamConfig() *upstreamConfig {
	u := &g.cfg.Upstream
	client := &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}
	if u.HTTP != nil {
		own := *u.HTTP
		client = &own
	}
	// A credential goes nowhere but where it was meant to.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &upstreamConfig{
		base: u.Base, publicBase: g.publicBase, release: u.Release, headers: u.Headers, websocketURL: u.WebsocketURL,
		fetch: u.Fetch, patience: u.Patience, timeout: u.Timeout, maxBytes: g.cfg.MaxAnswer, http: client,
		clock: g.cfg.Clock, store: g.store, observe: g.cfg.Observe, ids: newID, random: mathrand.Float64, sockets: new(atomic.Int64),
	}
}

func newUpstream(d Dialect, cfg upstreamConfig) (upstream, error) {
	switch d {
	case Pass:
		return newPass(cfg), nil
	case Medplum:
		return newMedplum(cfg), nil
	case Legacy:
		return newLegacy(cfg), nil
	}
	return newSpec(cfg)
}

// guardTokens makes what decides on tokens.
func (g *Gate) guardTokens() {
	cfg := &g.cfg
	var remembered Store
	if cfg.Replay != Stateless {
		remembered = g.store
	}
	g.revocations = newRevocations(cfg, remembered)
	g.revocations.news, g.revocations.blind = g.review, g.endAll
	g.admission = &admission{
		policy: token.Policy{
			Algorithms: algorithms(g.keys), Issuer: cmp.Or(cfg.Issuer, g.publicBase), Audience: cmp.Or(cfg.Audience, g.socketURL), Leeway: cfg.Leeway,
		},
		own: g.keys, clock: cfg.Clock, revoked: g.revocations, uses: remembered, open: cfg.StoreOpen, observe: cfg.Observe,
	}
	if cfg.Keys != "" {
		g.admission.others = newKeySource(cfg.Keys, g.server.http, cfg.KeysCooldown)
	}
}

// newID returns a UUID of version 4 (RFC 9562).
func newID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	text := hex.EncodeToString(b[:])
	return strings.Join([]string{text[:8], text[8:12], text[12:16], text[16:20], text[20:]}, "-")
}

// BaseURL returns the FHIR base as clients see it.
func (g *Gate) BaseURL() string { return g.publicBase }

// WebsocketURL returns the websocket as clients see it.
func (g *Gate) WebsocketURL() string { return g.socketURL }

// JWKSURL returns where the public keys are, "" in the dialect Pass.
func (g *Gate) JWKSURL() string {
	if g.keys == nil {
		return ""
	}
	return g.cfg.PublicURL + jwksPath
}

// ServeHTTP serves the FHIR base, the websocket and the keys. Paths are taken as they
// come: nothing is cleaned or redirected.
func (g *Gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	switch path := r.URL.EscapedPath(); {
	case path == socketPath:
		g.serveSocket(w, r)
	case path == jwksPath && g.keys != nil:
		g.serveKeys(w, r)
	case path == g.basePath || strings.HasPrefix(path, g.basePath+"/"):
		g.serveBase(w, r, path[len(g.basePath):])
	default:
		fhirhttp.WriteError(w, r, nil, fault.New(fault.NotFound, "there is nothing here: the FHIR base is "+g.publicBase+" and the websocket "+g.socketURL))
	}
}

// serveKeys publishes the public half of the key that signs, to scripts of any origin.
func (g *Gate) serveKeys(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		fhirhttp.WriteError(w, r, nil, fault.New(fault.MethodNotAllowed, r.Method+" is not possible here, GET and HEAD are"))
		return
	}
	set, err := g.keys.Public(g.cfg.Clock.Now())
	if err != nil {
		fhirhttp.WriteError(w, r, nil, fault.Internal)
		return
	}
	w.Header().Set("Content-Type", "application/jwk-set+json")
	w.Header().Set("Cache-Control", "public, max-age=60")
	w.Write(set) // a client that is gone cannot be told
}

// join makes a session known to the gate, part makes it forgotten.
func (g *Gate) join(s *session) {
	g.mu.Lock()
	g.opened++
	s.number = g.opened
	g.sessions[s] = struct{}{}
	closing := g.closing
	g.mu.Unlock()
	if closing {
		s.end(fault.GoingAway)
	}
}

func (g *Gate) part(s *session) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.sessions, s)
}

// open sessions, oldest first.
func (g *Gate) list() []*session {
	g.mu.Lock()
	defer g.mu.Unlock()
	list := make([]*session, 0, len(g.sessions))
	for s := range g.sessions {
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b *session) int { return cmp.Compare(a.number, b.number) })
	return list
}

// endAll closes every socket.
func (g *Gate) endAll(err error) {
	for _, s := range g.list() {
		s.end(err)
	}
}

// review ends what was revoked, on every socket, and returns how many Subscriptions
// that were.
func (g *Gate) review() (ended int) {
	for _, s := range g.list() {
		ended += s.revoke()
	}
	return ended
}

// Revoke takes tokens back, here at once, and by every gate that shares the store.
// Exactly one member of what is set. It returns how many bindings of this gate have
// ended. With [fault.StoreUnavailable] no other gate knows of it, and neither will
// this one when it starts again.
func (g *Gate) Revoke(ctx context.Context, what Revocation) (ended int, err error) {
	return g.revocations.revoke(ctx, what)
}
