package subscription_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/mockserver/search"
	"github.com/wsbind/wsbind/mockserver/subscription"
)

const guide = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/"

// value parses a document; the test's text must be JSON.
func value(t testing.TB, text string) jsonscan.Value {
	t.Helper()
	var doc jsonscan.Document
	if err := doc.Parse([]byte(text), jsonscan.Limits{}); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return doc.Root()
}

// catalog holds those built-in topics that the tests name, and those given.
func catalog(t testing.TB, r fhir.Release, topics ...string) *subscription.Catalog {
	t.Helper()
	var c subscription.Catalog
	for _, b := range subscription.Builtins(r) {
		switch b.ID {
		case "topic-Observation", "topic-Encounter", "topic-encounter-complete":
			topics = append(topics, string(b.Body))
		}
	}
	for i, text := range topics {
		topic, issues := subscription.ReadTopic(search.Compiler{Release: r}, value(t, text))
		if topic == nil {
			t.Fatalf("%v in %s", issues, text)
		}
		c.Put(fmt.Sprint(i), topic)
	}
	return &c
}

// compile reads and compiles a Subscription as a server does.
func compile(t testing.TB, r fhir.Release, text string, topics *subscription.Catalog) (*subscription.Compiled, []fault.Issue) {
	t.Helper()
	s, issues := subscription.Read(r, value(t, text))
	if s == nil {
		return nil, issues
	}
	compiled, more := subscription.Compile(s, topics, search.Compiler{Release: r}, nil)
	return compiled, append(issues, more...)
}

// summary writes issues as code@expression, one after the other.
func summary(issues []fault.Issue) string {
	var list []string
	for _, i := range issues {
		list = append(list, fmt.Sprintf("%s %s@%s", i.Severity, i.Code, i.Expression))
	}
	return strings.Join(list, ", ")
}

// guideSubscription is a valid Subscription of R4 and R4B, guideR5 of R5.
const (
	guideSubscription = `{"resourceType":"Subscription","status":"requested","reason":"test",
		"criteria":"http://wsbind.example/SubscriptionTopic/Observation",
		"_criteria":{"extension":[{"url":"` + guide + `backport-filter-criteria","valueString":"status=final"}]},
		"channel":{"type":"websocket","extension":[
			{"url":"` + guide + `backport-heartbeat-period","valueUnsignedInt":30},
			{"url":"` + guide + `backport-timeout","valueUnsignedInt":60},
			{"url":"` + guide + `backport-max-count","valuePositiveInt":20}],
		"payload":"application/fhir+json","_payload":{"extension":[{"url":"` + guide + `backport-payload-content","valueCode":"id-only"}]}}}`
	guideR5 = `{"resourceType":"Subscription","status":"requested",
		"topic":"http://wsbind.example/SubscriptionTopic/Observation",
		"filterBy":[{"resourceType":"Observation","filterParameter":"status","value":"final"}],
		"channelType":{"system":"http://terminology.hl7.org/CodeSystem/subscription-channel-type","code":"websocket"},
		"heartbeatPeriod":30,"timeout":60,"maxCount":20,"contentType":"application/fhir+json","content":"id-only"}`
)

func base(r fhir.Release) string {
	if r == fhir.R5 {
		return guideR5
	}
	return guideSubscription
}

var releases = []fhir.Release{fhir.R4, fhir.R4B, fhir.R5}

func TestReleasesReadAlike(t *testing.T) {
	for _, r := range releases {
		c, issues := compile(t, r, base(r), catalog(t, r))
		if c == nil || len(issues) > 0 {
			t.Fatalf("%v: %s", r, summary(issues))
		}
		if c.Status != subscription.Requested || c.Content != notification.IDOnly || c.MaxCount != 20 ||
			c.HeartbeatPeriod != 30*time.Second || c.Timeout != time.Minute || !c.End.IsZero() ||
			c.Topic != subscription.BuiltinURL+"Observation" || len(c.Filters) != 1 {
			t.Errorf("%v reads as %+v", r, c.Subscription)
		}
		if types := c.Types(); len(types) != 1 || types[0] != "Observation" {
			t.Errorf("%v: events of %v", r, types)
		}
	}
}

