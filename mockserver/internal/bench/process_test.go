//go:build linux

package main

import "testing"

func TestBusyIn(t *testing.T) {
	// The name of a program may hold anything, parentheses too.
	const stat = "42 (a) b (c) S 1 42 42 0 -1 4194560 100 0 0 0 1234 66 0 0 20 0 9 0 100 1 2 3"
	if got := busyIn(stat); got != 13 {
		t.Errorf("%v seconds, want 13", got)
	}
	if got := busyIn("42 (gone"); got != 0 {
		t.Errorf("%v seconds of nothing", got)
	}
}
