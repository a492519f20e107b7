package fhir

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/jsonscan"
)

// TestAcceptsIsShort: Accepts takes nothing that CheckPrimitive refuses, for any
// value as any type, and does take what is good and plainly written, of the types
// that it is for.
func TestAcceptsIsShort(t *testing.T) {
	quick := []Type{tString, tMarkdown, tCode, tId, tUri, tUrl, tCanonical, tDate, tDateTime, tInstant}
	texts := map[string]bool{}
	for _, values := range []map[string][]string{goodPrimitives, badPrimitives} {
		for _, list := range values {
			for _, text := range list {
				texts[text] = true
			}
		}
	}
	accepted := 0
	for text := range maps.Keys(texts) {
		doc := parse(t, text)
		for _, r := range []Release{R4, R4B, R5} {
			c := Checker{Release: r}
			for kind := noType; kind <= lastNamed; kind++ {
				good := CheckPrimitive(r, kind.String(), doc.Root()).Code == ""
				got := c.Accepts(kind, doc.Root())
				plain, ok := doc.Root().Plain()
				if got {
					accepted++
				}
				switch {
				case got && !good:
					t.Errorf("%s %s %.80s is accepted, and is not valid", r, kind, text)
				case !got && good && ok && len(plain) <= maxString && slices.Contains(quick, kind):
					t.Errorf("%s %s %.80s is plain and valid, and takes the long way", r, kind, text)
				}
			}
		}
	}
	if accepted < 500 {
		t.Errorf("%d values were accepted: hardly anything was compared", accepted)
	}
	if c := (Checker{Release: R4}); c.Accepts(tString, jsonscan.Value{}) || c.Accepts(tString, parse(t, `""`).Root()) {
		t.Error("what is absent or empty is accepted")
	}
}

// TestFirstSizeThatIsTooLong: the bound of Accepts is not above that of any release.
func TestFirstSizeThatIsTooLong(t *testing.T) {
	long := parse(t, `"`+strings.Repeat("a", maxString+1)+`"`)
	for _, r := range []Release{R4, R4B, R5} {
		if c := (Checker{Release: r}); c.Accepts(tString, long.Root()) {
			t.Errorf("%s: %d bytes are accepted", r, maxString+1)
		}
	}
}
