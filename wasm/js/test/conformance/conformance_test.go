package conformance

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

var casesOnce = sync.OnceValues(Cases)

func cases(t *testing.T) *Suite {
	t.Helper()
	suite, err := casesOnce()
	if err != nil {
		t.Fatal(err)
	}
	return suite
}

// TestThereAreEnoughCases keeps what was promised, and a name for each case.
func TestThereAreEnoughCases(t *testing.T) {
	names := map[string]bool{}
	withVerdict := 0
	for _, c := range cases(t).Cases {
		if name := c.Kind + "/" + c.Name; names[name] {
			t.Errorf("there are two cases %s", name)
		} else {
			names[name] = true
		}
		if c.Verdict != nil {
			withVerdict++
		}
	}
	if withVerdict < 1000 {
		t.Errorf("%d cases have the verdict of a vector, at least 1,000 are due", withVerdict)
	}
}

// TestNativeGivesTheVerdicts reads the cases as a runner does.
func TestNativeGivesTheVerdicts(t *testing.T) {
	text, err := json.Marshal(cases(t))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "cases.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	suite, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	native, err := Native(suite)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range suite.Run(native).Failures {
		t.Errorf("%s:\nwant %s\n got %s", f.Case, f.Want, f.Got)
	}
}

// TestDifferencesAreFound has an engine that is wrong in one case of each kind:
// both what the vector says and what native says must show it.
func TestDifferencesAreFound(t *testing.T) {
	all := cases(t)
	few := &Suite{Definitions: all.Definitions}
	for _, c := range all.Cases {
		known := slices.ContainsFunc(few.Cases, func(other Case) bool { return other.Kind == c.Kind })
		if !known && c.Verdict != nil {
			few.Cases = append(few.Cases, c)
		}
	}
	if len(few.Cases) != 6 {
		t.Fatalf("%d kinds have vectors, there are 6", len(few.Cases))
	}
	native, err := Native(few)
	if err != nil {
		t.Fatal(err)
	}
	right := few.Run(native)
	for i := range few.Cases {
		wrong := &few.Cases[i]
		report := few.Run(func(c *Case) (Answer, error) {
			answer, err := native(c)
			if c == wrong {
				no := answer.Valid == nil || !*answer.Valid
				answer.Valid, answer.Code = &no, "internal"
			}
			return answer, err
		})
		if len(report.Failures) != 2 || report.Results == right.Results {
			t.Errorf("%s/%s: %d failures for a wrong answer, 2 are due", wrong.Kind, wrong.Name, len(report.Failures))
		}
	}
}

// TestRunnersAreShort holds a runtime to a runner of 25 lines: all files of one
// name, or the folder.
func TestRunnersAreShort(t *testing.T) {
	files, err := filepath.Glob("runners/*")
	if err != nil {
		t.Fatal(err)
	}
	inner, _ := filepath.Glob("runners/*/*")
	lines := map[string]int{}
	for _, file := range slices.Concat(files, inner) {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // a folder
		}
		name, _, _ := strings.Cut(filepath.ToSlash(strings.TrimPrefix(file, "runners")), ".")
		lines[strings.Split(strings.Trim(name, "/"), "/")[0]] += bytes.Count(text, []byte("\n"))
	}
	if len(lines) < 8 {
		t.Errorf("%d runners: %v", len(lines), lines)
	}
	for name, n := range lines {
		if n > 25 {
			t.Errorf("the runner %s has %d lines, at most 25", name, n)
		}
	}
}
