package notification_test

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/notification"
)

func vector(t *testing.T, name string) []byte {
	t.Helper()
	for _, v := range notifications(t) {
		if v.Name == name {
			return v.Document
		}
	}
	t.Fatalf("no vector %q", name)
	return nil
}

func TestReadPublished(t *testing.T) {
	var c notification.Checker
	got, issues := c.Read(vector(t, "r4-guide-multi-resource"), fhir.R4)
	if len(issues) > 0 {
		t.Fatal(issues)
	}
	const encounter, patient = "https://example.org/fhir/Encounter/86009987-eabe-42bf-8c02-b112b18cb616", "https://example.org/fhir/Patient/1599eb66-431a-447c-a3de-6897fe9ae9a1"
	if len(got.Statuses) != 1 || len(got.Statuses[0].Events) != 1 {
		t.Fatalf("read %+v", got)
	}
	status := got.Statuses[0]
	event := status.Events[0]
	if string(event.Focus.Body[:28]) != `{"resourceType":"Encounter",` || string(event.Context[0].Body[:26]) != `{"resourceType":"Patient",` {
		t.Errorf("the bodies are %s and %s", event.Focus.Body, event.Context[0].Body)
	}
	event.Focus.Body, event.Context[0].Body = nil, nil
	want := notification.Event{
		Number: 2, Timestamp: "2020-05-29T11:44:13.1882432-05:00", Interaction: notification.Create,
		Focus: notification.Resource{URL: encounter}, Context: []notification.Resource{{URL: patient}},
	}
	if !reflect.DeepEqual(event, want) {
		t.Errorf("event %+v, want %+v", event, want)
	}
	status.Events = nil
	if want := (notification.Status{
		ID: "7bd91d26-c951-4520-9ac6-67f41bfbe897", Type: notification.EventNotification, State: "active",
		Subscription: "https://example.org/fhir/Subscription/admission", Topic: "http://hl7.org/SubscriptionTopic/admission", EventsSinceStart: 2,
	}); !reflect.DeepEqual(status, want) {
		t.Errorf("status %+v, want %+v", status, want)
	}
}

// TestReadTolerates reads what servers send and the checker refuses.
func TestReadTolerates(t *testing.T) {
	var c notification.Checker
	tests := []struct {
		name          string
		statuses      int
		typ           notification.Type
		subscription  string
		counter       int64
		focus         string
		focusIncluded bool
	}{
		{"medplum-handshake", 1, notification.Handshake, "Subscription/c9dbeb4b-cfd9-4e40-8c1e-6a1b0e2f5a3d", notification.Unknown, "", false},
		{"medplum-event", 1, notification.EventNotification, "Subscription/c9dbeb4b-cfd9-4e40-8c1e-6a1b0e2f5a3d", notification.Unknown, "Communication/5a1b6f0e-3c1d-4d52-9d0a-0f8b3c7d9e21", true},
		{"medplum-merged-heartbeat", 2, notification.Heartbeat, "Subscription/c9dbeb4b-cfd9-4e40-8c1e-6a1b0e2f5a3d", notification.Unknown, "", false},
		{"candle-r4-id-only", 1, notification.EventNotification, "https://subscriptions.argo.run/fhir/r4/Subscription/383c610b-8a8b-4173-b363-7b811509aadd", 1, "https://subscriptions.argo.run/fhir/r4/Encounter/36e1c9d9-6878-4ef0-b1ff-9f5986e2def6", false},
		{"r4-guide-full-resource-status-second", 1, notification.EventNotification, "https://example.org/fhir/Subscription/admission", 2, "https://example.org/fhir/Encounter/86009987-eabe-42bf-8c02-b112b18cb616", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, issues := c.Read(vector(t, test.name), fhir.R4)
			if fault.Valid(issues) {
				t.Fatal("the checker approves it")
			}
			if len(got.Statuses) != test.statuses {
				t.Fatalf("%d statuses, want %d", len(got.Statuses), test.statuses)
			}
			s := got.Statuses[0]
			if s.Type != test.typ || s.Subscription != test.subscription || s.EventsSinceStart != test.counter {
				t.Errorf("read %+v", s)
			}
			if test.focus == "" {
				return
			}
			if f := s.Events[0].Focus; f.URL != test.focus || (f.Body != nil) != test.focusIncluded {
				t.Errorf("focus %s with %d bytes", f.URL, len(f.Body))
			}
		})
	}
}

// TestReadNumbers reads the counters of R4 where they are JSON numbers.
func TestReadNumbers(t *testing.T) {
	var c notification.Checker
	document := bytes.ReplaceAll(vector(t, "r4-guide-multi-resource"), []byte(`"valueString":"2"`), []byte(`"valueString":2`))
	got, issues := c.Read(document, fhir.R4)
	for _, i := range issues {
		if i.Code != fault.WrongJSONType {
			t.Errorf("it is blamed for more than the numbers: %v", i)
		}
	}
	if len(issues) != 2 || got.Statuses[0].EventsSinceStart != 2 || got.Statuses[0].Events[0].Number != 2 {
		t.Errorf("%d issues, read %+v", len(issues), got.Statuses[0])
	}
}

func TestReadSearchset(t *testing.T) {
	var c notification.Checker
	got, issues := c.Read(vector(t, "r4-two-statuses"), fhir.R4)
	if len(issues) > 0 || !got.Searchset || len(got.Statuses) != 2 {
		t.Fatalf("read %+v, %v", got, issues)
	}
	if s := got.Statuses[1]; s.Subscription != "https://example.org/fhir/Subscription/discharge" || s.EventsSinceStart != 3 {
		t.Errorf("read %+v", s)
	}
}

// TestReadErrors gives the codings of an error in both shapes of a status.
func TestReadErrors(t *testing.T) {
	var c notification.Checker
	for name, r := range map[string]fhir.Release{"r4-guide-error": fhir.R4, "r4b-guide-error": fhir.R4B} {
		got, _ := c.Read(vector(t, name), r)
		want := []notification.Coding{{System: "http://terminology.hl7.org/CodeSystem/subscription-error", Code: "no-response"}}
		if s := got.Statuses[0]; s.State != "error" || !reflect.DeepEqual(s.Errors, want) {
			t.Errorf("%s: read %+v", name, s)
		}
	}
}

// TestReadNothing reads what is no Bundle at all.
func TestReadNothing(t *testing.T) {
	var c notification.Checker
	for _, text := range []string{"", "ping 1", "[]", `{"resourceType":"OperationOutcome"}`} {
		if got, issues := c.Read([]byte(text), fhir.R4); len(issues) == 0 || len(got.Statuses) > 0 || got.ID != "" {
			t.Errorf("%q: read %+v, %v", text, got, issues)
		}
	}
}
