package binding

import (
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/schemas/vectors"
)

func TestBindVectors(t *testing.T) {
	cases, err := vectors.Binds()
	if err != nil {
		t.Fatal(err)
	}
	if len(cases) < 30 {
		t.Errorf("%d cases, at least 30 are due", len(cases))
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			got, err := ParseBind(c.Frame)
			if code := string(fault.CodeOf(err)); got != c.Token || code != c.Code {
				t.Errorf("token %q, code %q, want %q, %q (%s)", got, code, c.Token, c.Code, c.Why)
			}
			if err != nil && strings.Contains(err.Error(), "eyJ") {
				t.Errorf("a token stands in %q", err)
			}
		})
	}
}

// TestForeignFramesAreNamed holds the details to naming the dialect.
func TestForeignFramesAreNamed(t *testing.T) {
	for frame, want := range map[string]string{
		`{"type":"bind-with-token","payload":{"token":"x"}}`: "dialect medplum",
		`{"type":"ping"}`:      "dialect medplum",
		`{"type":"x"}`:         "the frame is JSON",
		"bind 12":              "dialect legacy",
		"ping":                 "no ping",
		"a.b.c":                "bare token",
		" bind-with-token x":   "white space",
		"BIND-with-token x":    "lower case",
		"bind-with-token x y":  "follows the token",
		"bind-with-token":      "no token",
		"":                     "empty",
		"subscribe to my feed": "no bind frame",
	} {
		_, err := ParseBind([]byte(frame))
		if detail := fault.DetailOf(err); !strings.Contains(detail, want) || !strings.Contains(detail, "bind-with-token TOKEN is due") {
			t.Errorf("%q: %q does not say %q", frame, detail, want)
		}
	}
}
