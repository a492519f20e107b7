package jsonscan

import (
	"cmp"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestOrderIsStableSort: with indices that ascend at first, the order is that of
// a stable sort.
func TestOrderIsStableSort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOf(rapid.IntRange(0, 9)).Draw(t, "keys")
		indices := make([]uint32, len(keys))
		for i := range indices {
			indices[i] = uint32(i)
		}
		want := slices.Clone(indices)
		compare := func(a, b uint32) int { return cmp.Compare(keys[a], keys[b]) }
		slices.SortStableFunc(want, compare)
		if Order(indices, compare); !slices.Equal(indices, want) {
			t.Fatalf("%v, want %v", indices, want)
		}
	})
}

// TestOrderIsNLogN counts comparisons for inputs that are slow for some sorts.
func TestOrderIsNLogN(t *testing.T) {
	const n = 1 << 14
	for name, key := range map[string]func(uint32) uint32{
		"ascending":  func(i uint32) uint32 { return i },
		"descending": func(i uint32) uint32 { return n - i },
		"equal":      func(uint32) uint32 { return 0 },
		"organ pipe": func(i uint32) uint32 { return min(i, n-i) },
	} {
		indices := make([]uint32, n)
		for i := range indices {
			indices[i] = uint32(i)
		}
		comparisons := 0
		Order(indices, func(a, b uint32) int { comparisons++; return cmp.Compare(key(a), key(b)) })
		if most := 2 * n * 14; comparisons > most {
			t.Errorf("%s: %d comparisons, at most %d are due", name, comparisons, most)
		}
	}
}
