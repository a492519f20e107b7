package fhir

import (
	"encoding/json"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
)

func TestAppendIssues(t *testing.T) {
	source := []byte("{\n \"é😀\": 1,\n \"b\": 2}")
	issues := []fault.Issue{
		{Severity: fault.Err, Code: fault.InvalidPrimitive, Expression: "Parameters.parameter[0].value", Diagnostics: `"x" < y`, Offset: 13, Length: 1},
		{Severity: fault.Warning, Code: fault.OutOfScope, Offset: 17, Length: 3},
		{Severity: fault.Fatal, Code: fault.InvalidJSON, Offset: 0, Length: 0},
		{Severity: fault.Information, Code: fault.TooManyIssues, Offset: 999},
	}
	const want = `[{"severity":"error","code":"invalid-primitive","type":"value","expression":["Parameters.parameter[0].value"],"diagnostics":"\"x\" < y","position":{"byte":13,"line":2,"column":9,"length":1}},` +
		`{"severity":"warning","code":"out-of-scope","type":"informational","expression":[],"diagnostics":"","position":{"byte":17,"line":3,"column":2,"length":3}},` +
		`{"severity":"fatal","code":"invalid-json","type":"structure","expression":[],"diagnostics":"","position":{"byte":0,"line":1,"column":1,"length":0}},` +
		`{"severity":"information","code":"too-many-issues","type":"incomplete","expression":[],"diagnostics":"","position":{"byte":999,"line":3,"column":9,"length":0}}]`
	if got := string(AppendIssues(nil, source, issues)); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if got := string(AppendIssues([]byte("x"), nil, nil)); got != "x[]" {
		t.Errorf("no issues are %s", got)
	}
}

// TestLocatorGoesOn holds the locator, which remembers, to Locate, which does
// not.
func TestLocatorGoesOn(t *testing.T) {
	source := []byte("ab\n\ncd😀e\n\r\néf")
	for first := range len(source) + 1 {
		for second := range len(source) + 1 {
			l := locator{source: source, line: 1, column: 1}
			l.locate(first)
			line, column := l.locate(second)
			// an offset within a character is no position of an issue
			if wantLine, wantColumn := jsonscan.Locate(source, second); atStart(source, first) && (line != wantLine || column != wantColumn) {
				t.Errorf("%d after %d: %d:%d, want %d:%d", second, first, line, column, wantLine, wantColumn)
			}
		}
	}
}

func atStart(source []byte, i int) bool { return i == len(source) || source[i]&0xC0 != 0x80 }

func TestAppendOutcome(t *testing.T) {
	source := []byte(`{"id":7}`)
	issues := []fault.Issue{{Severity: fault.Err, Code: fault.WrongJSONType, Expression: "Patient.id", Diagnostics: "the value is a number", Offset: 6, Length: 1}}
	const want = `{"resourceType":"OperationOutcome","issue":[{"extension":[` +
		`{"url":"http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-line","valueInteger":1},` +
		`{"url":"http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-col","valueInteger":7}],` +
		`"severity":"error","code":"structure","details":{"coding":[{"system":"urn:wsbind:code","code":"wrong-json-type"}]},` +
		`"diagnostics":"the value is a number","expression":["Patient.id"]}]}`
	if got := string(AppendOutcome(nil, source, issues)); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	var c Checker
	for _, list := range [][]fault.Issue{nil, issues, {{Severity: fault.Fatal, Code: fault.InvalidJSON}}} {
		for _, text := range [][]byte{nil, source} {
			outcome := AppendOutcome(nil, text, list)
			if !json.Valid(outcome) {
				t.Fatalf("%s", outcome)
			}
			for _, r := range []Release{R4, R4B, R5} {
				c.Reset(r, "OperationOutcome")
				c.Resource(parse(t, string(outcome)).Root())
				if len(c.Issues.Issues) > 0 {
					t.Errorf("%s: %v", outcome, c.Issues.Issues)
				}
			}
		}
	}
}
