package review

import (
	"slices"
	"strconv"
	"time"

	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/journal"
)

// refusal is a request that was refused, to be compared with the next one.
type refusal struct {
	status       int // 0: it was not refused
	same         sameness
	at, answered point
	n            int64
	repeated     int // how often it had been repeated already, all refused alike
	wait         int // seconds that Retry-After asked for
}

// sameness is what makes two requests the same.
type sameness struct {
	method, path, query, interaction, resource string
	subs                                       []string
}

func samenessOf(e *journal.Entry) sameness {
	return sameness{e.Method, e.Path, e.Query, e.Interaction, e.Resource, subjects(e)}
}

func (a sameness) equal(b sameness) bool {
	return a.method == b.method && a.path == b.path && a.query == b.query &&
		a.interaction == b.interaction && a.resource == b.resource && slices.Equal(a.subs, b.subs)
}

// repeats reports whether a request repeats one that was refused: it came in after
// the answer, and only one client stands behind the name.
func (r *Reviewer) repeats(e *journal.Entry, before *refusal) bool {
	return before.status != 0 && before.same.equal(samenessOf(e)) &&
		arrival(e).wall.After(before.answered.wall) && !r.crowded(e.FHIR)
}

// judgeRefusal compares a request with what its caller was refused before.
func (r *Reviewer) judgeRefusal(e *journal.Entry, c *caller) {
	next := refusal{same: samenessOf(e), at: arrival(e), answered: point{e.Time, e.Real}, n: e.N, wait: e.RetryAfter, status: e.Status}
	if r.repeats(e, &c.refused) {
		if c.refused.status == e.Status {
			next.repeated = c.refused.repeated + 1
		}
		r.judgeRepetition(e, &c.refused)
	}
	if r.repeats(e, &c.asked) {
		r.judgeRetryAfter(e, &c.asked)
	}
	c.refused = refusal{}
	switch {
	case !r.heard(e):
	case e.Status == 401 || e.Status == 403:
		c.refused = next
	case (e.Status == 429 || e.Status == 503) && e.RetryAfter > 0:
		c.asked = next
	}
}

// heard reports whether a client surely knows an answer: it was given soon, for a
// client may have a timeout, and a page was allowed to see it.
func (r *Reviewer) heard(e *journal.Entry) bool {
	return within(arrival(e), point{r.latest, e.Real}, time.Second) && !hasFault(e, faults.SlowAnswer, faults.BrokenCORS)
}

// repeatWindow is how soon a request is taken for a repetition, and not for what
// a person or another test decided on.
const repeatWindow = 10 * time.Second

// judgeRepetition looks at a request that follows its own refusal directly. After
// a 401 one more attempt is fine: new credentials may be as good as the old.
func (r *Reviewer) judgeRepetition(e *journal.Entry, before *refusal) {
	if before.status == 401 && before.repeated == 0 || arrival(e).wall.Sub(before.answered.wall) > repeatWindow {
		return
	}
	f := about(RepeatedRefused, e, e.Caller, first(subjects(e)), "it repeated "+e.Interaction+" unchanged at "+hour(e.Time)+
		" after it was answered "+strconv.Itoa(before.status))
	f.Evidence = []int64{before.n, e.N}
	r.found(f)
}

// judgeRetryAfter looks at a request that repeats one which was to wait. The wait
// is counted from when that came in, which is in the client's favour.
func (r *Reviewer) judgeRetryAfter(e *journal.Entry, before *refusal) {
	at := arrival(e)
	wait := seconds(before.wait) * 9 / 10 // timers are not exact
	if !within(before.at, at, wait) {
		return
	}
	f := about(IgnoredRetryAfter, e, e.Caller, first(subjects(e)), "it repeated "+e.Interaction+" "+
		spell(at.tenant.Sub(before.at.tenant))+" after a request that was answered "+strconv.Itoa(before.status)+
		" with Retry-After: "+strconv.Itoa(before.wait))
	f.Evidence = []int64{before.n, e.N}
	r.found(f)
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// spell writes a duration for a person.
func spell(d time.Duration) string {
	switch d = d.Abs(); {
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	case d < time.Minute:
		return strconv.FormatFloat(d.Round(100*time.Millisecond).Seconds(), 'f', -1, 64) + " s"
	}
	return d.Round(time.Second).String()
}
