package token

import (
	"encoding/base64"
	"strings"
	"testing"
)

// FuzzDecodeBase64URL: what is decoded here is what the standard library decodes
// strictly, but for line breaks, and it is encoded as it was.
func FuzzDecodeBase64URL(f *testing.F) {
	for _, seed := range []string{"", "A", "AA", "AB", "AAA", "AAB", "AAAA", "-_-_", "AA==", "A+/A", "AAAA\n", "\xff\xff\xff\xff", "AAAAAAAAÿ"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := DecodeBase64URL(text)
		want, wantErr := base64.RawURLEncoding.Strict().DecodeString(text)
		if strings.ContainsAny(text, "\r\n") {
			wantErr = base64.CorruptInputError(0)
		}
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%q: %v, want %v", text, err, wantErr)
		}
		if err == nil && (string(got) != string(want) || string(appendBase64URL(nil, got)) != text) {
			t.Errorf("%q: %x, want %x", text, got, want)
		}
	})
}
