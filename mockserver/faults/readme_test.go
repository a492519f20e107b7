package faults

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the tables in the README anew")

// TestREADME compares the tables in the README with the catalogue: go test -update
// writes them anew, and the diff is the review.
func TestREADME(t *testing.T) {
	const file = "README.md"
	readme, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- catalogue -->\n", "<!-- /catalogue -->"
	before, rest, opened := strings.Cut(string(readme), begin)
	got, after, closed := strings.Cut(rest, end)
	if !opened || !closed {
		t.Fatal("the README has no marks around the catalogue")
	}
	if *update {
		if err := os.WriteFile(file, []byte(before+begin+tables()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if got != tables() {
		t.Error("the catalogue in the README is stale: run make gen")
	}
}

// tables is the catalogue in Markdown, a table per layer.
func tables() string {
	var b strings.Builder
	for _, l := range Layers() {
		fmt.Fprintf(&b, "\n## %s: %s\n\n", l, l.Means())
		b.WriteString("| fault | the server | it tests that | options | rate |\n|---|---|---|---|---|\n")
		for _, f := range Catalogue() {
			if f.Layer == l {
				fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %g %% |\n", f.Name, f.Does, f.Tests, options(f), 100*f.Rate())
			}
		}
	}
	return b.String() + "\n"
}

// options lists the options of a fault with their defaults.
func options(f Fault) string {
	var list []string
	for _, o := range f.Options {
		text := "`" + string(o) + "` " + f.Default(o)
		if o == OptionOn {
			text = "`on`" // with the same default everywhere
		}
		list = append(list, text)
	}
	return strings.Join(list, ", ")
}
