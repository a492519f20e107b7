package check

import (
	"regexp"
	"slices"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/wsbind/wsbind/schemas"
	"github.com/wsbind/wsbind/schemas/gen/contract"
	"github.com/wsbind/wsbind/schemas/vectors"
)

// A difference is something that a vector's verdict rests on and a JSON Schema
// cannot see. It explains an issue of its code, with an expression and in a
// document that match; what is empty or nil matches all.
type difference struct {
	code       string
	expression *regexp.Regexp
	document   *regexp.Regexp
	why        string
}

func (d difference) explains(i vectors.Issue, doc []byte) bool {
	return (d.code == "" || d.code == i.Code) &&
		(d.expression == nil || d.expression.MatchString(i.Expression)) &&
		(d.document == nil || d.document.Match(doc))
}

// unseen lists what the schemas let through. Each entry must be needed.
var unseen = []difference{
	{"duplicate-name", nil, nil, "a JSON decoder keeps one of two members before a schema is asked"},
	{"wrong-level", nil, nil, "where the levels of an operation are alike they share a schema"},
	{"unknown-resource", nil, nil, "the resource types of a release are not listed"},
	{"", expression(`\.(value|focus|subscription|text)\.`), nil, "the inside of datatypes is not looked at"},
	{"", expression(`^Bundle\.entry\[[1-9]\]\.resource\.`), nil, "the inside of other resources is not looked at"},
	{"wrong-resource-type", nil, document(`"resource":\{"resourceType":"Bundle"`), "which resources are DomainResources is not listed"},
	{"invalid-primitive", nil, document(`-02-29`), "a pattern does not know leap years"},
	{"invalid-primitive", nil, document(`:(-0|[0-9]+\.0|[0-9]e[0-9])[,}]`), "1.0, 1e3 and -0 are integers to JSON Schema"},
	{"invalid-primitive", nil, document(`"9223372036854775808"`), "a pattern does not compare 19 digits"},
	{"counter-mismatch", nil, nil, "numbers are not compared with each other"},
	{"missing-focus", nil, nil, "what one entry has does not oblige another"},
	{"invalid-full-url", nil, nil, "a fullUrl is not compared with its resource"},
	{"unexpected-request", nil, nil, "a request is not compared with the status that it gives"},
	{"invariant-failed", expression(`^Bundle\.(entry\[[0-9]\]|issues)`), nil, "entries are not compared with each other (bdl-5, bdl-7), nor issues looked at (bdl-16)"},
	{"ambiguous-value", statusParameter, nil, "in R4's status a value's other members are open"},
	{"missing-value", statusParameter, nil, "slicing is open: parameters that the profile does not name are not looked at"},
	{"unknown-element", statusParameter, nil, "slicing is open: parameters that the profile does not name are not looked at"},
	{"missing-element", statusParameter, nil, "parts of 1.2.0-ballot, such as related-query, are not looked at"},
}

var (
	statusParameter = expression(`^Bundle\.entry\[0\]\.resource\.parameter\[`)
	expression      = regexp.MustCompile
	document        = regexp.MustCompile
)

// explains tells whether the differences explain every error of a verdict, and
// notes the ones it needed.
func explains(doc []byte, issues []vectors.Issue, used []bool) bool {
	for _, i := range issues {
		if i.Severity != "error" && i.Severity != "fatal" {
			continue
		}
		n := slices.IndexFunc(unseen, func(d difference) bool { return d.explains(i, doc) })
		if n < 0 {
			return false
		}
		used[n] = true
	}
	return true
}

// TestAgreement holds the verdict of every vector against the schema's: they
// agree, or the difference is listed. A schema is never the stricter one.
func TestAgreement(t *testing.T) {
	used := make([]bool, len(unseen))
	judge := func(c vectors.Case, doc []byte, valid bool, issues []vectors.Issue, err error) {
		switch {
		case valid && err != nil:
			t.Errorf("%s: %s is valid, and the schema refuses it: %v", c.File, c.Name, err)
		case !valid && err == nil && !explains(doc, issues, used):
			t.Errorf("%s: %s is invalid, and the schema accepts it", c.File, c.Name)
		}
	}
	for _, load := range []func() ([]vectors.Validation, error){vectors.Requests, vectors.Responses} {
		cases, err := load()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cases {
			judge(c.Case, c.Document, c.Valid, c.Issues, operation(t, c))
		}
	}
	notifications, err := vectors.Notifications()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range notifications {
		judge(c.Case, c.Document, c.Valid, c.Issues, Notification(c.FHIR, c.Document))
	}
	for i, d := range unseen {
		if !used[i] {
			t.Errorf("no vector needs the difference %q (%s): remove it", d.code, d.why)
		}
	}
}

// generated holds the schemas of the definitions of vectors.
var generated = map[string]*jsonschema.Schema{}

// operation gives the schema's verdict on a request or response: by the
// checked-in schema of a built-in definition, else by one generated now.
func operation(t *testing.T, v vectors.Validation) error {
	t.Helper()
	if d, ok := schemas.Lookup(v.Definition); ok && d.UsedIn(v.FHIR) {
		return Operation(v.FHIR, d.Code, v.Use, v.Level, v.Document)
	}
	key := v.DefinitionFile + v.Use + v.Level + v.FHIR
	if generated[key] == nil {
		d, err := contract.Read(v.DefinitionDocument)
		if err != nil {
			t.Fatalf("%s: %s: %v", v.File, v.Name, err)
		}
		if generated[key], err = compile(d.Schema(v.Use, v.Level, v.FHIR, "urn:wsbind:test")); err != nil {
			t.Fatalf("%s: %s: %v", v.File, v.Name, err)
		}
	}
	doc := v.Document
	if v.Use == "in" && len(doc) == 0 {
		doc = []byte(`{"resourceType":"Parameters"}`) // as Operation has it
	}
	if v.Valid && len(doc) == 0 {
		return nil // the absence of an optional output: a schema needs a document
	}
	return against(generated[key], doc)
}
