package scenario_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/wsbind/wsbind/mockserver/scenario"
)

// FuzzReadsWhatItWrites holds that reading never panics, that a file that is
// refused is refused for something with a place in it, and that one that is read
// is the same again when it is written as JSON.
func FuzzReadsWhatItWrites(f *testing.F) {
	for _, r := range scenario.Ready() {
		f.Add([]byte(r.Text))
	}
	for _, r := range refusals {
		if len(r.text) < 1<<10 {
			f.Add([]byte(r.text))
		}
	}
	f.Add([]byte("name: x\nseed: 0\nexpect: {findings: []}\ntimeline: [{wait: 0.0001ms, error: s}]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := scenario.Read("x", text)
		if refused, ok := errors.AsType[*scenario.Error](err); ok {
			if s != nil || len(refused.Problems) == 0 {
				t.Fatalf("refused for nothing: %v", err)
			}
			for _, p := range refused.Problems {
				if p.Line < 1 || p.Column < 1 || p.Message == "" {
					t.Fatalf("a problem without a place: %+v", p)
				}
			}
			return
		}
		if err != nil {
			t.Fatalf("not an Error: %v", err)
		}
		written, err := json.Marshal(s)
		if err != nil {
			t.Fatalf("%v in %+v", err, s)
		}
		again, err := scenario.Read("x", written)
		if err != nil {
			t.Fatalf("%v in %s", err, written)
		}
		if same, err := json.Marshal(again); err != nil || string(same) != string(written) {
			t.Fatalf("%s is written again as %s, %v", written, same, err)
		}
	})
}
