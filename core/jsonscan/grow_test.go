package jsonscan

import (
	"runtime"
	"strings"
	"testing"
)

// TestGrowLeavesLittleGarbage: reading a large text for the first time takes
// little more memory than its nodes do.
func TestGrowLeavesLittleGarbage(t *testing.T) {
	even := "[" + strings.Repeat(`{"name":"value"},`, 100_000) + "0]"
	for name, c := range map[string]struct {
		text string
		most float64 // times what the nodes take
	}{
		"even":         {even, 1.6},
		"sparse first": {`["` + strings.Repeat("x", 1<<20) + `",` + even + "]", 5},
		"dense first":  {`[[` + strings.Repeat("0,", 1<<16) + "0]," + even + `,"` + strings.Repeat("x", 1<<20) + `"]`, 5},
	} {
		text := []byte(c.text)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		var d Document
		if err := d.Parse(text, Limits{}); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		const size = 16 // of a node
		taken := float64(after.TotalAlloc-before.TotalAlloc) / float64(len(d.nodes)*size)
		if taken > c.most {
			t.Errorf("%s: %.2f times the memory of the nodes was taken, at most %.2f are due", name, taken, c.most)
		}
	}
}
