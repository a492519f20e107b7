package mockserver_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/review"
)

// diligent is what is asserted of a client that does all there is to do, one clause
// for each thing.
var diligent = []string{"bound twice", "renewed once before expiry", "filled one gap with $events", "never used a dead token"}

// diligentObjects says the same in JSON.
var diligentObjects = []string{
	`{"fact":"bound","times":2}`,
	`{"fact":"renewed","times":1,"where":{"beforeExpiry":true}}`,
	`{"fact":"filled-gap","times":1,"where":{"with":"$events"}}`,
	`{"fact":"used-dead-token","never":true}`,
}

// isDiligent has a client do everything but what is left out.
func isDiligent(c *clientUnderTest, leftOut string) {
	b := c.ask()
	c.listen(b)
	c.happens(1, nil)
	c.plan(faults.Gap, 1, 0)
	c.happens(0, nil)
	c.happens(1, nil)
	if leftOut != "catching up" {
		c.catchUp(2, 2)
	}
	c.live(12 * time.Second)
	switch leftOut {
	case "renewal":
	case "renewal in time":
		c.live(12 * time.Second)
		c.listen(c.ask())
	default:
		b = c.ask()
		c.bind(b.token)
	}
	if leftOut == "restraint" {
		c.revoke()
		c.live(time.Second)
		c.listen(b)
	}
}

// Each clause holds of a client that does what it says, and of no other; what comes
// nearest then tells a person why.
func TestAssertionsOfARun(t *testing.T) {
	for _, run := range []struct {
		leftOut string
		fails   string // the clause
		found   int
		nearest []string // what stands in it, in order
	}{
		{"", "", 0, nil},
		{"catching up", "filled one gap with $events", 0,
			[]string{"saw a gap, event 2 of Subscription ID, at 12:00:00 (entry "}},
		{"renewal", "bound twice", 1,
			[]string{"bound Subscription ID at 12:00:00 (entry "}},
		{"renewal", "renewed once before expiry", 0,
			[]string{"asked for a token of Subscription ID at 12:00:00, answered 200 (entry ", "bound Subscription ID at 12:00:00 (entry "}},
		{"renewal in time", "renewed once before expiry", 0,
			[]string{"renewed Subscription ID at 12:00:24, 4 s after the token of 12:00:00 expired (entry ", ": beforeExpiry is false, not true"}},
		{"restraint", "never used a dead token", 1,
			[]string{"used a dead token of Subscription ID at 12:00:13: revoked-token (entry "}},
	} {
		t.Run(strings.ReplaceAll("without "+run.leftOut+": "+run.fails, " ", "_"), func(t *testing.T) {
			t.Parallel()
			c := startForClient(t, nil)
			isDiligent(c, run.leftOut)
			for _, results := range c.assertedInAllWays() {
				for i, r := range results {
					if failed := diligent[i] == run.fails; failed == r.Passed && (failed || run.leftOut == "") {
						t.Errorf("%s: passed is %v: %+v", diligent[i], r.Passed, r.Nearest)
					} else if failed {
						c.nearestSays(r, run.found, run.nearest)
					}
				}
			}
		})
	}
}

// assertedInAllWays says which clauses hold: as one sentence, one by one, over HTTP,
// and as objects.
func (c *clientUnderTest) assertedInAllWays() [][]review.Result {
	c.t.Helper()
	whole, err := c.Check(strings.Join(diligent, ", "))
	if err != nil {
		c.t.Fatal(err)
	}
	single, err := c.Check(diligent...)
	if err != nil {
		c.t.Fatal(err)
	}
	sentences, _ := json.Marshal(diligent)
	all := [][]review.Result{whole, single, c.assertedOverHTTP(string(sentences)), c.assertedOverHTTP("[" + strings.Join(diligentObjects, ",") + "]")}
	for _, results := range all {
		if len(results) != len(diligent) {
			c.t.Fatalf("%d results, want %d: %+v", len(results), len(diligent), results)
		}
	}
	return all
}

func (c *clientUnderTest) assertedOverHTTP(list string) []review.Result {
	c.t.Helper()
	a := c.manage("/assertions", `{"assertions":`+list+`}`).want(c.t, http.StatusOK, "")
	var got struct {
		Passed  bool
		Results []review.Result
	}
	if err := json.Unmarshal([]byte(a.body), &got); err != nil {
		c.t.Fatal(err)
	}
	if failed := slices.ContainsFunc(got.Results, func(r review.Result) bool { return !r.Passed }); failed == got.Passed {
		c.t.Errorf("passed is %v with the results %+v", got.Passed, got.Results)
	}
	return got.Results
}

// nearestSays checks what is told about an assertion that does not hold.
func (c *clientUnderTest) nearestSays(r review.Result, found int, parts []string) {
	c.t.Helper()
	var texts []string
	for _, n := range r.Nearest {
		texts = append(texts, n.Text)
	}
	text := strings.Join(texts, "\n")
	if r.Found != found {
		c.t.Errorf("%s was found %d times, want %d", r.Assertion, r.Found, found)
	}
	rest := text
	for _, part := range parts {
		var ok bool
		if _, rest, ok = strings.Cut(rest, strings.ReplaceAll(part, "ID", c.id)); !ok {
			c.t.Errorf("what comes nearest to %q is\n%s\nwhich does not say %q", r.Assertion, text, part)
		}
	}
}

// A sentence or an object that says nothing is refused with what can be said.
func TestAssertionsThatSayNothing(t *testing.T) {
	c := startForClient(t, nil)
	for assertion, says := range map[string]string{
		`"danced twice"`:                            `there is no \"danced\"`,
		`"bound"," "`:                               "says nothing",
		`{"fact":"danced"}`:                         "is no fact",
		`{"fact":"bound","time":2}`:                 "there is fact, times, atLeast, atMost, never, where",
		`{"fact":"bound","where":{"colour":"red"}}`: "bound has no",
		`{"fact":"bound","where":{"jti":[1]}}`:      "where.jti must be a string",
		`7`:                                         "an assertion is a sentence or an object",
	} {
		a := c.manage("/assertions", `{"assertions":[`+assertion+`]}`)
		if a.status != http.StatusBadRequest || !strings.Contains(a.body, says) {
			t.Errorf("%s was answered by %d %s, want %q", assertion, a.status, a.body, says)
		}
	}
}
