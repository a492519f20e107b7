package testkit

import (
	"os"
	"strings"
	"testing"
)

// Table compares what stands in a Markdown file between the lines <!-- mark -->
// and <!-- /mark --> with what is due there. With update it is written anew, and
// the diff is the review.
func Table(t testing.TB, file, mark, due string, update bool) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "<!-- "+mark+" -->\n", "<!-- /"+mark+" -->"
	before, rest, opened := strings.Cut(string(text), begin)
	got, after, closed := strings.Cut(rest, end)
	switch {
	case !opened || !closed:
		t.Fatalf("%s has no marks around the %s", file, mark)
	case update:
		if err := os.WriteFile(file, []byte(before+begin+due+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	case got != due:
		t.Errorf("the %s in %s is stale: run make gen", mark, file)
	}
}
