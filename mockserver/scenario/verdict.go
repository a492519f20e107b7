package scenario

import (
	"fmt"
	"slices"
)

// Finding is what was found out about a client: a code, how bad it is
// (information, warning or error), and a sentence.
type Finding struct {
	Code     string `json:"code"`
	Severity string `json:"severity"`
	Detail   string `json:"detail,omitempty"`
}

// Result is what came of one of the assertions, in the order of the file.
type Result struct {
	Assertion string `json:"assertion"` // as it was written
	Passed    bool   `json:"passed"`
	Detail    string `json:"detail,omitempty"` // what came instead
}

// Verdict says whether what came is what was expected.
type Verdict struct {
	Passed bool `json:"passed"`
	// Lines say in plain words what is missing and what is unexpected.
	Lines []string `json:"lines,omitempty"`
}

// Verdict compares what a scenario expects with the findings that were drawn and
// the results of its assertions. A scenario that expects nothing is passed.
func (s *Scenario) Verdict(drawn []Finding, results []Result) Verdict {
	var v Verdict
	for _, code := range s.Expect.Findings {
		if !slices.ContainsFunc(drawn, func(f Finding) bool { return f.Code == code }) {
			v.say("missing: %s was to be found, and was not", code)
		}
	}
	for _, f := range drawn {
		if slices.Contains(s.Expect.Findings, f.Code) || !reaches(f.Severity, s.Expect.NoFinding) {
			continue
		}
		v.say("unexpected %s: %s%s", f.Severity, f.Code, after(": ", f.Detail))
	}
	for _, r := range results {
		if !r.Passed {
			v.say("missing: %s%s", r.Assertion, after("; ", r.Detail))
		}
	}
	if left := len(s.Expect.Assertions) - len(results); left > 0 {
		v.say("missing: %d of %d assertions were not looked at", left, len(s.Expect.Assertions))
	}
	v.Passed = len(v.Lines) == 0
	return v
}

func (v *Verdict) say(format string, args ...any) {
	v.Lines = append(v.Lines, fmt.Sprintf(format, args...))
}

// after puts something before a text that is there.
func after(before, text string) string {
	if text == "" {
		return ""
	}
	return before + text
}

// severities, from mildest to worst.
var severities = []string{"information", "warning", "error"}

// reaches reports whether a severity is as bad as a limit, or worse. Nothing
// reaches a limit that is not there; what is no severity reaches any.
func reaches(severity, limit string) bool {
	if limit == "" {
		return false
	}
	i := slices.Index(severities, severity)
	return i < 0 || i >= slices.Index(severities, limit)
}
