package subscription_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/mockserver/search"
	"github.com/wsbind/wsbind/mockserver/subscription"
)

func readTopic(t testing.TB, r fhir.Release, text string) (*subscription.Topic, string) {
	t.Helper()
	topic, issues := subscription.ReadTopic(search.Compiler{Release: r}, value(t, text))
	return topic, summary(issues)
}

// guideTopic has every element of the guide's example of a Basic
// (Basic-r4-encounter-complete of the Subscriptions R5 Backport guide): two
// prefixes, the status as a modifierExtension, FHIRPath beside queryCriteria,
// parameters and includes that no server knows.
const guideTopic = `{"resourceType":"Basic","code":{"coding":[{"system":"http://hl7.org/fhir/fhir-types","code":"SubscriptionTopic"}]},
	"modifierExtension":[{"url":"http://hl7.org/fhir/5.0/StructureDefinition/extension-SubscriptionTopic.status","valueCode":"draft"}],
	"extension":[
	{"url":"http://hl7.org/fhir/5.0/StructureDefinition/extension-SubscriptionTopic.url","valueUri":"http://example.org/encounter-complete"},
	{"url":"http://hl7.org/fhir/5.0/StructureDefinition/extension-SubscriptionTopic.version","valueString":"2.0.0-alpha"},
	{"url":"http://hl7.org/fhir/5.0/StructureDefinition/extension-SubscriptionTopic.title","valueString":"Encounter complete"},
	{"url":"http://hl7.org/fhir/5.0/StructureDefinition/extension-SubscriptionTopic.date","valueDateTime":"2019-01-01"},
	{"url":"http://hl7.org/fhir/4.3/StructureDefinition/extension-SubscriptionTopic.resourceTrigger","extension":[
		{"url":"resource","valueUri":"http://hl7.org/fhir/StructureDefinition/Encounter"},
		{"url":"supportedInteraction","valueCode":"create"},
		{"url":"supportedInteraction","valueCode":"update"},
		{"url":"queryCriteria","extension":[
			{"url":"previous","valueString":"status:not=finished"},
			{"url":"resultForCreate","valueCode":"test-passes"},
			{"url":"current","valueString":"status=finished"},
			{"url":"resultForDelete","valueCode":"test-fails"},
			{"url":"requireBoth","valueBoolean":true}]},
		{"url":"fhirPathCriteria","valueString":"%current.status = 'finished'"}]},
	{"url":"http://hl7.org/fhir/4.3/StructureDefinition/extension-SubscriptionTopic.canFilterBy","extension":[
		{"url":"resource","valueUri":"Encounter"},{"url":"filterParameter","valueString":"subject"}]},
	{"url":"http://hl7.org/fhir/4.3/StructureDefinition/extension-SubscriptionTopic.canFilterBy","extension":[
		{"url":"resource","valueUri":"Encounter"},{"url":"filterParameter","valueString":"length"},
		{"url":"modifier","valueCode":"gt"},{"url":"modifier","valueCode":"lt"}]},
	{"url":"http://hl7.org/fhir/4.3/StructureDefinition/extension-SubscriptionTopic.notificationShape","extension":[
		{"url":"resource","valueUri":"Encounter"},
		{"url":"include","valueString":"Encounter:patient&iterate=Patient.link"},
		{"url":"include","valueString":"Encounter:subject:Patient"},
		{"url":"include","valueString":"Encounter:observation"},
		{"url":"revInclude","valueString":"Observation:encounter"}]}]}`

func TestGuideTopicOfR4(t *testing.T) {
	topic, issues := readTopic(t, fhir.R4, guideTopic)
	want := "warning unsupported-topic@Basic.extension[4].extension[4].value, " +
		"warning unsupported-topic@Basic.extension[7].extension[1].value, " +
		"warning unsupported-topic@Basic.extension[7].extension[3].value"
	if topic == nil || issues != want {
		t.Fatalf("%s, want %s", issues, want)
	}
	if topic.Canonical() != "http://example.org/encounter-complete|2.0.0-alpha" || topic.Status != "draft" || topic.Title != "Encounter complete" {
		t.Errorf("%+v", topic)
	}
	includes := topic.Includes("Encounter")
	if len(includes) != 3 || includes[1].Target != "Patient" || !includes[2].Reverse || includes[2].Source != "Observation" {
		t.Errorf("%+v", includes)
	}
	if topic.Includes("Patient") != nil {
		t.Error("a shape serves another type than its own")
	}
	checkComplete(t, topic, "finished")
	// The full cross-version URLs serve within an extension too.
	long := strings.ReplaceAll(guideTopic, `"url":"resource"`, `"url":"http://hl7.org/fhir/5.0/StructureDefinition/extension-SubscriptionTopic.resourceTrigger.resource"`)
	if topic, issues := readTopic(t, fhir.R4, long); topic == nil {
		t.Error(issues)
	}
}

