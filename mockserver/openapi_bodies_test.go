package mockserver_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
)

// malformed are bodies that no operation takes.
var malformed = []string{
	"null", "true", "1", `"x"`, "[]", "[{}]", "{", "}", `{"fhir"`, `{"fhir":`, `{"fhir":"R5"`, `{"fhir":"R5",}`, `{fhir:"R5"}`, `{'fhir':'R5'}`,
	`{"fhir":"R5","fhir":"R5"}`, `{"FHIR":"R5"}`, `{"":1}`, "{}{}", "{} x", " ", "\xef\xbb\xbf{}", "\xff", "{\"\xff\":1}", `{"\ud800":1}`, "\x00", "{\"a\":\"\x01\"}",
	strings.Repeat("[", 10_000), strings.Repeat(`{"a":`, 1_000), `{"a":` + strings.Repeat("9", 10_000) + "}", "// {}", "<x/>", "fhir=R5",
}

// odd are values for members, which few of them take.
var odd = []string{
	"null", "true", "false", "0", "-0", "-1", "1", "1.5", "1e3", "1e400", "-1e400", "9007199254740992", "9223372036854775808", "18446744073709551616",
	`""`, `" "`, `"x"`, `"R5"`, `"\u0000"`, `"\ud83d\ude00"`, `"../../x"`, `"9999-12-31T23:59:59.999999999+14:00"`, `"0000-01-01T00:00:00-14:00"`,
	`"` + strings.Repeat("x", 100_000) + `"`, "[]", "[null]", `[""]`, "[[]]", "{}", `{"fault":null}`, `[{"fault":"gap","x":1}]`, `{"a":{"b":{}}}`,
}

// TestNoBodyBreaksIt: whatever a body is, the answer is a documented one, which
// 500 never is; and what is taken is what the document says can be taken.
func TestNoBodyBreaksIt(t *testing.T) {
	callers := start(t, nil).callers()
	if underRace { // it is one request at a time
		callers = callers[:1]
	}
	for _, c := range callers {
		for _, operation := range c.mine() {
			if c.bodies(operation) == nil {
				continue
			}
			c.prepare()
			for _, body := range malformed {
				if got := c.do(operation, body, c.to(operation)); got.status != 400 {
					t.Errorf("%s of %.100q is answered by %d %.300s", operation, body, got.status, got.body)
				}
			}
			for _, body := range c.variants(operation) {
				c.attempt(operation, body)
			}
		}
	}
}

// attempt sends a body that may be taken.
func (c *caller) attempt(operation, body string) {
	c.t.Helper()
	got := c.do(operation, body, c.to(operation))
	if got.status >= 300 {
		return
	}
	var value any
	err := json.Unmarshal([]byte(body), &value)
	if err == nil {
		_, schema := c.at(c.pointers[operation] + "/requestBody")
		err = c.fits(schema+"/content/application~1json/schema", value)
	}
	if err != nil {
		c.t.Errorf("%s takes %.300s, which is not documented: %#v", operation, body, err)
	}
}

// variants puts odd values into the members of documented examples and of what is
// in them, one at a time.
func (c *caller) variants(operation string) (list []string) {
	names := slices.Sorted(maps.Keys(c.members(operation)))
	for _, text := range c.bodies(operation) {
		var example any
		if err := json.Unmarshal([]byte(text), &example); err != nil {
			c.t.Fatal(err)
		}
		everywhere(example, "", func(_ string, o object) {
			for _, name := range names {
				old, given := o[name]
				for _, value := range odd {
					o[name] = json.RawMessage(value)
					text, err := json.Marshal(example)
					if err != nil {
						c.t.Fatal(err)
					}
					list = append(list, string(text))
				}
				if o[name] = old; !given {
					delete(o, name)
				}
			}
		})
	}
	return list
}

// members lists those that a body may have anywhere in its schema.
func (c *caller) members(operation string) map[string]bool {
	names := map[string]bool{}
	_, at := c.at(c.pointers[operation] + "/requestBody")
	schema, _ := c.at(at + "/content/application~1json/schema")
	var visit func(value any)
	visit = func(value any) {
		everywhere(value, "", func(_ string, o object) {
			properties, _ := o["properties"].(object)
			for name := range properties {
				names[name] = true
			}
			if ref, ok := o["$ref"].(string); ok {
				referred, _ := c.at(strings.TrimPrefix(ref, "#"))
				visit(referred)
			}
		})
	}
	visit(schema)
	return names
}
