package opdef

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
)

// fromFile returns a validator for a definition of testdata.
func fromFile(t testing.TB, name string, r fhir.Release) *Validator {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return load(t, text, r)
}

func parameters(entries string) string {
	return `{"resourceType":"Parameters","parameter":[` + entries + `]}`
}

func TestValidate(t *testing.T) {
	const patient = `{"resourceType":"Patient","id":"p"}`
	tests := []struct {
		file  string
		use   Use
		level Level
		text  string
		want  string
	}{
		// what the body is
		{"one-resource", In, TypeLevel, patient, ""},
		{"one-resource", In, TypeLevel, parameters(`{"name":"resource","resource":` + patient + `}`), ""},
		{"one-resource", In, TypeLevel, `{"resourceType":"Group"}`, "wrong-resource-type Group"},
		{"one-resource", In, TypeLevel, `{"resourceType":"Patient","x":null}`, "null-value Patient.x"},
		{"one-resource", In, TypeLevel, `{"resourceType":"Nothing"}`, "unknown-resource Nothing"},
		{"one-resource", In, TypeLevel, "", "missing-parameter Parameters.parameter"},
		{"two-resources", In, TypeLevel, patient, "wrong-resource-type Parameters"},
		{"parts", In, TypeLevel, patient, "wrong-resource-type Parameters"},
		{"cardinalities", In, TypeLevel, `{"parameter":[]}`, "wrong-resource-type Parameters"},
		{"cardinalities", In, TypeLevel, `7`, "wrong-json-type Parameters"},
		{"many-resources", In, TypeLevel, patient, ""},
		{"scoped-body", In, TypeLevel, `{"resourceType":"Group"}`, "wrong-resource-type Group"},
		{"scoped-body", In, InstanceLevel, patient, "out-of-scope Patient"},
		{"scoped-body", In, InstanceLevel, `{"resourceType":"Patient","name":[]}`, "empty-value Patient.name; out-of-scope Patient"},
		{"return-bundle", Out, TypeLevel, `{"resourceType":"Bundle","type":"searchset"}`, ""},
		{"return-bundle", Out, TypeLevel, parameters(`{"name":"return","resource":{"resourceType":"Bundle"}}`), "wrong-resource-type Parameters"},
		{"return-bundle", Out, TypeLevel, patient, "wrong-resource-type Patient"},
		{"return-bundle", Out, TypeLevel, "", "invalid-json"},
		{"return-any-resource", Out, TypeLevel, patient, ""},
		{"return-any-resource", Out, TypeLevel, `{"resourceType":"Parameters"}`, ""},
		{"return-value", Out, TypeLevel, parameters(`{"name":"return","valueBoolean":true}`), ""},
		{"return-value", Out, TypeLevel, `{"resourceType":"Bundle"}`, "wrong-resource-type Parameters"},
		{"return-and-more", Out, TypeLevel, `{"resourceType":"Bundle"}`, "wrong-resource-type Parameters"},
		{"no-parameters", In, TypeLevel, "", ""},
		{"no-parameters", Out, TypeLevel, "", ""},
		{"no-parameters", In, TypeLevel, `{"resourceType":"Parameters"}`, ""},
		{"no-parameters", In, TypeLevel, parameters(`{"name":"x","valueString":"y"}`), "unknown-parameter Parameters.parameter[0]"},

		// what Parameters has
		{"no-parameters", In, TypeLevel, `{"resourceType":"Parameters","id":"a","meta":{"source":"u"},"implicitRules":"u","language":"de"}`, ""},
		{"no-parameters", In, TypeLevel, `{"resourceType":"Parameters","id":"a b","meta":{"sauce":"u"}}`, "invalid-primitive Parameters.id; unknown-element Parameters.meta.sauce"},
		{"no-parameters", In, TypeLevel, `{"resourceType":"Parameters","text":{"status":"empty"}}`, "unknown-element Parameters.text"},
		{"no-parameters", In, TypeLevel, `{"resourceType":"Parameters","contained":[],"extension":[]}`, "unknown-element Parameters.contained; unknown-element Parameters.extension"},
		{"no-parameters", In, TypeLevel, `{"resourceType":"Parameters","_parameter":[]}`, "unknown-element Parameters._parameter"},
		{"no-parameters", In, TypeLevel, `{"resourceType":"Parameters","parameter":{}}`, "wrong-json-type Parameters.parameter"},
		{"no-parameters", In, TypeLevel, `{"resourceType":"Parameters","parameter":[]}`, "empty-value Parameters.parameter"},
		{"no-parameters", In, TypeLevel, `{"resourceType":"Parameters","parameter":null}`, "null-value Parameters.parameter"},
		{"no-parameters", In, TypeLevel, parameters(`null,{},[],"x"`), "null-value Parameters.parameter[0]; empty-value Parameters.parameter[1]; wrong-json-type Parameters.parameter[2]; wrong-json-type Parameters.parameter[3]"},

		// what a parameter has
		{"names", In, TypeLevel, parameters(`{"name":"websocket-url","valueUrl":"ws://x"},{"name":"näme","valueString":"x"},{"name":"a.b","valueString":"x"},{"name":"upper","valueString":"x"},{"name":"UPPER","valueString":"x"}`), ""},
		{"names", In, TypeLevel, parameters(`{"name":"websocket-url","valueUrl":"ws://x"},{"name":"Upper","valueString":"x"}`), "unknown-parameter Parameters.parameter[1]"},
		{"names", In, TypeLevel, parameters(`{"name":"websocket\u002durl","valueUrl":"ws://x"}`), ""},
		{"cardinalities", In, TypeLevel, strings.Replace(cardinal, `"name":"optional"`, `"nome":"optional"`, 1), "missing-name Parameters.parameter[0].name; unknown-element Parameters.parameter[0].nome"},
		{"cardinalities", In, TypeLevel, strings.Replace(cardinal, `"name":"optional"`, `"name":7`, 1), "wrong-json-type Parameters.parameter[0].name"},
		{"cardinalities", In, TypeLevel, strings.Replace(cardinal, `"name":"optional"`, `"name":""`, 1), "empty-value Parameters.parameter[0].name"},
		{"cardinalities", In, TypeLevel, strings.Replace(cardinal, `"name":"optional"`, `"name":null`, 1), "null-value Parameters.parameter[0].name"},
		{"cardinalities", In, TypeLevel, strings.Replace(cardinal, `"valueString":"x"`, `"id":"1","extension":[{"url":"u","valueCode":"x"}],"modifierExtension":[{"url":"u","valueCode":"x"}],"valueString":"x"`, 1), ""},
		{"cardinalities", In, TypeLevel, strings.Replace(cardinal, `"valueString":"x"`, `"_valueString":{"extension":[{"url":"u","valueCode":"x"}]}`, 1), ""},
		{"cardinalities", In, TypeLevel, strings.Replace(cardinal, `"valueString":"x"`, `"_valueString":{"id":"x"}`, 1), "invariant-failed Parameters.parameter[0].value"},
		{"cardinalities", In, TypeLevel, strings.Replace(cardinal, `"valueString":"x"`, `"_valueCode":{"id":"x"},"valueString":"x"`, 1), "several-choices Parameters.parameter[0].value; invariant-failed Parameters.parameter[0].value"},
		{"cardinalities", In, TypeLevel, strings.Replace(cardinal, `"valueString":"x"`, `"valueString":"x","resource":`+patient, 1), "wrong-value-type Parameters.parameter[0].resource; ambiguous-value Parameters.parameter[0]"},
		{"cardinalities", In, TypeLevel, strings.Replace(cardinal, `"valueString":"x"`, `"value":"x"`, 1), "unknown-element Parameters.parameter[0].value"},
		{"cardinalities", In, TypeLevel, strings.Replace(cardinal, `"valueString":"x"`, `"valuestring":"x"`, 1), "unknown-element Parameters.parameter[0].valuestring"},
		{"cardinalities", In, TypeLevel, cardinal, ""},
		{"every-primitive", In, TypeLevel, parameters(`{"name":"uri","valueUrl":"http://x"},{"name":"string","valueMarkdown":"x"}`), "wrong-value-type Parameters.parameter[0].value; wrong-value-type Parameters.parameter[1].value"},

		// levels and scopes
		{"no-parameters", In, InstanceLevel, "", "wrong-level"},
		{"system-only", In, SystemLevel, parameters(`{"name":"query","valueString":"x"}`), ""},
		{"system-only", In, TypeLevel, parameters(`{"name":"query","valueString":"x"}`), "wrong-level"},
		{"system-only", In, TypeLevel, "", "wrong-level; missing-parameter Parameters.parameter"},
		{"one-resource", In, InstanceLevel, patient, "wrong-level"},
		{"scopes", In, TypeLevel, parameters(`{"name":"ids","valueId":"1"},{"name":"both","valueString":"x"}`), ""},
		{"scopes", In, InstanceLevel, parameters(`{"name":"must","valueString":"1"},{"name":"both","valueString":"x"}`), ""},
		{"scopes", In, InstanceLevel, parameters(`{"name":"ids","valueId":"1"},{"name":"both","valueString":"x"}`), "out-of-scope Parameters.parameter[0]; missing-parameter Parameters.parameter"},
		{"scopes", In, TypeLevel, parameters(`{"name":"must","valueCoding":{"code":"x"}},{"name":"must","part":[{"name":"x","valueCode":"x"}]},{"name":"both","valueString":"x"}`), "out-of-scope Parameters.parameter[0]; out-of-scope Parameters.parameter[1]"},
		{"scopes", In, TypeLevel, parameters(`{"name":"must","valueCoding":{"code":""}},{"name":"must","part":[{"valueCode":"x"}]},{"name":"both","valueString":"x"}`), "out-of-scope Parameters.parameter[0]; empty-value Parameters.parameter[0].value.code; out-of-scope Parameters.parameter[1]; missing-name Parameters.parameter[1].part[0].name"},
		{"scopes-of-one-name", In, TypeLevel, parameters(`{"name":"target","valueUri":"u"},{"name":"target","valueUri":"v"}`), ""},
		{"scopes-of-one-name", In, InstanceLevel, parameters(`{"name":"target","valueId":"u"}`), ""},
		{"scopes-of-one-name", In, InstanceLevel, parameters(`{"name":"target","valueUri":"u"}`), "wrong-value-type Parameters.parameter[0].value"},

		// types
		{"search-types", In, TypeLevel, parameters(`{"name":"code:in","valueString":"x"},{"name":"code","valueString":"x"}`), ""},
		{"search-types", In, TypeLevel, parameters(`{"name":"code:in","valueString":"x"},{"name":"code","valueString":"x"},{"name":"code:not","valueString":"x"}`), "too-many-parameters Parameters.parameter[2]"},
		{"search-types", In, TypeLevel, parameters(`{"name":"code:in","valueToken":"x"}`), "unknown-element Parameters.parameter[0].valueToken"},
		{"search-types", In, TypeLevel, parameters(`{"name":"code:","valueString":"x"},{"name":"code","valueString":"x"}`), "unknown-parameter Parameters.parameter[0]"},
		{"allowed-types", In, TypeLevel, parameters(`{"name":"value","valueCoding":{"code":"x"}},{"name":"value","valueQuantity":{"value":1}},{"name":"resource","resource":{"resourceType":"Group"}}`), ""},
		{"allowed-types", In, TypeLevel, parameters(`{"name":"value","valueCode":"x"},{"name":"resource","resource":{"resourceType":"Basic"}}`), "wrong-value-type Parameters.parameter[0].value; wrong-resource-type Parameters.parameter[1].resource"},
		{"abstract-resources", Out, TypeLevel, parameters(`{"name":"resource","resource":{"resourceType":"Parameters"}},{"name":"domain","resource":{"resourceType":"Binary"}}`), "wrong-resource-type Parameters.parameter[1].resource"},
		{"abstract-r4", In, TypeLevel, parameters(`{"name":"any","resource":` + patient + `},{"name":"type","valueMeta":{"source":"u"}},{"name":"element","resource":` + patient + `}`), "wrong-value-type Parameters.parameter[2].resource"},
		{"type-and-part", In, TypeLevel, parameters(`{"name":"either","part":[{"name":"x","valueCode":"x"}]}`), ""},
		{"type-and-part", In, TypeLevel, parameters(`{"name":"either","valueString":"x"}`), ""},
		{"type-and-part", In, TypeLevel, parameters(`{"name":"either","valueString":"x","part":[{"name":"x","valueCode":"x"}]}`), "ambiguous-value Parameters.parameter[0]"},
		{"prohibited", In, TypeLevel, parameters(`{"name":"always","valueString":"x"},{"name":"never","valueCode":"x"}`), "prohibited-parameter Parameters.parameter[1]; wrong-value-type Parameters.parameter[1].value"},
	}
	validators := map[string]*Validator{}
	for _, test := range tests {
		v := validators[test.file]
		if v == nil {
			v = fromFile(t, test.file, releaseOf(test.file))
			validators[test.file] = v
		}
		if got := found(v.Validate([]byte(test.text), test.use, test.level)); got != test.want {
			t.Errorf("%s %s:\n got %s\nwant %s", test.file, test.text, got, test.want)
		}
	}
}

