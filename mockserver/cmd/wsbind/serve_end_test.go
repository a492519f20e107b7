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
