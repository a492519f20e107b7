package mockserver_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fhir"
)

// caller calls documented operations and holds every answer to the document.
type caller struct {
	*server
	*description
	t *testing.T
	// suffix of the operationIds and path of the tenant: empty for the default one.
	suffix, tenant string
	seen           map[string]bool // operationId and status
	pointers       map[string]string
}

// callers returns one for the root and one for a tenant of the same server.
func (s *server) callers() []*caller {
	d, seen, pointers := s.describe(), map[string]bool{}, map[string]string{}
	d.operations(func(_, _, pointer string, operation object) { pointers[operation["operationId"].(string)] = pointer })
	return []*caller{
		{s, d, s.t, "", "", seen, pointers},
		{s, d, s.t, "OfTenant", "/t/my-test", seen, pointers},
	}
}

// request is what is sent beside the body.
type request struct {
	id, query, tenant string
	headers           []string
}

// do calls an operation, which must be answered as it is documented.
func (c *caller) do(operation, body string, r request) answer {
	c.t.Helper()
	pointer := c.pointers[operation]
	if pointer == "" {
		c.t.Fatalf("there is no operation %s", operation)
	}
	parts := strings.Split(pointer, "/")
	path := strings.NewReplacer("~1", "/", "{id}", r.id, "{name}", r.id, "{tenant}", r.tenant).Replace(parts[2])
	method := strings.ToUpper(parts[3])
	if method == "POST" || method == "PUT" {
		r.headers = append([]string{"Content-Type: application/json"}, r.headers...)
	}
	got := c.call(method, c.ManagementURL()+path+r.query, body, r.headers...)
	c.check(operation, pointer, body, got)
	return got
}

func (c *caller) check(operation, pointer, body string, got answer) {
	c.t.Helper()
	if len(body) > 200 {
		body = body[:200] + "…"
	}
	what := operation + " of " + body
	response, at := c.at(pointer + "/responses/" + strconv.Itoa(got.status))
	c.seen[operation+" "+strconv.Itoa(got.status)] = true
	kind := got.header.Get("Content-Type")
	switch {
	case response == nil:
		c.t.Fatalf("%s is answered by %d, which is not documented: %s", what, got.status, got.body)
	case response.(object)["content"] == nil:
		if got.body != "" {
			c.t.Errorf("%s is answered by %d with a body", what, got.status)
		}
	case kind == "application/json":
		var value any
		if err := json.Unmarshal([]byte(got.body), &value); err != nil {
			c.t.Fatalf("%s is answered by %s: %v", what, got.body, err)
		}
		_, schema := c.at(at + "/content/application~1json/schema")
		if err := c.fits(schema, value); err != nil {
			c.t.Errorf("%s is answered by %d %.2000s, which is not as documented: %#v", what, got.status, got.body, err)
		}
	default:
		kind, _, _ = strings.Cut(kind, ";")
		if _, ok := response.(object)["content"].(object)[kind]; !ok || got.body == "" {
			c.t.Errorf("%s is answered by %d as %q", what, got.status, kind)
		}
	}
}

// here calls an operation of the tenant.
func (c *caller) here(status int, operation, body string, more ...request) answer {
	c.t.Helper()
	r := request{tenant: "my-test"}
	if len(more) > 0 {
		r = more[0]
		r.tenant = "my-test"
	}
	got := c.do(operation+c.suffix, body, r)
	if got.status != status {
		c.t.Errorf("%s%s of %.200s is answered by %d %.500s, want %d", operation, c.suffix, body, got.status, got.body, status)
	}
	return got
}

// prepare starts the tenant anew with two Subscriptions, of which one is off, and
// a resource.
func (c *caller) prepare() {
	c.t.Helper()
	c.here(200, "reset", "")
	if c.tenant != "" { // with the settings of the server, too
		c.do("putTenant", "", c.to("putTenant"))
	}
	base := c.URL() + c.tenant + "/fhir/R5"
	c.call("PUT", base+"/Patient/p1", `{"resourceType":"Patient","id":"p1"}`).want(c.t, 201, "")
	s1 := strings.Replace(subscribeTo(fhir.R5, "Patient", ""), `{`, `{"id":"s1",`, 1)
	s2 := strings.NewReplacer(`"s1"`, `"s2"`, `"requested"`, `"off"`).Replace(s1)
	c.call("PUT", base+"/Subscription/s1", s1).want(c.t, 201, "")
	c.call("PUT", base+"/Subscription/s2", s2).want(c.t, 201, "")
}

// bodies returns the documented examples of an operation's body.
func (c *caller) bodies(operation string) (list []string) {
	body, _ := c.at(c.pointers[operation] + "/requestBody/content/application~1json")
	if body == nil {
		return nil
	}
	add := func(value any) {
		text, err := json.Marshal(value)
		if err != nil {
			c.t.Fatal(err)
		}
		list = append(list, string(text))
	}
	if example, ok := body.(object)["example"]; ok {
		add(example)
	}
	several, _ := body.(object)["examples"].(object)
	for _, name := range slices.Sorted(maps.Keys(several)) {
		add(several[name].(object)["value"])
	}
	return list
}

// mine lists the operations of the tenant; those of the server are the default
// tenant's.
func (c *caller) mine() (list []string) {
	for _, operation := range slices.Sorted(maps.Keys(c.pointers)) {
		if strings.HasSuffix(operation, "OfTenant") == (c.tenant != "") {
			list = append(list, operation)
		}
	}
	return list
}

// to is where an operation is possible.
func (c *caller) to(operation string) request {
	if operation == "putTenant" {
		return request{id: "my-test"}
	}
	return request{id: "s1", tenant: "my-test"}
}
