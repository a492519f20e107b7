package mockserver_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver"
)

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
	callers[0].process()
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
		if !slices.Contains(due, "PUT") {
			c.call("PUT", url, "").want(c.t, 405, "method-not-allowed") // before a word of its Content-Type
		}
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

// process looks at the process.
func (c *caller) process() {
	heap := request{id: "heap"}
	for _, a := range []struct {
		status    int
		operation string
		request
	}{
		{200, "getMetrics", heap}, {200, "listProfiles", heap},
		{200, "takeProfile", heap}, {200, "takeProfile", request{id: "goroutine", query: "?debug=1"}},
		{400, "takeProfile", request{id: "heap", query: "?seconds=1"}},
		{404, "takeProfile", request{id: "cmdline"}},
	} {
		c.here(a.status, a.operation, "", a.request)
	}
	release := mockserver.Watch()
	c.here(422, "takeProfile", "", request{id: "trace", query: "?seconds=0.01"})
	release()
}
