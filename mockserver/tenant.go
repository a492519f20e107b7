package mockserver

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/draw"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/internal/fhirhttp"
	"github.com/wsbind/wsbind/mockserver/journal"
	"github.com/wsbind/wsbind/mockserver/review"
	"github.com/wsbind/wsbind/mockserver/socket"
)

// tenantPath begins the paths of tenants.
const tenantPath = "/t/"

// Settings are what tenants can differ in.
type Settings struct {
	Seed    uint64
	Dialect socket.Dialect
	Profile faults.Profile
	// Virtual gives the tenant a clock of its own, which stands at Start until it
	// is advanced.
	Virtual bool
	Start   time.Time
	// Shared says that the clients follow the virtual clock: see
	// Config.SharedClock.
	Shared bool
}

// Tenant is a world of its own: FHIR bases, Subscriptions, tokens, clock, faults
// and journal. The default tenant is a part of the [Server]; others have a name
// and share nothing with it but the keys, and those are of no use to them: a
// token names the base and the websocket that it is for.
type Tenant struct {
	// Faults says what goes wrong, and when.
	Faults *faults.Plan
	// Journal is what happened.
	Journal *journal.Journal

	review *review.Reviewer
	name   string
	prefix string // /t/NAME, "" for the default tenant
	server *Server

	gone chan struct{} // closed when the tenant is

	turn sync.Mutex // held by the one reset at a time

	mu        sync.Mutex
	set       Settings
	clock     clock.Clock
	draw      *draw.Source
	bases     [len(releases)]*base
	closed    bool
	resetting bool // the bases are on their way out
}

// settings are those of the configuration.
func (s *Server) settings() Settings {
	set := Settings{Seed: s.cfg.Seed, Dialect: s.cfg.Dialect, Profile: s.cfg.Profile, Shared: s.cfg.SharedClock}
	if v, ok := s.cfg.Clock.(*clock.Virtual); ok {
		set.Virtual, set.Start = true, v.Start()
	}
	return set
}

// newTenant makes a tenant. The default one uses the configured clock itself.
func (s *Server) newTenant(name string, set Settings) *Tenant {
	t := &Tenant{name: name, server: s, set: set, clock: s.cfg.Clock, gone: make(chan struct{})}
	if name != "" {
		t.prefix, t.clock = tenantPath+name, s.newClock(set)
	}
	t.draw = draw.New(set.Seed, name)
	t.Faults = faults.NewPlan(t.draw, set.Profile, callerByName)
	t.Journal = journal.New(journal.Config{Clock: t.clock, Wall: s.cfg.wall})
	t.review = review.New(review.Config{Clock: tenantClock{t}, Wall: s.cfg.wall, Virtual: isVirtual(t.clock), Shared: set.Shared})
	t.Journal.Observe(t.review.Observe)
	return t
}

// newClock returns the clock that settings ask for.
func (s *Server) newClock(set Settings) clock.Clock {
	if set.Virtual {
		return clock.NewVirtual(set.Start)
	}
	if _, virtual := s.cfg.Clock.(*clock.Virtual); virtual {
		return clock.Real()
	}
	return s.cfg.Clock
}

// callerByName returns the name that a caller has in the journal, for a name or
// for a bearer token.
func callerByName(caller string) string {
	if caller == fhirhttp.Anonymous || strings.HasPrefix(caller, fhirhttp.CallerPrefix) {
		return caller
	}
	return fhirhttp.CallerNamed(caller)
}

// Name returns the tenant's name, "" for the default tenant.
func (t *Tenant) Name() string { return t.name }

// Seed returns what everything that is left to chance is drawn from.
func (t *Tenant) Seed() uint64 { return t.Settings().Seed }

// Settings returns what the tenant may differ in from others.
func (t *Tenant) Settings() Settings {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.set
}

// BaseURL returns the FHIR base of a release, without a trailing slash, and ""
// for a release that is not served.
func (t *Tenant) BaseURL(release fhir.Release) string {
	for _, r := range releases {
		if r == release {
			return t.server.origin + t.prefix + "/fhir/" + r.String()
		}
	}
	return ""
}

// WebsocketURL returns where the tokens of a release are bound. A client finds
// out from $get-ws-binding-token: this is for tests of the server.
func (t *Tenant) WebsocketURL(release fhir.Release) string {
	b, err := t.base(release)
	if err != nil {
		return ""
	}
	return b.socketURL
}

// Now returns the time by the tenant's clock.
func (t *Tenant) Now() time.Time { return t.time().Now() }

func (t *Tenant) time() clock.Clock {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.clock
}

// Advance moves a virtual clock forward; heartbeats, expiry and whatever else
// falls due happens before it returns. It panics where the clock is not virtual.
func (t *Tenant) Advance(d time.Duration) {
	if err := t.advance(context.Background(), d); err != nil {
		panic("mockserver: " + err.Error())
	}
}

// advanceStep is after how much virtual time an advance looks whether anybody still
// wants it: years of heartbeats take minutes.
const advanceStep = time.Minute

func (t *Tenant) advance(ctx context.Context, d time.Duration) error {
	v, virtual := t.time().(*clock.Virtual)
	if !virtual {
		return fault.New(fault.BusinessRule, "the clock is real and cannot be moved: start the server with --clock virtual, "+
			"in Go with Config.Clock, in Node with the option clock, or make a tenant by PUT /tenants/NAME with \"clock\":\"virtual\"")
	}
	t.command("advance", "the clock moves forward by "+d.String(), "")
	for left := d; ; left -= advanceStep {
		v.Advance(min(left, advanceStep))
		if left <= advanceStep {
			break
		}
		if ctx.Err() != nil {
			t.command("advance", "the clock stopped "+(left-advanceStep).String()+" early: who moved it has gone", "")
			return fault.New(fault.GoingAway, "the clock stopped early, since the request was given up")
		}
	}
	t.command("advance", "the clock has moved, and what fell due has happened", "")
	return nil
}

