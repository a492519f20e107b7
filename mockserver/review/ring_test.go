package review

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// A ring is compared with a list that is cut.
func TestRing(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 2))
		kept := ring[int]{limit: 1 + r.IntN(10)}
		var want []int
		dropped := false
		for n := range 200 {
			switch {
			case len(want) > 0 && r.IntN(4) == 0:
				kept.shift()
				want = want[1:]
			case r.IntN(50) == 0:
				kept.clear()
				want = nil
			default:
				kept.push(n)
				want = append(want, n)
				if len(want) > kept.limit {
					want, dropped = want[1:], true
				}
			}
			from := r.IntN(len(want) + 1)
			if got := kept.values(from); !slices.Equal(got, want[from:]) {
				t.Fatalf("seed %d: from %d on %v, want %v", seed, from, got, want[from:])
			}
			for i, v := range kept.all() {
				if *v != want[i] {
					t.Fatalf("seed %d: %d at %d, want %v", seed, *v, i, want)
				}
			}
			if last := kept.last(); (last == nil) != (len(want) == 0) || last != nil && *last != want[len(want)-1] {
				t.Fatalf("seed %d: not the last of %v", seed, want)
			}
			if kept.dropped != dropped || len(kept.slots) > kept.limit {
				t.Fatalf("seed %d: dropped: %t, with %d slots", seed, kept.dropped, len(kept.slots))
			}
		}
	}
}

// Runs of events are compared with a list of each.
func TestDeliveries(t *testing.T) {
	type one struct {
		number int64
		socket uint64
	}
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 3))
		d := newDeliveries()
		var want []one
		next := int64(1)
		often := 1 + r.IntN(20) // a run breaks
		for range 1_000 {
			next++
			if r.IntN(often) == 0 {
				next = max(1, next+r.Int64N(9)-4)
			}
			d.push(next, uint64(r.IntN(often)/10))
			want = append(want[max(0, len(want)-maxDeliveries+1):], one{next, d.now.socket})
			number, socket, live := next-r.Int64N(150), r.Uint64N(2), []uint64{r.Uint64N(3)}
			came := slices.ContainsFunc(want, func(o one) bool {
				return o.number == number && (o.socket == socket || !slices.Contains(live, o.socket))
			})
			if d.has(number, socket, live) != came {
				t.Fatalf("seed %d: event %d came before: %t", seed, number, came)
			}
		}
	}
}
