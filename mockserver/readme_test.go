package mockserver_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/internal/testkit"
)

var update = flag.Bool("update", false, "write the table of the management interface in the README anew")

// ofGates are the codes that only a gate closes a socket with.
var ofGates = []fault.Code{fault.KeysUnavailable, fault.StoreUnavailable, fault.UpstreamRefused, fault.UpstreamUnavailable, fault.Unavailable}

// TestReadmeCloseCodes holds the published lists of close codes and reasons, that
// of the mock and that of the gate, to those that exist. The README's sessions run
// in cmd/wsbind.
func TestReadmeCloseCodes(t *testing.T) {
	for file, without := range map[string][]fault.Code{"README.md": ofGates, "../wasm/js/EDGE.md": nil} {
		t.Run(filepath.Base(file), func(t *testing.T) { checkCloseCodes(t, file, without) })
	}
}

func checkCloseCodes(t *testing.T, file string, without []fault.Code) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var published, possible []string
	for _, row := range regexp.MustCompile("(?m)^\\| (1\\d{3}) \\| `([a-z0-9-]+)` \\|").FindAllStringSubmatch(string(text), -1) {
		published = append(published, row[1]+" "+row[2])
	}
	for _, c := range fault.Codes() {
		if c.CloseStatus() != 0 && !slices.Contains(without, c) {
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
