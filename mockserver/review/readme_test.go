package review

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the tables in the README anew")

// TestREADME compares the tables in the README with the catalogue of findings and
// the vocabulary of assertions: go test -update writes them anew.
func TestREADME(t *testing.T) {
	const file = "README.md"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := between(t, between(t, string(text), "findings", findingsTable()), "facts", factsTable())
	switch {
	case *update:
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	case want != string(text):
		t.Error("a table in the README is stale: run make gen")
	}
}

// between replaces what stands between two marks.
func between(t *testing.T, text, mark, table string) string {
	begin, end := "<!-- "+mark+" -->\n", "<!-- /"+mark+" -->"
	before, rest, opened := strings.Cut(text, begin)
	_, after, closed := strings.Cut(rest, end)
	if !opened || !closed {
		t.Fatalf("the README has no marks around %s", mark)
	}
	return before + begin + "\n" + table + "\n" + end + after
}

func findingsTable() string {
	var b strings.Builder
	b.WriteString("| code | severity | a client | what to do |\n|---|---|---|---|\n")
	for _, c := range Codes() {
		severity := c.Severity
		if c.Timed {
			severity += ", timed"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", c.Code, severity, c.Meaning, c.Advice)
	}
	return b.String()
}

func factsTable() string {
	var b strings.Builder
	b.WriteString("| in a sentence | fact | attributes, beside caller, subscription, fhir, socket |\n|---|---|---|\n")
	for _, w := range vocabulary {
		fmt.Fprintf(&b, "| %s | `%s` | %s |\n", strings.Join(w.phrases, ", "), w.fact, strings.Join(w.attributes, ", "))
	}
	return b.String()
}
