package socket

import (
	"fmt"
	"maps"
	"testing"

	"pgregory.net/rapid"
)

// TestHoldersAreAMap compares them with one, short and long.
func TestHoldersAreAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h holders
		want := map[string]*holder{}
		ids := rapid.IntRange(0, 3*short)
		for range rapid.IntRange(0, 200).Draw(t, "steps") {
			id := fmt.Sprint(ids.Draw(t, "id"))
			switch rapid.IntRange(0, 9).Draw(t, "act") {
			case 0, 1, 2, 3, 4, 5:
				by := &holder{jti: id}
				h.put(id, by)
				want[id] = by
			case 6, 7, 8:
				h.remove(id)
				delete(want, id)
			case 9:
				if rapid.IntRange(0, 9).Draw(t, "clear") == 0 {
					h.clear()
					clear(want)
				}
			}
			if got := maps.Collect(h.all()); !maps.Equal(got, want) || h.len() != len(want) || h.of(id) != want[id] {
				t.Fatalf("%v, want %v", got, want)
			}
		}
	})
}
