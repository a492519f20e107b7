package mockserver

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/review"
)

// Findings returns what the tenant's clients did wrong, worst first: see package
// review. It may be asked at any time, and says what there is to say then.
func (t *Tenant) Findings() []review.Finding { return t.review.Findings() }

// Facts returns what the tenant's clients did at all, oldest first.
func (t *Tenant) Facts() []review.Fact {
	facts, _ := t.review.Facts()
	return facts
}

// Check says which assertions hold, each a sentence such as "bound twice, filled
// one gap with $events". The error is about a sentence that says nothing.
func (t *Tenant) Check(assertions ...string) ([]review.Result, error) {
	var results []review.Result
	for _, sentence := range assertions {
		some, err := t.review.AssertText(sentence)
		if err != nil {
			return nil, err
		}
		results = append(results, some...)
	}
	return results, nil
}

// Assert fails the test unless every assertion holds, and says then what comes
// nearest: see [Tenant.Check].
func (t *Tenant) Assert(tb TB, assertions ...string) {
	tb.Helper()
	results, err := t.Check(assertions...)
	if err != nil {
		tb.Errorf("%s", fault.DetailOf(err))
		return
	}
	for _, r := range results {
		if !r.Passed {
			tb.Errorf("%s", describeResult(r))
		}
	}
}

// describeResult says in words that an assertion does not hold.
func describeResult(r review.Result) string {
	text := "not so: " + r.Assertion
	for _, n := range r.Nearest {
		text += "\n  " + n.Text
	}
	return text
}

// ShareClock says whether the clients follow the tenant's virtual clock: see
// Config.SharedClock.
func (t *Tenant) ShareClock(shared bool) {
	t.mu.Lock()
	t.set.Shared = shared
	t.mu.Unlock()
	t.review.SetShared(shared)
}

// showVerdicts answers with the findings.
func (t *Tenant) showVerdicts(*http.Request, string) (any, error) {
	list := t.Findings()
	return map[string]any{"findings": list, "worst": review.Worst(list)}, nil
}

// maxAssertions bounds those of one request.
const maxAssertions = 100

// assert answers which assertions hold. That one does not is no error.
func (t *Tenant) assert(r *http.Request, _ string) (any, error) {
	var c struct {
		Assertions []json.RawMessage `json:"assertions"`
	}
	if err := readCommand(r, &c); err != nil {
		return nil, err
	}
	if n := len(c.Assertions); n == 0 || n > maxAssertions {
		return nil, fault.At(fault.MalformedRequest, "assertions", `assertions is a list of 1 to 100, such as ["bound twice"]`)
	}
	answer := struct {
		Passed  bool            `json:"passed"`
		Results []review.Result `json:"results"`
	}{Passed: true}
	for i, raw := range c.Assertions {
		if err := checkPart(raw, reflect.TypeFor[review.Assertion](), "assertions["+strconv.Itoa(i)+"]"); err != nil {
			return nil, err
		}
		results, err := t.check(raw)
		if err != nil {
			return nil, err
		}
		for _, result := range results {
			answer.Passed = answer.Passed && result.Passed
		}
		answer.Results = append(answer.Results, results...)
	}
	return answer, nil
}

// check says whether an assertion in JSON holds.
func (t *Tenant) check(raw json.RawMessage) ([]review.Result, error) {
	list, err := review.Read(raw)
	if err != nil {
		return nil, err
	}
	return t.review.Assert(list...)
}

// DescribeFinding says a finding in words, on a few lines.
func DescribeFinding(f review.Finding) string {
	about := []string{}
	for _, part := range []string{f.FHIR, f.Caller} {
		if part != "" {
			about = append(about, part)
		}
	}
	if f.Subscription != "" {
		about = append(about, "Subscription "+f.Subscription)
	}
	text := f.Severity + " " + f.Code
	if len(about) > 0 {
		text += " (" + strings.Join(about, ", ") + ")"
	}
	text += ": " + f.Message + "\n  what to do: " + f.Advice
	return text + describeEvidence(f)
}

// describeEvidence says where in the journal a finding is shown.
func describeEvidence(f review.Finding) string {
	if len(f.Evidence) == 0 {
		return ""
	}
	var numbers []string
	for _, n := range f.Evidence {
		numbers = append(numbers, strconv.FormatInt(n, 10))
	}
	text := "\n  journal: " + strings.Join(numbers, ", ")
	if f.Count > 1 {
		text += "; " + strconv.Itoa(f.Count) + " times in all"
	}
	return text
}
