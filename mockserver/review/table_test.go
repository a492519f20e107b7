package review

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// A table is compared with a list that is kept in order.
func TestTableForgetsWhatWasNotUsedForLongest(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		limit := 1 + r.IntN(20)
		var forgotten, want []int
		table := newTable[int](limit, func(v *int) { forgotten = append(forgotten, *v) })
		var order []int // the least recently used first
		for range 2_000 {
			key := r.IntN(2 * limit)
			i := slices.Index(order, key)
			if i >= 0 {
				order = slices.Delete(order, i, i+1)
			}
			switch r.IntN(4) {
			case 0:
				table.remove(key)
				continue
			case 1:
				if got := table.get(key); (got != nil) != (i >= 0) || got != nil && *got != key {
					t.Fatalf("seed %d: get %d: %v, known: %t", seed, key, got, i >= 0)
				}
				if i < 0 {
					continue
				}
			default:
				if i < 0 && len(order) == limit {
					want, order = append(want, order[0]), order[1:]
				}
				value, fresh := table.need(key)
				if fresh != (i < 0) || *value != 0 && *value != key {
					t.Fatalf("seed %d: need %d: %d, fresh: %t", seed, key, *value, fresh)
				}
				*value = key
			}
			order = append(order, key)
		}
		if !slices.Equal(forgotten, want) {
			t.Fatalf("seed %d: forgotten were %v, want %v", seed, forgotten, want)
		}
		var all []int
		for key := range table.chosen(func(key int, _ *int) bool { return key%2 == 0 }) {
			all = append(all, key)
		}
		if even := slices.DeleteFunc(order, func(key int) bool { return key%2 != 0 }); !slices.Equal(all, even) {
			t.Fatalf("seed %d: in order of use %v, want %v", seed, all, even)
		}
	}
}

// Who keeps a row must learn that the table has forgotten it, and hold little.
func TestRowOutlivesItsPlace(t *testing.T) {
	table := newTable[int, []byte](2, nil)
	one, _ := table.row(1)
	one.value = []byte("much")
	table.need(2)
	if v := table.still(one); v == nil || string(*v) != "much" {
		t.Fatal("the row is still in the table")
	}
	table.need(3) // in the place of 2
	if table.get(2) != nil || table.still(one) == nil {
		t.Error("not what was used for longest was forgotten")
	}
	table.get(3)
	table.need(4)
	if table.still(one) != nil || one.value != nil {
		t.Error("a row that was forgotten is taken for one of the table")
	}
	four, _ := table.row(4)
	table.remove(4)
	if table.still(four) != nil || table.still(nil) != nil {
		t.Error("a row that was removed is taken for one of the table")
	}
	if again, fresh := table.row(4); !fresh || again == four {
		t.Error("a row that was removed came back")
	}
}
