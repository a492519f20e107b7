//go:build linux

package main

import (
	"strings"
	"testing"
)

// TestSingleRowsAreToldApart: what batching brings is the difference between two rows of
// the same peer and reach, so that nobody may take the one for the other.
func TestSingleRowsAreToldApart(t *testing.T) {
	for many, single := range map[*row]row{&rowBare: rowBareSingle, &rowTCP: rowTCPSingle} {
		if single.against != many.against || single.reach != many.reach || single.atMost {
			t.Errorf("%+v is not %+v, one event at a time", single, *many)
		}
		text := chart([]result{{row: *many, value: 1}, {row: single, value: 1}})
		for _, want := range []string{"frames/s, one event at a time / " + single.against, "four events are on their way"} {
			if !strings.Contains(text, want) {
				t.Errorf("the chart has no %q:\n%s", want, text)
			}
		}
	}
	text := page([]result{{row: rowBareSingle, value: 0.5}}, facts{})
	for _, want := range []string{"| the same, one event at a time | coder/websocket | at least 0.8 × | 0.50 × ✗ |", `In the rows "one event at a time"`, "a write of its own"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page has no %q:\n%s", want, text)
		}
	}
}