// The guide's sources (BackportTopics.fsh) have come to name url and status by
// FHIR's own extensions for artifacts.
func TestTopicOfR4AsArtifact(t *testing.T) {
	text := guideTopic
	for _, name := range []string{"url", "version", "title", "status"} {
		text = strings.ReplaceAll(text, "http://hl7.org/fhir/5.0/StructureDefinition/extension-SubscriptionTopic."+name,
			"http://hl7.org/fhir/StructureDefinition/artifact-"+name)
	}
	topic, issues := readTopic(t, fhir.R4, text)
	if topic == nil {
		t.Fatal(issues)
	}
	if topic.Canonical() != "http://example.org/encounter-complete|2.0.0-alpha" || topic.Status != "draft" || topic.Title != "Encounter complete" {
		t.Errorf("%+v", topic)
	}
	checkComplete(t, topic, "finished")
	both := strings.Replace(guideTopic, `"extension":[`, `"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/artifact-url","valueUri":"http://example.org/other"},`, 1)
	if topic, issues := readTopic(t, fhir.R4, both); topic != nil || !strings.Contains(issues, "too-many-values") {
		t.Errorf("two urls: %s", issues)
	}
}

// checkComplete holds a topic to what encounter-complete means.
func checkComplete(t *testing.T, topic *subscription.Topic, done string) {
	t.Helper()
	v := func(status string) string { return `{"resourceType":"Encounter","status":"` + status + `"}` }
	for _, c := range []struct {
		interaction       notification.Interaction
		previous, current string
		fires             bool
	}{
		{notification.Create, "", v(done), true},
		{notification.Create, "", v("planned"), false},
		{notification.Update, v("planned"), v(done), true},
		{notification.Update, v(done), v(done), false},
		{notification.Update, v(done), v("planned"), false},
		{notification.Delete, v(done), "", false},
		{notification.Delete, v("planned"), "", false},
	} {
		if got := topic.Fires(changeOf(t, c.interaction, c.previous, c.current)); got != c.fires {
			t.Errorf("interaction %d from %s to %s: %v", c.interaction, c.previous, c.current, got)
		}
	}
}

func changeOf(t testing.TB, i notification.Interaction, previous, current string) subscription.Change {
	t.Helper()
	c := subscription.Change{Interaction: i, Type: "Encounter"}
	if previous != "" {
		c.Previous = value(t, previous)
	}
	if current != "" {
		c.Current = value(t, current)
	}
	return c
}

func TestBuiltins(t *testing.T) {
	for _, r := range releases {
		list := subscription.Builtins(r)
		if len(list) != len(fhir.ResourceTypes(r))+1 {
			t.Fatalf("%v: %d built-in topics", r, len(list))
		}
		ids := map[string]bool{}
		for _, b := range list {
			root := value(t, string(b.Body))
			var c fhir.Checker
			c.Reset(r, b.Type)
			c.Resource(root)
			if len(c.Issues.Issues) > 0 || !root.Get("id").Is(b.ID) || ids[b.ID] || !subscription.IsTopic(r, root) {
				t.Errorf("%v %s: %s", r, b.ID, summary(c.Issues.Issues))
			}
			ids[b.ID] = true
			topic, issues := subscription.ReadTopic(search.Compiler{Release: r}, root)
			if topic == nil || len(issues) > 0 || topic.URL != subscription.BuiltinURL+strings.TrimPrefix(b.ID, "topic-") {
				t.Fatalf("%v %s: %s", r, b.ID, summary(issues))
			}
			if b.ID == "topic-"+subscription.EncounterComplete {
				checkComplete(t, topic, map[fhir.Release]string{fhir.R4: "finished", fhir.R4B: "finished", fhir.R5: "completed"}[r])
			}
		}
	}
}

