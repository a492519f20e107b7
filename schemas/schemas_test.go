package schemas

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// The table is typed by hand so that the package needs no JSON reader; here
// the documents themselves are asked.
func TestTableAgreesWithTheDocuments(t *testing.T) {
	seen := map[string]bool{}
	for _, d := range Definitions() {
		seen[d.File] = true
		var doc struct {
			ResourceType, ID, URL, Version, Code, Kind string
			Type, System, Instance                     *bool
			AffectsState                               *bool
		}
		if err := json.Unmarshal(d.Bytes(), &doc); err != nil {
			t.Errorf("%s: %v", d.File, err)
			continue
		}
		if doc.ResourceType != "OperationDefinition" || doc.Kind != "operation" {
			t.Errorf("%s: a %s of kind %q, want an OperationDefinition of kind operation", d.File, doc.ResourceType, doc.Kind)
		}
		if doc.URL != d.URL || doc.Version != d.Version || doc.Code != d.Code {
			t.Errorf("%s: document says %s|%s %s, table says %s|%s %s", d.File, doc.URL, doc.Version, doc.Code, d.URL, d.Version, d.Code)
		}
		if doc.Type == nil || doc.System == nil || doc.Instance == nil || doc.AffectsState == nil {
			t.Errorf("%s: type, system, instance and affectsState must all be said", d.File)
		}
	}
	files, err := filepath.Glob("definitions/*/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !seen[f] {
			t.Errorf("%s is not in the table", f)
		}
	}
	for _, d := range Definitions() {
		file, err := os.ReadFile(d.File)
		if err != nil || !bytes.Equal(file, d.Bytes()) {
			t.Errorf("%s is not the file of that name: %v", d.File, err)
		}
	}
}

func TestFind(t *testing.T) {
	for _, c := range []struct{ release, code, url string }{
		{"R4", "get-ws-binding-token", GetWSBindingToken},
		{"R4B", "get-ws-binding-token", GetWSBindingToken},
		{"R5", "get-ws-binding-token", "http://hl7.org/fhir/OperationDefinition/Subscription-get-ws-binding-token"},
		{"R4", "status", "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-status"},
		{"R5", "events", "http://hl7.org/fhir/OperationDefinition/Subscription-events"},
		{"R4B", "resend", "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-resend"},
	} {
		if d, ok := Find(c.release, c.code); !ok || d.URL != c.url {
			t.Errorf("Find(%q, %q) = %q, %v, want %q", c.release, c.code, d.URL, ok, c.url)
		}
	}
	for _, c := range [][2]string{{"R5", "resend"}, {"R6", "status"}, {"R4", "nothing"}} {
		if d, ok := Find(c[0], c[1]); ok {
			t.Errorf("Find(%q, %q) = %s, want none", c[0], c[1], d.URL)
		}
	}
}

func TestLookup(t *testing.T) {
	for canonical, want := range map[string]bool{
		GetWSBindingToken:                   true,
		GetWSBindingToken + "|1.0.0":        true,
		GetWSBindingToken + "|1.1.0":        true,
		GetWSBindingToken + "|1.2.0-ballot": true,
		GetWSBindingToken + "|9.9.9":        false,
		GetWSBindingToken + "|":             false,
		"":                                  false,
		"http://hl7.org/fhir/OperationDefinition/Subscription-status|5.0.0": true,
		"http://hl7.org/fhir/OperationDefinition/Subscription-status|1.1.0": false,
	} {
		if _, ok := Lookup(canonical); ok != want {
			t.Errorf("Lookup(%q) = %v, want %v", canonical, ok, want)
		}
	}
}

func TestSchemas(t *testing.T) {
	names := SchemaNames()
	if !slices.IsSorted(names) || !slices.Contains(names, "claims") || !slices.Contains(names, "configuration") {
		t.Errorf("SchemaNames() = %q", names)
	}
	for _, name := range names {
		b, ok := Schema(name)
		var schema struct {
			ID string `json:"$id"`
		}
		if err := json.Unmarshal(b, &schema); !ok || err != nil {
			t.Errorf("Schema(%q): %v, %v", name, ok, err)
		}
		if want := "urn:wsbind:schema:" + name; schema.ID != want {
			t.Errorf("Schema(%q) has $id %q, want %q", name, schema.ID, want)
		}
	}
	if _, ok := Schema("nothing"); ok {
		t.Error(`Schema("nothing") was found`)
	}
}
