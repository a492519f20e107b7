//go:build linux

package main

import "testing"

func TestQuantile(t *testing.T) {
	hundred := make([]uint32, 100)
	for i := range hundred {
		hundred[i] = uint32(i + 1)
	}
	for p, want := range map[float64]uint32{0: 1, 0.5: 50, 0.99: 99, 0.995: 100, 1: 100} {
		if got := quantile(hundred, p); got != want {
			t.Errorf("%v of 1 to 100: %d, want %d", p, got, want)
		}
	}
	if got := quantile([]uint32{7}, 0.99); got != 7 {
		t.Errorf("of one: %d", got)
	}
}
