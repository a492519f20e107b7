package binding

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/wsbind/wsbind/core/fault"
)

// FuzzBindFrameRoundTrip: what AppendBind writes ParseBind reads, whatever the
// token, and no other text is read as a token with white space in it.
func FuzzBindFrameRoundTrip(f *testing.F) {
	for _, seed := range []string{"a.b.c", "bind-with-token x", "bind-with-token:x", ": x", "", " ", "é", "\xff", "a\n", "{}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if visible(text) && text != "" && len(text) <= MaxFrame-len(verb)-1 {
			got, err := ParseBind(AppendBind(nil, text))
			if err != nil || got != text {
				t.Errorf("%q came back as %q, %v", text, got, err)
			}
		}
		got, err := ParseBind([]byte(text))
		if err == nil && (!visible(got) || got == "" || !strings.HasPrefix(text, verb)) {
			t.Errorf("%q was read as %q", text, got)
		}
		if err != nil && utf8.ValidString(text) && len(text) <= MaxFrame && fault.CodeOf(err) != fault.ExpectedBind {
			t.Errorf("%q: %v", text, err)
		}
	})
}
