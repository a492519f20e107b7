package notification_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/schemas/check"
)

const (
	base     = "https://example.org/fhir/R4"
	statusID = "63c28e8a-f402-43e4-beb2-75b1c0f6833f"
)

// body has what a careless copy would change.
const body = `{ "resourceType":"Encounter", "id":"e1", "extension":[{"url":"http://example.org/n","valueDecimal":9007199254740993.10}],
	"period":{"start":"2026-01-02T03:04:05.1234567+00:00"}, "status":"fin\u0069shed" }`

func encounter(id string) notification.Resource {
	return notification.Resource{URL: base + "/Encounter/" + id, Body: []byte(strings.Replace(body, `"e1"`, `"`+id+`"`, 1))}
}

func patient() notification.Resource {
	return notification.Resource{URL: base + "/Patient/p", Body: []byte(`{"resourceType":"Patient","id":"p"}`)}
}

// event is a notification of one event, an Encounter that was created.
func event(r fhir.Release, content notification.Content) notification.Notification {
	return notification.Notification{
		Release: r, ID: "b1", Timestamp: "2026-01-02T03:04:05.1234567Z", Content: content,
		Status: notification.Status{
			ID: statusID, Type: notification.EventNotification, Subscription: base + "/Subscription/s1", State: "active",
			Topic: "http://example.org/topic", EventsSinceStart: 7,
			Events: []notification.Event{{
				Number: 7, Timestamp: "2026-01-02T03:04:05Z", Interaction: notification.Create,
				Focus: encounter("e1"), Context: []notification.Resource{patient()},
			}},
		},
	}
}

var releases = []fhir.Release{fhir.R4, fhir.R4B, fhir.R5}

// approved fails unless both checkers find nothing to say.
func approved(t testing.TB, r fhir.Release, bundle []byte) {
	t.Helper()
	var c notification.Checker
	for _, i := range c.Check(bundle, r) {
		if i.Severity < fault.Information {
			t.Errorf("%s: %s: %s\n%s", i.Code, i.Expression, i.Diagnostics, bundle)
		}
	}
	if err := check.Notification(r.String(), bundle); err != nil {
		t.Errorf("schemas/check: %v\n%s", err, bundle)
	}
}

func TestAppendEveryShape(t *testing.T) {
	for _, r := range releases {
		for _, content := range []notification.Content{notification.Empty, notification.IDOnly, notification.FullResource} {
			for typ := notification.Handshake; typ <= notification.QueryEvent; typ++ {
				for _, events := range []bool{false, true} {
					n := event(r, content)
					n.Status.Type = typ
					if !events {
						n.Status.Events = nil
					}
					if !events && typ == notification.EventNotification {
						continue
					}
					bundle, err := notification.Append(nil, n)
					if err != nil {
						t.Errorf("%v %v %v: %v", r, content, typ, err)
						continue
					}
					approved(t, r, bundle)
				}
			}
		}
	}
}

