package subscription_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/mockserver/subscription"
)

// wards is a topic of two types with every kind of restriction on filters.
const wards = `{"resourceType":"SubscriptionTopic","url":"http://example.org/wards","version":"1","status":"active",
	"resourceTrigger":[{"resource":"Encounter"},{"resource":"http://hl7.org/fhir/StructureDefinition/Observation"}],
	"canFilterBy":[
		{"filterParameter":"patient"},
		{"resource":"Encounter","filterParameter":"class"},
		{"resource":"Encounter","filterParameter":"status","modifier":["not"]},
		{"resource":"Encounter","filterParameter":"date","modifier":["=","gt","le"]},
		{"resource":"Observation","filterParameter":"status","modifier":["eq"]},
		{"resource":"Observation","filterParameter":"_in"}]}`

// withFilter returns the guide's Subscription to wards with one filter.
func withFilter(filter string) string {
	s := strings.Replace(guideSubscription, "http://wsbind.example/SubscriptionTopic/Observation", "http://example.org/wards", 1)
	return strings.Replace(s, `"status=final"`, strconv.Quote(filter), 1)
}

// encounter and observation are about one Patient.
const (
	encounter   = `{"resourceType":"Encounter","id":"e","status":"planned","class":{"code":"IMP"},"subject":{"reference":"Patient/1"},"period":{"start":"2026-05-01T10:00:00Z","end":"2026-05-01T12:00:00Z"}}`
	observation = `{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/1"}}`
)

func TestFilterGrammars(t *testing.T) {
	const refused = "refused"
	for filter, want := range map[string]string{
		"patient=Patient/1":                   "Encounter Observation",
		"patient=Patient/2":                   "",
		"patient=Patient/2,Patient/1":         "Encounter Observation",
		"patient=1":                           "Encounter Observation",
		"patient=Patient%2F1":                 "Encounter Observation",
		"Encounter.patient=Patient/2":         "Observation",
		"Encounter?patient=Patient/2":         "Observation",
		"?patient=Patient/2":                  "",
		"Encounter.class=IMP":                 "Encounter Observation",
		"class=AMB":                           "Observation", // only Encounter has it
		"Encounter.status:not=planned":        "Observation",
		"Encounter?status:not=finished":       "Encounter Observation",
		"Encounter?status=planned&class=AMB":  "Observation",
		"patient=Patient/1&class=IMP":         "Encounter Observation",
		"Encounter?Encounter.class=AMB":       "Observation",
		"Observation.status=amended":          "Encounter",
		"date=gt2026-04":                      "Encounter Observation",
		"date=le2026-04":                      "Observation",
		"date=2026-05-01":                     "Encounter Observation",
		"status=final":                        "Observation", // of an Encounter it is not the status either
		"Encounter?Observation.status=x":      refused,
		"date=ge2026-04":                      refused, // not among the comparators
		"date=gt2026-04,ge2026-05":            refused,
		"date:missing=true":                   refused,
		"date=gtMay":                          refused,
		"Observation.status:not=final":        refused,
		"status:text=final":                   refused,
		"class:unknown=x":                     refused,
		"code=x":                              refused,
		"Observation.class=IMP":               refused,
		"Observation._in=Group/1":             refused, // allowed by the topic, unknown to search
		"Patient.name=x":                      refused,
		"Patient?name=x":                      refused,
		"Weather?wind=north":                  refused,
		"patient":                             refused,
		"patient=":                            refused,
		"=Patient/1":                          refused,
		"patient=%":                           refused,
		"Encounter?":                          refused,
		"&":                                   refused,
		"patient.name=x":                      refused,
		"patient=Patient/1&_count=5":          refused,
		"Encounter?patient=Patient/1?x=1":     refused,
		"patient=http://example.org/x y":      "",
		"patient=http://x/fhir/R4B/Patient/1": "",
	} {
		c, issues := compile(t, fhir.R4B, withFilter(filter), catalog(t, fhir.R4B, wards))
		got := ""
		if c == nil {
			got = refused
			for _, i := range issues {
				if i.Code != fault.UnsupportedFilter || i.Expression != "Subscription.criteria.extension[0].value" {
					t.Errorf("%s: %s", filter, summary(issues))
				}
			}
		} else {
			var fires []string
			for _, text := range []string{encounter, observation} {
				v := value(t, text)
				if c.Fires(subscription.Change{Interaction: notification.Create, Type: v.Get("resourceType").Text(), Current: v}) {
					fires = append(fires, v.Get("resourceType").Text())
				}
			}
			got = strings.Join(fires, " ")
		}
		if got != want {
			t.Errorf("%s: %q, want %q (%s)", filter, got, want, summary(issues))
		}
	}
}

