package search_test

import (
	"slices"
	"testing"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/search"
)

func TestReferences(t *testing.T) {
	resource := parse(t, `{"resourceType":"Appointment","participant":[
		{"actor":{"reference":"Patient/p"}},{"actor":{"reference":"`+base+`/Location/l/_history/2"}},
		{"actor":{"reference":"http://elsewhere/Patient/q"}},{"actor":{"reference":"#c"}},{"actor":{"display":"nobody"}}]}`)
	compiler := search.Compiler{Release: fhir.R4, Base: base}
	for parameter, want := range map[string][]search.Ref{
		"actor":        {{ResourceType: "Patient", ID: "p"}, {ResourceType: "Location", ID: "l"}},
		"patient":      {{ResourceType: "Patient", ID: "p"}},
		"practitioner": nil,
		"status":       nil,
		"nope":         nil,
	} {
		if got := compiler.References("Appointment", parameter, resource); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", parameter, got, want)
		}
	}
}