func releaseOf(file string) fhir.Release {
	switch file {
	case "allowed-types", "scopes", "scopes-of-one-name", "scoped-body", "rich":
		return fhir.R5
	}
	return fhir.R4
}

// cardinal is a good request of testdata/cardinalities.json.
var cardinal = parameters(`{"name":"optional","valueString":"x"},{"name":"required","valueString":"y"},{"name":"two-to-three","valueCode":"x"},` +
	`{"name":"two-to-three","valueCode":"x"},{"name":"some","valueId":"x"}` + strings.Repeat(`,{"name":"five","valueInteger":5}`, 5))

func TestDiagnosticsNameValueAndLimit(t *testing.T) {
	v := fromFile(t, "cardinalities", fhir.R4)
	text := strings.Replace(cardinal, `{"name":"two`, `{"name":"optional","valueString":"y"},{"name":"optional","valueString":"z"},{"name":"two`, 1)
	issues := v.Validate([]byte(text), In, TypeLevel)
	if len(issues) != 1 || issues[0].Diagnostics != `parameter "optional": 3 values, at most 1 allowed` ||
		text[issues[0].Offset:issues[0].Offset+issues[0].Length] != `{"name":"optional","valueString":"y"}` {
		t.Errorf("%v", issues)
	}
}

func TestIssuesAreBounded(t *testing.T) {
	v := delivered(t, fhir.R4)
	v.MaxIssues = 5
	issues := v.Validate([]byte(parameters(strings.TrimSuffix(strings.Repeat(`{"name":"x","valueId":"1"},`, 20), ","))), In, TypeLevel)
	if len(issues) != 6 || issues[5].Code != fault.TooManyIssues || issues[5].Severity != fault.Err {
		t.Errorf("%v", issues)
	}
}

