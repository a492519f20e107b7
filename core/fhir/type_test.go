package fhir

import (
	"slices"
	"testing"
)

func TestTypesAreFound(t *testing.T) {
	for kind := noType + 1; kind < numTypes; kind++ {
		name := kind.String()
		if found := FindType(name); kind <= lastNamed && found != kind || kind > lastNamed && found != noType {
			t.Errorf("%s is found as %q", name, found)
		}
		if kind > noType+1 && kind <= lastNamed && compareCapital((kind-1).String(), name) >= 0 {
			t.Errorf("%s is not behind %s", name, kind-1)
		}
		if kind > lastNamed && kind.elements() == nil {
			t.Errorf("%s has no elements", name)
		}
	}
	for _, name := range []string{"", "x", "Timing.repeat", "coding", "String", "Element", "Patient"} {
		if found := FindType(name); found != noType {
			t.Errorf("%q is found as %q", name, found)
		}
	}
}

func TestTablesFitTheirMask(t *testing.T) {
	for kind := noType + 1; kind < numTypes; kind++ {
		rows := kind.elements()
		if len(rows) > 64 {
			t.Errorf("%s has %d rows, 64 fit the mask", kind, len(rows))
		}
		for i, row := range rows {
			if row.in == 0 || row.name == "" || row.typ == noType || row.typ == tChoice && row.words == "" {
				t.Errorf("%s has a bad row %v", kind, row)
			}
			if !row.typ.In(0) && row.typ != tChoice {
				t.Errorf("%s.%s has no type", kind, row.name)
			}
			if row.typ != tChoice && !row.typ.Primitive() && row.typ.elements() == nil {
				t.Errorf("%s.%s is of type %s, which has no table", kind, row.name, row.typ)
			}
			for _, other := range rows[:i] {
				if other.name == row.name && other.in&row.in != 0 && (other.typ == tChoice) == (row.typ == tChoice) {
					t.Errorf("%s.%s stands twice in a release", kind, row.name)
				}
			}
		}
	}
}

func TestValueTypes(t *testing.T) {
	for r, want := range map[Release]int{R4: 50, R4B: 50, R5: 54} {
		n, extension := 0, 0
		for kind := noType + 1; kind <= lastNamed; kind++ {
			if kind.IsValueType(r) {
				n++
				suffix := []byte(kind.String())
				suffix[0] &^= 0x20
				if found, ok := ValueType(r, suffix); found != kind || !ok {
					t.Errorf("value%s is %q", suffix, found)
				}
			}
			if openTypes[kind].inExtension.has(r) && openTypes[kind].inExtension != 0 {
				extension++
			}
		}
		if n != want {
			t.Errorf("%v has %d types of value[x], %d due", r, n, want)
		}
		if want = map[Release]int{R4: 50, R4B: 51, R5: 54}[r]; extension != want {
			t.Errorf("%v has %d types of Extension.value[x], %d due", r, extension, want)
		}
	}
	for _, suffix := range []string{"", "string", "Narrative", "Extension", "Stringy", "Strin"} {
		if _, ok := ValueType(0, []byte(suffix)); ok {
			t.Errorf("value%s is a value", suffix)
		}
	}
}

func TestResourceTypes(t *testing.T) {
	if !slices.IsSortedFunc(resources[:], func(a, b resourceInfo) int {
		if a.name < b.name {
			return -1
		}
		return 1
	}) {
		t.Error("the resource types are not sorted")
	}
	tests := []struct {
		name        string
		r4, r4b, r5 bool
	}{
		{"Patient", true, true, true},
		{"SubscriptionStatus", false, true, true},
		{"SubscriptionTopic", false, true, true},
		{"DeviceUseStatement", true, true, false},
		{"Transport", false, false, true},
		{"Resource", false, false, false},
		{"DomainResource", false, false, false},
		{"Patients", false, false, false},
		{"", false, false, false},
	}
	for _, test := range tests {
		if IsResourceType(R4, test.name) != test.r4 || IsResourceType(R4B, test.name) != test.r4b || IsResourceType(R5, test.name) != test.r5 {
			t.Errorf("%s is not where it should be", test.name)
		}
	}
	for _, r := range []Release{R4, R4B, R5} {
		for _, name := range ResourceTypes(r) {
			if !IsResourceType(r, name) || !IsResourceOf(name, "Resource") {
				t.Errorf("%s is no type of %v", name, r)
			}
		}
	}
}

func TestReleases(t *testing.T) {
	for text, want := range map[string]Release{"R4": R4, "4.0": R4, "4.0.1": R4, "R4B": R4B, "4.3": R4B, "4.3.0": R4B, "R5": R5, "5.0.0": R5, "5.0": R5} {
		if got, ok := ParseRelease(text); got != want || !ok {
			t.Errorf("%q is %v", text, got)
		}
	}
	for _, text := range []string{"", "R3", "r4", "4", "4.01", "4.1.0", "R4b", "5.00"} {
		if got, ok := ParseRelease(text); ok {
			t.Errorf("%q is %v", text, got)
		}
	}
	for _, r := range []Release{R4, R4B, R5} {
		for _, text := range []string{r.String(), r.Version()} {
			if got, _ := ParseRelease(text); got != r {
				t.Errorf("%q is %v", text, got)
			}
		}
	}
}
