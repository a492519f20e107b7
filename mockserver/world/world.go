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
// Time comes from the clock, ids from NewID: under a virtual clock the same
// calls give the same bytes.
//
// A Subscription belongs to its creator and does not exist for anybody else.
// All other resources are visible to all.
//
// # Limits
//
// Each Subscription keeps its latest events only, [DefaultMaxEvents] unless
// [Config] says otherwise; $events answers with what is kept and says in its
// status that older ones are gone.
package world

import (
	"log/slog"
	"sync"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/store"
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
	// NewID returns the id of a created resource, a FHIR id that it never
	// returns again; nil counts from 1.
	NewID func() string
	// MaxEvents is how many events each Subscription keeps; 0 means
	// DefaultMaxEvents.
	MaxEvents int
	// Log takes what an operator may want to know; nil discards it. It never
	// gets a caller's name, which may be a bearer token.
	Log *slog.Logger
}

// World is one FHIR base. All methods may be called by several goroutines.
type World struct {
	cfg Config

	mu        sync.Mutex
	resources *store.Store
}

// New returns a world that holds the built-in topics and nothing else.
func New(cfg Config) *World {
	return &World{cfg: cfg, resources: store.New(0)}
}

// Close stops every timer. The world delivers nothing more; sinks are not told.
func (w *World) Close() {}
