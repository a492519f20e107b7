package fhir

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/wsbind/wsbind/core/jsonscan"
)

// published are the regular expressions of the specifications that say what
// their prose says; those that do not (code and string of R4, dateTime and
// decimal of R5, and what has a range) have their reason in the test.
var published = map[string]string{
	"id":           `[A-Za-z0-9\-\.]{1,64}`,
	"oid":          `urn:oid:[0-2](\.(0|[1-9][0-9]*))+`,
	"uuid":         `urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`,
	"date":         `([0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)(-(0[1-9]|1[0-2])(-(0[1-9]|[1-2][0-9]|3[0-1]))?)?`,
	"dateTime":     `([0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)(-(0[1-9]|1[0-2])(-(0[1-9]|[1-2][0-9]|3[0-1])(T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?(Z|(\+|-)((0[0-9]|1[0-3]):[0-5][0-9]|14:00)))?)?)?`,
	"instant":      `([0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)-(0[1-9]|1[0-2])-(0[1-9]|[1-2][0-9]|3[0-1])T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?(Z|(\+|-)((0[0-9]|1[0-3]):[0-5][0-9]|14:00))`,
	"instant R5":   `([0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)-(0[1-9]|1[0-2])-(0[1-9]|[1-2][0-9]|3[0-1])T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]{1,9})?(Z|(\+|-)((0[0-9]|1[0-3]):[0-5][0-9]|14:00))`,
	"time":         `([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?`,
	"time R5":      `([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]{1,9})?`,
	"integer":      `-?([0]|([1-9][0-9]*))`,
	"unsignedInt":  `[0]|([1-9][0-9]*)`,
	"positiveInt":  `[1-9][0-9]*`,
	"decimal":      `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?`,
	"integer64 R5": `[0]|[-+]?[1-9][0-9]*`,
	"base64Binary": `(\s*([0-9a-zA-Z\+/=]){4}\s*)+`,
	"code R5":      `[^\s]+( [^\s]+)*`,
	"uri":          `\S*`,
}

// FuzzPrimitiveAgreesWithRegexp holds every primitive to the published
// expression: what the expression refuses is refused, and what it lets through
// is accepted unless another rule of the prose stands against it.
func FuzzPrimitiveAgreesWithRegexp(f *testing.F) {
	expressions := map[string]*regexp.Regexp{}
	for key, e := range published {
		expressions[key] = regexp.MustCompile(`^(?:` + e + `)$`)
	}
	for _, values := range []map[string][]string{goodPrimitives, badPrimitives} {
		for _, texts := range values {
			for _, text := range texts {
				if s := strings.Trim(text, `"`); len(s) < 200 {
					f.Add(s)
				}
			}
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		if text == "" || !utf8.ValidString(text) {
			return
		}
		for key, e := range expressions {
			typ, only, _ := strings.Cut(key, " ")
			r := R4
			if only == "R5" {
				r = R5
			}
			good := CheckText(r, typ, text).Code == ""
			switch matches := e.MatchString(text); {
			case good && !matches:
				t.Errorf("%v %s accepts %q, the expression does not", r, typ, text)
			case !good && matches && !otherRule(typ, text):
				t.Errorf("%v %s refuses %q, the expression does not", r, typ, text)
			}
		}
	})
}

// otherRule reports whether a rule beyond the expression stands against text.
func otherRule(typ, text string) bool {
	switch typ {
	case "date", "dateTime", "instant":
		day, _, _ := strings.Cut(text, "T")
		_, err := time.Parse("2006-01-02", day)
		return len(day) == 10 && err != nil
	case "integer", "unsignedInt", "positiveInt":
		var n int32
		return json.Unmarshal([]byte(text), &n) != nil
	case "integer64":
		var n int64
		return json.Unmarshal([]byte(strings.TrimPrefix(text, "+")), &n) != nil
	case "base64Binary":
		return true // the expression lets padding stand anywhere
	case "code", "uri": // Go's \s knows ASCII only, and control characters are no white space
		return strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7F || isSpace(r) })
	case "decimal":
		return len(text) > 1<<10
	}
	return false
}

// FuzzCheckerNeverPanics checks any JSON as a resource and as a datatype, and
// asks for issues that can be written.
func FuzzCheckerNeverPanics(f *testing.F) {
	f.Add([]byte(`{"resourceType":"Patient","name":[{"given":["a",null],"_given":[null,{"id":"x"}]}],"extension":[{"url":"u","valueString":"x"}]}`), "HumanName", byte(1))
	f.Add([]byte(`{"url":"u","_valueCode":{"extension":[{"url":"u"}]}}`), "Extension", byte(2))
	f.Add([]byte(`{"repeat":{"boundsPeriod":{}},"\u005fevent":[null]}`), "Timing", byte(3))
	f.Fuzz(func(t *testing.T, text []byte, typ string, release byte) {
		var doc jsonscan.Document
		if doc.Parse(text, jsonscan.Limits{}) != nil {
			return
		}
		var c Checker
		for _, check := range []func(){
			func() { c.Resource(doc.Root()) },
			func() { c.Type(typ, doc.Root(), jsonscan.Value{}) },
			func() { c.Type("string", jsonscan.Value{}, doc.Root()) },
		} {
			c.Reset(Release(release%4), "X")
			check()
			if out := AppendIssues(nil, text, c.Issues.Issues); !json.Valid(out) || bytes.Contains(out, []byte(`"diagnostics":""`)) {
				t.Fatalf("%s", out)
			}
			if len(c.path) > 0 && !c.Stopped() {
				t.Fatalf("the path is left at %s", c.Path())
			}
		}
	})
}
