package alike

import "testing"

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
