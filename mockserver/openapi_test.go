package mockserver_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/journal"
	"github.com/wsbind/wsbind/mockserver/review"
	sockets "github.com/wsbind/wsbind/mockserver/socket"
	"github.com/wsbind/wsbind/mockserver/world"
)

// object is a JSON object.
type object = map[string]any

// description is the OpenAPI document that a server serves.
type description struct {
	t        *testing.T
	doc      object
	compiler *jsonschema.Compiler
	schemas  map[string]*jsonschema.Schema // by pointer
}

const documentURL = "https://wsbind.example/openapi.json"

func (s *server) describe() *description {
	s.t.Helper()
	got := s.call("GET", s.ManagementURL()+"/openapi.json", "").want(s.t, 200, "")
	if kind := got.header.Get("Content-Type"); kind != "application/json" {
		s.t.Errorf("Content-Type is %q", kind)
	}
	d := &description{t: s.t, compiler: jsonschema.NewCompiler(), schemas: map[string]*jsonschema.Schema{}}
	if err := json.Unmarshal([]byte(got.body), &d.doc); err != nil {
		s.t.Fatal(err)
	}
	d.compiler.Draft, d.compiler.AssertFormat = jsonschema.Draft2020, true
	if err := d.compiler.AddResource(documentURL, strings.NewReader(got.body)); err != nil {
		s.t.Fatal(err)
	}
	return d
}

// at returns what a JSON pointer names, through references, and where that is.
func (d *description) at(pointer string) (value any, final string) {
	d.t.Helper()
	value = d.doc
	for _, step := range strings.Split(pointer, "/")[1:] {
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		next, ok := value.(object)[step]
		if !ok {
			return nil, ""
		}
		value, final = next, final+"/"+escape(step)
		if o, ok := next.(object); ok {
			if ref, ok := o["$ref"].(string); ok {
				if value, final = d.at(strings.TrimPrefix(ref, "#")); value == nil {
					d.t.Fatalf("%s: the reference %s leads nowhere", pointer, ref)
				}
			}
		}
	}
	return value, final
}

func escape(step string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(step) }

// fits says why a value is not what the schema at a pointer wants, nil if it is.
func (d *description) fits(pointer string, value any) error {
	d.t.Helper()
	schema := d.schemas[pointer]
	if schema == nil {
		var err error
		if schema, err = d.compiler.Compile(documentURL + "#" + pointer); err != nil {
			d.t.Fatalf("%s: %v", pointer, err)
		}
		d.schemas[pointer] = schema
	}
	return schema.Validate(value)
}

// operations calls visit for every operation with its pointer.
func (d *description) operations(visit func(method, path, pointer string, operation object)) {
	paths := d.doc["paths"].(object)
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		item := paths[path].(object)
		for _, method := range slices.Sorted(maps.Keys(item)) {
			if operation, ok := item[method].(object); ok {
				visit(strings.ToUpper(method), path, "/paths/"+escape(path)+"/"+method, operation)
			}
		}
	}
}

// everywhere calls visit for every object of the document.
func everywhere(value any, pointer string, visit func(pointer string, o object)) {
	switch v := value.(type) {
	case object:
		visit(pointer, v)
		for name, member := range v {
			if name != "example" && name != "value" { // data of others
				everywhere(member, pointer+"/"+escape(name), visit)
			}
		}
	case []any:
		for _, element := range v {
			everywhere(element, pointer+"/-", visit)
		}
	}
}

// TestOpenAPIDocument checks what the OpenAPI 3.1 specification asks of those parts
// that the document uses.
func TestOpenAPIDocument(t *testing.T) {
	s := start(t, nil)
	d := s.describe()
	info := d.doc["info"].(object)
	if d.doc["openapi"] != "3.1.1" || info["title"] == "" || info["version"] == "" || info["version"] == "0" {
		t.Errorf("openapi is %v, info %v", d.doc["openapi"], info)
	}
	if url := d.doc["servers"].([]any)[0].(object)["url"]; url != s.ManagementURL() {
		t.Errorf("the server is at %v", url)
	}
	used := map[string]bool{}
	everywhere(d.doc, "", func(pointer string, o object) {
		if ref, ok := o["$ref"].(string); ok {
			used[ref] = true
			if value, _ := d.at(strings.TrimPrefix(ref, "#")); value == nil || !strings.HasPrefix(ref, "#/components/") {
				t.Errorf("%s: the reference %s leads nowhere", pointer, ref)
			}
		}
	})
	used["#/components/responses/MethodNotAllowed"], used["#/components/schemas/Missed"] = true, true // named in prose
	for kind, list := range d.doc["components"].(object) {
		for name := range list.(object) {
			if ref := "#/components/" + kind + "/" + name; !used[ref] || !regexp.MustCompile(`^[A-Za-z0-9._-]+$`).MatchString(name) {
				t.Errorf("%s is used nowhere, or has a bad name", ref)
			}
		}
	}
	for name := range d.doc["components"].(object)["schemas"].(object) {
		d.fits("/components/schemas/"+name, nil) // it compiles
	}
	d.checkOperations()
}

