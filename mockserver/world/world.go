// Package world is the one stateful part of the mock server: the resources of
// one FHIR base, its Subscriptions with their events, and whoever listens.
//
// Call [New] for each base, [World.Create] and its neighbours for every REST
// interaction, and [World.Attach] for every bound websocket. Everything else
// follows: a change of a resource becomes an event of each Subscription that it
// matches, the event gets its number, goes into the Subscription's log, and its
// notification is handed to the sinks that are attached.
//
// # Promises
//
// One mutex orders everything. A change is stored, numbered and handed to the
// sinks before the call that made it returns, so no sink sees two events of a
// Subscription in another order than their numbers, and none twice.
//
// Time comes from the clock, ids from NewID and Seed: under a virtual clock the
// same calls give the same bytes.
//
// A Subscription belongs to its creator and does not exist for anybody else.
// All other resources are visible to all.
//
// # Lifecycle of a Subscription
//
// A client submits requested or active, and both are stored as active: a
// websocket needs no proof that its endpoint exists. off ends every binding; so
// do end, which sets off, a deletion, and in R5 entered-in-error. error is set
// by [World.SetError] only: bindings stay, attached sinks are told once, events
// are counted and logged but not pushed, and heartbeats carry the status. Only
// an update by the client (or [World.Reactivate]) ends it; attached sinks then
// get a handshake, whose counter tells what they missed. An update may change
// topic and filters; counters survive it. A Subscription that was deleted and is
// put again starts from nothing.
//
// # Topics
//
// A canonical without a version means the topic written last under that url
// which is not retired. A retired topic takes no new Subscriptions and keeps
// those it has; drafts are used like active topics. A topic in use cannot be
// deleted, and an update that one of its Subscriptions could not follow is
// refused; the others follow it at once. Built-in topics cannot be changed.
//
// # Events
//
// Only REST interactions are changes: a status that the server itself writes is
// none. A Subscription to changes of Subscriptions hears of its owner's only,
// and never of itself. One change is at most one event of a Subscription, so
// one event is the rule in a notification; several share one where they come up
// together ([World.Emit] with a count, [World.Resend]) and the Subscription has
// a max-count, which bounds them.
//
// # Limits
//
// Each Subscription keeps its latest events only, [DefaultMaxEvents] unless
// [Config] says otherwise; $events answers with what is kept and says in its
// status that older ones are gone.
package world

import (
	"crypto/sha256"
	"encoding/binary"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/roll"
	"github.com/wsbind/wsbind/mockserver/search"
	"github.com/wsbind/wsbind/mockserver/store"
	"github.com/wsbind/wsbind/mockserver/subscription"
)

// DefaultMaxEvents is how many events of a Subscription are kept where
// Config.MaxEvents is 0.
const DefaultMaxEvents = 1000

// Config says what a world is made of. Release and Base are required.
type Config struct {
	Release fhir.Release
	// Base is the FHIR base URL without a trailing slash, such as
	// http://127.0.0.1:8080/fhir/R4. It begins every fullUrl and reference of
	// a notification.
	Base string
	// Clock tells the time; nil means clock.Real().
	Clock clock.Clock
	// NewID returns the id of a resource that a caller creates, a FHIR id that it
	// never returns again; nil counts from 1.
	NewID func(resourceType, caller string) string
	// Seed keys the ids of notifications, which are the same in every run with
	// the same seed and the same actions on a Subscription.
	Seed string
	// Faults says when something goes wrong; nil means never.
	Faults Chance
	// MaxEvents is how many events each Subscription keeps; 0 means
	// DefaultMaxEvents.
	MaxEvents int
	// Log takes what an operator may want to know; nil discards it. It never
	// gets a caller's name, which may be a bearer token.
	Log *slog.Logger
}

// World is one FHIR base. All methods may be called by several goroutines.
type World struct {
	cfg    Config
	search search.Compiler

	mu         sync.Mutex
	closed     bool
	resources  *store.Store
	topics     subscription.Catalog         // by Type/id of the resource
	builtin    map[string]bool              // the keys of topics that clients cannot change
	live       map[string]*live             // the Subscriptions that exist, by id
	order      roll.List[*live]             // the same, oldest first
	byOwner    map[string]*roll.List[*live] // the same, by owner
	created    map[string][]string          // ids of Subscriptions by owner, also of deleted ones, as first used
	byCriteria *subscription.Index[*live]   // the same, by what they want to hear of
	bindings   map[Sink][]*binding
	attached   uint64   // how many bindings there have been
	answers    idSeries // ids of Bundles that are no Subscription's
	past       uint64   // events of Subscriptions that are gone
}

// Chance decides when faults strike; *faults.Plan does.
type Chance interface {
	Armed() bool // whether Draw may say yes
	Draw(o faults.Occasion, can func(name string) bool) (faults.Injection, bool)
}

// New returns a world that holds the built-in topics and nothing else.
func New(cfg Config) *World {
	if cfg.Clock == nil {
		cfg.Clock = clock.Real()
	}
	if cfg.NewID == nil {
		n := 0
		cfg.NewID = func(string, string) string { n++; return strconv.Itoa(n) }
	}
	if cfg.MaxEvents <= 0 {
		cfg.MaxEvents = DefaultMaxEvents
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	cfg.Log = cfg.Log.With(slog.String("fhir", cfg.Release.String()))
	w := &World{
		cfg:       cfg,
		search:    search.Compiler{Release: cfg.Release, Base: cfg.Base},
		resources: store.New(0),
		builtin:   map[string]bool{},
		live:      map[string]*live{},
		created:   map[string][]string{},
		byOwner:   map[string]*roll.List[*live]{},
		bindings:  map[Sink][]*binding{},
	}
	w.byCriteria = subscription.NewIndex[*live](w.search)
	w.answers = w.newSeries("", 0)
	w.seedTopics()
	return w
}

// Close stops every timer. The world delivers nothing more; sinks are not told.
func (w *World) Close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	for s := range w.order.All() {
		clock.Stop(&s.ending)
		for _, b := range s.bound {
			clock.Stop(&b.beat)
		}
		s.bound = nil
	}
	clear(w.bindings)
}

// now returns the time as FHIR instants write it.
func (w *World) now() string { return instant(w.cfg.Clock.Now()) }

func instant(t time.Time) string { return t.UTC().Format(store.Instant) }

// idSeries draws the ids of the notifications of one Subscription: what happens
// to others does not change them.
type idSeries struct {
	seed  [16]byte
	drawn uint64
}

// newSeries returns the series of a Subscription that was created as a version:
// one that is created again after its deletion repeats none.
func (w *World) newSeries(subscription string, version int) idSeries {
	var ids idSeries
	sum := sha256.Sum256([]byte(w.cfg.Seed + "|" + w.cfg.Release.String() + "|" + subscription + "|" + strconv.Itoa(version)))
	copy(ids.seed[:], sum[:])
	return ids
}

// next returns an id.
func (ids *idSeries) next() notification.UUID {
	ids.drawn++
	u := ids.seed
	binary.BigEndian.PutUint64(u[8:], ids.drawn)
	u[6], u[8] = u[6]&0x0f|0x80, 0x80 // version 8: made by a rule of our own
	return u
}
