package search

import (
	"strings"

	"github.com/wsbind/wsbind/core/jsonscan"
)

func uriTest(modifier, value string) test {
	return func(_ *path, element jsonscan.Value) bool {
		if element.Kind() != jsonscan.String {
			return false
		}
		text := element.Text()
		switch modifier {
		case "below":
			return isBelow(text, value)
		case "above":
			return isBelow(value, text)
		}
		return sameCanonical(value, text)
	}
}

// sameCanonical reports whether a search for the canonical want finds got: a
// search without version finds every version.
func sameCanonical(want, got string) bool {
	if want == got {
		return true
	}
	url, _, versioned := strings.Cut(got, "|")
	return versioned && url == want
}

// isBelow reports whether uri is base or a path under it.
func isBelow(uri, base string) bool {
	base = strings.TrimSuffix(base, "/")
	return uri == base || strings.HasPrefix(uri, base+"/")
}
