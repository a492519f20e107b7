package client

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// failure is why a session ended, and what that means for the next.
type failure struct {
	err     error
	final   bool          // trying again cannot help
	refusal bool          // the server answered, and wrongly: some are tolerated
	after   time.Duration // not to be tried again earlier
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// transient wraps an error of the network.
func transient(code fault.Code, what string, err error) *failure {
	return &failure{err: fault.New(code, what+": "+err.Error())}
}

func refused(code fault.Code, detail string) *failure {
	return &failure{err: fault.New(code, detail), refusal: true}
}

func final(code fault.Code, detail string) *failure {
	return &failure{err: fault.New(code, detail), final: true}
}

// asFailure reads the failure out of an error.
func asFailure(err error) *failure {
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	return &failure{err: err}
}

// hints say what a person can do about a status that will not heal.
var hints = []struct {
	status int
	code   fault.Code
	hint   string
}{
	{http.StatusBadRequest, fault.MalformedRequest, "the server does not understand the request"},
	{http.StatusUnauthorized, fault.LoginRequired, "give a bearer token"},
	{http.StatusForbidden, fault.Forbidden, "the caller may not do this"},
	{http.StatusNotFound, fault.NotFound, "the Subscription does not exist for this caller: create it again"},
	{http.StatusMethodNotAllowed, fault.MethodNotAllowed, "the server does not offer the operation"},
	{http.StatusGone, fault.Gone, "the Subscription was deleted: create it again"},
	{http.StatusUnprocessableEntity, fault.SubscriptionNotBindable, "the Subscription cannot be bound as it is: look at its status and its channel"},
}

// statusFailure reads an HTTP answer that is no success. Only what may heal by
// itself is tried again: too many requests, and what the server calls its own
// fault.
func statusFailure(call string, answer *http.Response, body []byte, now time.Time) *failure {
	status := answer.StatusCode
	what := call + " was answered " + strconv.Itoa(status) + explain(body)
	if status == http.StatusRequestTimeout || status == http.StatusTooEarly || status == http.StatusTooManyRequests || status >= 500 {
		code := fault.Unavailable
		if status == http.StatusTooManyRequests {
			code = fault.TooManyRequests
		}
		f := transient(code, what, errors.New("trying again"))
		f.after = retryAfter(answer.Header.Get("Retry-After"), now)
		return f
	}
	for _, h := range hints {
		if h.status == status {
			return final(h.code, what+": "+h.hint)
		}
	}
	return final(fault.MalformedRequest, what)
}

// explain returns what the OperationOutcome in an answer says, for a person.
func explain(body []byte) string {
	var doc jsonscan.Document
	if doc.Parse(body, jsonscan.Limits{MaxBytes: maxBytes}) != nil {
		return ""
	}
	_, text := outcome(doc.Root())
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}

// outcome returns what the first issue of an OperationOutcome says: its code,
// ours where it has one and FHIR's otherwise, and its sentence.
func outcome(root jsonscan.Value) (fault.Code, string) {
	if !root.Get("resourceType").Is("OperationOutcome") {
		return "", ""
	}
	issue := root.Get("issue").At(0)
	code := fault.Code(issue.Get("details").Get("coding").At(0).Get("code").Text())
	if code == "" {
		code = fault.Code(issue.Get("code").Text())
	}
	text := issue.Get("diagnostics").Text()
	if text == "" {
		text = issue.Get("details").Get("text").Text()
	}
	if text == "" {
		text = string(code)
	}
	return code, shorten(text)
}

// shorten keeps a stranger's sentence from flooding a terminal.
func shorten(text string) string {
	const most = 300
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:most]) + "…"
}

// retryAfter reads the header's two forms: seconds, or a date.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil && seconds > 0 {
		return min(time.Duration(seconds)*time.Second, longestRetryAfter)
	}
	if date, err := http.ParseTime(header); err == nil {
		return min(max(date.Sub(now), 0), longestRetryAfter)
	}
	return 0
}