const plainTopic = `{"resourceType":"SubscriptionTopic","url":"http://example.org/t","status":"active","resourceTrigger":[{"resource":"Encounter"}]}`

func TestTopicsRefused(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{`"active"`, `"done"`, "error invalid-code@SubscriptionTopic.status"},
		{`"status":"active",`, ``, "error missing-element@SubscriptionTopic.status"},
		{`"url":"http://example.org/t",`, ``, "error missing-element@SubscriptionTopic.url, error unsupported-topic@SubscriptionTopic.url"},
		{`http://example.org/t`, `topics/1`, "error unsupported-topic@SubscriptionTopic.url"},
		{`http://example.org/t`, `http://example.org/t|1`, "error unsupported-topic@SubscriptionTopic.url"},
		{`,"resourceTrigger":[{"resource":"Encounter"}]`, ``, "error unsupported-topic@SubscriptionTopic"},
		{`"resource":"Encounter"`, `"resource":"Weather"`, "error unsupported-topic@SubscriptionTopic.resourceTrigger[0].resource"},
		{`"resource":"Encounter"`, `"resource":"Resource"`, "error unsupported-topic@SubscriptionTopic.resourceTrigger[0].resource"},
		{`"resource":"Encounter"`, `"description":"x"`, "error missing-element@SubscriptionTopic.resourceTrigger[0].resource"},
		{`"Encounter"`, `"Encounter","supportedInteraction":["read"]`, "error invalid-code@SubscriptionTopic.resourceTrigger[0].supportedInteraction[0]"},
		{`"Encounter"`, `"Encounter","_supportedInteraction":[{"id":"x"}]`, "error missing-element@SubscriptionTopic.resourceTrigger[0].supportedInteraction"},
		{`"Encounter"`, `"Encounter","supportedInteraction":[null],"_supportedInteraction":[{"id":"x"}]`, "error wrong-json-type@SubscriptionTopic.resourceTrigger[0].supportedInteraction[0]"},
		{`"Encounter"`, `"Encounter","queryCriteria":{"_current":{"id":"x"}}`, "error missing-element@SubscriptionTopic.resourceTrigger[0].queryCriteria.current"},
		{`"Encounter"`, `"Encounter","supportedInteraction":"create"`, "error wrong-json-type@SubscriptionTopic.resourceTrigger[0].supportedInteraction"},
		{`"Encounter"`, `"Encounter","fhirPathCriteria":"true"`, "error unsupported-topic@SubscriptionTopic.resourceTrigger[0].fhirPathCriteria"},
		{`"Encounter"`, `"Encounter","queryCriteria":{"requireBoth":true},"fhirPathCriteria":"true"`, "error unsupported-topic@SubscriptionTopic.resourceTrigger[0].fhirPathCriteria"},
		{`"Encounter"`, `"Encounter","queryCriteria":{"current":"wind=north"}`, "error unsupported-topic@SubscriptionTopic.resourceTrigger[0].queryCriteria.current"},
		{`"Encounter"`, `"Encounter","queryCriteria":{"previous":"Patient?name=x"}`, "error unsupported-topic@SubscriptionTopic.resourceTrigger[0].queryCriteria.previous"},
		{`"Encounter"`, `"Encounter","queryCriteria":{"resultForCreate":"passes"}`, "error invalid-code@SubscriptionTopic.resourceTrigger[0].queryCriteria.resultForCreate"},
		{`"Encounter"`, `"Encounter","queryCriteria":{"both":true}`, "error unknown-element@SubscriptionTopic.resourceTrigger[0].queryCriteria.both"},
		{`"resourceTrigger":[{"resource":"Encounter"}]`, `"eventTrigger":[{"event":{"text":"x"},"resource":"Encounter"}]`, "error unsupported-topic@SubscriptionTopic.eventTrigger[0]"},
		{`"status"`, `"canFilterBy":[{"filterParameter":"status","modifier":["nearly"]}],"status"`, "error invalid-code@SubscriptionTopic.canFilterBy[0].modifier[0]"},
		{`"status"`, `"canFilterBy":[{"resource":"Weather","filterParameter":"status"}],"status"`, "error unsupported-topic@SubscriptionTopic.canFilterBy[0].resource"},
		{`"status"`, `"modifierExtension":[{"url":"http://example.org/x","valueBoolean":true}],"status"`, "error business-rule@SubscriptionTopic.modifierExtension[0]"},
	} {
		for _, r := range releases[1:] {
			if topic, issues := readTopic(t, r, replace(t, plainTopic, c.old, c.new)); topic != nil || issues != c.want {
				t.Errorf("%v with %s: %s, want %s", r, c.new, issues, c.want)
			}
		}
	}
	for old, want := range map[string]string{
		`{"url":"http://hl7.org/fhir/5.0/StructureDefinition/extension-SubscriptionTopic.url","valueUri":"http://example.org/encounter-complete"},`: "error unsupported-topic@Basic.url",
		`{"url":"resource","valueUri":"http://hl7.org/fhir/StructureDefinition/Encounter"},`:                                                        "error missing-element@Basic.extension[4]",
		`{"url":"filterParameter","valueString":"subject"}`:                                                                                         `error missing-element@Basic.extension[5]`,
		`"modifierExtension":[{"url":"http://hl7.org/fhir/5.0/StructureDefinition/extension-SubscriptionTopic.status","valueCode":"draft"}],`:       "",
	} {
		text := replace(t, guideTopic, old, "")
		text = strings.Replace(text, `,]`, `]`, 1)
		topic, issues := readTopic(t, fhir.R4, text)
		if want == "" && (topic == nil || topic.Status != "active") || want != "" && (topic != nil || !strings.Contains(issues, want)) {
			t.Errorf("without %s: %s, want %s", old, issues, want)
		}
	}
	twice := replace(t, guideTopic, `{"url":"previous"`, `{"url":"previous","valueString":"status=planned"},{"url":"previous"`)
	if topic, issues := readTopic(t, fhir.R4, twice); topic != nil || !strings.Contains(issues, "error too-many-values@Basic.extension[4].extension[3].extension[1].value") {
		t.Error(issues)
	}
	foreign := replace(t, guideTopic, "SubscriptionTopic.status", "SubscriptionTopic.experimental")
	if topic, issues := readTopic(t, fhir.R4, foreign); topic != nil || !strings.Contains(issues, "error business-rule@Basic.modifierExtension[0]") {
		t.Error(issues)
	}
}

