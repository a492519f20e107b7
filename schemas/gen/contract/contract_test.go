package contract

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// Every generated file is checked in, as it would be generated now.
func TestGeneratedFilesAreFresh(t *testing.T) {
	files, err := Files()
	if err != nil {
		t.Fatal(err)
	}
	const root = "../../"
	names := map[string]bool{}
	for _, f := range files {
		names[f.Name] = true
		b, err := os.ReadFile(root + f.Name)
		if err != nil || !bytes.Equal(b, f.Content) {
			t.Errorf("%s is stale (%v): run go run ./schemas/gen", f.Name, err)
		}
	}
	for _, glob := range []string{"*.request*.schema.json", "*.response*.schema.json", "types/*"} {
		found, err := filepath.Glob(root + glob)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			if name, _ := filepath.Rel(root, f); !names[filepath.ToSlash(name)] {
				t.Errorf("%s is not generated any more: remove it", name)
			}
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for in, want := range map[string]string{
		`[]`:                        "cannot unmarshal",
		`{"resourceType":"Bundle"}`: "want OperationDefinition",
		definition(`{"use":"in","min":0,"max":"1","type":"id"}`):                                                              "has no name",
		definition(`{"name":"a","use":"in","min":0,"max":"1"}`):                                                               "neither type nor part",
		definition(`{"name":"a","use":"in","min":0,"max":"x","type":"id"}`):                                                   "max",
		definition(`{"name":"a","use":"in","min":0,"max":"1","part":[{"name":"b","use":"in","min":0,"max":"","type":"id"}]}`): `"a.b"`,
	} {
		if _, err := Read([]byte(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Read(%s): got %v, want %q", in, err, want)
		}
	}
}

func definition(params ...string) string {
	return `{"resourceType":"OperationDefinition","url":"http://example.org/op","version":"1","code":"try-it","type":true,"instance":true,"parameter":[` +
		strings.Join(params, ",") + `]}`
}

// compile makes a schema of a definition.
func compile(t *testing.T, doc, use, level, release string) *jsonschema.Schema {
	t.Helper()
	d, err := Read([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("urn:test", bytes.NewReader(d.Schema(use, level, release, "urn:test"))); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("urn:test")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func valid(t *testing.T, s *jsonschema.Schema, doc string) error {
	t.Helper()
	v, err := decode(doc)
	if err != nil {
		t.Fatalf("%s: %v", doc, err)
	}
	return s.Validate(v)
}

func parameters(items ...string) string {
	if len(items) == 0 {
		return `{"resourceType":"Parameters"}`
	}
	return `{"resourceType":"Parameters","parameter":[` + strings.Join(items, ",") + `]}`
}

// TestParameterFeatures gives each feature of a definition its valid and its
// broken items.
func TestParameterFeatures(t *testing.T) {
	for _, c := range []struct {
		name, definition string
		good, bad        []string
	}{
		{"primitive", `{"name":"a","use":"in","min":0,"max":"1","type":"integer"}`,
			[]string{`{"name":"a","valueInteger":-3}`, `{"name":"a","_valueInteger":{"extension":[{"url":"u","extension":[{"url":"v","valueCode":"x"}]}]}}`, `{"name":"a","valueInteger":1,"_valueInteger":{"extension":[{"url":"u","valueString":"s"}]}}`},
			[]string{`{"name":"a"}`, `{"name":"a","valueInteger":"1"}`, `{"name":"a","valueInteger":2147483648}`, `{"name":"a","valueString":"1"}`, `{"name":"b","valueInteger":1}`,
				`{"name":"a","valueInteger":null}`, `{"name":"a","valueInteger":1,"_valueInteger":{}}`, `{"name":"a","_valueInteger":{"id":"x"}}`, `{"name":"a","_valueInteger":{"extension":[{"url":"u"}]}}`,
				`{"name":"a","valueInteger":1,"extension":[{"url":"u","valueCode":"x","extension":[{"url":"v","valueCode":"y"}]}]}`, `{"name":"a","valueInteger":1,"part":[{"name":"x"}]}`,
				`{"name":"a","valueInteger":1},{"name":"a","valueInteger":2}`, `{"valueInteger":1}`, `1`, `{"name":"a","valueInteger":1,"extension":[]}`}},
		{"required twice", `{"name":"a","use":"in","min":2,"max":"3","type":"code"}`,
			[]string{`{"name":"a","valueCode":"x"},{"name":"a","valueCode":"y z"}`},
			[]string{`{"name":"a","valueCode":"x"}`, `{"name":"a","valueCode":"x"},{"name":"a","valueCode":"x"},{"name":"a","valueCode":"x"},{"name":"a","valueCode":"x"}`,
				`{"name":"a","valueCode":"x"},{"name":"a","valueCode":" y"}`}},
		{"prohibited", `{"name":"a","use":"in","min":0,"max":"0","type":"code"},{"name":"b","use":"in","min":0,"max":"*","type":"boolean"}`,
			[]string{`{"name":"b","valueBoolean":false},{"name":"b","valueBoolean":true}`},
			[]string{`{"name":"a","valueCode":"x"}`, `{"name":"b","valueBoolean":"false"}`}},
		{"parts", `{"name":"a","use":"in","min":0,"max":"*","part":[{"name":"x","use":"in","min":1,"max":"1","type":"uri"},{"name":"y","use":"in","min":0,"max":"*","part":[{"name":"z","use":"in","min":0,"max":"1","type":"date"}]}]}`,
			[]string{`{"name":"a","part":[{"name":"x","valueUri":"urn:x"}]}`, `{"name":"a","part":[{"name":"y","part":[{"name":"z","valueDate":"2024-02-29"}]},{"name":"x","valueUri":"u"}]}`},
			[]string{`{"name":"a"}`, `{"name":"a","part":[]}`, `{"name":"a","part":[{"name":"y","part":[{"name":"z","valueDate":"2024"}]}]}`, `{"name":"a","valueUri":"u"}`,
				`{"name":"a","part":[{"name":"x","valueUri":"u"},{"name":"x","valueUri":"u"}]}`, `{"name":"a","part":[{"name":"x","valueUri":"u"},{"name":"y","part":[{"name":"z","valueDate":"2024-02-30"}]}]}`,
				`{"name":"a","part":[{"name":"x","valueUri":"a b"}]}`}},
		{"complex", `{"name":"a","use":"in","min":0,"max":"1","type":"Coding"}`,
			[]string{`{"name":"a","valueCoding":{"code":"x"}}`},
			[]string{`{"name":"a","valueCoding":{}}`, `{"name":"a","valueCoding":"x"}`, `{"name":"a","valueCoding":{"code":null}}`, `{"name":"a","valueCoding":{"code":""}}`, `{"name":"a","valueCoding":{"x":[]}}`, `{"name":"a","valueCode":"x"}`}},
		{"resource", `{"name":"a","use":"in","min":0,"max":"1","type":"Patient"},{"name":"b","use":"in","min":0,"max":"1","type":"Resource"}`,
			[]string{`{"name":"a","resource":{"resourceType":"Patient","name":[{"given":["A",null],"_given":[null,{"id":"x"}]}]}}`, `{"name":"b","resource":{"resourceType":"Basic"}}`},
			[]string{`{"name":"a","resource":{"resourceType":"Basic"}}`, `{"name":"b","resource":{"id":"x"}}`, `{"name":"a","valueString":"x"}`, `{"name":"b","resource":{"resourceType":"basic"}}`, `{"name":"b","resource":{"resourceType":"Basic","id":"a b"}}`}},
		{"any value", `{"name":"a","use":"in","min":0,"max":"1","type":"Element"}`,
			[]string{`{"name":"a","valueDosage":{"text":"x"}}`, `{"name":"a","valueDecimal":1e3}`, `{"name":"a","_valueTime":{"extension":[{"url":"u","valueCode":"x"}]}}`},
			[]string{`{"name":"a","valueString":"x","valueCode":"x"}`, `{"name":"a","valueNarrative":{"div":"x"}}`, `{"name":"a"}`, `{"name":"a","valueTime":"24:00:00"}`, `{"name":"a","valueInteger64":"1"}`}},
		{"allowed types", `{"name":"a","use":"in","min":0,"max":"1","type":"Element","allowedType":["string","Quantity"]}`,
			[]string{`{"name":"a","valueString":"x"}`, `{"name":"a","valueQuantity":{"value":1}}`},
			[]string{`{"name":"a","valueCode":"x"}`, `{"name":"a","valueQuantity":{"value":1},"valueString":"x"}`}},
		{"allowed types by extension", `{"name":"a","use":"in","min":0,"max":"1","type":"Element","extension":[{"url":"http://hl7.org/fhir/StructureDefinition/operationdefinition-allowed-type","valueUri":"instant"}]}`,
			[]string{`{"name":"a","valueInstant":"2024-01-01T00:00:00Z"}`},
			[]string{`{"name":"a","valueInstant":"2024-01-01"}`, `{"name":"a","valueString":"x"}`}},
		{"search type", `{"name":"a/b","use":"in","min":0,"max":"1","type":"string","searchType":"token"}`,
			[]string{`{"name":"a/b","valueString":"x"}`, `{"name":"a/b:not-in","valueString":"x"}`},
			[]string{`{"name":"a/b:","valueString":"x"}`, `{"name":"a/bc","valueString":"x"}`, `{"name":"a/b","valueString":"x"},{"name":"a/b:not","valueString":"x"}`}},
	} {
		s := compile(t, definition(c.definition), "in", "type", "R4")
		for _, g := range c.good {
			if err := valid(t, s, parameters(g)); err != nil {
				t.Errorf("%s: %s: %v", c.name, g, err)
			}
		}
		for _, b := range c.bad {
			if valid(t, s, parameters(b)) == nil {
				t.Errorf("%s: %s was accepted", c.name, b)
			}
		}
	}
}

func TestLevels(t *testing.T) {
	doc := definition(`{"name":"a","use":"in","scope":["instance"],"min":1,"max":"1","type":"code"}`,
		`{"name":"b","use":"in","scope":["type"],"min":0,"max":"1","type":"code"}`, `{"name":"b","use":"in","scope":["instance"],"min":0,"max":"1","type":"id"}`)
	typ, instance := compile(t, doc, "in", "type", "R5"), compile(t, doc, "in", "instance", "R5")
	if err := valid(t, typ, parameters()); err != nil {
		t.Errorf("a parameter scoped to the instance level is required at the type level: %v", err)
	}
	if valid(t, instance, parameters()) == nil {
		t.Error("a required parameter is not required at its level")
	}
	for doc, want := range map[string]bool{
		`{"name":"a","valueDosage":{"text":"x"}},{"name":"a","part":[{"name":"p","resource":{"resourceType":"Basic"}}]}`: true,
		`{"name":"a","valueCode":" x"}`:              false,
		`{"name":"a"}`:                               false,
		`{"name":"a","part":[{"valueCode":"x"}]}`:    false,
		`{"name":"a","part":[]}`:                     false,
		`{"name":"a","valueCode":"x","valueId":"x"}`: false,
	} {
		if err := valid(t, typ, parameters(doc)); (err == nil) != want {
			t.Errorf("beyond its scope: %s: %v, want valid %v", doc, err, want)
		}
	}
	if valid(t, typ, parameters(`{"name":"b","valueId":"x"}`)) == nil || valid(t, instance, parameters(`{"name":"a","valueCode":"x"}`, `{"name":"b","valueCode":"x"}`)) == nil {
		t.Error("of two parameters of one name the other level's counts")
	}
	d, err := Read([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range schemaFiles(d, "x", "in", "R5") {
		names = append(names, f.Name)
	}
	if want := []string{"x.request.type.schema.json", "x.request.instance.schema.json"}; !slices.Equal(names, want) {
		t.Errorf("files %q, want %q", names, want)
	}
}

func TestBareResources(t *testing.T) {
	out := compile(t, definition(`{"name":"return","use":"out","min":1,"max":"1","type":"Bundle"}`), "out", "type", "R4")
	in := compile(t, definition(`{"name":"resource","use":"in","min":1,"max":"1","type":"Patient"}`, `{"name":"n","use":"in","min":0,"max":"1","type":"code"}`), "in", "type", "R4")
	none := compile(t, definition(`{"name":"n","use":"in","min":0,"max":"1","type":"code"}`), "in", "type", "R4")
	empty := compile(t, definition(), "in", "type", "R4")
	for _, c := range []struct {
		s    *jsonschema.Schema
		doc  string
		want bool
	}{
		{out, `{"resourceType":"Bundle","type":"searchset"}`, true},
		{out, parameters(`{"name":"return","resource":{"resourceType":"Bundle"}}`), false},
		{in, `{"resourceType":"Patient"}`, true},
		{in, parameters(`{"name":"resource","resource":{"resourceType":"Patient"}}`), true},
		{in, `{"resourceType":"Bundle"}`, false},
		{none, `{"resourceType":"Patient"}`, false},
		{empty, parameters(), true},
		{empty, parameters(`{"name":"x","valueCode":"x"}`), false},
	} {
		if err := valid(t, c.s, c.doc); (err == nil) != c.want {
			t.Errorf("%s: %v, want valid %v", c.doc, err, c.want)
		}
	}
}

func TestTypes(t *testing.T) {
	d, err := Read([]byte(definition(
		`{"name":"a-b","use":"in","min":1,"max":"1","documentation":"Ends */ early.","type":"Element","allowedType":["string","Coding"]}`,
		`{"name":"p","use":"in","min":0,"max":"*","part":[{"name":"q","use":"in","min":0,"max":"1","type":"Resource"}]}`,
		`{"name":"s","use":"in","min":0,"max":"1","type":"string","searchType":"token"}`,
		`{"name":"return","use":"out","min":1,"max":"1","type":"Bundle"}`)))
	if err != nil {
		t.Fatal(err)
	}
	got := string(d.Types("R5"))
	for _, want := range []string{
		"parameter: TryItRequestParameter[];",
		"export type TryItRequestParameter = TryItRequestAB | TryItRequestP | TryItRequestS;",
		`name: "a-b";`, "valueString?: string;", "valueCoding: Complex;", "Ends * / early.",
		"| { part: TryItRequestPPart[] }",
		"  name: \"s\" | `s:${string}`;",
		`export type TryItResponse = Resource<"Bundle">;`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the types lack %q", want)
		}
	}
	if t.Failed() {
		t.Log(got)
	}
}
