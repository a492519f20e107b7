package review

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/journal"
)

// A loop is tight that goes round so many times in a second, on both clocks. A
// growing pause with jitter, however short it begins, does not come near it.
const (
	loops     = 8
	loopTime  = time.Second
	verdictIn = 3 * time.Second // when it can be told what requests were for
)

// paceKey is a kind of request.
type paceKey struct {
	who
	what string
}

// pace is how fast a kind of request comes.
type pace struct {
	latest ring[tick]
	burst  *burst
	news   int64 // the highest event that $events answered
}

type tick struct {
	at point
	n  int64
}

// burst is a series of requests that is too fast, unless there is a reason: a
// socket for each, or as many clients.
type burst struct {
	start    point
	count    int
	excused  int // what was a reason already when it began
	opens    int // how many opening handshakes there had been
	evidence []int64
	entry    journal.Entry
	subject  string
}

// judgePace looks at how fast a client asks. Each answer of $events that has news
// is a reason for the next call.
func (r *Reviewer) judgePace(e *journal.Entry) {
	switch e.Interaction {
	case getToken, getStatus, getEvents:
	default:
		return
	}
	key := paceKey{who{e.FHIR, e.Caller}, strings.Join(append([]string{e.Interaction, e.Resource, e.Query}, subjects(e)...), " ")}
	if e.Interaction == getEvents {
		p, _ := r.paces.need(key)
		newest := int64(0)
		if len(e.Events) > 0 {
			newest = slices.Max(e.Events)
		}
		if newest > p.news || !good(e) && e.Query == "" {
			p.news = max(p.news, newest)
			return
		}
	}
	r.step(e, key, first(subjects(e)), 0)
}

// judgeFailedOpen looks at how fast a client knocks. A token for each is a reason.
func (r *Reviewer) judgeFailedOpen(e *journal.Entry) {
	b := r.base(e.FHIR)
	tokens := 0
	for _, at := range b.issued.all() {
		if e.Real.Sub(at.wall) < 10*time.Second {
			tokens++
		}
	}
	if tokens == b.issued.limit || hasFault(e, faults.Stall) {
		return
	}
	r.step(e, paceKey{who{e.FHIR, e.Caller}, "open " + openedPath(e)}, "", tokens)
}

// step counts one more of a kind.
func (r *Reviewer) step(e *journal.Entry, key paceKey, subject string, excused int) {
	p, fresh := r.paces.need(key)
	if fresh || p.latest.limit == 0 {
		p.latest.limit = loops
	}
	p.latest.push(tick{arrival(e), e.N})
	if p.burst != nil {
		p.burst.count++
		return
	}
	if p.latest.count < loops || len(r.due) >= maxPaces || !r.timed() {
		return
	}
	start := *p.latest.at(0)
	for _, t := range p.latest.all() {
		if !within(start.at, t.at, loopTime) {
			return
		}
	}
	b := r.base(e.FHIR)
	p.burst = &burst{start: start.at, count: loops, excused: excused, opens: b.opens, entry: *e, subject: subject}
	for _, t := range p.latest.all() {
		p.burst.evidence = append(p.burst.evidence, t.n)
	}
	p.burst.entry.Text = ""
	r.due = append(r.due, key)
}

// judgeBursts looks at the bursts whose time has come. The entries of one that
// was going on before are in order of their beginnings.
func (r *Reviewer) judgeBursts(now point) {
	for len(r.due) > 0 {
		key := r.due[0]
		p := r.paces.get(key)
		if p == nil || p.burst == nil {
			r.due = r.due[1:]
			continue
		}
		if now.wall.Sub(p.burst.start.wall) < verdictIn {
			return
		}
		r.due = r.due[1:]
		r.judgeBurst(key, p.burst)
		p.burst = nil
		p.latest.clear()
	}
}

func (r *Reviewer) judgeBurst(key paceKey, b *burst) {
	base := r.base(key.fhir)
	what := strings.Split(key.what, " ")[0]
	reasons := base.live + b.excused
	if what != "open" {
		reasons += base.opens - b.opens
	}
	told := what == "open" && r.findings[findingKey{ReconnectedAtOnce, key.fhir, key.caller, ""}] != nil
	if b.count-reasons < loops || told {
		return
	}
	say := "it called " + what
	if what == "open" {
		say = "it tried to open a websocket"
	}
	f := about(PolledTooFast, &b.entry, key.caller, b.subject, say+" "+strconv.Itoa(b.count)+" times from "+hour(b.start.tenant)+
		" on, the first "+strconv.Itoa(loops)+" within a second")
	f.Evidence = b.evidence
	r.found(f)
}

// chain is a series of connections that failed one after the other, and the
// pauses between them.
type chain struct {
	end    point // of the latest
	n      []int64
	pauses []time.Duration
}

// ended notes that a connection failed.
func (c *chain) ended(at point, n int64) {
	c.end = at
	c.n = append(c.n[max(0, len(c.n)-loops):], n)
}

// judgeChain looks at how soon after a failure a client connects again. One socket
// beside it, or a token that waits for a socket, and it may be another client.
// Only three pauses that are none, or many that do not grow, are too short: the
// first attempt may come at once.
func (r *Reviewer) judgeChain(e *journal.Entry, b *base) {
	c := &b.chain
	if c.end.wall.IsZero() {
		return
	}
	at := arrival(e)
	waiting := len(b.outstanding)
	if e.JTI == "" {
		waiting-- // one of them is for this
	}
	if b.live > 0 || waiting > 0 || at.wall.Before(c.end.wall) || !within(c.end, at, loopTime) {
		*c = chain{}
		return
	}
	c.pauses = append(c.pauses[max(0, len(c.pauses)-loops+1):], at.wall.Sub(c.end.wall))
	if sum(c.pauses, 3) > 20*time.Millisecond && sum(c.pauses, loops) > loopTime {
		return
	}
	f := about(ReconnectedAtOnce, e, e.Caller, "", "it opened a websocket "+strconv.Itoa(len(c.pauses))+
		" times in a row right after the one before had failed, the last time at "+hour(e.Time))
	f.Evidence = append(slices.Clone(c.n), e.N)
	if len(f.Evidence) > maxEvidence {
		f.Evidence = f.Evidence[len(f.Evidence)-maxEvidence:]
	}
	r.found(f)
}

// sum adds the latest n pauses; too few are no sign of anything.
func sum(pauses []time.Duration, n int) time.Duration {
	if len(pauses) < n {
		return time.Hour
	}
	var total time.Duration
	for _, p := range pauses[len(pauses)-n:] {
		total += p
	}
	return total
}
