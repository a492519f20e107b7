package scenario_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/mockserver/scenario"
	"github.com/wsbind/wsbind/mockserver/subscription"
)

var releases = []fhir.Release{fhir.R4, fhir.R4B, fhir.R5}

// subscribe reads the resource as the mock server does: without an issue.
func subscribe(t *testing.T, release fhir.Release, r scenario.Resource) *subscription.Subscription {
	t.Helper()
	var doc jsonscan.Document
	if err := doc.Parse(r.Body, jsonscan.Limits{}); err != nil {
		t.Fatalf("%v in %s", err, r.Body)
	}
	s, issues := subscription.Read(release, doc.Root())
	if s == nil || len(issues) > 0 {
		t.Fatalf("%s: %v in %s", release, issues, r.Body)
	}
	return s
}

// TestShortForm holds that the short form becomes what it says in every release.
func TestShortForm(t *testing.T) {
	for _, release := range releases {
		short := scenario.Subscription{ID: "s1", Topic: "Patient", HeartbeatPeriod: 10}
		r, ok := short.In(release, "")
		if !ok || r.ID != "s1" || r.Type != "Subscription" {
			t.Fatalf("%s: got %+v, %v", release, r, ok)
		}
		s := subscribe(t, release, r)
		if s.Topic != subscription.BuiltinURL+"Patient" || s.Content != notification.IDOnly || s.HeartbeatPeriod != 10*time.Second {
			t.Errorf("%s: %+v", release, s)
		}

		r, _ = (&scenario.Subscription{ID: "s2", Topic: "http://example.org/topic", Content: "full-resource"}).In(release, "")
		if s := subscribe(t, release, r); s.Topic != "http://example.org/topic" || s.Content != notification.FullResource || s.HeartbeatPeriod != 0 {
			t.Errorf("%s: %+v", release, s)
		}
	}
}

func TestClassicCriteria(t *testing.T) {
	short := scenario.Subscription{ID: "s1", Criteria: `Patient?family="Ä"`, Content: "empty"}
	for _, release := range releases {
		r, ok := short.In(release, "")
		if ok == (release == fhir.R5) {
			t.Fatalf("%s: %v", release, ok)
		}
		if !ok {
			continue
		}
		if s := subscribe(t, release, r); s.Criteria != short.Criteria || s.Topic != "" {
			t.Errorf("%s: %+v", release, s)
		}
	}
}

// TestReleaseOfASubscription holds that its own release counts before that of the
// scenario, and that without either all are meant.
func TestReleaseOfASubscription(t *testing.T) {
	written := scenario.Resource{Type: "Subscription", ID: "a", Body: []byte(`{}`)}
	for _, c := range []struct {
		s        scenario.Subscription
		scenario string
		want     string
	}{
		{scenario.Subscription{ID: "a", Topic: "Patient"}, "", "R4 R4B R5 "},
		{scenario.Subscription{ID: "a", Topic: "Patient"}, "R4B", "R4B "},
		{scenario.Subscription{ID: "a", Topic: "Patient", FHIR: "R5"}, "R4B", "R5 "},
		{scenario.Subscription{Resource: &written}, "R5", "R5 "},
	} {
		var got string
		for _, release := range releases {
			if _, ok := c.s.In(release, c.scenario); ok {
				got += release.String() + " "
			}
		}
		if got != c.want {
			t.Errorf("%+v in a scenario of %q: %q, want %q", c.s, c.scenario, got, c.want)
		}
	}
}

// TestWrittenOut holds that a Subscription that is written out stays as it is,
// also when the scenario is written again.
func TestWrittenOut(t *testing.T) {
	const resource = `{"resourceType":"Subscription","id":"s1","status":"requested","topic":"http://example.org/t","end":"2030-01-01T00:00:00Z","maxCount":3}`
	s := read(t, `{"name":"x","fhir":"R5","subscriptions":[`+resource+`]}`)
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	r, ok := read(t, string(text)).Subscriptions[0].In(fhir.R5, s.FHIR)
	if !ok || r.Type != "Subscription" || r.ID != "s1" || string(r.Body) != resource {
		t.Errorf("got %+v, %v from %s", r, ok, text)
	}
}