func TestTopicsWithWarnings(t *testing.T) {
	for old, c := range map[string][2]string{
		`"Encounter"`: {`"Encounter","queryCriteria":{"current":"status=planned"},"fhirPathCriteria":"true"`, "warning unsupported-topic@SubscriptionTopic.resourceTrigger[0].fhirPathCriteria"},
		`"status"`:    {`"eventTrigger":[{"event":{"text":"x"},"resource":"Encounter"}],"status"`, "warning unsupported-topic@SubscriptionTopic.eventTrigger[0]"},
		`"url"`:       {`"notificationShape":[{"resource":"Encounter","include":["Encounter:class","Patient:link","Encounter"]}],"url"`, "warning unsupported-topic@SubscriptionTopic.notificationShape[0].include[0], warning unsupported-topic@SubscriptionTopic.notificationShape[0].include[1], warning unsupported-topic@SubscriptionTopic.notificationShape[0].include[2]"},
	} {
		if topic, issues := readTopic(t, fhir.R5, replace(t, plainTopic, old, c[0])); topic == nil || issues != c[1] {
			t.Errorf("%s: %s, want %s", c[0], issues, c[1])
		}
	}
}

// triggerCase is one combination of what a trigger may say. Its tests ask for
// the status planned.
type triggerCase struct {
	previous, current, both, limited bool
	forCreate, forDelete             string
}

func (c triggerCase) text() string {
	var parts []string
	add := func(there bool, text string) {
		if there {
			parts = append(parts, text)
		}
	}
	add(c.previous, `"previous":"status=planned"`)
	add(c.current, `"current":"Encounter?status=planned"`)
	add(c.forCreate != "", `"resultForCreate":"`+c.forCreate+`"`)
	add(c.forDelete != "", `"resultForDelete":"`+c.forDelete+`"`)
	add(c.both, `"requireBoth":true`)
	text := `"resource":"Encounter"`
	if len(parts) > 0 {
		text += `,"queryCriteria":{` + strings.Join(parts, ",") + `}`
	}
	if c.limited {
		text += `,"supportedInteraction":["create","delete"]`
	}
	return text
}

