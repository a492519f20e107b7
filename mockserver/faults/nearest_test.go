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

func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"abc", "abc", 0}, {"abc", "abd", 1},
		{"abc", "acb", 1}, {"kitten", "sitting", 3}, {"drop", "rdpo", 2}, {"gap", "gasp", 1},
	} {
		if got := distance(test.a, test.b); got != test.want {
			t.Errorf("from %q to %q it is %d, want %d", test.a, test.b, got, test.want)
		}
		if back := distance(test.b, test.a); back != test.want {
			t.Errorf("from %q to %q it is %d, want %d", test.b, test.a, back, test.want)
		}
	}
}
