package check

import (
	"strings"
	"testing"
)

// TestScenario holds that every rule that is broken is listed, with the value's
// pointer and with the rule itself.
func TestScenario(t *testing.T) {
	for doc, want := range map[string]string{
		`{"name":"x"}`:                         "",
		`{"name":"X","a/b~c %d":1,"seed":"1"}`: "additionalProperties  type /seed pattern /name",
		`{"name":"x","timeline":[{"error":"s"},{"at":"1s","after":{"fact":"bound"}}]}`:   "oneOf /timeline/1 not /timeline/1",
		`{"name":"x","subscriptions":[{"resourceType":"Subscription"},{"id":"s"},"s"]}`:  "required /subscriptions/0 oneOf /subscriptions/1 type /subscriptions/2",
		`{"name":"x","faults":[{"fault":"gapp","count":0,"x%y":{}}]}`:                    "enum /faults/0/fault minimum /faults/0/count additionalProperties /faults/0",
		`{"name":"x","timeline":[{"create":{"resourceType":"Patient","a":{"b":[1]}}}]}`:  "",
		`{"name":"x","expect":{"assertions":["",{}],"findings":["colon-bind","colon"]}}`: "minLength /expect/assertions/0 minProperties /expect/assertions/1 enum /expect/findings/1",
		`[]`: "type ",
	} {
		refused, err := Scenario([]byte(doc))
		if err != nil {
			t.Errorf("%s: %v", doc, err)
		}
		got := map[string]bool{}
		for _, r := range refused {
			got[r.Keyword+" "+r.Pointer] = true
			if _, ok := r.Rule[r.Keyword]; !ok || r.Message == "" {
				t.Errorf("%s: %q is not in its rule %v, or has no message", doc, r.Keyword, r.Rule)
			}
		}
		words := strings.Split(want, " ")
		for i := 0; i+1 < len(words); i += 2 {
			if one := words[i] + " " + words[i+1]; !got[one] {
				t.Errorf("%s: no refusal %q in %v", doc, one, got)
			} else {
				delete(got, one)
			}
		}
		if len(got) > 0 {
			t.Errorf("%s: refused for %v too", doc, got)
		}
	}
	if _, err := Scenario([]byte(`{} {}`)); err == nil || !strings.Contains(err.Error(), "follows") {
		t.Errorf("got %v", err)
	}
}
