package faults

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/mockserver/internal/testkit"
)

var update = flag.Bool("update", false, "write the tables in the README anew")

// TestREADME compares the tables in the README with the catalogue.
func TestREADME(t *testing.T) { testkit.Table(t, "README.md", "catalogue", tables(), *update) }

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
