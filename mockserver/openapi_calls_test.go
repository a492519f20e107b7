package mockserver_test

import (
	"bufio"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver"
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
		c.t.Errorf("%s is answered by %d as %q", what, got.status, kind)
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

// TestEveryOperationAnswersAsDocumented calls every documented operation in every
// way that has a documented status, at the root and for a tenant.
func TestEveryOperationAnswersAsDocumented(t *testing.T) {
	s := start(t, func(cfg *mockserver.Config) { cfg.MaxTenants = 1 })
	callers := s.callers()
	for _, c := range callers {
		c.examples()
		c.refusals()
		c.look()
		c.drive()
		c.others()
	}
	callers[0].tenants()
	for _, c := range start(t, func(cfg *mockserver.Config) { cfg.Clock = nil }).callers() { // real time
		c.seen = callers[0].seen
		c.here(422, "advanceClock", `{"seconds":1}`)
		c.here(200, "setClock", `{}`)
	}
	callers[0].operations(func(_, _, pointer string, operation object) {
		for status := range operation["responses"].(object) {
			if key := operation["operationId"].(string) + " " + status; !callers[0].seen[key] {
				t.Errorf("%s is documented and was not seen", key)
			}
		}
	})
}

// to is where an operation is possible.
func (c *caller) to(operation string) request {
	if operation == "putTenant" {
		return request{id: "my-test"}
	}
	return request{id: "s1", tenant: "my-test"}
}

// examples sends every documented example.
func (c *caller) examples() {
	for _, operation := range c.mine() {
		for _, body := range c.bodies(operation) {
			c.prepare()
			if got := c.do(operation, body, c.to(operation)); got.status != 200 {
				c.t.Errorf("the example %s of %s is answered by %d %s", body, operation, got.status, got.body)
			}
		}
	}
}

// refusals are those that have nothing to do with what an operation does.
func (c *caller) refusals() {
	c.prepare()
	for _, operation := range c.mine() {
		want := func(status int, body string, r request) {
			c.t.Helper()
			if r.id = "s1"; r.tenant == "" {
				r.tenant = "my-test"
			}
			if got := c.do(operation, body, r); got.status != status {
				c.t.Errorf("%s is answered by %d %.300s, want %d", operation, got.status, got.body, status)
			}
		}
		want(403, "", request{headers: []string{"Origin: https://example.org"}})
		want(403, "", request{headers: []string{"Host: example.org"}})
		if c.tenant != "" {
			want(404, "", request{tenant: "..."})
			want(404, "", request{tenant: "a%20name"})
			want(429, "", request{tenant: "another"})
		}
		if c.bodies(operation) == nil {
			continue
		}
		want(415, "{}", request{headers: []string{"Content-Type: text/plain"}})
		want(413, `{"a":"`+strings.Repeat("a", 300_000)+`"}`, request{})
		_, schema := c.at(c.pointers[operation] + "/requestBody/content/application~1json/schema")
		for _, valid := range append(c.bodies(operation), "{}") {
			unknown := strings.TrimSuffix(strings.Replace(valid, "{", `{"unknown":1,`, 1), ",}")
			if valid == "{}" {
				unknown = `{"unknown":1}`
			}
			want(400, unknown, request{})
			var value any
			if err := json.Unmarshal([]byte(unknown), &value); err != nil || c.fits(schema, value) == nil {
				c.t.Errorf("%s: the schema lets %s pass", operation, unknown)
			}
		}
	}
}

// look reads what a client has left behind.
func (c *caller) look() {
	c.prepare()
	got := c.call("POST", c.URL()+c.tenant+"/fhir/R5/Subscription/$get-ws-binding-token", parameters("id", "s1"))
	token := c.readBinding(got.want(c.t, 200, "").body)
	ws := c.connect(fhir.R5, token.url)
	ws.Send("bind-with-token: " + token.token) // for a finding
	ws.want("handshake s1 0")
	c.here(200, "makeEvents", `{"subscription":"s1"}`)
	ws.want("event-notification s1 1")
	for _, operation := range []string{"getHealth", "getState", "readJournal", "getVerdicts", "getClock", "getFaults"} {
		c.here(200, operation, "")
	}
	if got := c.here(200, "getVerdicts", ""); !strings.Contains(got.body, "colon-bind") {
		c.t.Errorf("no finding: %s", got.body)
	}
	c.here(200, "readJournal", "", request{query: "?after=1&limit=5&kind=request&fhir=R5&caller=anonymous&subscription=s1&socket=0&type=&interaction=&fault=&bad=false"})
	for _, query := range []string{"?kind=x", "?limit=-1", "?after=x", "?nope=1", "?bad=1", "?fhir=R6", "?type=%zz"} {
		c.here(400, "readJournal", "", request{query: query})
	}
	c.here(400, "readJournal", "", request{headers: []string{"Last-Event-ID: x"}})
	c.stream()
	c.here(200, "checkAssertions", `{"assertions":["bound once, renewed twice","never closed",{"fact":"received-event","times":7,"where":{"subscription":"s1","socket":1}}]}`)
	for _, body := range []string{`{"assertions":[]}`, `{"assertions":["flew"]}`, `{"assertions":[{"fact":"flew"}]}`, `{"assertions":[1]}`, `{"assertions":"bound"}`} {
		c.here(400, "checkAssertions", body)
	}
	for _, body := range []string{`{"jti":"` + token.claims(c.t)["jti"].(string) + `"}`, `{"subject":"anonymous","fhir":"R5"}`} {
		c.here(200, "revoke", body)
	}
	ws.want("outcome revoked-token")
	ws.WantClosed(1008, "revoked-token")
}

// stream reads the journal as server-sent events.
func (c *caller) stream() {
	request, err := http.NewRequestWithContext(c.t.Context(), "GET", c.ManagementURL()+c.tenant+"/journal?after=1", nil)
	if err != nil {
		c.t.Fatal(err)
	}
	request.Header.Set("Accept", "text/event-stream")
	response, err := c.http.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	if kind := response.Header.Get("Content-Type"); kind != "text/event-stream" {
		c.t.Fatalf("the stream is %s", kind)
	}
	lines, n := bufio.NewScanner(response.Body), 0
	for lines.Scan() && n < 5 {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		n++
		var entry any
		if err := json.Unmarshal([]byte(data), &entry); err != nil || c.fits("/components/schemas/Entry", entry) != nil {
			c.t.Errorf("the stream has %s: %v", data, c.fits("/components/schemas/Entry", entry))
		}
	}
	if n < 5 {
		c.t.Errorf("the stream ended after %d entries: %v", n, lines.Err())
	}
}

// drive does things to the server, some of which are refused.
func (c *caller) drive() {
	c.prepare()
	s1, s2, lost := request{id: "s1"}, request{id: "s2"}, request{id: "lost"}
	for _, a := range []struct {
		status          int
		operation, body string
		request
	}{
		{200, "setClock", `{"shared":true}`, s1},
		{400, "setClock", `{"now":"noon"}`, s1},
		{400, "setClock", `{"now":"2400-01-01T00:00:00Z"}`, s1},
		{422, "setClock", `{"now":"2020-01-01T00:00:00Z"}`, s1},
		{200, "advanceClock", `{"by":"1.5h2ms"}`, s1},
		{400, "advanceClock", `{}`, s1}, {400, "advanceClock", `{"by":"1s","seconds":1}`, s1}, {400, "advanceClock", `{"by":"soon"}`, s1},
		{400, "advanceClock", `{"seconds":-1}`, s1}, {400, "advanceClock", `{"seconds":1e300}`, s1}, {400, "advanceClock", `{"seconds":31622401}`, s1},
		{200, "makeEvents", `{"topic":"http://wsbind.example/SubscriptionTopic/Patient","interaction":"delete"}`, s1},
		{400, "makeEvents", `{"subscription":"s1","focus":"p1"}`, s1}, {400, "makeEvents", `{"subscription":"s1","count":10001}`, s1},
		{404, "makeEvents", `{"subscription":"lost"}`, s1}, {404, "makeEvents", `{"topic":"http://example.org/lost"}`, s1},
		{422, "makeEvents", `{"subscription":"s2"}`, s1},
		{200, "failSubscription", ``, s1}, {400, "failSubscription", `{"fhir":"R6"}`, s1}, {404, "failSubscription", ``, lost}, {422, "failSubscription", ``, s2},
		{200, "reactivateSubscription", ``, s1}, {400, "reactivateSubscription", `{"fhir":5}`, s1},
		{404, "reactivateSubscription", ``, lost}, {422, "reactivateSubscription", ``, s2},
		{404, "revoke", `{"subscription":"lost"}`, s1}, {400, "revoke", `{"jti":"a","subject":"b"}`, s1}, {200, "revoke", `{"jti":"lost"}`, s1},
		{400, "planFaults", `{"fault":"earthquake"}`, s1}, {400, "planFaults", `{"fault":"gap","code":4000}`, s1},
		{400, "planFaults", `{"fault":"gap","faults":[{"fault":"gap"}]}`, s1}, {400, "planFaults", `{"faults":[{"fault":"gap","faults":[]}]}`, s1},
		{429, "planFaults", `{"faults":[` + strings.Repeat(`{"fault":"gap"},`, 10_000) + `{"fault":"gap"}]}`, s1},
		{200, "planFaults", `{"fault":"gap","times":3,"after":1,"caller":"anonymous"}`, s1}, {200, "planFaults", `{"faults":[]}`, s1},
		{200, "getFaults", ``, s1},
		{204, "removeFault", ``, request{id: "1"}}, {404, "removeFault", ``, request{id: "1"}}, {404, "removeFault", ``, lost},
		{204, "clearFaults", ``, s1},
	} {
		c.here(a.status, a.operation, a.body, a.request)
	}
}

// others calls every path by a method that it does not have.
func (c *caller) others() {
	for path, item := range c.doc["paths"].(object) {
		if strings.HasPrefix(path, "/t/") != (c.tenant != "") {
			continue
		}
		var due []string
		for method := range item.(object) {
			if method != "parameters" {
				due = append(due, strings.ToUpper(method))
			}
		}
		url := c.ManagementURL() + strings.NewReplacer("{tenant}", "my-test", "{id}", "s1", "{name}", "my-test").Replace(path)
		got := c.call("PATCH", url, "{}").want(c.t, 405, "method-not-allowed")
		allowed := strings.Split(got.header.Get("Allow"), ", ")
		slices.Sort(allowed)
		slices.Sort(due)
		var value any
		if err := json.Unmarshal([]byte(got.body), &value); err != nil || !slices.Equal(allowed, due) || c.fits("/components/schemas/Issues", value) != nil {
			c.t.Errorf("PATCH %s allows %q, documented are %q: %s", path, allowed, due, got.body)
		}
	}
}

// tenants calls what the server has once.
func (c *caller) tenants() {
	mine, lost, bad := request{id: "my-test"}, request{id: "another"}, request{id: "a%20name"}
	for _, a := range []struct {
		status          int
		operation, body string
		request
	}{
		{200, "listTenants", ``, mine}, {200, "getTenant", ``, mine}, {404, "getTenant", ``, lost}, {404, "getTenant", ``, bad},
		{404, "putTenant", `{}`, bad}, {429, "putTenant", `{}`, lost},
		{200, "putTenant", `{"seed":1,"dialect":"medplum","profile":"hostile","clock":"virtual","start":"8999-12-31T00:00:00Z","shared":true}`, mine},
		{200, "putTenant", `{"clock":"real"}`, mine},
		{400, "putTenant", `{"seed":0}`, mine}, {400, "putTenant", `{"seed":9007199254740992}`, mine}, {400, "putTenant", `{"clock":"sun"}`, mine},
		{400, "putTenant", `{"clock":"real","start":"2026-03-01T12:00:00Z"}`, mine}, {400, "putTenant", `{"start":"0001-01-01T00:00:00Z"}`, mine},
		{400, "putTenant", `{"start":"9999-12-31T23:59:59-12:00"}`, mine}, {400, "putTenant", `{"dialect":"Spec"}`, mine}, {400, "putTenant", `{"profile":"kind"}`, mine},
		{204, "deleteTenant", ``, mine}, {404, "deleteTenant", ``, mine}, {404, "deleteTenant", ``, bad},
		{200, "getDescription", ``, mine},
	} {
		c.here(a.status, a.operation, a.body, a.request)
	}
}
