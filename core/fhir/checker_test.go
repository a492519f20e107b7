package fhir

import (
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
)

func parse(t testing.TB, text string) *jsonscan.Document {
	t.Helper()
	doc := new(jsonscan.Document)
	if err := doc.Parse([]byte(text), jsonscan.Limits{}); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return doc
}

// found writes issues as "code expression", one after the other.
func found(issues []fault.Issue) string {
	var s []string
	for _, i := range issues {
		s = append(s, string(i.Code)+" "+i.Expression)
	}
	return strings.Join(s, "; ")
}

func TestDatatypes(t *testing.T) {
	const all = "R4 R4B R5"
	tests := []struct {
		releases, typ, text, want string
	}{
		{all, "Coding", `{"system":"http://a.b","code":"x","userSelected":true}`, ""},
		{all, "Coding", `{"system":"http://a.b","kode":"x"}`, "unknown-element T.kode"},
		{all, "Coding", `{"system":7}`, "wrong-json-type T.system"},
		{all, "Coding", `{"system":"a b"}`, "invalid-primitive T.system"},
		{all, "Coding", `{"system":""}`, "empty-value T.system"},
		{all, "Coding", `{"system":null}`, "null-value T.system"},
		{all, "Coding", `{"system":["a"]}`, "wrong-json-type T.system"},
		{all, "Coding", `{}`, "empty-value T"},
		{all, "Coding", `null`, "null-value T"},
		{all, "Coding", `[]`, "wrong-json-type T"},
		{all, "Coding", `{"resourceType":"Coding","code":"x"}`, "unknown-element T.resourceType"},
		{all, "CodeableConcept", `{"coding":[{"code":"x"},{"code":" x"}]}`, "invalid-primitive T.coding[1].code"},
		{all, "CodeableConcept", `{"coding":[]}`, "empty-value T.coding"},
		{all, "CodeableConcept", `{"coding":{"code":"x"}}`, "wrong-json-type T.coding"},
		{all, "CodeableConcept", `{"coding":[null]}`, "null-value T.coding[0]"},
		{all, "CodeableConcept", `{"_coding":[{"id":"x"}]}`, "unknown-element T.coding"},
		{all, "Quantity", `{"value":1.50,"comparator":"<","unit":"kg"}`, ""},
		{all, "Quantity", `{"value":"1.50"}`, "wrong-json-type T.value"},
		{all, "Quantity", `{"comparator":"=="}`, "invalid-code T.comparator"},
		{"R4 R4B", "Quantity", `{"comparator":"ad"}`, "invalid-code T.comparator"},
		{"R5", "Quantity", `{"comparator":"ad"}`, ""},
		{all, "Age", `{"value":3,"unit":"a"}`, ""},
		{all, "HumanName", `{"use":"official","given":["A","B"],"_given":[null,{"id":"x"}]}`, ""},
		{all, "HumanName", `{"given":["A",null],"_given":[null,{"extension":[{"url":"u","valueCode":"x"}]}]}`, ""},
		{all, "HumanName", `{"given":["A",null],"_given":[null,{"id":"x"}]}`, "invariant-failed T.given[1]"},
		{all, "HumanName", `{"given":["A",null],"_given":[{"id":"x"},null]}`, "null-value T.given[1]"},
		{all, "HumanName", `{"given":["A","B"],"_given":[{"id":"x"}]}`, "wrong-json-type T.given"},
		{all, "HumanName", `{"given":[null]}`, "null-value T.given[0]"},
		{all, "HumanName", `{"_given":[{"extension":[{"url":"u","valueCode":"x"}]}]}`, ""},
		{all, "HumanName", `{"_given":[null]}`, "null-value T.given[0]"},
		{all, "HumanName", `{"_family":{"extension":[{"url":"u","valueCode":"x"}]}}`, ""},
		{all, "HumanName", `{"_family":{"id":"x"}}`, "invariant-failed T.family"},
		{all, "HumanName", `{"family":"F","_family":{"id":"x"}}`, ""},
		{all, "HumanName", `{"family":"F","\u005ffamily":{"id":"x y"}}`, "invalid-primitive T.family.id"},
		{all, "HumanName", `{"family":"F","_family":null}`, "null-value T.family"},
		{all, "HumanName", `{"family":"F","_family":{}}`, "empty-value T.family"},
		{all, "HumanName", `{"family":"F","_family":{"value":"x"}}`, "unknown-element T.family.value"},
		{all, "HumanName", `{"_nope":{"id":"x"}}`, "unknown-element T._nope"},
		{all, "Extension", `{"url":"http://x","valueString":"s"}`, ""},
		{all, "Extension", `{"url":"http://x","valueMeta":{"source":"u"}}`, "R4B: unknown-element T.valueMeta; invariant-failed T"},
		{all, "Extension", `{"url":"http://x","extension":[{"url":"a","valueInteger":3}]}`, ""},
		{all, "Extension", `{"url":"http://x","extension":[{"url":"a","valueInteger":3}],"valueString":"s"}`, "invariant-failed T"},
		{all, "Extension", `{"url":"http://x"}`, "invariant-failed T"},
		{all, "Extension", `{"valueString":"s"}`, "missing-element T.url"},
		{all, "Extension", `{"url":"http://x","valueString":"s","valueCode":"c"}`, "several-choices T.value"},
		{all, "Extension", `{"url":"http://x","valueWhatever":"s"}`, "unknown-element T.valueWhatever; invariant-failed T"},
		{all, "Extension", `{"url":"http://x","value":"s"}`, "unknown-element T.value; invariant-failed T"},
		{all, "Extension", `{"url":"http://x","_valueCode":{"extension":[{"url":"u","valueCode":"x"}]}}`, ""},
		{all, "Extension", `{"url":"http://x","valueCoding":{"code":7}}`, "wrong-json-type T.value.code"},
		{all, "Extension", `{"url":"http://x","valueExtension":{"url":"u","valueCode":"x"}}`, "unknown-element T.valueExtension; invariant-failed T"},
		{"R4 R4B", "Extension", `{"url":"u","valueInteger64":"7"}`, "unknown-element T.valueInteger64; invariant-failed T"},
		{"R5", "Extension", `{"url":"u","valueInteger64":"7"}`, ""},
		{"R4", "Extension", `{"url":"u","valueContributor":{"type":"author","name":"n"}}`, ""},
		{"R5", "Extension", `{"url":"u","valueContributor":{"type":"author","name":"n"}}`, "unknown-element T.valueContributor; invariant-failed T"},
		{"R4 R4B", "Attachment", `{"size":7,"contentType":"text/plain"}`, ""},
		{"R5", "Attachment", `{"size":7}`, "wrong-json-type T.size"},
		{"R5", "Attachment", `{"size":"7","height":3}`, ""},
		{"R4", "Attachment", `{"height":3}`, "unknown-element T.height"},
		{all, "Annotation", `{"text":"x","authorString":"a","authorReference":{"reference":"Patient/1"}}`, "several-choices T.author"},
		{all, "Annotation", `{"authorString":"a"}`, "missing-element T.text"},
		{all, "Annotation", `{"text":"a","authorCode":"a"}`, "unknown-element T.authorCode"},
		{all, "Reference", `{"reference":"Patient/1","identifier":{"assigner":{"display":3}}}`, "wrong-json-type T.identifier.assigner.display"},
		{all, "Timing", `{"repeat":{"boundsPeriod":{"start":"2020-02-30"},"when":["MORN","NOPE"]}}`, "invalid-primitive T.repeat.bounds.start; invalid-code T.repeat.when[1]"},
		{"R5", "Timing", `{"repeat":{"when":["IMD"]},"modifierExtension":[{"url":"u","valueCode":"c"}]}`, ""},
		{all, "Period", `{"modifierExtension":[{"url":"u","valueCode":"c"}]}`, "unknown-element T.modifierExtension"},
		{all, "Dosage", `{"doseAndRate":[{"doseQuantity":{"value":1},"rateRatio":{"numerator":{"value":2}}}]}`, ""},
		{"R4 R4B", "SampledData", `{"origin":{"value":1},"period":2,"dimensions":1}`, ""},
		{"R5", "SampledData", `{"origin":{"value":1},"period":2,"dimensions":1}`, "unknown-element T.period; missing-element T.intervalUnit"},
		{"R4B", "CodeableReference", `{"concept":{"text":"x"}}`, ""},
		{all, "Meta", `{"versionId":"1","lastUpdated":"2020-01-01T00:00:00Z","profile":["http://a"],"tag":[{"code":"x"}]}`, ""},
		{all, "Meta", `{"profile":["http://a",null],"_profile":[null,{"extension":[{"url":"u","valueCode":"x"}]}]}`, ""},
		{all, "Narrative", `{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"}`, ""},
		{all, "Narrative", `{"status":"nope","div":"x"}`, "invalid-code T.status; invalid-primitive T.div"},
		{all, "ElementDefinition", `{"path":"a","type":[{"code":"x"}],"x":[]}`, "empty-value T.x"},
		{all, "Patient", `{"resourceType":"Patient","id":"a","name":[{"given":["a"]}]}`, ""},
	}
	var c Checker
	for _, test := range tests {
		for _, name := range strings.Fields(test.releases) {
			want := test.want
			if only, rest, ok := strings.Cut(want, ": "); ok {
				want = ""
				if only == name {
					want = rest
				}
			}
			r, _ := ParseRelease(name)
			c.Reset(r, "T")
			c.Type(test.typ, parse(t, test.text).Root(), jsonscan.Value{})
			if got := found(c.Issues.Issues); got != want {
				t.Errorf("%s %s %s:\n got %q\nwant %q", name, test.typ, test.text, got, want)
			}
		}
	}
}

