package opdef

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/schemas"
)

// found writes issues as "code expression", one after the other.
func found(issues []fault.Issue) string {
	var s []string
	for _, i := range issues {
		s = append(s, strings.TrimSpace(string(i.Code)+" "+i.Expression))
	}
	return strings.Join(s, "; ")
}

// op writes a definition: the members in front of the usual ones replace them.
func op(members string) string {
	text := `{"resourceType":"OperationDefinition"`
	if members != "" {
		text += "," + members
	}
	var given map[string]any
	if err := json.Unmarshal([]byte("{"+members+"}"), &given); err != nil {
		panic(members)
	}
	for _, usual := range []string{`"name":"Op"`, `"status":"draft"`, `"kind":"operation"`, `"code":"op"`, `"system":false`, `"type":true`, `"instance":false`} {
		name, _, _ := strings.Cut(usual, ":")
		if _, ok := given[strings.Trim(name, `"`)]; !ok {
			text += "," + usual
		}
	}
	return text + "}"
}

// with writes a definition with one parameter.
func with(parameter string) string { return op(`"parameter":[{` + parameter + `}]`) }

func TestLoad(t *testing.T) {
	const param = `"name":"a","use":"in","min":0,"max":"1","type":"id"`
	tests := []struct {
		name, text      string
		loads           bool
		repairs, issues string
	}{
		{"least", op(""), true, "", ""},
		{"text around", "page\n" + op("") + "\nfooter {", true, "surrounding-text", ""},
		{"a brace in the text before", "a { b\n" + op(""), true, "surrounding-text", ""},
		{"an object in the text before", `{"x":1} ` + op(""), true, "surrounding-text", ""},
		{"byte order mark", "\uFEFF" + op(""), true, "surrounding-text", ""},
		{"broken within text", "page " + strings.Replace(op(""), "true", "tru", 1), false, "", "invalid-json"},
		{"contained in what is broken", `page {"x":nope,"contained":[` + op("") + `]}`, false, "", "invalid-json"},
		{"cut off", strings.TrimSuffix(op(`"contained":[`+op("")+`]`), "}"), false, "", "invalid-json"},
		{"null", op(`"title":null,"contact":[{"name":null,"telecom":[{"value":"x"}]}]`), true, "null-member OperationDefinition.title; null-member OperationDefinition.contact[0].name", ""},
		{"null code", op(`"code":null`), false, "null-member OperationDefinition.code", "missing-element OperationDefinition.code"},
		{"null parameter member", with(param + `,"searchType":null,"part":null`), true, "null-member OperationDefinition.parameter[0].searchType; null-member OperationDefinition.parameter[0].part", ""},
		{"boolean as string", op(`"type":"true","affectsState":"false"`), true, "string-for-boolean OperationDefinition.type; string-for-boolean OperationDefinition.affectsState", ""},
		{"min and max", with(`"name":"a","use":"in","min":"0","max":1,"type":"id"`), false, "", "invalid-cardinality OperationDefinition.parameter[0].min; invalid-cardinality OperationDefinition.parameter[0].max"},
		{"version as number", op(`"version":1.10`), true, "number-for-string OperationDefinition.version", ""},
		{"foreign", op(`"package_name":"x","_filename":"y","idempotent":true`), true, "foreign-member OperationDefinition.package_name; stray-sibling OperationDefinition._filename; foreign-member OperationDefinition.idempotent", ""},
		{"sibling of what is no primitive", op(`"contact":[{"name":"x"}],"_contact":[{"id":"x"}]`), true, "stray-sibling OperationDefinition.contact", ""},
		{"a good sibling", op(`"title":"x","_title":{"extension":[{"url":"u","valueCode":"x"}]}`), true, "", ""},
		{"foreign in a parameter", with(param + `,"default":1`), true, "foreign-member OperationDefinition.parameter[0].default", ""},
		{"repeated", op(`"contact":[{"name":"x"},{"name":"y"},{"name":"x"}],"resource":["Basic","Basic"]`), true, "repeated-entry OperationDefinition.contact[2]; repeated-entry OperationDefinition.resource[1]", ""},
		{"mailto", op(`"contact":[{"telecom":[{"system":"url","value":"mailto:a@b"},{"system":"email","value":"MAILTO:a@b"}]}]`), true, "mailto-telecom OperationDefinition.contact[0].telecom[1].value", ""},
		{"duplicate", op(`"parameter":[{` + param + `},{` + param + `},{"name":"a","use":"out","min":0,"max":"1","type":"id"}]`), true, "duplicate-parameter OperationDefinition.parameter[1]", ""},
		{"descriptive", op(`"date":"yesterday","status":"new","contact":[{"telecom":[{"system":"post"}]}]`), true, "", "invalid-primitive OperationDefinition.date; invalid-code OperationDefinition.status; invalid-code OperationDefinition.contact[0].telecom[0].system"},
		{"no status", strings.Replace(op(""), `"status":"draft",`, "", 1), true, "", "missing-element OperationDefinition.status"},
		{"type and part", with(param + `,"part":[{` + param + `}]`), true, "", "type-and-part OperationDefinition.parameter[0]"},
		{"searchType of an id", with(param + `,"searchType":"token"`), false, "", "invariant-failed OperationDefinition.parameter[0].searchType"},
		{"extension of the type", op(`"extension":[{"url":"u","valueInteger":0}],"text":{"status":"empty","div":"<div/>"}`), true, "", ""},

		{"no JSON", "no", false, "", "invalid-json"},
		{"nothing", "", false, "", "invalid-json"},
		{"array", "[]", false, "", "wrong-resource-type OperationDefinition"},
		{"other resource", `{"resourceType":"Patient"}`, false, "", "wrong-resource-type OperationDefinition"},
		{"no name, no code, no kind", `{"resourceType":"OperationDefinition","status":"draft","system":false,"type":true,"instance":false}`, false, "", "missing-element OperationDefinition.name; missing-element OperationDefinition.kind; missing-element OperationDefinition.code"},
		{"kind", op(`"kind":"search"`), false, "", "invalid-code OperationDefinition.kind"},
		{"level", op(`"type":"yes"`), false, "", "wrong-json-type OperationDefinition.type"},
		{"resource", op(`"resource":["Basics"]`), false, "", "unknown-resource OperationDefinition.resource[0]"},
		{"parameter without all", with(`"documentation":"x"`), false, "", "missing-element OperationDefinition.parameter[0].name; missing-element OperationDefinition.parameter[0].use; missing-element OperationDefinition.parameter[0].min; missing-element OperationDefinition.parameter[0].max; type-or-part-missing OperationDefinition.parameter[0]"},
		{"use", with(`"name":"a","use":"both","min":0,"max":"1","type":"id"`), false, "", "invalid-code OperationDefinition.parameter[0].use"},
		{"min negative", with(`"name":"a","use":"in","min":-1,"max":"1","type":"id"`), false, "", "invalid-cardinality OperationDefinition.parameter[0].min"},
		{"min fraction", with(`"name":"a","use":"in","min":0.5,"max":"1","type":"id"`), false, "", "invalid-cardinality OperationDefinition.parameter[0].min"},
		{"min boolean", with(`"name":"a","use":"in","min":true,"max":"1","type":"id"`), false, "", "invalid-cardinality OperationDefinition.parameter[0].min"},
		{"max overflow", with(`"name":"a","use":"in","min":0,"max":"2147483648","type":"id"`), false, "", "invalid-cardinality OperationDefinition.parameter[0].max"},
		{"max enormous", with(`"name":"a","use":"in","min":0,"max":"99999999999999999999","type":"id"`), false, "", "invalid-cardinality OperationDefinition.parameter[0].max"},
		{"max many", with(`"name":"a","use":"in","min":0,"max":"n","type":"id"`), false, "", "invalid-cardinality OperationDefinition.parameter[0].max"},
		{"max below min", with(`"name":"a","use":"in","min":2,"max":"1","type":"id"`), false, "", "invalid-cardinality OperationDefinition.parameter[0].max"},
		{"type", with(`"name":"a","use":"in","min":0,"max":"1","type":"ID"`), false, "", "unknown-type OperationDefinition.parameter[0].type"},
		{"type of no value", with(`"name":"a","use":"in","min":0,"max":"1","type":"Narrative"`), false, "", "unknown-type OperationDefinition.parameter[0].type"},
		{"allowed type", with(`"name":"a","use":"in","min":0,"max":"1","type":"Element","allowedType":["id","Id"]`), false, "", "unknown-type OperationDefinition.parameter[0].allowedType[1]"},
		{"allowed type by extension", with(`"name":"a","use":"in","min":0,"max":"1","type":"Element","extension":[{"url":"` + allowedTypeURL + `","valueUri":"Id"}]`), false, "", "unknown-type OperationDefinition.parameter[0].extension[0]"},
		{"neither type nor part", with(`"name":"a","use":"in","min":0,"max":"1"`), false, "", "type-or-part-missing OperationDefinition.parameter[0]"},
		{"parts too deep", op(`"parameter":[` + nested(MaxPartDepth+1) + `]`), false, "", "definition-too-complex OperationDefinition.parameter[0]" + strings.Repeat(".part[0]", MaxPartDepth)},
		{"parts just deep enough", op(`"parameter":[` + nested(MaxPartDepth) + `]`), true, "", ""},
		{"scope", with(param + `,"scope":["resource"]`), false, "", "invalid-code OperationDefinition.parameter[0].scope[0]"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			loaded := Load([]byte(test.text), Options{})
			if got := loaded.Definition != nil; got != test.loads {
				t.Errorf("loaded: %v, want %v", got, test.loads)
			}
			if got := found(loaded.Repairs); got != test.repairs {
				t.Errorf("repairs:\n got %s\nwant %s", got, test.repairs)
			}
			if got := found(loaded.Issues); got != test.issues {
				t.Errorf("issues:\n got %s\nwant %s", got, test.issues)
			}
			strict := Load([]byte(test.text), Options{Strict: true})
			if test.repairs != "" && (strict.Definition != nil || len(strict.Repairs) > 0) {
				t.Error("strict loading repaired it")
			}
			if got, want := len(strict.Issues), len(loaded.Repairs)+len(loaded.Issues); got != want {
				t.Errorf("strict loading reports %d, lenient loading %d: %v", got, want, strict.Issues)
			}
		})
	}
}

