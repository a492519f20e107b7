package binding

import (
	"strings"
	"testing"
)

// TestIssuingInSteadyState: no request reads the definition again, or checks by
// rules of its own.
func TestIssuingInSteadyState(t *testing.T) {
	op, _ := newOperation(t, Config{})
	r := Request{Body: parameters("a", "b"), Caller: "anonymous", TokenID: "1", Now: noon}
	if n := testing.AllocsPerRun(100, func() {
		if _, err := op.Issue(r, given); err != nil {
			t.Fatal(err)
		}
	}); n > 40 {
		t.Errorf("%v allocations", n)
	}
}

// TestOneRequestLeavesNothingToTheNext: a validator serves many.
func TestOneRequestLeavesNothingToTheNext(t *testing.T) {
	op, _ := newOperation(t, Config{})
	issue := func(r Request) (ids string, err error) {
		r.Caller, r.TokenID, r.Now = "anonymous", "1", noon
		answer, err := op.Issue(r, given)
		return strings.Join(answer.Claims.Subscriptions, " "), err
	}
	for range 3 {
		if ids, err := issue(Request{Body: parameters("a", "b", "c")}); ids != "a b c" || err != nil {
			t.Error(ids, err)
		}
		if ids, err := issue(Request{Query: "id=d", Get: true}); ids != "d" || err != nil {
			t.Error(ids, err)
		}
		if _, err := issue(Request{Body: []byte(`{"resourceType":"Parameters","parameter":[{"name":"ids"}]}`)}); err == nil {
			t.Error("a request that breaks the definition was answered")
		}
		if ids, err := issue(Request{ID: "e"}); ids != "e" || err != nil {
			t.Error(ids, err)
		}
		if ids, err := issue(Request{}); err == nil {
			t.Error("a request without ids got a token for", ids)
		}
	}
}
