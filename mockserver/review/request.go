package review

import (
	"slices"
	"strconv"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/journal"
)

// The operations, by their interactions.
const (
	getToken  = "$get-ws-binding-token"
	getStatus = "$status"
	getEvents = "$events"
	resend    = "$resend"
)

// request takes a request with its answer.
func (r *Reviewer) request(e *journal.Entry) {
	c := r.caller(e.FHIR, e.Caller)
	r.judgeRefusal(e, c)
	r.judgePace(e)
	r.judgeDeadID(e)
	c.notice(e)
	c.blocked = e.Status == 401 || e.Status == 403 || c.blocked && !good(e)
	switch e.Interaction {
	case getToken:
		r.askedForToken(e, c)
	case getStatus:
		r.note(e, AskedForStatus, e.Caller, subjects(e), "status", strconv.Itoa(e.Status))
	case getEvents, resend:
		r.askedForEvents(e)
	case "read", "vread":
		r.judgeRead(e, c)
	case "search-type":
		r.searched(e)
	case "create", "update", "delete":
		r.wrote(e)
	}
	if good(e) {
		r.revive(e)
	}
	if e.Status == 429 || e.Status == 503 {
		if until := e.Time.Add(seconds(e.RetryAfter)); until.After(c.hold) {
			c.hold = until
		}
	}
}

// notice notes what a client begins with.
func (c *caller) notice(e *journal.Entry) {
	switch e.Interaction {
	case "create", "update", "search-type":
		if !strings.HasPrefix(e.Resource, "Subscription") && e.Resource != "Basic" {
			return
		}
	case "capabilities":
	default:
		return
	}
	c.began = arrival(e)
}

// askedForToken takes a request for a token, answered or refused.
func (r *Reviewer) askedForToken(e *journal.Entry, c *caller) {
	ids := subjects(e)
	at := arrival(e)
	c.asks.push(ask{at, e.N, ids})
	r.note(e, AskedForToken, e.Caller, ids, "status", strconv.Itoa(e.Status), "answered", strconv.FormatBool(good(e)))
	r.askedAfterExpiry(e, c)
	if !good(e) || e.JTI == "" || e.Method == "HEAD" {
		return
	}
	t, _ := r.tokens.need(tokenKey{e.FHIR, e.JTI})
	*t = token{caller: e.Caller, subs: e.Subscriptions, at: point{e.Time, e.Real}, n: e.N, path: path(e.WebsocketURL)}
	if e.Expires != nil && !hasFault(e, faults.EarlyExpiry) {
		t.expires = *e.Expires
	}
	for _, f := range []string{faults.MissingParameter, faults.DoubledParameter, faults.WrongValueType, faults.InsecureURL} {
		if hasFault(e, f) {
			t.broken = append(t.broken, f)
		}
	}
	r.named(e)
	for _, id := range e.Subscriptions {
		r.sub(e.FHIR, e.Caller, id).trouble = false
	}
}

// named remembers a websocket URL that was answered.
func (r *Reviewer) named(e *journal.Entry) {
	b := r.base(e.FHIR)
	b.issued.push(point{e.Time, e.Real})
	if len(b.outstanding) == 64 {
		b.outstanding = slices.Delete(b.outstanding, 0, 1)
	}
	if e.WebsocketURL == "" {
		return
	}
	b.outstanding = append(b.outstanding, shot{e.JTI, point{e.Time, e.Real}})
	if len(r.paths) < maxPaths {
		r.paths[path(e.WebsocketURL)] = true
	}
}

// wrote takes a change of a resource.
func (r *Reviewer) wrote(e *journal.Entry) {
	id := instance(e.Resource)
	if kind, _, _ := strings.Cut(e.Resource, "/"); kind != "Subscription" || id == "" && e.Interaction != "create" {
		return
	}
	ids := subjects(e)
	name := map[string]string{"create": Created, "update": Updated, "delete": Deleted}[e.Interaction]
	if e.Interaction == "update" && e.Status == 201 {
		name = Created
	}
	if good(e) {
		r.note(e, name, e.Caller, ids, "status", strconv.Itoa(e.Status))
	}
	for _, id := range ids {
		s := r.sub(e.FHIR, e.Caller, id)
		if name == Updated && good(e) && s.trouble {
			r.note(e, Reactivated, e.Caller, []string{id})
		}
		s.trouble = true // until a token says that it is active
		if e.Interaction == "delete" || e.Status == 201 {
			s.forget()
		}
	}
}

// harmless are the commands that leave the state of a Subscription alone.
var harmless = []string{"events", "advance", "clock", "faults"}

// command takes what was done to the server. Whatever it was, a Subscription that it
// named may be in error or off.
func (r *Reviewer) command(e *journal.Entry) {
	if len(e.Subscriptions) == 0 || slices.Contains(harmless, e.Type) {
		return
	}
	named := func(key subKey, _ *sub) bool {
		return slices.Contains(e.Subscriptions, key.id) && (e.FHIR == "" || key.fhir == e.FHIR)
	}
	for _, s := range r.subs.chosen(named) {
		s.trouble = true
	}
}

// judgeDeadID looks at a request that names a Subscription which its caller was
// told not to exist. Only what would use it counts: to look whether it is really
// gone (read, $status), to delete it and to create it anew are all fine.
func (r *Reviewer) judgeDeadID(e *journal.Entry) {
	ids := subjects(e)
	if len(ids) != 1 {
		return // one bad id in a list says not which
	}
	uses := e.Interaction == getToken || e.Interaction == getEvents || e.Interaction == resend
	gone := e.Status == 404 || e.Status == 410
	switch fault.Code(e.Verdict) {
	case fault.NotFound, fault.Gone, fault.UnknownSubscription:
	default:
		gone = gone && hasFault(e, faults.NotFound) // and not a path that does not exist
	}
	if !uses && !gone {
		return
	}
	s := r.sub(e.FHIR, e.Caller, ids[0])
	at := arrival(e)
	if r.caller(e.FHIR, e.Caller).began.wall.After(s.deadAt.wall) {
		s.dead = false // it may be another client, which was told nothing
	}
	if s.dead && uses && at.wall.After(s.deadAt.wall) && !r.crowded(e.FHIR) {
		// Without a pause the client may not have known yet: a few at once are fine.
		if s.reused++; couldKnow(s.deadAt, at) || s.reused >= manyAtOnce {
			r.usedDeadID(e, ids[0], s)
		}
	}
	if gone && !s.dead && r.heard(e) && (uses || e.Interaction == "read" || e.Interaction == getStatus) {
		s.die(point{e.Time, e.Real}, e.N)
	}
}

func (r *Reviewer) usedDeadID(e *journal.Entry, id string, s *sub) {
	what := "bound"
	if e.Kind == journal.Request {
		what = "called " + e.Interaction + " for"
	}
	owner := e.Caller
	f := about(ReusedDeadID, e, owner, id, "it "+what+" Subscription "+id+" at "+hour(e.Time)+", though it was told at "+
		hour(s.deadAt.tenant)+" that there is none")
	f.Evidence = []int64{s.deadN, e.N}
	r.found(f)
	r.note(e, UsedDeadID, owner, []string{id})
}

// revive takes a success for a sign that a Subscription exists.
func (r *Reviewer) revive(e *journal.Entry) {
	if e.Interaction == "delete" || e.Interaction == getStatus && instance(e.Resource) == "" {
		return
	}
	for _, id := range subjects(e) {
		if s := r.subs.get(subKey{who{e.FHIR, e.Caller}, id}); s != nil {
			s.dead = false
		}
	}
}
