package search_test

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/search"
)

func TestRequest(t *testing.T) {
	compiler := search.Compiler{Release: fhir.R4}
	for _, c := range []struct {
		query, self, ignored string
		count, offset        int
		countOnly            bool
	}{
		{"", "", "", 100, 0, false},
		{"name=a&name=b", "name=a&name=b", "", 100, 0, false},
		{"name=a&nope=1&_include=x", "name=a", "nope _include", 100, 0, false},
		{"name=", "", "name", 100, 0, false},
		{"_count=2&_offset=4", "_count=2&_offset=4", "", 2, 4, false},
		{"_count=99999", "_count=99999", "", 1000, 0, false},
		{"_count=0", "_count=0", "", 0, 0, true},
		{"_summary=count&_total=none", "_summary=count&_total=none", "", 100, 0, true},
		{"_summary=true&_total=guess", "", "_summary _total", 100, 0, false},
		{"_sort=-birthdate,name&_format=json", "_sort=-birthdate,name&_format=json", "", 100, 0, false},
		{"_sort=nope", "", "_sort", 100, 0, false},
		{"identifier=urn:a%7C1%262", "identifier=urn:a%7C1%262", "", 100, 0, false},
	} {
		r, err := compiler.Request("Patient", c.query, false)
		if err != nil {
			t.Errorf("%q: %v", c.query, err)
			continue
		}
		if r.Self() != c.self || strings.Join(r.Ignored, " ") != c.ignored || r.Count != c.count || r.Offset != c.offset || r.CountOnly != c.countOnly {
			t.Errorf("%q: self %q, %+v", c.query, r.Self(), r)
		}
		if _, err := compiler.Request("Patient", c.query, true); (err == nil) != (c.ignored == "") {
			t.Errorf("%q, strict: %v", c.query, err)
		}
	}
}

func TestRequestRefused(t *testing.T) {
	for _, query := range []string{"_count=-1", "_count=x", "_offset=1.5", "birthdate=x", "name:nope=x", "name=%"} {
		_, err := search.Compiler{Release: fhir.R4}.Request("Patient", query, false)
		if !errors.Is(err, fault.InvalidQuery) {
			t.Errorf("%q: %v", query, err)
		}
	}
}

func TestNextPage(t *testing.T) {
	r, err := search.Compiler{Release: fhir.R4}.Request("Patient", "name=a&_offset=10&_count=5", false)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Next(); got != "name=a&_count=5&_offset=15" {
		t.Errorf("next = %q", got)
	}
}

func TestSort(t *testing.T) {
	resources := []string{
		`{"resourceType":"Observation","id":"0"}`,
		`{"resourceType":"Observation","id":"1","effectiveDateTime":"2024-02","valueQuantity":{"value":10},"code":{"text":"b"}}`,
		`{"resourceType":"Observation","id":"2","effectivePeriod":{"start":"2024-01-01"},"valueQuantity":{"value":9.5},"code":{"coding":[{"code":"B"}]}}`,
		`{"resourceType":"Observation","id":"3","effectiveDateTime":"2024-02","valueQuantity":{"value":-1},"code":{"coding":[{"code":"a"}]}}`,
	}
	for query, want := range map[string]string{
		"":                        "0123",
		"_sort=date":              "2130",
		"_sort=-date":             "1320",
		"_sort=-date,-_id":        "3120",
		"_sort=value-quantity":    "3210",
		"_sort=code,-_id":         "3210",
		"_sort=-_id":              "3210",
		"_sort=subject,-date,_id": "1320",
	} {
		r, err := search.Compiler{Release: fhir.R4}.Request("Observation", query, true)
		if err != nil {
			t.Fatal(err)
		}
		ids := []int{0, 1, 2, 3}
		slices.SortStableFunc(ids, func(a, b int) int {
			return r.ComparePositions(r.Position(parse(t, resources[a])), r.Position(parse(t, resources[b])))
		})
		got := ""
		for _, id := range ids {
			got += strconv.Itoa(id)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}
