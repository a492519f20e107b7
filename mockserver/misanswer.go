package mockserver

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/faults"
)

// What is here is the part of the faults that concerns HTTP: requests that are
// answered otherwise than they should be. What is wrong within an answer is in
// spoil.go.

// refusals are the faults that answer with an error.
var refusals = map[string]struct {
	code fault.Code
	why  string
}{
	faults.Unauthorized:    {fault.LoginRequired, "the login is refused on purpose"},
	faults.Forbidden:       {fault.Forbidden, "the request is forbidden on purpose"},
	faults.NotFound:        {fault.NotFound, "nothing is found on purpose"},
	faults.TooManyRequests: {fault.TooManyRequests, "the request is one too many on purpose: send it again after the time in Retry-After"},
	faults.Unavailable:     {fault.Unavailable, "the server is unavailable on purpose: send the request again after the time in Retry-After"},
}

// around reports whether a fault strikes a request from outside, whatever it
// asks for.
func around(name string) bool {
	_, refuses := refusals[name]
	return refuses || name == faults.SlowAnswer || name == faults.BrokenCORS
}

// misanswer carries out a fault that strikes a request from outside, and reports
// whether it has answered.
func (b *base) misanswer(w http.ResponseWriter, r *http.Request, t target) bool {
	o := faults.Occasion{Point: faults.Operation, FHIR: b.release.String(), Caller: callerOf(r), Subscription: t.subscription()}
	if t.operation != "" {
		o.On = "$" + t.operation
	}
	strike, struck := b.tenant.Faults.Draw(o, around)
	if !struck {
		return false
	}
	note := noteOf(r)
	note.Faults = append(note.Faults, strike.Fault)
	switch strike.Fault {
	case faults.SlowAnswer:
		b.wait(r.Context(), note.Time.Add(strike.Delay()))
		return false
	case faults.BrokenCORS:
		w.Header().Del(allowOriginHeader)
		w.Header().Del("Access-Control-Allow-Credentials")
		return false
	case faults.Unauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="wsbind", error="invalid_token"`)
	case faults.TooManyRequests, faults.Unavailable:
		note.RetryAfter = max(1, int(strike.Delay().Round(time.Second)/time.Second))
		w.Header().Set("Retry-After", strconv.Itoa(note.RetryAfter))
	}
	refusal := refusals[strike.Fault]
	writeError(w, r, fault.New(refusal.code, refusal.why))
	return true
}

// subscription is the id of the Subscription that a path names, if it does.
func (t *target) subscription() string {
	if t.resourceType != "Subscription" {
		return ""
	}
	return t.id
}

// wait waits for a time of the tenant's clock, unless the client goes or the base
// ends before: a reset leaves a virtual clock where nobody moves it any more.
func (b *base) wait(ctx context.Context, until time.Time) {
	passed := make(chan struct{})
	timer := clock.At(b.tenant.time(), until, func() { close(passed) })
	defer clock.Stop(&timer)
	if !b.tenant.Now().Before(until) {
		return // as when the clock was moved just before
	}
	select {
	case <-passed:
	case <-ctx.Done():
	case <-b.ended:
	}
}