// nested writes a parameter with parts n deep.
func nested(n int) string {
	const head = `{"name":"a","use":"in","min":0,"max":"1",`
	if n == 1 {
		return head + `"type":"id"}`
	}
	return head + `"part":[` + nested(n-1) + `]}`
}

func TestTooManyParameters(t *testing.T) {
	var params []string
	for i := range MaxParameters + 50 {
		params = append(params, fmt.Sprintf(`{"name":"p%d","use":"in","min":0,"max":"1","type":"id"}`, i))
	}
	text := op(`"parameter":[` + strings.Join(params, ",") + `]`)
	loaded := Load([]byte(text), Options{})
	if loaded.Definition != nil || found(loaded.Issues) != fmt.Sprintf("definition-too-complex OperationDefinition.parameter[%d]", MaxParameters) {
		t.Errorf("loaded: %v", found(loaded.Issues))
	}
}

// TestDelivered is the acceptance list of what is odd about the delivered
// document, and that all of it comes out right.
func TestDelivered(t *testing.T) {
	text, err := os.ReadFile("../../schemas/vectors/definition/files/delivered.txt")
	if err != nil {
		t.Fatal(err)
	}
	loaded := Load(text, Options{})
	const want = "surrounding-text; stray-sibling OperationDefinition._filename; foreign-member OperationDefinition.package_name; " +
		"string-for-boolean OperationDefinition.type; null-member OperationDefinition.experimental; null-member OperationDefinition.title; " +
		"foreign-member OperationDefinition.package_version; repeated-entry OperationDefinition.contact[1]; " +
		"mailto-telecom OperationDefinition.contact[2].telecom[0].value; mailto-telecom OperationDefinition.contact[3].telecom[0].value"
	if got := found(loaded.Repairs); got != want {
		t.Errorf("repairs:\n got %s\nwant %s", got, want)
	}
	if strict := Load(text, Options{Strict: true}); found(strict.Issues) != want || strict.Definition != nil {
		t.Errorf("strict:\n got %s\nwant %s", found(strict.Issues), want)
	}
	d := loaded.Definition
	if d == nil || len(loaded.Issues) > 0 {
		t.Fatal(found(loaded.Issues))
	}
	for _, r := range loaded.Repairs {
		if r.Code != fault.SurroundingText && !strings.Contains(string(text[r.Offset:r.Offset+r.Length]), "\"") && string(text[r.Offset:r.Offset+r.Length]) != "null" {
			t.Errorf("%s points at %q", r.Code, text[r.Offset:r.Offset+r.Length])
		}
	}
	if d.URL != schemas.GetWSBindingToken || d.Version != "1.0.0" || d.Code != "get-ws-binding-token" || d.AffectsState != False ||
		!d.Type || !d.Instance || d.System || len(d.Parameters) != 5 || d.Parameters[0].Max != Unbounded {
		t.Errorf("%+v", d)
	}
	for _, r := range []fhir.Release{fhir.R4, fhir.R4B, fhir.R5} {
		if got := strings.Join(d.Methods(r, TypeLevel), ", "); got != "GET, HEAD, POST" {
			t.Errorf("%v: %s", r, got)
		}
		if got := d.Methods(r, SystemLevel); got != nil {
			t.Errorf("%v at system level: %v", r, got)
		}
	}
}