// TestAppendExactly holds the bytes of one Bundle for each release.
func TestAppendExactly(t *testing.T) {
	want := map[fhir.Release]string{
		fhir.R4: `{"resourceType":"Bundle","id":"b1","meta":{"profile":["http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-subscription-notification-r4"]},"type":"history","timestamp":"2026-01-02T03:04:05.1234567Z",` +
			`"entry":[{"fullUrl":"urn:uuid:` + statusID + `","resource":{"resourceType":"Parameters","id":"` + statusID + `","meta":{"profile":["http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-subscription-status-r4"]},"parameter":[` +
			`{"name":"subscription","valueReference":{"reference":"https://example.org/fhir/R4/Subscription/s1"}},{"name":"topic","valueCanonical":"http://example.org/topic"},{"name":"status","valueCode":"active"},{"name":"type","valueCode":"event-notification"},{"name":"events-since-subscription-start","valueString":"7"},` +
			`{"name":"notification-event","part":[{"name":"event-number","valueString":"7"},{"name":"timestamp","valueInstant":"2026-01-02T03:04:05Z"},{"name":"focus","valueReference":{"reference":"https://example.org/fhir/R4/Encounter/e1"}},{"name":"additional-context","valueReference":{"reference":"https://example.org/fhir/R4/Patient/p"}}]}]},` +
			`"request":{"method":"GET","url":"https://example.org/fhir/R4/Subscription/s1/$status"},"response":{"status":"200"}},` +
			`{"fullUrl":"https://example.org/fhir/R4/Encounter/e1","resource":` + body + `,"request":{"method":"POST","url":"Encounter"},"response":{"status":"201"}},` +
			`{"fullUrl":"https://example.org/fhir/R4/Patient/p","resource":{"resourceType":"Patient","id":"p"},"request":{"method":"GET","url":"Patient/p"},"response":{"status":"200"}}]}`,
		fhir.R5: `{"resourceType":"Bundle","id":"b1","type":"subscription-notification","timestamp":"2026-01-02T03:04:05.1234567Z",` +
			`"entry":[{"fullUrl":"urn:uuid:` + statusID + `","resource":{"resourceType":"SubscriptionStatus","id":"` + statusID + `","status":"active","type":"event-notification","eventsSinceSubscriptionStart":"7",` +
			`"notificationEvent":[{"eventNumber":"7","timestamp":"2026-01-02T03:04:05Z","focus":{"reference":"https://example.org/fhir/R4/Encounter/e1"},"additionalContext":[{"reference":"https://example.org/fhir/R4/Patient/p"}]}],"subscription":{"reference":"https://example.org/fhir/R4/Subscription/s1"},"topic":"http://example.org/topic"}},` +
			`{"fullUrl":"https://example.org/fhir/R4/Encounter/e1","resource":` + body + `,"request":{"method":"POST","url":"Encounter"}},` +
			`{"fullUrl":"https://example.org/fhir/R4/Patient/p","resource":{"resourceType":"Patient","id":"p"},"request":{"method":"GET","url":"Patient/p"}}]}`,
	}
	for r, want := range want {
		got, err := notification.Append([]byte("before "), event(r, notification.FullResource))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != "before "+want {
			t.Errorf("%v:\n%s\nwant\n%s", r, got, want)
		}
	}
}

// TestAppendContent holds what each content level tells.
func TestAppendContent(t *testing.T) {
	for _, r := range releases {
		empty, _ := notification.Append(nil, event(r, notification.Empty))
		ids, _ := notification.Append(nil, event(r, notification.IDOnly))
		full, _ := notification.Append(nil, event(r, notification.FullResource))
		for _, secret := range []string{"Encounter", "Patient", "topic"} {
			if strings.Contains(string(empty), secret) {
				t.Errorf("%v: empty tells of %s: %s", r, secret, empty)
			}
		}
		if strings.Contains(string(ids), "valueDecimal") || !strings.Contains(string(ids), "Encounter/e1") {
			t.Errorf("%v: id-only is %s", r, ids)
		}
		if !strings.Contains(string(full), body) {
			t.Errorf("%v: full-resource is %s", r, full)
		}
	}
}

// TestAppendRepeated has three events of one resource: a history lists what
// became of it, R5 where it stands.
func TestAppendRepeated(t *testing.T) {
	for _, r := range releases {
		n := event(r, notification.FullResource)
		n.Status.EventsSinceStart = 9
		n.Status.Events = append(n.Status.Events,
			notification.Event{Number: 8, Interaction: notification.Update, Focus: encounter("e1"), Context: []notification.Resource{patient()}},
			notification.Event{Number: 9, Interaction: notification.Delete, Focus: notification.Resource{URL: base + "/Encounter/e1"}})
		bundle, err := notification.Append(nil, n)
		if err != nil {
			t.Fatal(err)
		}
		approved(t, r, bundle)
		entries, bodies := strings.Count(string(bundle), `"fullUrl":"https://example.org/fhir/R4/Encounter/e1"`), strings.Count(string(bundle), body)
		if patients := strings.Count(string(bundle), `"fullUrl":"https://example.org/fhir/R4/Patient/p"`); patients != 1 {
			t.Errorf("%v: the Patient has %d entries", r, patients)
		}
		if r == fhir.R5 && (entries != 1 || bodies != 0) || r != fhir.R5 && (entries != 3 || bodies != 2) {
			t.Errorf("%v: %d entries, %d bodies: %s", r, entries, bodies, bundle)
		}
	}
}

