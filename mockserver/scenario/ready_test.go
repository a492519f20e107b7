package scenario_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/scenario"
)

// TestReady holds that each ready scenario is valid, says what it is about and
// what is said about a client that fails, and is over while a person looks on.
func TestReady(t *testing.T) {
	list := scenario.Ready()
	if len(list) < 8 {
		t.Errorf("%d are ready", len(list))
	}
	findings := scenarioSchema(t).Defs["finding"].Enum
	for _, r := range list {
		s, err := r.Read()
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		if s.Name != r.Name || r.About == "" || r.About != s.About || strings.Contains(r.First(), "\n") {
			t.Errorf("%s is called %s, about %q", r.Name, s.Name, r.First())
		}
		if !slices.ContainsFunc(findings, func(code string) bool { return strings.Contains(r.About, code) }) {
			t.Errorf("%s names no finding", r.Name)
		}
		if !strings.Contains(r.About, "A good client ") {
			t.Errorf("%s does not say what a good client does", r.Name)
		}
		if s.Clock.Virtual || s.Profile != "" && s.Profile != faults.Polite || s.FHIR != "" {
			t.Errorf("%s is not in real time, for any release, with its own faults alone", r.Name)
		}
		if l := time.Duration(s.Options.Lifetime); l < 20*time.Second || l > time.Minute {
			t.Errorf("%s: tokens live for %s", r.Name, l)
		}
		if over := duration(s); over > time.Minute {
			t.Errorf("%s takes %s of waiting", r.Name, over)
		}
	}
}

// duration adds up what the steps of a scenario wait.
func duration(s *scenario.Scenario) (d time.Duration) {
	for _, step := range s.Timeline {
		d += time.Duration(step.Wait)
		d = max(d, time.Duration(step.At))
	}
	return d
}

func TestLookup(t *testing.T) {
	if r, ok := scenario.Lookup("renews-too-late"); !ok || !strings.HasPrefix(r.Text, "name: renews-too-late\n") {
		t.Errorf("found %+v, %v", r, ok)
	}
	if _, ok := scenario.Lookup("renews"); ok {
		t.Error("half a name is found")
	}
}
