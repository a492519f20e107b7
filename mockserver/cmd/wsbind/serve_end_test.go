package main

import (
	"strings"
	"testing"

	"github.com/wsbind/wsbind/mockserver/review"
	"github.com/wsbind/wsbind/mockserver/scenario"
)

// The end of a server is told on lines of their own, the tenants in order, and
// nothing of it can drive a terminal.
func TestEndingIsPrinted(t *testing.T) {
	list := []review.Finding{{Code: "never-bound", Severity: "warning", Message: "it was \x1b[31mslow", Advice: "bind"}}
	e := ending{
		Findings: list, Tenants: map[string][]review.Finding{"b": list, "a": list, "c": list},
		Scenario: &scenarioEnding{"lesson", scenario.Verdict{Lines: []string{"missing: \x07bound"}}},
	}
	one := "findings about clients:\nwarning never-bound: it was \\x1b[31mslow\n  what to do: bind\n"
	want := "\n" + one + "\ntenant a: " + one + "\ntenant b: " + one + "\ntenant c: " + one + "scenario lesson: not passed\n  missing: \\abound\n"
	var out strings.Builder
	if err := e.print(&out, false); err != nil || out.String() != want {
		t.Errorf("it prints %q, want %q", out.String(), want)
	}
}

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