// TestAccepted holds what clients may send although nothing here needs it.
func TestAccepted(t *testing.T) {
	for _, c := range []struct{ old, new string }{
		{`"requested"`, `"active"`},
		{`"requested"`, `"off"`},
		{`"requested"`, `"requested","end":"2050-01-01T00:00:00Z"`},
		{`"requested"`, `"requested","contact":[{"system":"phone","value":"1"}]`},
		{`"requested"`, `"requested","extension":[{"url":"http://example.org/x","valueString":"y"}]`},
		{`"requested"`, `"requested","meta":{"profile":["` + guide + `backport-subscription"]}`},
		{`"requested"`, `"requested","text":{"status":"empty","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"/>"}`},
		{`"requested"`, `"requested","_status":{"id":"s"}`},
		{`"application/fhir+json"`, `"application/fhir+json; charset=UTF-8"`},
		{`"application/fhir+json"`, `"application/fhir+json;fhirVersion=$VERSION"`},
		{`"application/fhir+json"`, `"APPLICATION/json"`},
		{`SubscriptionTopic/Observation"`, `SubscriptionTopic/Observation","id":"given"`},
	} {
		for _, r := range releases {
			version := map[fhir.Release]string{fhir.R4: "4.0", fhir.R4B: "4.3", fhir.R5: "5.0"}[r]
			text := replace(t, base(r), c.old, strings.ReplaceAll(c.new, "$VERSION", version))
			if got, issues := compile(t, r, text, catalog(t, r)); got == nil || len(issues) > 0 {
				t.Errorf("%v with %s: %s", r, c.new, summary(issues))
			}
		}
	}
}

// replace replaces old once; a case that replaces nothing tests nothing.
func replace(t testing.TB, text, old, new string) string {
	t.Helper()
	if !strings.Contains(text, old) {
		t.Fatalf("%s is not in %s", old, text)
	}
	return strings.Replace(text, old, new, 1)
}

const anywhere = "R4 R4B R5"

var refusals = []struct {
	releases string
	old, new string
	want     string
}{
	{anywhere, `"requested"`, `"started"`, "error invalid-code@Subscription.status"},
	{"R4 R4B", `"requested"`, `"entered-in-error"`, "error invalid-code@Subscription.status"},
	{anywhere, `"status":"requested",`, ``, "error missing-element@Subscription.status"},
	{anywhere, `"requested"`, `true`, "error wrong-json-type@Subscription.status"},
	{anywhere, `"requested"`, `"requested","modifierExtension":[{"url":"http://example.org/x","valueBoolean":true}]`, "error business-rule@Subscription.modifierExtension[0]"},
	{anywhere, `"requested"`, `"requested","end":"tomorrow"`, "error invalid-primitive@Subscription.end"},
	{anywhere, `"requested"`, `"requested","channels":[]`, "error unknown-element@Subscription.channels"},
	{anywhere, `"application/fhir+json"`, `"application/fhir+xml"`, "error unsupported-content@Subscription.$PAYLOAD"},
	{anywhere, `"application/fhir+json"`, `"application/fhir+json;fhirVersion=3.0"`, "error unsupported-content@Subscription.$PAYLOAD"},
	{anywhere, `"application/fhir+json"`, `"application/fhir+json;charset=latin1"`, "error unsupported-content@Subscription.$PAYLOAD"},
	{anywhere, `"application/fhir+json"`, `"json"`, "error unsupported-content@Subscription.$PAYLOAD"},
	{anywhere, `Topic/Observation"`, `Topic/Nothing"`, "error unsupported-topic@Subscription.$TOPIC"},
	{anywhere, `Topic/Observation"`, `Topic/Observation|2.0"`, "error unsupported-topic@Subscription.$TOPIC"},
	{anywhere, `"id-only"`, `"everything"`, "error unsupported-content@Subscription.$CONTENT"},

	{anywhere, `"status":"requested"`, `"_status":{"id":"x"}`, "error missing-element@Subscription.status"},
	{anywhere, `"requested"`, `"requested","_end":{"id":"x"}`, "error missing-element@Subscription.end"},

	{"R4 R4B", `"type":"websocket"`, `"_type":{"id":"x"}`, "error missing-element@Subscription.channel.type"},
	{"R4 R4B", `"reason":"test",`, ``, "error missing-element@Subscription.reason"},
	{"R4 R4B", `"channel":{"type":"websocket",`, `"channel":{`, "error missing-element@Subscription.channel.type"},
	{"R4 R4B", `"websocket"`, `"rest-hook"`, "error unsupported-channel@Subscription.channel.type"},
	{"R4 R4B", `"websocket"`, `"pigeon"`, "error invalid-code@Subscription.channel.type"},
	{"R4 R4B", `"websocket"`, `"websocket","_type":{"extension":[{"url":"` + guide + `backport-channel-type","valueCoding":{"code":"zulip"}}]}`, "error unsupported-channel@Subscription.channel.type.extension[0].value"},
	{"R4 R4B", `"websocket"`, `"websocket","modifierExtension":[{"url":"http://example.org/x","valueBoolean":true}]`, "error business-rule@Subscription.channel.modifierExtension[0]"},
	{"R4 R4B", `"websocket"`, `"websocket","header":"x"`, "error wrong-json-type@Subscription.channel.header"},
	{"R4 R4B", `"valueCode":"id-only"`, `"valueString":"id-only"`, "error missing-element@Subscription.channel.payload.extension[0]"},
	{"R4 R4B", `"_payload":{"extension":[{"url":"` + guide + `backport-payload-content","valueCode":"id-only"}]}`, `"endpoint":"http://x.org"`, "error unsupported-content@Subscription.channel.payload"},
	{"R4 R4B", `"valuePositiveInt":20`, `"valuePositiveInt":0`, "error invalid-primitive@Subscription.channel.extension[2].value"},
	{"R4 R4B", `"valueUnsignedInt":30`, `"valueInteger":30`, "error missing-element@Subscription.channel.extension[0]"},
	{"R4 R4B", guide + `backport-timeout`, guide + `backport-heartbeat-period`, "error too-many-values@Subscription.channel.extension[1]"},
	{"R4 R4B", `"requested"`, `"requested","extension":[{"url":"` + guide + `backport-filter-by","valueString":"x"}]`, "error business-rule@Subscription.extension[0]"},
	{"R4 R4B", `"http://wsbind.example/SubscriptionTopic/Observation"`, `"Observation"`, "error unsupported-filter@Subscription.criteria.extension[0]"},
	{"R4 R4B", `"criteria":"http://wsbind.example/SubscriptionTopic/Observation",`, ``, "error missing-element@Subscription.criteria, error unsupported-filter@Subscription.criteria.extension[0]"},

	{"R5", `"channelType":{"system":"http://terminology.hl7.org/CodeSystem/subscription-channel-type","code":"websocket"},`, ``, "error missing-element@Subscription.channelType"},
	{"R5", `"websocket"`, `"rest-hook"`, "error unsupported-channel@Subscription.channelType"},
	{"R5", `"topic":"http://wsbind.example/SubscriptionTopic/Observation"`, `"_topic":{"id":"x"}`, "error missing-element@Subscription.topic"},
	{"R5", `"value":"final"`, `"_value":{"id":"x"}`, "error missing-element@Subscription.filterBy[0].value"},
	{"R5", `"value":"final"`, `"value":"final","_modifier":{"id":"x"}`, "error missing-element@Subscription.filterBy[0].modifier"},
	{"R5", `"maxCount":20`, `"maxCount":0`, "error invalid-primitive@Subscription.maxCount"},
	{"R5", `"maxCount":20`, `"maxCount":"20"`, "error wrong-json-type@Subscription.maxCount"},
	{"R5", `"value":"final"`, `"value":"final","comparator":"eq","modifier":"not"`, "error invariant-failed@Subscription.filterBy[0]"},
	{"R5", `"value":"final"`, `"value":"final","comparator":"=="`, "error invalid-code@Subscription.filterBy[0].comparator"},
	{"R5", `"value":"final"`, `"value":"final","modifier":"is"`, "error invalid-code@Subscription.filterBy[0].modifier"},
	{"R5", `"resourceType":"Observation",`, `"resourceType":"Weather",`, "error unsupported-filter@Subscription.filterBy[0].resourceType"},
	{"R5", `"filterParameter":"status",`, ``, "error missing-element@Subscription.filterBy[0].filterParameter"},
	{"R5", `"filterParameter":"status"`, `"filterParameter":"status:not"`, "error unsupported-filter@Subscription.filterBy[0].filterParameter"},
	{"R5", `"filterBy":[`, `"parameter":[{"name":"x"}],"filterBy":[`, "error missing-element@Subscription.parameter[0].value"},
}

