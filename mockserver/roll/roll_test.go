package roll_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/wsbind/wsbind/mockserver/roll"
)

// TestListIsASlice holds a list to what a slice does, slowly.
func TestListIsASlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list roll.List[int]
		var want []int
		places := map[int]*roll.Place[int]{}
		for n := range rapid.IntRange(0, 60).Draw(t, "steps") {
			if len(want) > 0 && rapid.Bool().Draw(t, "remove") {
				i := rapid.IntRange(0, len(want)-1).Draw(t, "which")
				list.Remove(places[want[i]])
				list.Remove(places[want[i]]) // again, which does nothing
				want = slices.Delete(want, i, i+1)
			} else {
				places[n] = list.Add(n)
				want = append(want, n)
			}
			if got := slices.Collect(list.All()); !slices.Equal(got, want) || list.Len() != len(want) {
				t.Fatalf("%v, %d of them, want %v", got, list.Len(), want)
			}
		}
	})
}

// TestChangeWhileWalking: what is removed is not met, nor is what is added.
func TestChangeWhileWalking(t *testing.T) {
	var list roll.List[int]
	var places []*roll.Place[int]
	for n := range 10 {
		places = append(places, list.Add(n))
	}
	var met []int
	for n := range list.All() {
		met = append(met, n)
		list.Add(100 + n)
		if n == 2 {
			for _, p := range places[:8] {
				list.Remove(p)
			}
		}
	}
	if want := []int{0, 1, 2, 8, 9}; !slices.Equal(met, want) {
		t.Errorf("met %v, want %v", met, want)
	}
	for n := range list.All() {
		if n == 100 {
			return
		}
	}
	t.Error("what was added is not there")
}

// BenchmarkList adds and removes ten thousand, the oldest first.
func BenchmarkList(b *testing.B) {
	places := make([]*roll.Place[int], 10_000)
	for b.Loop() {
		var list roll.List[int]
		for i := range places {
			places[i] = list.Add(i)
		}
		for _, p := range places {
			list.Remove(p)
		}
	}
}
