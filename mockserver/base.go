package mockserver

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/draw"
	"github.com/wsbind/wsbind/mockserver/socket"
	"github.com/wsbind/wsbind/mockserver/world"
)

// releases are those that a server speaks, each at a base of its own.
var releases = [...]fhir.Release{fhir.R4, fhir.R4B, fhir.R5}

// base is one FHIR base of a tenant and everything that is served for its
// release.
type base struct {
	tenant  *Tenant
	server  *Server
	release fhir.Release
	dialect socket.Dialect
	path    string // /fhir/R4, below the tenant's prefix
	url     string // the FHIR base, without a trailing slash
	world   *world.World
	hub     *socket.Hub
	draw    *draw.Source
	// socketPath and socketURL are where tokens of this base are bound. The
	// path is drawn at the start: a client that does not take it from
	// websocket-url fails here before it fails elsewhere.
	socketPath string
	socketURL  string
	operations operations
	handler    http.Handler // everything below path
	tokens     shown

	ended chan struct{} // closed when the base is
	once  sync.Once     // closes it

	mu    sync.Mutex
	pages int // how many other websocket URLs there are, see changedURL
}

// newBase makes the base of a release. The tenant's lock is held.
func (t *Tenant) newBase(release fhir.Release) (*base, error) {
	s := t.server
	b := &base{tenant: t, server: s, release: release, dialect: t.set.Dialect, path: t.prefix + "/fhir/" + release.String(), draw: t.draw, ended: make(chan struct{})}
	b.url = s.origin + b.path
	b.socketPath = t.prefix + "/ws/" + release.String() + "/" + t.draw.ID("socket path", release.String())
	if b.dialect == socket.Medplum && release == fhir.R4 {
		b.socketPath = t.prefix + wellKnown[socket.Medplum] // its clients look nowhere else
	}
	b.socketURL = b.websocketURL(b.socketPath)
	b.world = world.New(world.Config{
		Release: release, Base: b.url, Clock: t.clock, NewID: b.newID,
		Seed:   strconv.FormatUint(t.set.Seed, 10) + "|" + t.name,
		Faults: t.Faults, MaxEvents: s.cfg.MaxEvents, Log: s.cfg.Logger,
	})
	b.hub = socket.New(socket.Config{
		World: b.world, Verify: b.verify, Page: b.pageOf, Caller: knownCaller, SingleUse: s.cfg.SingleUse,
		Dialect: b.dialect, OnlySpaceForm: s.cfg.OnlySpaceForm, AcceptJSONBind: s.cfg.AcceptJSONBind,
		FHIR: release.String(), Journal: t.Journal, Faults: t.Faults, NewID: b.newSocketID,
		Clock: t.clock, Logger: s.cfg.Logger.With(slog.String("fhir", release.String())),
		BindTimeout: s.cfg.BindTimeout, MaxQueue: s.cfg.MaxQueue, MaxSockets: s.cfg.MaxSockets,
	})
	// CORS answers preflights, which have no caller, before one is asked for.
	b.handler = t.cors(b.noted(b.authenticated(http.HandlerFunc(b.serveREST))))
	var err error
	b.operations, err = b.loadOperations()
	return b, err
}

// close ends the base: what waits is let go, its websockets are closed, and its
// timers stopped.
func (b *base) close(ctx context.Context) {
	b.once.Do(func() { close(b.ended) })
	b.hub.Shutdown(ctx)
	b.world.Close()
}

// newID draws the id of a resource, or of what else a caller gets.
func (b *base) newID(what, caller string) string {
	return b.draw.ID(b.release.String()+" "+what, caller)
}

func (b *base) newSocketID(socket uint64) string {
	return b.newID("frame", strconv.FormatUint(socket, 10))
}

// websocketURL makes a websocket URL of a path.
func (b *base) websocketURL(path string) string {
	return "ws" + strings.TrimPrefix(b.server.origin, "http") + path // http→ws, https→wss
}

// wellKnown are the paths at which the R4 base of a tenant has its websocket
// too, because clients of a dialect expect it there.
var wellKnown = map[socket.Dialect]string{
	socket.Medplum: "/ws/subscriptions-r4",
	socket.Legacy:  "/websocket",
}

// serves reports whether the base's websocket is at a path.
func (b *base) serves(path string) bool {
	if path == b.socketPath || b.release == fhir.R4 && path == b.tenant.prefix+wellKnown[b.dialect] {
		return true
	}
	number, ok := strings.CutPrefix(path, b.socketPath+"/")
	n, err := strconv.Atoi(number)
	b.mu.Lock()
	defer b.mu.Unlock()
	return ok && err == nil && n >= 1 && n <= b.pages && strconv.Itoa(n) == number
}

// pageOf returns the websocket URL that a request came to: the audience of the
// tokens that can be bound there.
func (b *base) pageOf(r *http.Request) string {
	if strings.HasPrefix(r.URL.Path, b.socketPath) {
		return b.websocketURL(r.URL.Path)
	}
	return b.socketURL // of a path that is well known
}

// changedURL makes another websocket URL.
func (b *base) changedURL() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pages++
	return b.socketURL + "/" + strconv.Itoa(b.pages)
}
