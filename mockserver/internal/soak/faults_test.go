package main

import (
	"slices"
	"testing"

	"github.com/wsbind/wsbind/mockserver/faults"
)

// TestEveryFaultStrikesOrIsLeftOut: who adds a fault decides whether a soak has it.
func TestEveryFaultStrikesOrIsLeftOut(t *testing.T) {
	left := []string{
		faults.Unauthorized, faults.Forbidden, faults.NotFound, faults.StatusError, faults.StatusOff, // end a client
		faults.OversizedFrame, faults.Burst,
	}
	var all []string
	for _, f := range faults.Catalogue() {
		all = append(all, f.Name)
		if slices.Contains(struck, f.Name) == slices.Contains(left, f.Name) {
			t.Errorf("%s is in both lists, or in none", f.Name)
		}
	}
	for _, name := range struck {
		if !slices.Contains(all, name) {
			t.Errorf("there is no fault %s", name)
		}
	}
}
