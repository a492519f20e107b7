package notification_test

import (
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/notification"
)

// TestIssuesPointAtTheirValue looks at the span of the document that an issue
// names.
func TestIssuesPointAtTheirValue(t *testing.T) {
	tests := []struct{ vector, code, span string }{
		{"r4-collection", "wrong-bundle-type", `"collection"`},
		{"unknown-member", "unknown-element", `"source"`},
		{"method-unknown", "invalid-code", `"CREATE"`},
		{"full-url-relative", "invalid-full-url", `"Encounter/86009987-eabe-42bf-8c02-b112b18cb616"`},
		{"status-unknown", "invalid-code", `"running"`},
		{"unknown-parameter", "unknown-status-part", `"server"`},
		{"subscription-is-a-patient", "wrong-resource-type", `"Patient/1"`},
		{"events-decrease", "counter-mismatch", `"2"`},
		{"counter-lower-than-event", "counter-mismatch", `"1"`},
		{"r5-number-as-event-number", "counter-as-number", `20`},
		{"two-statuses-r5", "several-statuses", `"SubscriptionStatus"`},
		{"r4b-guide-read-as-r4", "status-shape", `"SubscriptionStatus"`},
		{"status-request-reads-subscription", "unexpected-request", `"https://example.org/fhir/Subscription/admission"`},
		{"r5-total", "prohibited-element", `1`},
		{"search-in-notification", "prohibited-element", `{"mode":"match"}`},
		{"r4-heartbeat", "invalid-code", `"heartbeat"`},
		{"focus-without-entry", "content-level", `{"reference":"https://example.org/fhir/Encounter/other"}`},
	}
	releaseOf := map[string]string{}
	for _, v := range notifications(t) {
		releaseOf[v.Name] = v.FHIR
	}
	var c notification.Checker
	for _, test := range tests {
		doc := vector(t, test.vector)
		found := false
		for _, i := range c.Check(doc, release(t, releaseOf[test.vector])) {
			if string(i.Code) == test.code {
				found = true
				if got := string(doc[i.Offset : i.Offset+i.Length]); got != test.span {
					t.Errorf("%s: %s points at %s, want %s", test.vector, test.code, got, test.span)
				}
			}
		}
		if !found {
			t.Errorf("%s: no issue %s", test.vector, test.code)
		}
	}
}

// TestIssuesAreBounded has more wrong entries than issues are listed.
func TestIssuesAreBounded(t *testing.T) {
	bundle := built(t, many(fhir.R4, notification.FullResource, 5000))
	broken := []byte(strings.ReplaceAll(string(bundle), `"method":"PUT"`, `"method":"put"`))
	for _, most := range []int{0, 7} {
		c := notification.Checker{MaxIssues: most}
		want := most
		if want == 0 {
			want = fault.DefaultMaxIssues
		}
		issues := c.Check(broken, fhir.R4)
		if len(issues) != want+1 || issues[want].Code != fault.TooManyIssues || fault.Valid(issues) {
			t.Errorf("%d issues, the last %v", len(issues), issues[len(issues)-1])
		}
	}
	// Warnings alone fill the list and do not make the document invalid; an
	// error behind them does.
	odd := strings.ReplaceAll(string(built(t, many(fhir.R5, notification.FullResource, 500))), `"method":"PUT","url"`, `"method":"DELETE","url"`)
	var c notification.Checker
	if issues := c.Check([]byte(odd), fhir.R5); len(issues) != fault.DefaultMaxIssues+1 || !fault.Valid(issues) {
		t.Errorf("%d issues, the last %v", len(issues), issues[len(issues)-1])
	}
	last := strings.LastIndex(odd, `"DELETE"`)
	if issues := c.Check([]byte(odd[:last]+`"delete"`+odd[last+8:]), fhir.R5); fault.Valid(issues) {
		t.Error("an error behind the bound is lost")
	}
}

func TestLimits(t *testing.T) {
	doc := vector(t, "r4-guide-full-resource")
	c := notification.Checker{Limits: jsonscan.Limits{MaxBytes: len(doc) - 1}}
	if issues := c.Check(doc, fhir.R4); len(issues) != 1 || issues[0].Code != fault.TooLarge {
		t.Errorf("issues %v", issues)
	}
	c.Limits = jsonscan.Limits{MaxDepth: 4}
	if issues := c.Check(doc, fhir.R4); len(issues) != 1 || issues[0].Code != fault.TooDeep {
		t.Errorf("issues %v", issues)
	}
}

// TestElementIDs: the id of an element is any text without white space, which
// no pattern of the vectors' second opinion looks at.
func TestElementIDs(t *testing.T) {
	var c notification.Checker
	for _, part := range []string{`"fullUrl"`, `"method"`, `"name":"subscription"`, `"status":"200"`} {
		for id, valid := range map[string]bool{"a_b": true, "a b": false} {
			doc := strings.Replace(string(vector(t, "r4-guide-full-resource")), part, `"id":"`+id+`",`+part, 1)
			issues := c.Check([]byte(doc), fhir.R4)
			if fault.Valid(issues) != valid || !valid && issues[0].Code != fault.InvalidPrimitive {
				t.Errorf("the id %q before %s: %v", id, part, issues)
			}
		}
	}
}

// TestNamelessParameter has an extension in place of its name.
func TestNamelessParameter(t *testing.T) {
	doc := strings.Replace(string(vector(t, "r4-guide-id-only")), `{"name":"topic",`, `{"_name":{"extension":[{"url":"http://example.org/x","valueString":"y"}]},`, 1)
	var c notification.Checker
	if issues := c.Check([]byte(doc), fhir.R4); len(issues) > 0 {
		t.Errorf("issues %v", issues)
	}
}

func TestCodesOfTypes(t *testing.T) {
	want := []string{"", "handshake", "heartbeat", "event-notification", "query-status", "query-event", ""}
	for i, code := range want {
		if got := notification.Type(i).String(); got != code {
			t.Errorf("type %d is %q, want %q", i, got, code)
		}
	}
}
