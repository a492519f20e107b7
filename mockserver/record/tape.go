package record

import (
	"sync"
	"time"

	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/socket"
)

// kind is a kind of moment.
type kind int

// The kinds of moment.
const (
	asked      kind = iota + 1 // for a binding token; code is the answer's status
	askedOther                 // another operation, named in word
	opened                     // a socket
	refused                    // the opening handshake, with a status
	bind                       // a bind frame of the client, or a URL that binds
	handshake
	heartbeat
	event    // an event-notification
	status   // a change of the Subscription's status, in word
	outcome  // an OperationOutcome, or silence about a bind
	mangled  // a frame that should have been an event; fault says what it is
	closed   // by says who
	created  // a Subscription, by the client
	updated  // a Subscription, by the client
	unlisted // a frame or status that has no place in a scenario; word says what
)

// moment is one thing that was seen. Nothing in it names anybody: ids are
// pseudonyms, and words are of FHIR's or this project's vocabulary.
type moment struct {
	kind    kind
	at      time.Time
	socket  int // counted from 1, or 0
	subs    []string
	numbers []int64 // of events
	counter int64   // events since the Subscription's start, or -1
	focus   focus   // of the first event
	code    int     // an HTTP status or a close code
	word    string
	fault   string
	by      string // client, server or nobody
	wait    time.Duration
	took    time.Duration
	life    time.Duration // of the token
}

// focus is what an event is about: Patient/p1, and create, update or delete.
type focus struct{ reference, interaction string }

// tape holds the moments in the order in which they were seen.
type tape struct {
	clock clock.Clock

	mu      sync.Mutex
	moments []moment
	lost    int // moments beyond the bound
	stopped bool
	sockets int
	dialect socket.Dialect // the first that was spoken
	mixed   bool           // another one was, too
}

// speak notes a dialect.
func (t *tape) speak(d socket.Dialect) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.dialect == "" {
		t.dialect = d
	}
	t.mixed = t.mixed || t.dialect != d
}

// add dates a moment and keeps it.
func (t *tape) add(m moment) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.stopped:
	case len(t.moments) >= maxMoments:
		t.lost++
	default:
		m.at = t.clock.Now()
		t.moments = append(t.moments, m)
	}
}

// number counts a socket.
func (t *tape) number() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sockets++
	return t.sockets
}

// stop ends the recording.
func (t *tape) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stopped = true
}

// cut is what was recorded so far.
type cut struct {
	moments []moment
	lost    int
	dialect socket.Dialect
	mixed   bool
}

func (t *tape) cut() cut {
	t.mu.Lock()
	defer t.mu.Unlock()
	return cut{append([]moment(nil), t.moments...), t.lost, t.dialect, t.mixed}
}