// base returns the base of a release, which is made at its first use: a tenant
// costs little for the releases that nobody asks for.
func (t *Tenant) base(release fhir.Release) (*base, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, r := range releases {
		if r != release {
			continue
		}
		if t.bases[i] == nil {
			b, err := t.newBase(r)
			if err != nil {
				return nil, err
			}
			if t.closed || t.resetting {
				b.close(context.Background()) // it takes no sockets
			}
			t.bases[i] = b
		}
		return t.bases[i], nil
	}
	return nil, fault.New(fault.NotFound, "there is no such FHIR release")
}

// all returns every base; existing those that are in use.
func (t *Tenant) all() ([]*base, error) {
	var list []*base
	for _, r := range releases {
		b, err := t.base(r)
		if err != nil {
			return nil, err
		}
		list = append(list, b)
	}
	return list, nil
}

func (t *Tenant) existing() []*base {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.existingLocked()
}

func (t *Tenant) existingLocked() []*base {
	var list []*base
	for _, b := range t.bases {
		if b != nil {
			list = append(list, b)
		}
	}
	return list
}

// close ends the tenant: its websockets are closed, and its timers stopped.
func (t *Tenant) close(ctx context.Context) {
	t.mu.Lock()
	if !t.closed {
		t.closed = true
		close(t.gone)
	}
	t.mu.Unlock()
	closeBases(ctx, t.existing())
}

func closeBases(ctx context.Context, bases []*base) {
	var all sync.WaitGroup
	for _, b := range bases {
		all.Go(func() { b.close(ctx) })
	}
	all.Wait()
}

// Reset starts the tenant anew, with the settings it has: its bases are empty,
// its journal too, nothing is planned, and what is left to chance is drawn from
// the beginning. Its clock, if virtual, stands where it started.
func (t *Tenant) Reset() { t.reset(t.Settings()) }

// reset closes the bases first: a client that connects again the moment its socket
// is closed would otherwise be in the journal that is about to be emptied.
func (t *Tenant) reset(set Settings) {
	t.turn.Lock()
	defer t.turn.Unlock()
	t.mu.Lock()
	t.resetting = true
	old := t.existingLocked()
	t.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), closeWait)
	defer cancel()
	closeBases(ctx, old)

	source, newClock := draw.New(set.Seed, t.name), t.server.newClock(set)
	t.mu.Lock()
	t.resetting = false
	t.bases = [len(releases)]*base{}
	t.set, t.clock, t.draw = set, newClock, source
	t.Faults.Reset(source, set.Profile)
	t.mu.Unlock()
	t.Journal.Reset(newClock)
	t.review.Reset()
	t.review.SetClock(isVirtual(newClock), set.Shared)
}

// tenantClock is whatever clock a tenant has: a reset gives it another.
type tenantClock struct{ t *Tenant }

func (c tenantClock) Now() time.Time { return c.t.Now() }

func (c tenantClock) AfterFunc(d time.Duration, f func()) clock.Timer {
	return c.t.time().AfterFunc(d, f)
}

func isVirtual(c clock.Clock) bool {
	_, virtual := c.(*clock.Virtual)
	return virtual
}

// route finds the part of the tenant that answers.
func (t *Tenant) route(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, t.prefix)
	dialect := t.Settings().Dialect
	known := wellKnown[dialect]
	for _, release := range releases {
		name := release.String()
		inFHIR := path == "/fhir/"+name || strings.HasPrefix(path, "/fhir/"+name+"/")
		inSocket := strings.HasPrefix(path, "/ws/"+name+"/") || release == fhir.R4 && known != "" && (path == known || strings.HasPrefix(path, known+"/"))
		if !inFHIR && !inSocket {
			continue
		}
		b, err := t.base(release)
		switch {
		case err != nil:
			writeError(w, r, err)
			return
		case inFHIR:
			b.handler.ServeHTTP(w, r)
			return
		case b.serves(r.URL.Path):
			b.hub.ServeHTTP(w, r)
			return
		default:
			t.lost(w, r, path)
			return
		}
	}
	if dialect == socket.Medplum && t.routeMedplum(w, r, path) {
		return
	}
	if t.name == "" && t.server.servePage(w, r) { // last, so that whatever is FHIR's wins
		return
	}
	t.lost(w, r, path)
}

// lost answers where nothing is served.
func (t *Tenant) lost(w http.ResponseWriter, r *http.Request, path string) {
	err := fault.New(fault.NotFound, t.lostHint(path))
	if strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		release, _, _ := strings.Cut(strings.TrimPrefix(path, "/ws/"), "/")
		if !slices.ContainsFunc(releases[:], func(r fhir.Release) bool { return r.String() == release }) {
			release = ""
		}
		t.Journal.Add(journal.Entry{
			Kind: journal.Open, FHIR: release, Arrived: t.Journal.Wall(), Method: r.Method, Path: r.URL.Path, Status: http.StatusNotFound,
			WebsocketURL: "ws" + strings.TrimPrefix(t.server.origin, "http") + r.URL.Path,
			Verdict:      string(fault.NotFound), Detail: err.Detail,
		})
	}
	writeError(w, r, err)
}

// lostHint says what to do about a path that nothing is served at.
func (t *Tenant) lostHint(path string) string {
	if strings.HasPrefix(path, "/ws/") {
		return "no websocket is at this path: it changes with every start, take the websocket-url that $get-ws-binding-token returns"
	}
	hint := "nothing is served at this path; the FHIR bases are"
	for _, r := range releases {
		hint += " " + t.BaseURL(r)
	}
	return hint
}
