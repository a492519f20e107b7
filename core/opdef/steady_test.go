package opdef

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/schemas"
)

// delivered returns a validator for the delivered definition.
func delivered(t testing.TB, r fhir.Release) *Validator {
	t.Helper()
	d, ok := schemas.Lookup(schemas.GetWSBindingToken)
	if !ok {
		t.Fatal("the delivered definition is missing")
	}
	return load(t, d.Bytes(), r)
}

func load(t testing.TB, text []byte, r fhir.Release) *Validator {
	t.Helper()
	loaded := Load(text, Options{})
	if loaded.Definition == nil {
		t.Fatalf("refused: %v", loaded.Issues)
	}
	return NewValidator(loaded.Definition, r)
}

// response is an answer of $get-ws-binding-token with n subscriptions.
func response(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"resourceType":"Parameters","parameter":[{"name":"token","valueString":"eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl"},{"name":"expiration","valueDateTime":"2030-01-01T00:00:00Z"}`)
	for i := range n {
		b.WriteString(`,{"name":"subscription","valueString":"sub-` + strconv.Itoa(i) + `"}`)
	}
	b.WriteString(`,{"name":"websocket-url","valueUrl":"wss://example.org/ws"}]}`)
	return b.Bytes()
}

func TestValidDocumentsAllocateNothing(t *testing.T) {
	rich, err := os.ReadFile("testdata/rich.json")
	if err != nil {
		t.Fatal(err)
	}
	token, any := delivered(t, fhir.R4), load(t, rich, fhir.R5)
	tests := []struct {
		name string
		v    *Validator
		use  Use
		text []byte
	}{
		{"no body", token, In, nil},
		{"one id", token, In, []byte(`{"resourceType":"Parameters","parameter":[{"name":"id","valueId":"1"}]}`)},
		{"420 bytes", token, Out, response(5)},
		{"200 kB", token, Out, response(4500)},
		{"escapes", token, Out, bytes.Replace(response(5), []byte(`"token"`), []byte(`"t\u006fken"`), 1)},
		{"rich", any, In, richRequest(1)},
		{"rich, 200 kB", any, In, richRequest(300)},
	}
	for _, test := range tests {
		validate := func() {
			if issues := test.v.Validate(test.text, test.use, TypeLevel); len(issues) > 0 {
				t.Fatalf("%s: %v", test.name, issues)
			}
		}
		validate()
		if n := testing.AllocsPerRun(20, validate); n > 0 {
			t.Errorf("%s (%d bytes): %v allocations, none allowed", test.name, len(test.text), n)
		}
	}
	query := func() {
		if issues := token.ValidateQuery("id=a&id=b&_format=json", TypeLevel); len(issues) > 0 {
			t.Fatal(issues)
		}
	}
	query()
	if n := testing.AllocsPerRun(20, query); n > 0 {
		t.Errorf("query: %v allocations, none allowed", n)
	}
}

// richRequest is a request of testdata/rich.json with n of everything that
// repeats.
func richRequest(n int) []byte {
	const group = `{"name":"group","part":[{"name":"code","valueCoding":{"system":"http://loinc.org","code":"1963-8"}},
	{"name":"amount","valueQuantity":{"value":1.50,"unit":"kg","comparator":"<"}},
	{"name":"sub","part":[{"name":"when","valuePeriod":{"start":"2020-01-01","end":"2020-01-02T10:00:00+01:00"}}]}]},
	{"name":"any","valueHumanName":{"given":["A",null],"_given":[null,{"extension":[{"url":"http://x","valueCode":"c"}]}]}},
	{"name":"patient","resource":{"resourceType":"Patient","id":"p","active":true,"name":[{"family":"F"}],"extension":[{"url":"http://x","valueInteger64":"9007199254740993"}]}},
	{"name":"code:not","valueString":"caf\u00e9"},
	{"name":"_id","_valueString":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"unknown"}]}}`
	return []byte(`{"resourceType":"Parameters","id":"r","meta":{"profile":["http://example.org/p"]},"parameter":[` +
		strings.TrimSuffix(strings.Repeat(group+",", n), ",") + `]}`)
}

// TestLargeDocumentsEnd validates hostile documents of up to the largest size.
// No time is asserted, for that would measure the machine: what takes a second
// here would take hours were it quadratic, and the test's own time limit ends
// it.
func TestLargeDocumentsEnd(t *testing.T) {
	v := delivered(t, fhir.R4)
	v.Limits.MaxBytes = 64 << 20
	var names, siblings, unknown strings.Builder
	size := 400_000
	if testing.Short() { // under the race detector: nothing here is concurrent
		size /= 20
	}
	for i := range size {
		n := strconv.Itoa(i)
		names.WriteString(`,"x` + n + `":1`)
		siblings.WriteString(`,"_x` + n + `":{"id":"a"}`)
		unknown.WriteString(`,{"name":"u` + n + `","valueString":"x"}`)
	}
	documents := map[string]string{
		"many unknown parameters":           `{"resourceType":"Parameters","parameter":[{"name":"id","valueId":"1"}` + unknown.String() + `]}`,
		"many unknown members":              `{"resourceType":"Parameters"` + names.String() + `}`,
		"many siblings":                     `{"resourceType":"Parameters"` + siblings.String() + `}`,
		"many members of a parameter":       `{"resourceType":"Parameters","parameter":[{"name":"id"` + names.String() + `}]}`,
		"many members of an unknown object": `{"resourceType":"Parameters","parameter":[{"name":"id","resource":{"resourceType":"Patient"` + names.String() + siblings.String() + `}}]}`,
		"many members of a datatype":        `{"resourceType":"Parameters","parameter":[{"name":"id","valueCoding":{"code":"x"` + names.String() + siblings.String() + `}}]}`,
		"a long array of nulls":             `{"resourceType":"Parameters","parameter":[{"name":"id","resource":{"resourceType":"Patient","x":[` + strings.Repeat("null,", 2_000_000) + `null]}}]}`,
	}
	for name, text := range documents {
		t.Run(name, func(t *testing.T) {
			issues := v.Validate([]byte(text), In, TypeLevel)
			if len(issues) == 0 || len(issues) > fault.DefaultMaxIssues+1 || issues[0].Code == fault.TooLarge {
				t.Errorf("%d issues of %d bytes", len(issues), len(text))
			}
		})
	}
	if issues := v.Validate(response(200_000), Out, TypeLevel); len(issues) > 0 {
		t.Errorf("a valid response of 200,000 parameters: %v", issues)
	}
}
