package bridge_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/bridge"
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/notification"
)

func TestAppendBind(t *testing.T) {
	for dialect, want := range map[bridge.Dialect]string{
		bridge.Spec:    "bind-with-token a.b.c",
		bridge.Medplum: `{"type":"bind-with-token","payload":{"token":"a.b.c"}}`,
		bridge.Legacy:  "bind a.b.c",
	} {
		if got := string(bridge.AppendBind([]byte("x"), dialect, "a.b.c")); got != "x"+want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if got := string(bridge.AppendBind(nil, bridge.Medplum, "\"\n")); got != `{"type":"bind-with-token","payload":{"token":"\"\n"}}` {
		t.Errorf("a token that JSON escapes: %s", got)
	}
}

func TestParseDialect(t *testing.T) {
	for _, name := range []string{"", "pass", "Spec", "hapi"} {
		if d, ok := bridge.ParseDialect(name); ok {
			t.Errorf("%q is %d", name, d)
		}
	}
}

// event is a draft of an event of a resource.
func event() bridge.Draft {
	return bridge.Draft{
		Release: fhir.R4, Base: "https://gate.example/fhir", Type: notification.EventNotification,
		ID: "63c28e8a-f402-43e4-beb2-75b1c0f6833f", Timestamp: "2026-01-02T03:04:05Z", Number: 1, EventsSinceStart: 1,
		Subscription: bridge.Subscription{ID: "s1", Status: "active", Topic: "http://example.org/topic", Content: notification.FullResource},
		Focus:        notification.Resource{Body: []byte(`{"resourceType":"Patient","id":"p1"}`)},
	}
}

func TestAppendRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*bridge.Draft)
		code   fault.Code
	}{
		"relative base":     {func(d *bridge.Draft) { d.Base = "/fhir" }, fault.InvalidPrimitive},
		"no id":             {func(d *bridge.Draft) { d.Subscription.ID = "" }, fault.InvalidPrimitive},
		"no state":          {func(d *bridge.Draft) { d.Subscription.Status = "" }, fault.InvalidCode},
		"no uuid":           {func(d *bridge.Draft) { d.ID = "1" }, fault.InvalidPrimitive},
		"no instant":        {func(d *bridge.Draft) { d.Timestamp = "now" }, fault.InvalidPrimitive},
		"no type":           {func(d *bridge.Draft) { d.Type = 0 }, fault.MissingElement},
		"no number":         {func(d *bridge.Draft) { d.Number = 0 }, fault.CounterMismatch},
		"other counter":     {func(d *bridge.Draft) { d.EventsSinceStart = 2 }, fault.CounterMismatch},
		"bad topic":         {func(d *bridge.Draft) { d.Subscription.Topic = "a b" }, fault.InvalidPrimitive},
		"urn as focus":      {func(d *bridge.Draft) { d.Focus.URL = "urn:uuid:" + d.ID }, fault.InvalidFullURL},
		"too deep":          {func(d *bridge.Draft) { d.Focus.Body = nested(126) }, fault.TooDeep},
		"a lone surrogate":  {func(d *bridge.Draft) { d.Focus.Body = patient(`"language":"\ud800"`) }, fault.InvalidFullURL},
		"an empty array":    {func(d *bridge.Draft) { d.Focus.Body = patient(`"name":[]`) }, fault.EmptyValue},
		"two of one name":   {func(d *bridge.Draft) { d.Focus.Body = patient(`"id":"p2"`) }, fault.InvalidFullURL},
		"bytes of no text":  {func(d *bridge.Draft) { d.Focus.Body = []byte("{\xff}") }, fault.InvalidFullURL},
		"what is no object": {func(d *bridge.Draft) { d.Focus.URL, d.Focus.Body = "Patient/p1", []byte("[]") }, fault.InvalidJSON},
	} {
		d := event()
		c.change(&d)
		got, err := bridge.Append([]byte("before"), d)
		if fault.CodeOf(err) != c.code || string(got) != "before" {
			t.Errorf("%s: %v %s, want %s", name, err, got, c.code)
		}
	}
}

// TestNoValuesInErrors: what is wrong with a resource is told without what is in it.
func TestNoValuesInErrors(t *testing.T) {
	d := event()
	d.Focus.Body = patient(`"birthDate":"secret"`)
	d.Focus.Body = bytes.Replace(d.Focus.Body, []byte(`"birthDate":"secret"`), []byte(`"extension":[{"url":"http://x","valueDate":"secret"}]`), 1)
	_, err := bridge.Append(nil, d)
	if err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(fault.IssueOf(err).Expression, "Bundle.entry[1].resource") {
		t.Errorf("%v at %s", err, fault.IssueOf(err).Expression)
	}
}

func patient(member string) []byte {
	return []byte(`{"resourceType":"Patient","id":"p1",` + member + `}`)
}

// nested is a Patient with objects within one another.
func nested(depth int) []byte {
	return patient(`"x":` + strings.Repeat(`{"x":`, depth) + `1` + strings.Repeat(`}`, depth))
}
