// Package review watches a journal and says what clients did.
//
// Hand every entry to [Reviewer.Observe], which journal.Journal.Observe does;
// then ask for three things:
//
//	reviewer.Findings() // what a client did wrong, worst first
//	reviewer.Facts()    // what it did at all: bound, renewed, filled-gap, …
//	reviewer.AssertText("bound twice, filled one gap with $events")
//
// # What a finding promises
//
// A client that does as it should draws none, whatever the server, its faults
// and the network do to it: that comes before completeness. So a client is only
// held to what it could know. What was on its way when it acted counts for
// nothing, nor does a frame that never reached it or that a fault made
// unreadable, nor what another client of the same name may have done. The rules
// stand where they are carried out; [Codes] lists them for people.
//
// Some findings are a matter of time and can change until it has passed: a gap
// is no finding while the client may still fill it, and none any more once it
// has. [Reviewer.Findings] tells the state of the moment.
//
// # What the journal must be like
//
// A request is added before its answer is written, with Arrived; a received frame
// before what it brings about; Unbound before the outcome or the close that tells
// of it; a sent frame once it is written. What comes in another order is not
// understood, and counts for nothing.
//
// # Under a virtual clock
//
// A client on wall time cannot follow a virtual clock. Unless clients share the
// clock (see [Config]), no finding that rests on durations is counted; [Code]
// says which do. If they share it, a client is given time on both clocks: an
// hour that passed in one leap gave nobody a chance to do anything.
//
// # Bounds
//
// What is remembered of callers, Subscriptions, tokens and sockets is bounded;
// what was not used for longest is forgotten, which can only lose findings.
package review

import (
	"sync"
	"time"

	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/journal"
)

// Bounds of what is kept. A hub takes 10,000 sockets unless told otherwise, and a
// load test may well have a caller, and a few Subscriptions and tokens, for each. A
// bound socket takes about 400 bytes, a Subscription 550, a token 450; a caller takes
// 1.1 kB, and 3 kB more once it was sent 64 events with a focus. A fact takes 150.
const (
	maxCallers       = 12_000
	maxSubscriptions = 32_000
	maxTokens        = 32_000
	maxSockets       = 32_000 // three bases
	maxPaces         = 2_000
	maxPaths         = 4_000
	maxFacts         = 20_000
	maxFindings      = 1_000
	maxEvidence      = 8
)

// Reaction is how long, by the wall, what a client was told may take to reach it
// and be acted upon. An act within it is not held against what was told.
const Reaction = 500 * time.Millisecond

// Config says which clock the entries are dated by. Its zero value works.
type Config struct {
	// Clock dates the entries; Wall is the wall's. Both default to clock.Real.
	Clock, Wall clock.Clock
	// Virtual says that Clock is not the wall's. Shared says that clients
	// follow it all the same.
	Virtual, Shared bool
}

// Reviewer derives facts and findings from entries. Its methods may be called by
// several goroutines. Create one with [New].
type Reviewer struct {
	cfg Config

	mu sync.Mutex
	state
	resets int // ever
}

// who is a caller at one base.
type who struct{ fhir, caller string }

// subKey is a Subscription as a caller sees it.
type subKey struct {
	who
	id string
}

type socketKey struct {
	base *base
	n    uint64
}

type tokenKey struct{ fhir, jti string }

// state is all that a reviewer remembers.
type state struct {
	last     point     // of the latest entry
	latest   time.Time // the latest moment of the tenant's clock that is known
	callers  *table[who, caller]
	subs     *table[subKey, sub]
	tokens   *table[tokenKey, token]
	sockets  *table[socketKey, socket]
	paces    *table[paceKey, pace]
	bases    map[string]*base
	atBase   *base           // which the latest entry was of: most are of the same
	paths    map[string]bool // of all websocket URLs that were ever answered
	moves    ring[point]     // of a virtual clock
	due      []paceKey       // bursts that wait to be judged
	findings findings
	facts    ring[kept]
	noted    int64 // facts ever
}

// New returns a reviewer that has seen nothing.
func New(cfg Config) *Reviewer {
	if cfg.Clock == nil {
		cfg.Clock = clock.Real()
	}
	if cfg.Wall == nil {
		cfg.Wall = clock.Real()
	}
	r := &Reviewer{cfg: cfg}
	r.Reset()
	return r
}

// Reset forgets everything, but for the websocket URLs that were answered before:
// a client may still hold them.
func (r *Reviewer) Reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.resets++
	paths := r.paths
	if paths == nil {
		paths = map[string]bool{}
	}
	r.state = state{
		callers:  newTable[who, caller](maxCallers, nil),
		subs:     newTable[subKey, sub](maxSubscriptions, nil),
		tokens:   newTable[tokenKey, token](maxTokens, nil),
		paces:    newTable[paceKey, pace](maxPaces, nil),
		bases:    map[string]*base{},
		paths:    paths,
		sockets:  newTable[socketKey](maxSockets, func(s *socket) { s.base.live-- }),
		moves:    ring[point]{limit: 256},
		findings: findings{},
		facts:    ring[kept]{limit: maxFacts},
	}
}

// SetClock says whether the clock is not the wall's from now on, and whether
// clients follow it all the same.
func (r *Reviewer) SetClock(virtual, shared bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cfg.Virtual, r.cfg.Shared = virtual, shared
}

// SetShared says whether clients follow a virtual clock from now on.
func (r *Reviewer) SetShared(shared bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cfg.Shared = shared
}

// Observe takes the next entry, which it neither changes nor keeps. It is quick
// and calls nobody: all that wait to add an entry wait for it. A notification of
// one event that comes as it must takes no memory.
func (r *Reviewer) Observe(e *journal.Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = point{e.Time, e.Real}
	if e.Time.After(r.latest) {
		r.latest = e.Time
	}
	r.clockMoved(r.last)
	r.judgeBursts(r.last)
	switch e.Kind {
	case journal.Request:
		r.request(e)
	case journal.Open:
		r.open(e)
	case journal.Received:
		r.received(e)
	case journal.Sent:
		r.sent(e)
	case journal.Withheld:
		r.withheld(e)
	case journal.Unbound:
		r.unbound(e)
	case journal.Close:
		r.closed(e)
	case journal.Command:
		r.command(e)
	}
}

// Findings returns what there is to say now, worst first.
func (r *Reviewer) Findings() []Finding {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.verdicts().list()
}

// verdicts adds what only time can tell to what is certain.
func (r *Reviewer) verdicts() findings {
	now := r.now()
	r.judgeBursts(now)
	all := r.findings.clone()
	if r.timed() {
		suspect := func(_ subKey, s *sub) bool { return s.expired != nil || len(s.gaps) > 0 }
		for key, s := range r.subs.chosen(suspect) {
			r.judgeExpiry(all, key, s, now)
			r.judgeGaps(all, key, s, now)
		}
	}
	return all
}

// timed reports whether findings that rest on durations are counted.
func (r *Reviewer) timed() bool { return !r.cfg.Virtual || r.cfg.Shared }

// found counts a finding.
func (r *Reviewer) found(f Finding) {
	if c, _ := lookup(f.Code); c.Timed && !r.timed() {
		return
	}
	r.findings.add(f)
}