// TestAppendEventsInNoRange is the answer of $events to an empty range.
func TestAppendEventsInNoRange(t *testing.T) {
	for r, want := range map[fhir.Release]string{fhir.R4: `"valueCode":"query-event"`, fhir.R4B: `"type":"query-event"`, fhir.R5: `"type":"query-status"`} {
		n := event(r, notification.IDOnly)
		n.Status.Type, n.Status.Events = notification.QueryEvent, nil
		bundle, err := notification.Append(nil, n)
		if err != nil || !strings.Contains(string(bundle), want) {
			t.Errorf("%v: %v: %s", r, err, bundle)
		}
		if r != fhir.R5 && !strings.Contains(string(bundle), `/Subscription/s1/$events"`) {
			t.Errorf("%v: the request is not $events: %s", r, bundle)
		}
		approved(t, r, bundle)
	}
}

// TestAppendClassic has no topic: the checker cannot know why, and warns where
// it is due.
func TestAppendClassic(t *testing.T) {
	n := event(fhir.R4, notification.FullResource)
	n.Status.Topic = ""
	bundle, err := notification.Append(nil, n)
	if err != nil || strings.Contains(string(bundle), "topic") {
		t.Fatalf("%v: %s", err, bundle)
	}
	var c notification.Checker
	if issues := c.Check(bundle, fhir.R4); len(issues) != 1 || issues[0].Code != fault.ContentLevel || issues[0].Severity != fault.Warning {
		t.Errorf("issues %v", issues)
	}
}

// TestAppendShared builds the entries once for two Subscriptions.
func TestAppendShared(t *testing.T) {
	for _, r := range releases {
		n := event(r, notification.FullResource)
		want, _ := notification.Append(nil, n)
		entries, err := notification.AppendEntries(nil, r, n.Content, n.Status.Events)
		if err != nil {
			t.Fatal(err)
		}
		n.Entries = entries
		got, err := notification.Append(nil, n)
		if err != nil || string(got) != string(want) {
			t.Errorf("%v: %s", err, got)
		}
		n.Status.Subscription = base + "/Subscription/s2"
		other, _ := notification.Append(nil, n)
		approved(t, r, other)
	}
}

func TestAppendStatuses(t *testing.T) {
	for _, r := range releases {
		for count := range 3 {
			set := notification.StatusSet{Release: r, ID: "b1", Timestamp: "2026-01-02T03:04:05Z", Self: base + "/Subscription/$status"}
			for i := range count {
				s := event(r, notification.Empty).Status
				s.ID = statusID[:35] + string(rune('0'+i))
				s.State = "error"
				s.Errors = []notification.Coding{{"http://terminology.hl7.org/CodeSystem/subscription-error", "no-response", "No Response"}}
				set.Statuses = append(set.Statuses, s)
			}
			bundle, err := notification.AppendStatuses(nil, set)
			if err != nil {
				t.Fatal(err)
			}
			approved(t, r, bundle)
			var c notification.Checker
			if got, _ := c.Read(bundle, r); !got.Searchset || len(got.Statuses) != count {
				t.Errorf("read %+v", got)
			}
		}
	}
}