func TestResource(t *testing.T) {
	tests := []struct{ text, want string }{
		{`{"resourceType":"Patient"}`, ""},
		{`{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"Patient","id":"a b"}}]}`, "invalid-primitive Bundle.entry[0].resource.id"},
		{`{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Nope"}}]}`, "unknown-resource Bundle.entry[0].resource"},
		{`{"id":"x"}`, "missing-element Bundle"},
		{`{"resourceType":7}`, "wrong-json-type Bundle"},
		{`{"resourceType":"Nope"}`, "unknown-resource Bundle"},
		{`[]`, "wrong-json-type Bundle"},
		{`{"resourceType":"Patient","meta":{"versionId":7}}`, "wrong-json-type Bundle.meta.versionId"},
		{`{"resourceType":"Patient","language":"en","implicitRules":"http://x y"}`, "invalid-primitive Bundle.implicitRules"},
		{`{"resourceType":"Patient","text":{"status":"generated"}}`, "missing-element Bundle.text.div"},
		{`{"resourceType":"Patient","contained":[{"resourceType":"Patient","contained":[]}]}`, "invariant-failed Bundle.contained[0].contained"},
		{`{"resourceType":"Patient","active":null}`, "null-value Bundle.active"},
		{`{"resourceType":"Patient","name":[]}`, "empty-value Bundle.name"},
		{`{"resourceType":"Patient","name":[{}]}`, "empty-value Bundle.name[0]"},
		{`{"resourceType":"Patient","name":[{"id":"n"}]}`, "invariant-failed Bundle.name[0]"},
		{`{"resourceType":"Patient","meta":{"id":"m"}}`, "invariant-failed Bundle.meta"},
		{`{"resourceType":"Patient","gender":""}`, "empty-value Bundle.gender"},
		{`{"resourceType":"Patient","x":[["a"]]}`, "wrong-json-type Bundle.x[0]"},
		{`{"resourceType":"Patient","x":["a",null],"_x":[null,{"extension":[{"url":"u","valueCode":"c"}]}]}`, ""},
		{`{"resourceType":"Patient","x":["a",null]}`, "null-value Bundle.x[1]"},
		{`{"resourceType":"Patient","x":{"y":1},"_x":{"id":"q"}}`, "unknown-element Bundle.x"},
		{`{"resourceType":"Patient","_birthDate":{"extension":[{"url":"u","valueCode":"c"}]}}`, ""},
		{`{"resourceType":"Patient","_birthDate":{"extension":[]}}`, "empty-value Bundle._birthDate.extension"},
		{`{"resourceType":"Patient","fhir_comments":["x"]}`, "unknown-element Bundle.fhir_comments"},
		{`{"resourceType":"Patient","extension":[{"url":"u"}]}`, "invariant-failed Bundle.extension[0]"},
		{`{"resourceType":"Bundle","text":"x"}`, ""},
		{`{"resourceType":"OperationDefinition","url":7}`, "wrong-json-type Bundle.url; missing-element Bundle.name; missing-element Bundle.status; missing-element Bundle.kind; missing-element Bundle.code; missing-element Bundle.system; missing-element Bundle.type; missing-element Bundle.instance"},
	}
	var c Checker
	for _, test := range tests {
		c.Reset(R4, "Bundle")
		c.Resource(parse(t, test.text).Root())
		if got := found(c.Issues.Issues); got != test.want {
			t.Errorf("%s:\n got %q\nwant %q", test.text, got, test.want)
		}
	}
}

func TestCheckingAllocatesNothing(t *testing.T) {
	text := `{"resourceType":"Bundle","type":"searchset","entry":[` + strings.Repeat(`{"fullUrl":"urn:uuid:c757873d-ec9a-4326-a141-556f43239520","resource":{"resourceType":"Patient","id":"p",
	"meta":{"profile":["http://a"],"tag":[{"system":"http://b","code":"caf\u00e9"}]},
	"extension":[{"url":"http://x","valueQuantity":{"value":1.5,"unit":"kg"}},{"url":"http://y","extension":[{"url":"z","valueDateTime":"2020-01-01"}]}],
	"name":[{"given":["A",null],"_given":[null,{"extension":[{"url":"u","valueCode":"x"}]}],"_family":{"extension":[{"url":"u","valueCode":"x"}]}}]}},`, 50) + `{"fullUrl":"x"}]}`
	doc := parse(t, text)
	var c Checker
	check := func() {
		c.Reset(R4, "Bundle")
		c.Resource(doc.Root())
	}
	check()
	if len(c.Issues.Issues) > 0 {
		t.Fatal(found(c.Issues.Issues))
	}
	if n := testing.AllocsPerRun(100, check); n > 0 {
		t.Errorf("%v allocations, none allowed", n)
	}
}
