package main

import (
	"strings"
	"testing"

	"github.com/wsbind/wsbind/mockserver/review"
	"github.com/wsbind/wsbind/mockserver/scenario"
)

// TestClientsDoNotDriveTheTerminal: an id may hold what a terminal obeys.
func TestClientsDoNotDriveTheTerminal(t *testing.T) {
	const id = "\x1b[2J"
	finding := review.Finding{Code: "reused-dead-id", Severity: "warning", Message: "it used " + id, Subscription: id}
	e := ending{
		Findings: []review.Finding{finding}, Tenants: map[string][]review.Finding{"a": {finding}},
		Scenario: &scenarioEnding{"x", scenario.Verdict{Lines: []string{"nothing came of " + id}}},
	}
	for _, asJSON := range []bool{false, true} {
		var out strings.Builder
		if err := e.print(&out, asJSON); err != nil || strings.Contains(out.String(), "\x1b") {
			t.Errorf("%v, printed %q", err, out.String())
		}
	}
}