func TestRefused(t *testing.T) {
	places := map[string][2]string{
		"$PAYLOAD": {"channel.payload", "contentType"},
		"$TOPIC":   {"criteria", "topic"},
		"$CONTENT": {"channel.payload.extension[0].value", "content"},
	}
	for _, c := range refusals {
		for _, r := range releases {
			if !strings.Contains(" "+c.releases+" ", " "+r.String()+" ") {
				continue
			}
			want := c.want
			for name, place := range places {
				if r == fhir.R5 {
					want = strings.ReplaceAll(want, name, place[1])
				} else {
					want = strings.ReplaceAll(want, name, place[0])
				}
			}
			got, issues := compile(t, r, replace(t, base(r), c.old, c.new), catalog(t, r))
			if got != nil || summary(issues) != want {
				t.Errorf("%v with %s: %s, want %s", r, c.new, summary(issues), want)
			}
			for _, i := range issues {
				if i.Diagnostics == "" || i.Length == 0 {
					t.Errorf("%v with %s: %+v says too little", r, c.new, i)
				}
			}
		}
	}
}

func TestRefusedEmptyFilter(t *testing.T) {
	text := replace(t, guideR5, `"final"`, `""`)
	if got, issues := compile(t, fhir.R5, text, catalog(t, fhir.R5)); got != nil || summary(issues) != "error empty-value@Subscription.filterBy[0].value" {
		t.Error(summary(issues))
	}
	text = replace(t, guideSubscription, `"status=final"`, `"status="`)
	if got, issues := compile(t, fhir.R4, text, catalog(t, fhir.R4)); got != nil || summary(issues) != "error unsupported-filter@Subscription.criteria.extension[0].value" {
		t.Error(summary(issues))
	}
}