func (d *description) checkOperations() {
	ids, tags := map[string]string{}, map[string]bool{}
	for _, tag := range d.doc["tags"].([]any) {
		tags[tag.(object)["name"].(string)] = true
	}
	d.operations(func(method, path, pointer string, operation object) {
		id, _ := operation["operationId"].(string)
		if ids[id] != "" || id == "" {
			d.t.Errorf("%s: the operationId %q is missing or that of %s", pointer, id, ids[id])
		}
		ids[id] = pointer
		if summary, _ := operation["summary"].(string); summary == "" || strings.HasSuffix(summary, ".") {
			d.t.Errorf("%s: the summary is %q", pointer, summary)
		}
		for _, tag := range operation["tags"].([]any) {
			if !tags[tag.(string)] {
				d.t.Errorf("%s: there is no tag %s", pointer, tag)
			}
		}
		d.checkParameters(path, pointer, operation)
		for status := range operation["responses"].(object) {
			response, at := d.at(pointer + "/responses/" + status)
			if text, _ := response.(object)["description"].(string); text == "" || !regexp.MustCompile(`^[2-5]\d\d$`).MatchString(status) {
				d.t.Errorf("%s: the response %s has no description, or a bad status", pointer, status)
			}
			d.checkContent(at, response.(object))
		}
		if body, at := d.at(pointer + "/requestBody"); body != nil {
			d.checkContent(at, body.(object))
		} else if method == "PUT" || method == "POST" {
			d.t.Errorf("%s: the body is not documented", pointer)
		}
	})
}

// checkParameters: each segment in braces is a parameter, and the other way round.
func (d *description) checkParameters(path, pointer string, operation object) {
	item, _ := d.at("/paths/" + escape(path))
	list, _ := item.(object)["parameters"].([]any)
	own, _ := operation["parameters"].([]any)
	var names []string
	for _, p := range append(slices.Clone(list), own...) {
		p := p.(object)
		if ref, ok := p["$ref"].(string); ok {
			value, _ := d.at(strings.TrimPrefix(ref, "#"))
			p = value.(object)
		}
		if p["schema"] == nil || p["description"] == "" || p["name"] == "" {
			d.t.Errorf("%s: the parameter %v is not described", pointer, p["name"])
		}
		if p["in"] == "path" {
			names = append(names, "{"+p["name"].(string)+"}")
			if p["required"] != true {
				d.t.Errorf("%s: %v must be required", pointer, p["name"])
			}
		}
	}
	if due := regexp.MustCompile(`\{\w+\}`).FindAllString(path, -1); !slices.Equal(names, due) {
		d.t.Errorf("%s has the parameters %v", pointer, names)
	}
}

// checkContent holds examples to their schemas.
func (d *description) checkContent(pointer string, o object) {
	content, _ := o["content"].(object)
	for kind, media := range content {
		var examples []any
		if example, ok := media.(object)["example"]; ok {
			examples = append(examples, example)
		}
		several, _ := media.(object)["examples"].(object)
		for _, e := range several {
			examples = append(examples, e.(object)["value"])
		}
		_, schema := d.at(pointer + "/content/" + escape(kind) + "/schema")
		for _, example := range examples {
			if err := d.fits(schema, example); err != nil {
				d.t.Errorf("%s: an example is wrong: %#v", pointer, err)
			}
		}
		if len(examples) == 0 && !strings.Contains(pointer, "openapi.json") {
			d.t.Errorf("%s: there is no example", pointer)
		}
	}
}

// TestOpenAPIHasEveryRoute: and no other, at the root and for tenants.
func TestOpenAPIHasEveryRoute(t *testing.T) {
	tenant, due := mockserver.Routes()
	for _, route := range tenant {
		due = append(due, route, strings.Replace(route, " ", " /t/{tenant}", 1))
	}
	var documented []string
	start(t, nil).describe().operations(func(method, path, _ string, _ object) {
		documented = append(documented, method+" "+path)
	})
	slices.Sort(due)
	slices.Sort(documented)
	if !slices.Equal(due, documented) {
		t.Errorf("documented are\n%q\nserved are\n%q", documented, due)
	}
}

// TestOpenAPIHasEveryMember compares schemas with the Go types behind them.
func TestOpenAPIHasEveryMember(t *testing.T) {
	d := start(t, nil).describe()
	for name, of := range map[string]any{
		"Entry": journal.Entry{}, "FaultMembers": faults.Spec{}, "Finding": review.Finding{},
		"AssertionResult": review.Result{}, "Assertion": review.Assertion{}, "SubscriptionState": world.SubscriptionState{},
		"SocketState": sockets.State{}, "Emitted": mockserver.Emitted{},
	} {
		schema, _ := d.at("/components/schemas/" + name)
		documented := slices.Sorted(maps.Keys(schema.(object)["properties"].(object)))
		if members := slices.Sorted(slices.Values(jsonMembers(reflect.TypeOf(of)))); !slices.Equal(documented, members) {
			t.Errorf("%s has the members %q, documented are %q", name, members, documented)
		}
	}
	for name, due := range map[string][]string{
		"Kind": texts(journal.Kinds()), "Dialect": texts(sockets.Dialects()), "Profile": texts(faults.Profiles()),
	} {
		schema, _ := d.at("/components/schemas/" + name)
		if got := schema.(object)["enum"]; !reflect.DeepEqual(got, anyOf(due)) {
			t.Errorf("%s is one of %q, documented are %q", name, due, got)
		}
	}
}

func jsonMembers(t reflect.Type) (names []string) {
	for i := range t.NumField() {
		switch f := t.Field(i); {
		case f.Anonymous:
			names = append(names, jsonMembers(f.Type)...)
		case f.IsExported():
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			names = append(names, name)
		}
	}
	return names
}

func texts[T ~string](list []T) (all []string) {
	for _, one := range list {
		all = append(all, string(one))
	}
	return all
}

func anyOf(list []string) (all []any) {
	for _, one := range list {
		all = append(all, one)
	}
	return all
}