func TestAppendRefuses(t *testing.T) {
	tests := []struct {
		name   string
		code   fault.Code
		change func(n *notification.Notification)
	}{
		{"no release", fault.Internal, func(n *notification.Notification) { n.Release = 0 }},
		{"bundle id", fault.InvalidPrimitive, func(n *notification.Notification) { n.ID = "a b" }},
		{"bundle timestamp", fault.InvalidPrimitive, func(n *notification.Notification) { n.Timestamp = "2026-01-02" }},
		{"content", fault.Internal, func(n *notification.Notification) { n.Content = 9 }},
		{"status id", fault.InvalidPrimitive, func(n *notification.Notification) { n.Status.ID = "1" }},
		{"no type", fault.MissingElement, func(n *notification.Notification) { n.Status.Type = 0 }},
		{"relative subscription", fault.InvalidPrimitive, func(n *notification.Notification) { n.Status.Subscription = "Subscription/s1" }},
		{"other subscription", fault.InvalidPrimitive, func(n *notification.Notification) { n.Status.Subscription = base + "/Patient/s1" }},
		{"subscription with query", fault.InvalidPrimitive, func(n *notification.Notification) { n.Status.Subscription += "?a=b" }},
		{"state", fault.InvalidCode, func(n *notification.Notification) { n.Status.State = "on" }},
		{"state of R5", fault.InvalidCode, func(n *notification.Notification) { n.Status.State = "entered-in-error" }},
		{"topic", fault.InvalidPrimitive, func(n *notification.Notification) { n.Status.Topic = "a b" }},
		{"negative counter", fault.CounterMismatch, func(n *notification.Notification) { n.Status.EventsSinceStart = -2 }},
		{"no counter", fault.CounterMismatch, func(n *notification.Notification) { n.Status.EventsSinceStart = notification.Unknown }},
		{"low counter", fault.CounterMismatch, func(n *notification.Notification) { n.Status.EventsSinceStart = 6 }},
		{"high counter", fault.CounterMismatch, func(n *notification.Notification) { n.Status.EventsSinceStart = 8 }},
		{"no events", fault.MissingEvent, func(n *notification.Notification) { n.Status.Events = nil }},
		{"event zero", fault.CounterMismatch, func(n *notification.Notification) { n.Status.Events[0].Number = 0 }},
		{"event timestamp", fault.InvalidPrimitive, func(n *notification.Notification) { n.Status.Events[0].Timestamp = "now" }},
		{"no focus", fault.InvalidFullURL, func(n *notification.Notification) { n.Status.Events[0].Focus.URL = "" }},
		{"relative focus", fault.InvalidFullURL, func(n *notification.Notification) { n.Status.Events[0].Focus.URL = "Encounter/e1" }},
		{"focus of a version", fault.InvalidFullURL, func(n *notification.Notification) { n.Status.Events[0].Focus.URL += "/_history/1" }},
		{"context", fault.InvalidFullURL, func(n *notification.Notification) { n.Status.Events[0].Context[0].URL = "https://example.org" }},
		{"body", fault.InvalidJSON, func(n *notification.Notification) { n.Status.Events[0].Focus.Body = []byte("null") }},
		{"error without code", fault.MissingElement, func(n *notification.Notification) { n.Status.Errors = []notification.Coding{{}} }},
		{"error code", fault.InvalidPrimitive, func(n *notification.Notification) { n.Status.Errors = []notification.Coding{{Code: " x"}} }},
		{"error system", fault.InvalidPrimitive, func(n *notification.Notification) {
			n.Status.Errors = []notification.Coding{{System: "a b", Code: "x"}}
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			n := event(fhir.R4, notification.FullResource)
			test.change(&n)
			got, err := notification.Append([]byte("before"), n)
			if fault.CodeOf(err) != test.code {
				t.Errorf("error %v, want the code %s", err, test.code)
			}
			if string(got) != "before" {
				t.Errorf("a refused notification left %q", got)
			}
			var detail *fault.Error
			if !errors.As(err, &detail) || detail.Detail == "" {
				t.Errorf("no sentence: %v", err)
			}
		})
	}
}

func TestAppendStatusesRefuses(t *testing.T) {
	good := notification.StatusSet{Release: fhir.R5, Self: base, Statuses: []notification.Status{event(fhir.R5, notification.Empty).Status}}
	for name, change := range map[string]func(*notification.StatusSet){
		"no self link": func(s *notification.StatusSet) { s.Self = "" },
		"self link":    func(s *notification.StatusSet) { s.Self = "a b" },
		"id":           func(s *notification.StatusSet) { s.ID = "_" },
		"status":       func(s *notification.StatusSet) { s.Statuses = []notification.Status{{}} },
	} {
		set := good
		change(&set)
		if _, err := notification.AppendStatuses(nil, set); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