// fires says what the specification does: was and is tell whether the resource
// is planned before and after the change.
func (c triggerCase) fires(i notification.Interaction, was, is bool) bool {
	if c.limited && i == notification.Update {
		return false
	}
	var tests []bool // those that are made
	if i == notification.Create {
		was = c.forCreate == "test-passes"
	}
	if i == notification.Delete {
		is = c.forDelete == "test-passes"
	}
	if c.previous && (i != notification.Create || c.forCreate != "") {
		tests = append(tests, was)
	}
	if c.current && (i != notification.Delete || c.forDelete != "") {
		tests = append(tests, is)
	}
	switch {
	case !c.previous && !c.current:
		return true
	case c.both:
		return len(tests) > 0 && !slices.Contains(tests, false)
	}
	return slices.Contains(tests, true)
}

// TestTriggers goes through every combination and every change.
func TestTriggers(t *testing.T) {
	var cases []triggerCase
	results := []string{"", "test-passes", "test-fails"}
	for mask := range 16 {
		for n := range 9 {
			cases = append(cases, triggerCase{mask&1 != 0, mask&2 != 0, mask&4 != 0, mask&8 != 0, results[n%3], results[n/3]})
		}
	}
	body := map[bool]string{true: `{"resourceType":"Encounter","status":"planned"}`, false: `{"resourceType":"Encounter","status":"cancelled"}`}
	for _, c := range cases {
		topic, issues := readTopic(t, fhir.R4B, replace(t, plainTopic, `"resource":"Encounter"`, c.text()))
		if topic == nil {
			t.Fatalf("%s: %s", c.text(), issues)
		}
		for n := range 12 {
			i, was, is := notification.Create+notification.Interaction(n/4), n&1 != 0, n&2 != 0
			before, after := body[was], body[is]
			if i == notification.Create {
				before = ""
			}
			if i == notification.Delete {
				after = ""
			}
			if got := topic.Fires(changeOf(t, i, before, after)); got != c.fires(i, was, is) {
				t.Errorf("%s, interaction %d from %s to %s: %v", c.text(), i, before, after, got)
			}
		}
	}
}

func TestCatalog(t *testing.T) {
	c := catalog(t, fhir.R5)
	put := func(key, version, status string) *subscription.Topic {
		text := replace(t, plainTopic, `"active"`, `"`+status+`","version":"`+version+`"`)
		topic, issues := readTopic(t, fhir.R5, text)
		if topic == nil {
			t.Fatal(issues)
		}
		c.Put(key, topic)
		return topic
	}
	one, two := put("a", "1", "active"), put("b", "2", "draft")
	const url = "http://example.org/t"
	if c.Resolve(url) != two || c.Resolve(url+"|1") != one || c.Resolve(url+"|3") != nil || c.Resolve("http://example.org/") != nil {
		t.Error("versions are not told apart")
	}
	if c.Holder(one) != "a" || c.Get("b") != two || c.Get("c") != nil {
		t.Error("topics are not found by key and canonical")
	}
	retired := put("b", "2", "retired")
	if c.Resolve(url) != one || c.Resolve(url+"|2") != retired {
		t.Error("a retired topic is taken for the current one")
	}
	c.Remove("a")
	if c.Resolve(url) != retired {
		t.Error("the last topic is not found because it is retired")
	}
	text := strings.Replace(guideR5, "http://wsbind.example/SubscriptionTopic/Observation", url, 1)
	text = strings.Replace(text, `"filterBy":[{"resourceType":"Observation","filterParameter":"status","value":"final"}],`, "", 1)
	if got, issues := compile(t, fhir.R5, text, c); got != nil || summary(issues) != "error unsupported-topic@Subscription.topic" {
		t.Errorf("a Subscription to a retired topic: %s", summary(issues))
	}
	s, _ := subscription.Read(fhir.R5, value(t, text))
	if kept, issues := subscription.Compile(s, c, search.Compiler{Release: fhir.R5}, retired); kept == nil {
		t.Errorf("a Subscription loses its topic when that retires: %s", summary(issues))
	}
}