// TestDefinitionsLoad holds every definition of testdata to strict loading in
// the releases that have its types.
func TestDefinitionsLoad(t *testing.T) {
	only := map[string]string{
		"every-primitive-r5": "R5", "every-datatype-r5": "R5", "abstract-r5": "R5", "canonical-resource": "R5",
		"every-datatype-r4": "R4 R4B", "abstract-r4": "R4 R4B", "allowed-types": "R5", "scopes": "R5", "scopes-of-one-name": "R5", "scoped-body": "R5", "rich": "R5",
	}
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no definitions")
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		in := only[strings.TrimSuffix(filepath.Base(file), ".json")]
		for _, r := range []fhir.Release{0, fhir.R4, fhir.R4B, fhir.R5} {
			loaded := Load(text, Options{Strict: true, Release: r})
			want := in == "" || r == 0
			for _, name := range strings.Fields(in) {
				want = want || name == r.String()
			}
			if (loaded.Definition != nil) != want {
				t.Errorf("%s in %v: loaded %v, want %v: %v", file, r, loaded.Definition != nil, want, loaded.Issues)
			}
		}
	}
}

func TestMethods(t *testing.T) {
	const get, post = "GET, HEAD, POST", "POST"
	tests := []struct{ text, r4, r5 string }{
		{op(`"affectsState":false`), get, get},
		{op(`"affectsState":true`), post, post},
		{op(``), post, post},
		{op(`"affectsState":null`), post, post},
		{op(`"affectsState":false,"parameter":[{"name":"a","use":"in","min":0,"max":"*","type":"id"}]`), get, get},
		{op(`"affectsState":false,"parameter":[{"name":"a","use":"in","min":0,"max":"*","type":"Coding"}]`), post, get},
		{op(`"affectsState":false,"parameter":[{"name":"a","use":"in","min":1,"max":"*","type":"Coding"}]`), post, post},
		{op(`"affectsState":false,"parameter":[{"name":"a","use":"in","min":1,"max":"*","type":"Patient"}]`), post, post},
		{op(`"affectsState":false,"parameter":[{"name":"a","use":"in","min":1,"max":"*","part":[{"name":"x","use":"in","min":0,"max":"1","type":"id"}]}]`), post, post},
		{op(`"affectsState":false,"parameter":[{"name":"a","use":"in","min":0,"max":"1","type":"Element"}]`), post, get},
		{op(`"affectsState":false,"parameter":[{"name":"a","use":"out","min":1,"max":"*","type":"Coding"}]`), get, get},
	}
	for _, test := range tests {
		d := Load([]byte(test.text), Options{}).Definition
		if d == nil {
			t.Fatal(test.text)
		}
		for r, want := range map[fhir.Release]string{fhir.R4: test.r4, fhir.R4B: test.r4, fhir.R5: test.r5} {
			if got := strings.Join(d.Methods(r, TypeLevel), ", "); got != want {
				t.Errorf("%s in %v: %s, want %s", test.text, r, got, want)
			}
			if got := d.Methods(r, InstanceLevel); got != nil {
				t.Errorf("%s at instance level: %v", test.text, got)
			}
		}
	}
}
