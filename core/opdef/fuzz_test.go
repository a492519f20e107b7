package opdef

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
)

// definitions returns the texts of testdata and the delivered document.
func definitions(t testing.TB) (texts [][]byte) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no definitions")
	}
	for _, file := range append(files, "../../schemas/vectors/definition/files/delivered.txt") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
	return texts
}

// FuzzValidateNeverPanicsAndIsDeterministic validates one text twice, the
// second time with a validator that has seen others, and looks at the issues.
func FuzzValidateNeverPanicsAndIsDeterministic(f *testing.F) {
	var used, fresh []*Definition
	for _, text := range definitions(f) {
		d := Load(text, Options{}).Definition
		if d == nil {
			f.Fatal("a definition does not load")
		}
		used, fresh = append(used, d), append(fresh, d)
	}
	validators := make([]*Validator, len(used))
	for i, d := range used {
		validators[i] = NewValidator(d, fhir.Release(1+i%3))
	}
	for i := range used {
		f.Add([]byte(cardinal), i, byte(i))
		f.Add(richRequest(1), i, byte(i))
		f.Add(response(2), i, byte(i))
	}
	f.Fuzz(func(t *testing.T, text []byte, which int, how byte) {
		i := int(uint(which) % uint(len(used)))
		u, l := In+Use(how&1), TypeLevel<<(how>>1%3)
		first := slices.Clone(validators[i].Validate(text, u, l))
		again := NewValidator(fresh[i], fhir.Release(1+i%3)).Validate(text, u, l)
		if !slices.Equal(first, again) {
			t.Fatalf("a fresh validator finds something else:\n%v\n%v", first, again)
		}
		validators[i].Brief = true
		brief := fault.Valid(validators[i].Validate(text, u, l))
		validators[i].Brief = false
		if brief != fault.Valid(first) {
			t.Fatalf("in brief, valid: %v, but\n%v", brief, first)
		}
		for _, issue := range first {
			if !issue.Code.Known() || issue.Diagnostics == "" || issue.Offset < 0 || issue.Offset+issue.Length > len(text) {
				t.Fatalf("%+v", issue)
			}
		}
		validators[i].ValidateQuery(string(text), l)
		fhir.AppendOutcome(nil, text, first)
	})
}

// FuzzLenientAcceptsWhatStrictAccepts also asks that strict loading refuses
// whatever lenient loading repaired, and that nothing else decides.
func FuzzLenientAcceptsWhatStrictAccepts(f *testing.F) {
	for _, text := range definitions(f) {
		f.Add(text, byte(0))
	}
	f.Add([]byte(op("")), byte(1))
	f.Add([]byte("page "+op(`"title":null`)+" page"), byte(2))
	f.Fuzz(func(t *testing.T, text []byte, release byte) {
		r := fhir.Release(release % 4)
		strict := Load(text, Options{Strict: true, Release: r})
		lenient := Load(text, Options{Release: r})
		if strict.Definition != nil && lenient.Definition == nil {
			t.Fatalf("only strict loading accepts it: %v", lenient.Issues)
		}
		if len(lenient.Repairs) > 0 && strict.Definition != nil {
			t.Fatalf("strict loading accepts what was repaired: %v", lenient.Repairs)
		}
		if (lenient.Definition != nil) != fault.Valid(lenient.Issues) {
			t.Fatalf("loaded, or not, against its issues: %v", lenient.Issues)
		}
		if len(strict.Issues) != len(lenient.Repairs)+len(lenient.Issues) {
			t.Fatalf("the lists differ:\n%v\n%v\n%v", strict.Issues, lenient.Repairs, lenient.Issues)
		}
		if d := lenient.Definition; d != nil {
			if d.Code == "" || d.Name == "" || d.Kind != "operation" && d.Kind != "query" {
				t.Fatalf("loaded without what it needs: %+v", d)
			}
			for _, p := range allParameters(d.Parameters) {
				if p.Name == "" || p.Use == 0 || p.Min < 0 || p.Max < p.Min || p.Type == "" && len(p.Parts) == 0 {
					t.Fatalf("loaded with a parameter that cannot be used: %+v", p)
				}
			}
			NewValidator(d, fhir.R4).Validate([]byte(`{"resourceType":"Parameters"}`), In, TypeLevel)
		}
	})
}
