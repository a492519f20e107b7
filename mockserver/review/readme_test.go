package review

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/mockserver/internal/testkit"
)

var update = flag.Bool("update", false, "write the tables in the README anew")

// TestREADME compares the tables in the README with the catalogue of findings and
// the vocabulary of assertions.
func TestREADME(t *testing.T) {
	testkit.Table(t, "README.md", "findings", "\n"+findingsTable()+"\n", *update)
	testkit.Table(t, "README.md", "facts", "\n"+factsTable()+"\n", *update)
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