func TestLongNamesAreShortened(t *testing.T) {
	v := delivered(t, fhir.R4)
	long := strings.Repeat("x", 1<<20)
	inner := strings.TrimSuffix(strings.Repeat(`{"a":null},`, 90), ",")
	issues := slices.Clone(v.Validate([]byte(parameters(`{"name":"`+long+`","resource":{"resourceType":"Basic","`+long+`":[`+inner+`]}}`)), In, TypeLevel))
	issues = append(issues, v.Validate([]byte(`{"resourceType":"Parameters","`+long+`":1,"parameter":[{"name":"id","valueId":"1","`+long+`":1}]}`), In, TypeLevel)...)
	issues = append(issues, fromFile(t, "one-resource", fhir.R4).Validate([]byte(`{"resourceType":"`+long+`"}`), In, TypeLevel)...)
	issues = append(issues, v.ValidateQuery(long+"=1", TypeLevel)...)
	for _, i := range issues {
		if len(i.Expression) > 200 || len(i.Diagnostics) > 300 {
			t.Fatalf("%d bytes of expression, %d of diagnostics", len(i.Expression), len(i.Diagnostics))
		}
	}
}

func TestValidateQuery(t *testing.T) {
	tests := []struct {
		file  string
		level Level
		query string
		want  string
		check string // name=value,value of what is read afterwards
	}{
		{"every-primitive", TypeLevel, "", "", ""},
		{"every-primitive", TypeLevel, "id=a&id=b-1", "", "id=a,b-1"},
		{"every-primitive", TypeLevel, "&&id=a&", "", "id=a"},
		{"every-primitive", TypeLevel, "id=a%2Cb", "invalid-primitive http.id", ""},
		{"every-primitive", TypeLevel, "id=a,b", "invalid-primitive http.id", ""},
		{"every-primitive", TypeLevel, "id=", "empty-value http.id", ""},
		{"every-primitive", TypeLevel, "id", "empty-value http.id", ""},
		{"every-primitive", TypeLevel, "id=%4", "invalid-query http.id", ""},
		{"every-primitive", TypeLevel, "id=%FF", "invalid-query http.id", ""},
		{"every-primitive", TypeLevel, "%zz=1", "invalid-query http", ""},
		{"every-primitive", TypeLevel, "nope=1", "unknown-parameter http.nope", ""},
		{"every-primitive", TypeLevel, "_format=json&_pretty=true&_summary=x&_elements=y", "", ""},
		{"every-primitive", TypeLevel, "_count=1", "unknown-parameter http._count", ""},
		{"every-primitive", TypeLevel, "string=a+b%20c%C3%A9", "", "string=a b cé"},
		{"every-primitive", TypeLevel, "%73tring=a", "", "string=a"},
		{"every-primitive", TypeLevel, "boolean=true&integer=-7&decimal=1.50&dateTime=2020-01-01T00:00:00%2B01:00", "", "decimal=1.50"},
		{"every-primitive", TypeLevel, "dateTime=2020-01-01T00:00:00+01:00", "invalid-primitive http.dateTime", ""},
		{"every-primitive", TypeLevel, "boolean=TRUE&integer=1.0&positiveInt=0&unsignedInt=%201", "invalid-primitive http.boolean; invalid-primitive http.integer; invalid-primitive http.positiveInt; invalid-primitive http.unsignedInt", ""},
		{"every-primitive", InstanceLevel, "id=a", "wrong-level", ""},
		{"cardinalities", TypeLevel, "required=x&two-to-three=a&two-to-three=b&some=1&five=1&five=1&five=1&five=1&five=1", "", ""},
		{"cardinalities", TypeLevel, "required=x&required=y&some=1&five=1&five=1&five=1&five=1&five=1", "too-many-parameters http.required; missing-parameter http.two-to-three", ""},
		{"cardinalities", TypeLevel, "required=%4&two-to-three=a&two-to-three=b&some=1&five=1&five=1&five=1&five=1&five=1", "invalid-query http.required", ""},
		{"search-types", TypeLevel, "code:in=http%3A%2F%2Fx&date=ge2020", "", "date=ge2020"},
		{"scopes", InstanceLevel, "ids=a_b&must=x&both=y", "out-of-scope http.ids", ""},
		{"one-resource", TypeLevel, "resource=Patient/1", "invalid-query http.resource", ""},
		{"parts", TypeLevel, "flat=x&group=y", "invalid-query http.group", ""},
		{"prohibited", TypeLevel, "never=x&always=y", "prohibited-parameter http.never", ""},
	}
	for _, test := range tests {
		v := fromFile(t, test.file, releaseOf(test.file))
		if got := found(v.ValidateQuery(test.query, test.level)); got != test.want {
			t.Errorf("%s ?%s:\n got %s\nwant %s", test.file, test.query, got, test.want)
		}
		if name, want, ok := strings.Cut(test.check, "="); ok {
			if got := strings.Join(v.Strings(name), ","); got != want {
				t.Errorf("%s ?%s: %s is %q, want %q", test.file, test.query, name, got, want)
			}
		}
	}
}

func TestReading(t *testing.T) {
	v := delivered(t, fhir.R4)
	v.Validate(response(3), Out, TypeLevel)
	if got := strings.Join(v.Strings("subscription"), ","); got != "sub-0,sub-1,sub-2" {
		t.Errorf("subscription is %q", got)
	}
	n := 0
	for p := range v.All("subscription") {
		if n++; !p.Get("name").Is("subscription") {
			t.Errorf("%s", p.Raw())
		}
	}
	if n != 3 || !v.Document().Get("resourceType").Is("Parameters") {
		t.Errorf("%d parameters", n)
	}
	v.Validate(nil, In, TypeLevel)
	if v.Document().Exists() || v.Strings("subscription") != nil {
		t.Error("the last document is still there")
	}
}
