package check

import (
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/wsbind/wsbind/schemas"
	"github.com/wsbind/wsbind/schemas/gen/contract"
	"github.com/wsbind/wsbind/schemas/vectors"
)

// operation gives the schema's verdict on a request or response: by the
// checked-in schema of a built-in definition, else by one generated now.
func operation(t *testing.T, v vectors.Validation) error {
	t.Helper()
	if d, ok := schemas.Lookup(v.Definition); ok && d.UsedIn(v.FHIR) {
		return Operation(v.FHIR, d.Code, v.Use, v.Level, v.Document)
	}
	d, err := contract.Read(v.DefinitionDocument)
	if err != nil {
		t.Fatal(err)
	}
	return against(generated(t, d, v), v.Document)
}

func generated(t *testing.T, d *contract.Definition, v vectors.Validation) *jsonschema.Schema {
	t.Helper()
	s, err := compile(d.Schema(v.Use, v.Level, v.FHIR, "urn:wsbind:test"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDiffer(t *testing.T) {
	for _, load := range []func() ([]vectors.Validation, error){vectors.Requests, vectors.Responses} {
		cases, err := load()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cases {
			err := operation(t, c)
			if (err == nil) != c.Valid {
				t.Logf("%s %s: valid %v, schema %v", c.File, c.Name, c.Valid, err)
			}
		}
	}
}
