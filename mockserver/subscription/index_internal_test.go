package subscription

import (
	"fmt"
	"testing"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/mockserver/search"
)

// criteriaText compiles classic criteria.
func criteriaText(t testing.TB, criteria string) *Compiled {
	t.Helper()
	c, issues := Compile(&Subscription{Release: fhir.R4, Criteria: criteria}, &Catalog{}, search.Compiler{Release: fhir.R4}, nil)
	if c == nil {
		t.Fatal(issues)
	}
	return c
}

// TestIndexAsksFew: a thousand Subscriptions that share a code, and differ in
// whom they are about, end up under a thousand keys; and nothing is left of them
// when they have gone.
func TestIndexAsksFew(t *testing.T) {
	index := NewIndex[int](search.Compiler{Release: fhir.R4})
	const many = 1000
	for n := range many {
		index.Put(n, criteriaText(t, fmt.Sprintf("Observation?status=final&subject=Patient/%d,Group/%d", n, n)))
		index.Put(many+n, criteriaText(t, "Observation?date=ge2026"))
	}
	in := index.types["Observation"]
	if n := in.loose.classes.Len(); n != 1 {
		t.Errorf("%d classes have no key, those with the same criteria should be one", n)
	}
	for p, keyed := range in.keyed {
		for key, b := range keyed {
			if n := b.classes.Len(); n > 1 {
				t.Errorf("%d classes have the %s %s", n, p.Name, key)
			}
		}
	}
	for n := range 2 * many {
		index.Remove(n)
		index.Remove(n)
	}
	if len(index.entries)+len(index.classes)+len(in.keyed)+in.loose.classes.Len() > 0 {
		t.Errorf("the index is not empty: %+v", in)
	}
}

// BenchmarkIndex is a change that concerns one Subscription among others.
func BenchmarkIndex(b *testing.B) {
	var doc jsonscan.Document
	err := doc.Parse([]byte(`{"resourceType":"Observation","id":"o","status":"final","subject":{"reference":"Patient/0"}}`), jsonscan.Limits{})
	if err != nil {
		b.Fatal(err)
	}
	change := Change{Interaction: notification.Create, Type: "Observation", Current: doc.Root()}
	for _, others := range []int{0, 1000, 10_000, 100_000} {
		index := NewIndex[int](search.Compiler{Release: fhir.R4})
		for n := range others + 1 {
			index.Put(n, criteriaText(b, fmt.Sprintf("Observation?status=final&subject=Patient/%d", n)))
		}
		b.Run(fmt.Sprintf("fired/%d", others), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				index.Fired(change)
			}
		})
		c := criteriaText(b, "Observation?status=final&subject=Patient/x")
		b.Run(fmt.Sprintf("put and remove/%d", others), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				index.Put(-1, c)
				index.Remove(-1)
			}
		})
	}
}
