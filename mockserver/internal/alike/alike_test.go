package alike_test

import (
	"strings"
	"testing"

	"github.com/wsbind/wsbind/mockserver/internal/alike"
)

func TestNearest(t *testing.T) {
	known := []string{"gap", "duplicate", "received event", "bound"}
	for typed, want := range map[string]string{
		"gapp": "gap", "Duplicat": "duplicate", "bonud": "bound", "bound twise": "bound", "event": "received event",
		"mango": "", "": "", strings.Repeat("bound", 20): "",
	} {
		if got := alike.Nearest(typed, known); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}
