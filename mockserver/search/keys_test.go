package search_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/mockserver/search"
)

// anchored reports whether an index that goes by the query's anchors, any one of
// them, would still ask it about the resource; or else the anchor that is in
// the way.
func anchored(c search.Compiler, q *search.Query, resource jsonscan.Value) (why string, ok bool) {
	for _, a := range q.Anchors() {
		var met []string
		c.Keys(a.Parameter, resource, func(key string) { met = append(met, key) })
		if !slices.ContainsFunc(met, func(key string) bool { return slices.Contains(a.Keys, key) }) {
			return fmt.Sprintf("%s has the keys %q, the resource %q", a.Parameter.Name, a.Keys, met), false
		}
	}
	return "", true
}

// TestAnchorsCoverMatches: what a query finds has one of its keys, for every
// query of the tests and every resource of its type.
func TestAnchorsCoverMatches(t *testing.T) {
	held, apart := 0, 0
	for _, c := range cases {
		for _, of := range cases {
			compiler := search.Compiler{Release: c.release, Base: base}
			resource := parse(t, of.resource)
			for query := range strings.SplitSeq(c.finds+"\n"+c.misses, "\n") {
				q, err := compiler.Query(resource.Get("resourceType").Text(), query)
				if err != nil {
					continue // it is meant for another type
				}
				why, ok := anchored(compiler, q, resource)
				switch {
				case q.Match(resource) && !ok:
					t.Errorf("%s finds %s, but %s", query, of.resource, why)
				case !ok:
					apart++
				case len(q.Anchors()) > 0:
					held++
				}
			}
		}
	}
	if held < 50 || apart < 100 {
		t.Errorf("%d queries met a key, and %d none: the cases are too few", held, apart)
	}
}

// TestLongStrings: the key of a string ends where its beginnings do.
func TestLongStrings(t *testing.T) {
	long := strings.Repeat("x", 100)
	compiler := search.Compiler{Release: fhir.R4}
	for n := 1; n <= len(long); n++ {
		q, err := compiler.Query("Observation", "value-string="+long[:n])
		if err != nil {
			t.Fatal(err)
		}
		resource := parse(t, `{"resourceType":"Observation","valueString":"`+long+`"}`)
		if why, ok := anchored(compiler, q, resource); !ok || !q.Match(resource) {
			t.Errorf("%d letters: %s", n, why)
		}
	}
}

func TestAnchors(t *testing.T) {
	for _, c := range []struct{ resourceType, query, want string }{
		{"Observation", "", ""},
		{"Observation", "_id=a,b,a", `_id["a" "b"]`},
		{"Observation", "code=urn:x%7Ca", `code["a"]`},
		{"Observation", "code=urn:x%7C", ""},
		{"Observation", "code=%7Ca,b", `code["a" "b"]`},
		{"Observation", "code=a,urn:x%7C", ""}, // the second has none
		{"Observation", "code:not=a", ""},
		{"Observation", "code:missing=false", ""},
		{"Observation", `code=a\,b`, `code["a,b"]`},
		{"Observation", "subject=1", `subject["1"]`},
		{"Observation", "subject=Patient/1", `subject["Patient/1"]`},
		{"Observation", "subject:Patient=1", `subject["1"]`},
		{"Observation", "subject=" + base + "/Patient/1", `subject["Patient/1"]`},
		{"Observation", "subject=http://elsewhere/Patient/1/_history/2", `subject["http://elsewhere/Patient/1"]`},
		{"Observation", "subject:identifier=a", ""},
		{"Observation", "date=2024", ""},
		{"Observation", "value-quantity=5", ""},
		{"Observation", "value-string=" + strings.Repeat("%C3%84x", 30), `value-string["` + strings.Repeat("ax", 20) + `"]`},
		{"Observation", "value-string:exact=A", `value-string["a"]`},
		{"Observation", "value-string:contains=A", ""},
		{"Observation", "value-string=%CC%81", ""}, // an accent alone begins everything
		{"Observation", "_profile=http://p/1%7C2", `_profile["http://p/1|2"]`},
		{"Observation", "_profile:below=http://p/1", ""},
		{"Observation", "date=2024&status=final&subject=1", `status["final"] subject["1"]`},
		{"Medication", "lot-number=A", ""}, // whatever its case
		{"Patient", "active=true&deceased=false", `active["true"] deceased["false"]`},
	} {
		q, err := search.Compiler{Release: fhir.R4, Base: base}.Query(c.resourceType, c.query)
		if err != nil {
			t.Errorf("%s: %v", c.query, err)
			continue
		}
		var got []string
		for _, a := range q.Anchors() {
			got = append(got, fmt.Sprintf("%s%q", a.Parameter.Name, a.Keys))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %s, want %s", c.query, got, c.want)
		}
	}
}

// FuzzAnchorsCoverMatches defends that an index never leaves out what matches.
func FuzzAnchorsCoverMatches(f *testing.F) {
	for _, c := range cases {
		for query := range strings.SplitSeq(c.finds+"\n"+c.misses, "\n") {
			f.Add(query, c.resource)
		}
	}
	f.Fuzz(func(t *testing.T, query, text string) {
		var doc jsonscan.Document
		if doc.Parse([]byte(text), jsonscan.Limits{}) != nil {
			return
		}
		for _, r := range []fhir.Release{fhir.R4, fhir.R5} {
			compiler := search.Compiler{Release: r, Base: base}
			q, err := compiler.Query(doc.Root().Get("resourceType").Text(), query)
			if err != nil || !q.Match(doc.Root()) {
				continue
			}
			if why, ok := anchored(compiler, q, doc.Root()); !ok {
				t.Fatalf("%q finds %s, but %s", query, text, why)
			}
		}
	})
}