func TestFilterByOfR5(t *testing.T) {
	topic := strings.Replace(wards, `"modifier":["=","gt","le"]`, `"comparator":["gt","le"]`, 1)
	topic = strings.Replace(topic, `"modifier":["eq"]`, `"comparator":["eq"]`, 1)
	may := value(t, `{"resourceType":"Encounter","id":"e","status":"planned","subject":{"reference":"Patient/1"},"actualPeriod":{"start":"2026-05-01T10:00:00Z","end":"2026-05-01T12:00:00Z"}}`)
	const refused = "refused"
	for filter, want := range map[string]string{
		`"filterParameter":"date","comparator":"gt","value":"2026-04"`:                                                                  "fires",
		`"filterParameter":"date","comparator":"gt","value":"2027,2026"`:                                                                "silent",
		`"filterParameter":"date","comparator":"gt","value":"2027,2025"`:                                                                "fires",
		`"filterParameter":"date","value":"gt2026-04"`:                                                                                  "fires",
		`"filterParameter":"date","value":"ge2026-04"`:                                                                                  refused,
		`"filterParameter":"date","value":"2026-05-01"`:                                                                                 refused, // eq is not listed
		`"filterParameter":"date","comparator":"gt","value":"lt2026"`:                                                                   refused,
		`"filterParameter":"patient","comparator":"eq","value":"Patient/1"`:                                                             "fires",
		`"filterParameter":"patient","comparator":"gt","value":"Patient/1"`:                                                             refused,
		`"resourceType":"Encounter","filterParameter":"status","modifier":"not","value":"x"`:                                            "fires",
		`"resourceType":"http://hl7.org/fhir/StructureDefinition/Observation","filterParameter":"status","comparator":"eq","value":"x"`: "fires",
		`"filterParameter":"patient","value":"Patient%2F1"`:                                                                             refused, // the value is not a piece of a URL
	} {
		text := strings.Replace(guideR5, `"resourceType":"Observation","filterParameter":"status","value":"final"`, filter, 1)
		text = strings.Replace(text, "http://wsbind.example/SubscriptionTopic/Observation", "http://example.org/wards|1", 1)
		c, issues := compile(t, fhir.R5, text, catalog(t, fhir.R5, topic))
		got := "silent"
		switch {
		case c == nil:
			got = refused
		case c.Fires(subscription.Change{Interaction: notification.Create, Type: "Encounter", Current: may}):
			got = "fires"
		}
		if got != want {
			t.Errorf("%s: %s, want %s (%s)", filter, got, want, summary(issues))
		}
	}
}

func TestClassicCriteria(t *testing.T) {
	classic := func(criteria, channel string) string {
		return `{"resourceType":"Subscription","status":"active","reason":"r","criteria":` + strconv.Quote(criteria) + `,"channel":{"type":"websocket"` + channel + `}}`
	}
	for criteria, ok := range map[string]bool{
		"Observation":                      true,
		"Observation?status=final":         true,
		"Observation?status=final&code=a":  true,
		"Observation?":                     false,
		"Observation?_count=5":             false,
		"Observation?wind=north":           false,
		"Observation?date=gtMay":           false,
		"Observation/1":                    false,
		"/Observation?status=final":        false,
		"Weather?wind=north":               false,
		"observation?status=final":         false,
		"Observation?subject.name=x":       false,
		"Observation?_has:Encounter:x:y=z": false,
		"[Observation]":                    false,
	} {
		for _, r := range releases[:2] {
			c, issues := compile(t, r, classic(criteria, ""), catalog(t, r))
			if (c != nil) != ok {
				t.Errorf("%v %s: %s", r, criteria, summary(issues))
			}
			if c == nil && len(issues) != 1 || c == nil && issues[0].Expression != "Subscription.criteria" {
				t.Errorf("%v %s: %s", r, criteria, summary(issues))
			}
		}
	}
	for channel, want := range map[string]notification.Content{
		``:                                   notification.Empty,
		`,"payload":"application/fhir+json"`: notification.FullResource,
		`,"_payload":{"extension":[{"url":"` + guide + `backport-payload-content","valueCode":"id-only"}]}`:                                   notification.IDOnly,
		`,"payload":"application/fhir+json","_payload":{"extension":[{"url":"` + guide + `backport-payload-content","valueCode":"id-only"}]}`: notification.IDOnly,
	} {
		if c, issues := compile(t, fhir.R4, classic("Observation", channel), nil); c == nil || c.Content != want || c.Source != nil {
			t.Errorf("%s: %s", channel, summary(issues))
		}
	}
	c, _ := compile(t, fhir.R4, classic("Observation?status=final", ""), nil)
	final := value(t, `{"resourceType":"Observation","status":"final"}`)
	for i, want := range map[notification.Interaction]bool{notification.Create: true, notification.Update: true, notification.Delete: false} {
		if got := c.Fires(subscription.Change{Interaction: i, Type: "Observation", Previous: final, Current: final}); got != want {
			t.Errorf("interaction %d: %v", i, got)
		}
	}
}
