package faults

import (
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	for typed, want := range map[string]string{
		"gapp":                      Gap,
		"GAP":                       Gap,
		"dupilcate":                 Duplicate,
		"missing-hanshake":          MissingHandshake,
		"late_handshake":            LateHandshake,
		"wrong-audiance":            WrongAudience,
		"status-of":                 StatusOff,
		"to-many-request":           TooManyRequests,
		"pong":                      NoPong,
		"heartbeats":                StoppedHeartbeats,
		"mango":                     "",
		"":                          "",
		"a":                         "",
		"es":                        "",
		"no-such-fault-at-all":      "",
		"über":                      "",
		strings.Repeat("gap", 1000): "",
	} {
		if got := nearest(typed); got != want {
			t.Errorf("nearest to %.40q is %q, want %q", typed, got, want)
		}
	}
	for _, f := range catalogue {
		if got := nearest(f.Name); got != f.Name {
			t.Errorf("nearest to %s is %q", f.Name, got)
		}
	}
}
