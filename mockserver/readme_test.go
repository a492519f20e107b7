package mockserver_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
)

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
