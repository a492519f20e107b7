// Package check validates documents against the JSON Schemas of package
// schemas: the second opinion beside core, written by another hand and run by
// another validator.
//
// Call [Request] and [Response] for the bodies of $get-ws-binding-token,
// [Operation] for those of the other operations, [Notification] for
// notification Bundles, [Claims] for the claims of a token, [Configuration] for
// the file that configures the mock server and [Scenario] for a scenario of it.
//
// # What it promises
//
// It imports nothing of core. Each schema is compiled once, at its first use.
// A nil error means that the schema accepts the document; any other names the
// element and the rule. It says less than core does: a JSON Schema sees no
// warnings, no positions, no repeated names, no sums. How far the two agree on
// every vector is a test, and the differences are listed beside it.
package check

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/wsbind/wsbind/schemas"
)

const getWSBindingToken = "get-ws-binding-token"

// Request validates the body of a request for a binding token. The release is
// "R4", "R4B" or "R5", the level "type" or "instance".
func Request(fhir, level string, doc []byte) error {
	return Operation(fhir, getWSBindingToken, "in", level, doc)
}

// Response validates the body of the answer to a request for a binding token.
func Response(fhir, level string, doc []byte) error {
	return Operation(fhir, getWSBindingToken, "out", level, doc)
}

// Operation validates a request (use "in") or response (use "out") of any
// embedded operation, by its code such as "events". A request of no bytes is
// one without parameters.
func Operation(fhir, code, use, level string, doc []byte) error {
	if use == "in" && len(doc) == 0 {
		doc = []byte(`{"resourceType":"Parameters"}`)
	}
	family := "backport-"
	if fhir == "R5" {
		family = "r5-"
	}
	name := family + code + map[string]string{"in": ".request", "out": ".response"}[use]
	if _, ok := schemas.Schema(name); !ok {
		name += "." + level
	}
	return validate(name, doc)
}

// Notification validates a Bundle as a subscriber of the release reads it.
func Notification(fhir string, doc []byte) error {
	return validate("notification-"+strings.ToLower(fhir), doc)
}

// Claims validates the claims set of a binding token, the JSON in its payload.
func Claims(doc []byte) error { return validate("claims", doc) }

// Configuration validates the configuration of the mock server, as JSON.
func Configuration(doc []byte) error { return validate("configuration", doc) }

// compiled holds for each embedded schema a function that compiles it once.
var compiled = sync.OnceValue(func() map[string]func() (*jsonschema.Schema, error) {
	all := map[string]func() (*jsonschema.Schema, error){}
	for _, name := range schemas.SchemaNames() {
		all[name] = sync.OnceValues(func() (*jsonschema.Schema, error) {
			b, _ := schemas.Schema(name)
			return compile(b)
		})
	}
	return all
})

func validate(name string, doc []byte) error {
	schema, err := named(name)
	if err != nil {
		return err
	}
	return against(schema, doc)
}

func named(name string) (*jsonschema.Schema, error) {
	get, ok := compiled()[name]
	if !ok {
		return nil, fmt.Errorf("check: no schema is named %q", name)
	}
	return get()
}

// compile compiles a schema that refers to nothing outside itself.
func compile(b []byte) (*jsonschema.Schema, error) {
	const url = "urn:wsbind:compile"
	c := jsonschema.NewCompiler()
	c.LoadURL = func(u string) (io.ReadCloser, error) {
		return nil, fmt.Errorf("check: a schema refers to %s", u)
	}
	if err := c.AddResource(url, bytes.NewReader(b)); err != nil {
		return nil, err
	}
	return c.Compile(url)
}

func against(schema *jsonschema.Schema, doc []byte) error {
	v, err := decode(doc)
	if err != nil {
		return err
	}
	var invalid *jsonschema.ValidationError
	if err := schema.Validate(v); errors.As(err, &invalid) {
		return errors.New(sentence(invalid))
	} else if err != nil {
		return err
	}
	return nil
}

func decode(doc []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("check: no JSON: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("check: something follows the JSON value")
	}
	return v, nil
}

// sentence names the element and the rule of the first of the causes.
func sentence(e *jsonschema.ValidationError) string {
	for len(e.Causes) > 0 {
		e = e.Causes[0]
	}
	where := e.InstanceLocation
	if where == "" {
		where = "the document"
	}
	return where + ": " + e.Message
}
