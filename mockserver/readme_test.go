package mockserver_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver"
)

var update = flag.Bool("update", false, "write the table of the management interface in the README anew")

// TestReadmeCloseCodes holds the published list of close codes and reasons to
// those that exist. The README's sessions run in cmd/wsbind.
func TestReadmeCloseCodes(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var published, possible []string
	for _, row := range regexp.MustCompile("(?m)^\\| (1\\d{3}) \\| `([a-z0-9-]+)` \\|").FindAllStringSubmatch(string(text), -1) {
		published = append(published, row[1]+" "+row[2])
	}
	for _, c := range fault.Codes() {
		if c.CloseStatus() != 0 {
			possible = append(possible, fmt.Sprint(c.CloseStatus(), " ", c.CloseReason()))
		}
	}
	slices.Sort(published)
	slices.Sort(possible)
	if possible = slices.Compact(possible); !slices.Equal(published, possible) {
		t.Errorf("published are %q, possible %q", published, possible)
	}
}

// TestManagementTable compares the table in the README with the summaries: go test
// -update writes it anew, and the diff is the review.
func TestManagementTable(t *testing.T) {
	d := start(t, nil).describe()
	tenant, own := mockserver.Routes()
	table := "\n| path | to |\n|---|---|\n"
	for _, route := range append(tenant, own...) {
		method, path, _ := strings.Cut(route, " ")
		operation, _ := d.at("/paths/" + escape(path) + "/" + strings.ToLower(method))
		table += "| `" + route + "` | " + operation.(object)["summary"].(string) + " |\n"
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- management -->\n", "\n<!-- /management -->"
	before, rest, ok := strings.Cut(string(readme), begin)
	old, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatal("the README has no marks around the table")
	}
	if *update {
		if err := os.WriteFile("README.md", []byte(before+begin+table+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if old != table {
		t.Error("the table of the management interface is stale: run make gen")
	}
}
