package check

import (
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/wsbind/wsbind/schemas"
)

// Refusal is one rule of a schema that a document breaks.
type Refusal struct {
	// Pointer is the JSON Pointer of the value, "" for the whole document.
	Pointer string
	// Keyword is that of the schema, such as pattern, and Rule the schema that
	// holds it: with its description and whatever else helps to say what is
	// possible instead.
	Keyword string
	Rule    map[string]any
	// Message is what the validator says of it.
	Message string
}

// Scenario validates a scenario of the mock server, as JSON, and lists every
// rule that it breaks. Where a value has to fit one of several rules, that is
// one refusal. The error is about a document that is no JSON at all.
func Scenario(doc []byte) ([]Refusal, error) {
	schema, err := named("scenario")
	if err != nil {
		return nil, err
	}
	v, err := decode(doc)
	if err != nil {
		return nil, err
	}
	var invalid *jsonschema.ValidationError
	if err := schema.Validate(v); !errors.As(err, &invalid) {
		return nil, err
	}
	return refusals(nil, invalid), nil
}

// refusals appends what is at the leaves of an error.
func refusals(list []Refusal, e *jsonschema.ValidationError) []Refusal {
	location := unescape(e.AbsoluteKeywordLocation[strings.IndexByte(e.AbsoluteKeywordLocation, '#')+1:])
	keyword := location[strings.LastIndexByte(location, '/')+1:]
	if len(e.Causes) > 0 && keyword != "oneOf" && keyword != "anyOf" {
		for _, cause := range e.Causes {
			list = refusals(list, cause)
		}
		return list
	}
	return append(list, Refusal{
		Pointer: unescape(e.InstanceLocation),
		Keyword: keyword,
		Rule:    rule(scenarioSchema(), strings.TrimSuffix(location, "/"+keyword)),
		Message: e.Message,
	})
}

// scenarioSchema is the schema as a document.
var scenarioSchema = sync.OnceValue(func() (doc any) {
	b, _ := schemas.Schema("scenario")
	json.Unmarshal(b, &doc) // what is embedded can be read, see the tests
	return doc
})

// rule finds the schema at a pointer.
func rule(schema any, pointer string) map[string]any {
	for name := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		switch within := schema.(type) {
		case map[string]any:
			if name != "" {
				schema = within[strings.NewReplacer("~1", "/", "~0", "~").Replace(name)]
			}
		case []any:
			if i, err := strconv.Atoi(name); err == nil && i < len(within) {
				schema = within[i]
			}
		}
	}
	found, _ := schema.(map[string]any)
	return found
}

// unescape undoes what the validator adds to a pointer: it is to be one, and no
// part of a URL.
func unescape(pointer string) string {
	if plain, err := url.PathUnescape(pointer); err == nil {
		return plain
	}
	return pointer
}
