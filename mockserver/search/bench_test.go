package search_test

import (
	"testing"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/search"
)

// BenchmarkMatch measures what each change costs for each Subscription.
func BenchmarkMatch(b *testing.B) {
	resource := parse(b, cases[1].resource)
	for _, query := range []string{
		"", "status=final", "code=http://loinc.org%7C2-2", "subject=Group/g", "date=ge2024-02-10", "value-quantity=gt5.39",
	} {
		q, err := search.Compiler{Release: fhir.R4, Base: base}.Query("Observation", query)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(query, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				q.Match(resource)
			}
		})
	}
}
