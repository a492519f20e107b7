package scenario_test

import (
	"strings"
	"testing"

	"github.com/wsbind/wsbind/mockserver/scenario"
)

func TestVerdict(t *testing.T) {
	never := scenario.Finding{Code: "never-renewed", Severity: "error", Detail: "the token ran out at 12:05"}
	late := scenario.Finding{Code: "renewed-too-late", Severity: "warning"}
	colon := scenario.Finding{Code: "colon-bind", Severity: "information"}
	for _, c := range []struct {
		name, expect string
		drawn        []scenario.Finding
		results      []scenario.Result
		want         string // the lines, none where it is passed
	}{
		{"nothing expected", "{}", []scenario.Finding{never, late, colon}, nil, ""},
		{"found", "{findings: [never-renewed]}", []scenario.Finding{late, never}, nil, ""},
		{"not found", "{findings: [never-renewed, colon-bind]}", []scenario.Finding{colon}, nil, "missing: never-renewed was to be found, and was not"},
		{"clean", "{noFinding: information}", nil, nil, ""},
		{"milder than the limit", "{noFinding: warning}", []scenario.Finding{colon}, nil, ""},
		{"at the limit", "{noFinding: warning}", []scenario.Finding{late}, nil, "unexpected warning: renewed-too-late"},
		{"above the limit", "{noFinding: warning}", []scenario.Finding{never}, nil, "unexpected error: never-renewed: the token ran out at 12:05"},
		{"expected above the limit", "{noFinding: warning, findings: [never-renewed]}", []scenario.Finding{never}, nil, ""},
		{"of no known severity", "{noFinding: error}", []scenario.Finding{{Code: "x", Severity: "fatal"}}, nil, "unexpected fatal: x"},
		{"an assertion holds", "{assertions: [bound twice]}", nil, []scenario.Result{{Assertion: "bound twice", Passed: true}}, ""},
		{"an assertion fails", "{assertions: [bound twice]}", nil, []scenario.Result{{Assertion: "bound twice", Detail: "found once"}}, "missing: bound twice; found once"},
		{"an assertion is forgotten", "{assertions: [bound twice]}", nil, nil, "missing: 1 of 1 assertions were not looked at"},
		{"everything at once", "{findings: [colon-bind], noFinding: warning, assertions: [bound]}", []scenario.Finding{late}, []scenario.Result{{Assertion: "bound"}},
			"missing: colon-bind was to be found, and was not\nunexpected warning: renewed-too-late\nmissing: bound"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := read(t, "name: x\nexpect: "+c.expect).Verdict(c.drawn, c.results)
			if got := strings.Join(v.Lines, "\n"); got != c.want || v.Passed != (c.want == "") {
				t.Errorf("passed %v, %q, want %q", v.Passed, got, c.want)
			}
		})
	}
}
