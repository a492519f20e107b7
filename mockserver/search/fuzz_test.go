package search_test

import (
	"testing"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/mockserver/search"
)

// FuzzSelfLinkIsTheSearch defends that a self link means what was searched: it
// compiles, says itself again, and finds the same.
func FuzzSelfLinkIsTheSearch(f *testing.F) {
	const observation = `{"resourceType":"Observation","id":"o","status":"final","code":{"coding":[{"code":"a"}]},
		"effectivePeriod":{"start":"2024-02-30"},"valueQuantity":{"value":1e9999},"subject":{"reference":"#x"}}`
	for _, query := range []string{
		"status=final&code:not=a%7Cb", `code=a\,b,c\`, "date=ap2024-02-10T10:00 02:00", "value-quantity=1e-400||x&_sort=-date",
		"subject:Patient=http://x/Patient/1/_history/2", "&&=&_count=0001", "date=9999-12-31T23:59:60.123456789012-14:00",
	} {
		f.Add(query, observation)
	}
	compiler := search.Compiler{Release: fhir.R4, Base: base}
	f.Fuzz(func(t *testing.T, query, text string) {
		first, err := compiler.Request("Observation", query, false)
		if err != nil {
			return
		}
		again, err := compiler.Request("Observation", first.Self(), true)
		if err != nil {
			t.Fatalf("%q: self link %q: %v", query, first.Self(), err)
		}
		if again.Self() != first.Self() {
			t.Fatalf("%q: self link %q, then %q", query, first.Self(), again.Self())
		}
		var doc jsonscan.Document
		if doc.Parse([]byte(text), jsonscan.Limits{}) != nil {
			return
		}
		if first.Match(doc.Root()) != again.Match(doc.Root()) {
			t.Fatalf("%q and %q differ on %s", query, first.Self(), text)
		}
		first.ComparePositions(first.Position(doc.Root()), again.Position(doc.Root()))
	})
}
