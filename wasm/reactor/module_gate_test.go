package main

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/wsbind/wsbind/schemas/vectors"
)

// TestModuleGateVectors runs every vector about what stands behind a gate.
func TestModuleGateVectors(t *testing.T) {
	t.Run("subscription", eachCase(vectors.Subscriptions, guest.subscription))
	t.Run("bridge", eachCase(vectors.Bridges, guest.bridge))
}

func (g guest) subscription(t *testing.T, c vectors.Subscription) {
	got := g.askWith("read_subscription", map[string]any{"fhir": c.FHIR}, string(c.Document))
	if c.Subscription == nil {
		if code(t, got) != c.Code {
			t.Errorf("%s: %s, want %s", c.Name, got, c.Code)
		}
		return
	}
	var facts vectors.SubscriptionFacts
	if parse(t, got, &facts); facts != *c.Subscription {
		t.Errorf("%s: %s, want %+v", c.Name, got, *c.Subscription)
	}
}

func (g guest) bridge(t *testing.T, c vectors.Bridge) {
	var f struct {
		Kind, Code, Text string
		Subscriptions    []string
	}
	got := g.askWith("read_frame", map[string]any{"dialect": c.Dialect, "fhir": c.FHIR}, string(c.Frame))
	parse(t, got, &f)
	if f.Kind != c.Kind || !slices.Equal(f.Subscriptions, c.Subscriptions) || f.Code != c.Code || f.Text != c.Text {
		t.Errorf("%s: %s", c.Name, got)
	}
	for level, want := range c.Written {
		var answer struct{ Notification string }
		if parse(t, g.written(t, c, level), &answer); answer.Notification != want {
			t.Errorf("%s, %s: %s\nwant %s", c.Name, level, answer.Notification, want)
		}
	}
	for level, want := range c.Refused {
		if got := g.written(t, c, level); code(t, got) != want {
			t.Errorf("%s, %s: %s, want %s", c.Name, level, got, want)
		}
	}
}

// written asks for the notification of a case at a content level.
func (g guest) written(t *testing.T, c vectors.Bridge, level string) string {
	options := map[string]any{"fhir": c.FHIR, "content": level}
	text, err := json.Marshal(c.Draft)
	if err != nil {
		t.Fatal(err)
	}
	parse(t, string(text), &options)
	if c.Kind != "event-notification" {
		return g.askWith("write_notification", options, "")
	}
	options["from"] = c.Dialect
	return g.askWith("write_notification", options, string(c.Frame))
}
