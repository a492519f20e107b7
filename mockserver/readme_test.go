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
	"github.com/wsbind/wsbind/mockserver/internal/testkit"
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

// TestManagementTable compares the table in the README with the summaries.
func TestManagementTable(t *testing.T) {
	d := start(t, nil).describe()
	tenant, own := mockserver.Routes()
	table := "\n| path | to |\n|---|---|\n"
	for _, route := range append(tenant, own...) {
		method, path, _ := strings.Cut(route, " ")
		operation, _ := d.at("/paths/" + escape(path) + "/" + strings.ToLower(method))
		table += "| `" + route + "` | " + operation.(object)["summary"].(string) + " |\n"
	}
	testkit.Table(t, "README.md", "management", table+"\n", *update)
}
