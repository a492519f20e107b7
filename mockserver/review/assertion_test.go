package review_test

import (
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/review"
)

// renewals is a story of two binds, a renewal in time, and a gap that is filled.
func renewals(t testing.TB) *story {
	return tell(t).listening().event(1, 1).event(1, 1).lose(1, 2).event(1, 3).events(2).
		wait(4*time.Minute).token("t2").bind(1, "t2").handshake(1, 3).close(1, "client", 1000, "")
}

func TestSentences(t *testing.T) {
	for sentence, want := range map[string]bool{
		"bound twice, renewed once before expiry, filled one gap with $events, never used a dead token": true,
		"The client has bound two times and was closed by client.":                                      true,
		"bound":                               true,
		"bound once":                          false,
		"bound at least 2 times":              true,
		"bound at most once":                  false,
		"bound at least once at most 3 times": true,
		"renewed after expiry":                false,
		"renewed in R4 on socket 1":           true,
		"renewed in R5":                       false,
		"renewed for subscription s1":         true,
		"renewed by caller bob":               false,
		"received 3 events":                   true,
		"received exactly three events":       true,
		"received an event with number 3":     true,
		"received an event with number 2":     false,
		"got a duplicate":                     true,
		"saw one gap":                         true,
		"saw no gap":                          false,
		"no gap filled by late arrival":       false,
		"filled no gap by late arrival":       true,
		"closed with code 1000":               true,
		`closed with code "1008"`:             false,
		"got no finding":                      true,
		"got no warning and got no error":     true,
		"never got a colon-bind":              true,
		"got a finding with code colon-bind":  false,
		"asked for a token twice":             true,
		"asked for status":                    false,
		"called $events once":                 true,
		"asked for events 1 time":             true,
	} {
		results, err := renewals(t).review.AssertText(sentence)
		if sentence == "no gap filled by late arrival" {
			if err == nil {
				t.Errorf("%q is understood", sentence)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", sentence, err)
			continue
		}
		for _, r := range results {
			if r.Passed != want {
				t.Errorf("%q of %q is %v: %+v", r.Assertion, sentence, r.Passed, r)
			}
			if !r.Passed && len(r.Nearest) == 0 {
				t.Errorf("%q fails without a hint", sentence)
			}
		}
	}
}

func TestFindingsCanBeAsserted(t *testing.T) {
	s := tell(t).listening().frame(1, "unknown", verdict("expected-bind"))
	results, err := s.review.AssertText("got one warning, got an unknown-frame, got no error, got no finding")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{true, true, true, false} {
		if results[i].Passed != want {
			t.Errorf("%q is %v", results[i].Assertion, results[i].Passed)
		}
	}
	if text := results[3].Nearest[0].Text; !strings.HasPrefix(text, "got the warning unknown-frame at 12:00:00: it sent a frame") || !strings.Contains(text, "; what to do: send nothing but bind frames") {
		t.Errorf("the hint is %q", text)
	}
}

func TestHintsOfFailures(t *testing.T) {
	late := tell(t).listening().wait(5*time.Minute).unbound(1, "expired-token").close(1, "server", 1008, "expired-token").
		wait(10*time.Second).token("t2").open(2).bind(2, "t2")
	for _, c := range []struct {
		s              *story
		sentence, hint string
	}{
		{late, "renewed before expiry", "renewed Subscription s1 at 12:05:10, 10 s after the token of 12:00:00 expired (entry 9): beforeExpiry is false, not true"},
		{late, "renewed twice with subscription s2", "renewed Subscription s1 at 12:05:10, 10 s after the token of 12:00:00 expired (entry 9): subscription is not s2"},
		{late, "filled a gap", "nothing of the kind happened"},
		{late, "got a heartbeat", "received handshake of Subscription s1 at 12:00:00 (entry 4)"},
		{late, "never closed", "the websocket was closed by server at 12:05:00 with code 1008 expired-token (entry 6)"},
		{renewals(t), "received exactly 4 events", "received event 1 of Subscription s1 at 12:00:00 (entry 5)"},
	} {
		results, err := c.s.review.AssertText(c.sentence)
		if err != nil || results[0].Passed || len(results[0].Nearest) == 0 {
			t.Errorf("%q: %+v, %v", c.sentence, results, err)
			continue
		}
		if got := results[0].Nearest[0].Text; !strings.HasPrefix(got, c.hint) {
			t.Errorf("%q hints at %q, want %q", c.sentence, got, c.hint)
		}
	}
}

func TestAssertionsInJSON(t *testing.T) {
	s := renewals(t)
	for text, want := range map[string]bool{
		`"bound twice"`:                 true,
		`{"fact":"bound","times":2}`:    true,
		`{"fact":"bound","atMost":1}`:   false,
		`{"fact":"bound","never":true}`: false,
		`{"fact":"bound","atLeast":1,"atMost":2,"where":{"socket":1,"caller":"alice","fhir":"R4","subscription":"s1"}}`: true,
		`{"fact":"renewed","where":{"beforeExpiry":true}}`:                                                              true,
		`{"fact":"renewed","where":{"beforeExpiry":false}}`:                                                             false,
		`{"fact":"used-dead-token","never":true}`:                                                                       true,
		`{"fact":"got-finding","never":true}`:                                                                           true,
	} {
		list, err := review.Read(json.RawMessage(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		results, err := s.review.Assert(list...)
		if err != nil || results[0].Passed != want {
			t.Errorf("%s is %+v, %v", text, results, err)
		}
	}
}

func TestWhatCannotBeAsserted(t *testing.T) {
	for text, expression := range map[string]string{
		`""`:                     "assertion",
		`" , and ;"`:             "assertion",
		`"flew to the moon"`:     "assertion",
		`"bound twice once"`:     "assertion",
		`"never bound once"`:     "assertion",
		`"bound at least often"`: "assertion",
		`"once"`:                 "assertion",
		`"bound before expiry"`:  "where.beforeExpiry",
		`"got warning with code x with severity error"`: "assertion",
		`{"fact":"flew"}`:                           "fact",
		`{"fact":"bound","times":-1}`:               "times",
		`{"fact":"bound","times":1,"never":true}`:   "times",
		`{"fact":"bound","never":true,"atMost":1}`:  "never",
		`{"fact":"bound","atLeast":3,"atMost":1}`:   "atLeast",
		`{"fact":"bound","where":{"colour":"red"}}`: "where.colour",
		`{"fact":"bound","where":{"socket":[1]}}`:   "where.socket",
		`{"fact":"bound","how":"well"}`:             "assertion",
		`7`:                                         "assertion",
		`"x`:                                        "assertion",
		`"` + strings.Repeat("bound, ", 1000) + `"`: "assertion",
		`"` + strings.Repeat("bound, ", 51) + `"`:   "assertion",
	} {
		_, err := review.Read(json.RawMessage(text))
		e, ok := errors.AsType[*fault.Error](err)
		if !ok || e.Code != fault.MalformedRequest || e.Expression != expression {
			t.Errorf("%s: the error is %v, want one at %s", text, err, expression)
		}
	}
	if list, err := review.Parse(strings.Repeat("bound, ", 50)); err != nil || len(list) != 50 {
		t.Errorf("of 50 assertions %d were read: %v", len(list), err)
	}
	_, err := review.Parse("flew to the moon")
	if !strings.Contains(err.Error(), "what can be said: asked for token") || !strings.Contains(err.Error(), "filled gap (with ") {
		t.Errorf("the error does not say what can be said: %v", err)
	}
	for sentence, near := range map[string]string{
		"bund once": "bound (with jti)", "bound twise": "bound (with jti)", "recieved 2 events": "received event (with number, focus)",
		"filled one gap with $event": "filled gap (with with, from, to)", "never used a ded token": "used dead token (with code)",
	} {
		_, err := review.Parse(sentence)
		if err == nil || !strings.HasSuffix(err.Error(), "; the nearest is "+near) {
			t.Errorf("%q: the error does not end with %s: %v", sentence, near, err)
		}
	}
}

// What is understood can be said in other words that mean the same, and is
// understood by the other way in.
func FuzzSentencesMeanWhatTheySay(f *testing.F) {
	for _, s := range []string{
		"bound twice, renewed once before expiry, filled one gap with $events, never used a dead token",
		"got no finding and got at most 2 warnings; closed by server with code 1008", `received 3 events with focus "Patient/a b"`,
		"at least one", "\"", "bound with jti \"\\xff\"", "colon-bind got", "no no",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, sentence string) {
		list, err := review.Parse(sentence)
		if err != nil {
			if fault.CodeOf(err) != fault.MalformedRequest {
				t.Errorf("the code is %s", fault.CodeOf(err))
			}
			return
		}
		for _, a := range list {
			again, err := review.Parse(a.String())
			if err != nil || len(again) != 1 {
				t.Fatalf("%q of %q: %v", a.String(), sentence, err)
			}
			if b := again[0]; b.Fact != a.Fact || !maps.Equal(a.Where, b.Where) || b.String() != a.String() {
				t.Errorf("%q became %q", a.String(), b.String())
			}
		}
	})
}
