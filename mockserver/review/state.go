package review

import (
	"slices"
	"strings"
	"time"

	"github.com/wsbind/wsbind/mockserver/journal"
)

// base is one release's base, with what cannot be told apart by caller: who opens
// a socket need not say who it is.
type base struct {
	fhir        string
	live        int    // sockets that are open
	opens       int    // opening handshakes ever
	outstanding []shot // tokens that no opening handshake or bind has used up
	issued      ring[point]
	chain       chain
	near        nearby
}

// shot is a token that lets a client open a socket.
type shot struct {
	jti string
	at  point
}

// caller is what is remembered of a caller at a base.
type caller struct {
	watched  watched   // events whose focus it may read
	asks     ring[ask] // for tokens
	began    point     // when it last did what clients begin with
	blocked  bool      // its latest refusal was 401 or 403
	hold     time.Time // until when it was asked to wait, by the tenant's clock
	refused  refusal   // its latest request, where that was answered 401 or 403
	asked    refusal   // the latest that it was asked to wait with
	expired  []string  // Subscriptions whose token ran out
	searched point     // when it last searched for resources
}

// ask is a request for a token.
type ask struct {
	at   point
	n    int64
	subs []string // none where it is not known which
}

func (a *ask) covers(id string) bool { return len(a.subs) == 0 || slices.Contains(a.subs, id) }

// sub is a Subscription as one caller sees it.
type sub struct {
	sockets []uint64 // on which it is bound
	numbers          // which events it was told of
	sighted sighted  // which of them its caller may look at

	token   string   // the jti that bound it last
	trouble bool     // it is, or may be, other than active
	dead    bool     // the caller was told that it does not exist
	deadAt  point    // when
	deadN   int64    // by which entry
	reused  int      // requests since
	expired *expiry  // of its token, while the caller may still be on it
	end     endCause // of its latest binding
	endAt   point
}

// endCause is whose doing the end of a binding was.
type endCause int

const (
	clientEnd endCause = iota // or nobody's: what comes next may be another client
	serverEnd
)

// token is a binding token that was issued.
type token struct {
	caller  string
	subs    []string
	at      point
	n       int64
	expires time.Time
	path    string   // of its websocket-url
	broken  []string // faults of its answer that break the definition
	revoked []string // Subscriptions that were taken from it
	dead    string   // why it is worth nothing, as its client was told
	deadAt  point
	deadN   int64
	again   int // how often it was shown since
}

// socket is an open websocket.
type socket struct {
	base    *base
	fhir    string
	n       uint64
	caller  string            // see speaksAs
	own     *row[who, caller] // that of the caller, once it was looked up
	latest  *binding          // the one that was looked for last
	bound   []*binding        // by their ids
	path    string
	opened  point
	tried   bool // a bind frame came
	good    bool // a notification reached the client
	broken  bool // it may be dead without the server's knowing
	pending []told
	dialect string
}

// told is what a client will know once an outcome or a close frame reaches it.
type told struct {
	code string
	jti  string
	subs []string
}

func (r *Reviewer) base(fhir string) *base {
	if r.atBase != nil && r.atBase.fhir == fhir {
		return r.atBase
	}
	b := r.bases[fhir]
	if b == nil {
		b = &base{fhir: fhir, issued: ring[point]{limit: 64}}
		r.bases[fhir] = b
	}
	r.atBase = b
	return b
}

func (r *Reviewer) caller(fhir, name string) *caller { return &r.callerRow(who{fhir, name}).value }

func (r *Reviewer) callerRow(key who) *row[who, caller] {
	c, fresh := r.callers.row(key)
	if fresh {
		c.value.asks.limit = 64
		c.value.watched.list.limit = 64
	}
	return c
}

func (r *Reviewer) sub(fhir, caller, id string) *sub {
	return &r.subRow(subKey{who{fhir, caller}, id}).value
}

func (r *Reviewer) subRow(key subKey) *row[subKey, sub] {
	s, fresh := r.subs.row(key)
	if fresh {
		s.value.numbers = newNumbers()
	}
	return s
}

// crowded reports whether there may be several clients behind one name.
func (r *Reviewer) crowded(fhir string) bool { return r.base(fhir).live > 1 }

// instance returns the id in Subscription/ID.
func instance(resource string) string {
	id, ok := strings.CutPrefix(resource, "Subscription/")
	if !ok || strings.HasPrefix(id, "$") {
		return ""
	}
	return id
}

// subjects lists the Subscriptions that a request is about.
func subjects(e *journal.Entry) []string {
	if len(e.Subscriptions) > 0 {
		return e.Subscriptions
	}
	if id := instance(e.Resource); id != "" {
		return []string{id}
	}
	return nil
}

func good(e *journal.Entry) bool { return e.Status >= 200 && e.Status < 300 }

// hasFault reports whether one of the faults was injected into an entry.
func hasFault(e *journal.Entry, names ...string) bool {
	return len(e.Faults) > 0 && slices.ContainsFunc(e.Faults, func(f string) bool { return slices.Contains(names, f) })
}

// path returns that of a URL, without query and fragment.
func path(url string) string {
	if _, rest, ok := strings.Cut(url, "://"); ok {
		_, url, _ = strings.Cut(rest, "/")
		url = "/" + url
	}
	if end := strings.IndexAny(url, "?#"); end >= 0 {
		url = url[:end]
	}
	return url
}
