package gate_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jose"
	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/mockserver/gate"
	"github.com/wsbind/wsbind/mockserver/journal"
	"github.com/wsbind/wsbind/mockserver/world"
)

const operation = "$get-ws-binding-token"

// TestEndpoint is what requests for a token are answered.
func TestEndpoint(t *testing.T) {
	f := newFront(t, nil)
	f.put("Subscription", "off", strings.Replace(subscriptionText("off", "empty"), "requested", "off", 1))
	ids := func(list ...string) string {
		text := ""
		for _, id := range list {
			text += fmt.Sprintf(`,{"name":"id","valueId":"%s"}`, id)
		}
		return `{"resourceType":"Parameters","parameter":[` + text[1:] + `]}`
	}
	for _, c := range []struct {
		method, path, body string
		headers            []string
		status             int
		code, expression   string
	}{
		{"POST", "Subscription/s1/" + operation, "", nil, 200, "", ""},
		{"GET", "Subscription/s1/" + operation, "", nil, 200, "", ""},
		{"HEAD", "Subscription/s1/" + operation, "", nil, 200, "", ""},
		{"GET", "Subscription/" + operation + "?id=s1&id=s2", "", nil, 200, "", ""},
		{"POST", "Subscription/%24get-ws-binding-token", ids("s1"), nil, 200, "", ""},
		{"POST", "Subscription/" + operation + "/", ids("s2", "s1"), nil, 200, "", ""},
		{"POST", "Subscription/" + operation, "", nil, 400, "missing-parameter", "Parameters"},
		{"POST", "Subscription/" + operation, ids("s1", "gone"), nil, 404, "not-found", "Parameters.parameter.where(name='id')[1]"},
		{"POST", "Subscription/gone/" + operation, "", nil, 404, "not-found", ""},
		{"POST", "Subscription/s1/" + operation, "", []string{"Authorization: Bearer bob"}, 404, "not-found", ""},
		{"POST", "Subscription/off/" + operation, "", nil, 422, "subscription-not-bindable", ""},
		{"POST", "Subscription/" + operation, ids("off"), nil, 422, "subscription-not-bindable", "Parameters.parameter.where(name='id')[0]"},
		{"POST", "Subscription/" + operation, `{"resourceType":"Parameters","parameter":[{"name":"ids","valueId":"s1"}]}`, nil, 400, "unknown-parameter", "Parameters.parameter[0]"},
		{"POST", "Subscription/" + operation, "{", nil, 400, "invalid-json", ""},
		{"POST", "Subscription/" + operation, ids("s1"), []string{"Content-Type: text/plain"}, 415, "unsupported-media-type", ""},
		{"POST", "Subscription/" + operation, ids("s1"), []string{"Accept: application/fhir+xml"}, 406, "not-acceptable", ""},
		{"POST", "Subscription/" + operation, strings.Repeat(" ", 1<<20) + ids("s1"), nil, 413, "too-large", ""},
		{"PUT", "Subscription/" + operation, "{}", nil, 405, "method-not-allowed", ""},
		{"POST", operation, "", nil, 400, "wrong-level", ""},
		{"POST", "Patient/" + operation, "", nil, 404, "unknown-operation", ""},
		{"POST", "Subscription//" + operation, "", nil, 404, "not-found", ""},
		{"POST", "Subscription/a_b/" + operation, "", nil, 404, "not-found", ""},
		{"POST", "Subscription/s1/x/" + operation, "", nil, 400, "wrong-level", ""},
	} {
		a := f.call(c.method, f.gate.BaseURL()+"/"+c.path, c.body, c.headers...)
		if a.status != c.status || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s %s: %d %v %s, want %d", c.method, c.path, a.status, a.header, a.body, c.status)
			continue
		}
		if c.code == "" {
			continue
		}
		var o struct {
			Issue []struct{ Expression []string }
		}
		json.Unmarshal([]byte(a.body), &o)
		expression := strings.Join(o.Issue[0].Expression, " ")
		if a.code() != c.code || expression != c.expression {
			t.Errorf("%s %s: %s at %q, want %s at %q", c.method, c.path, a.code(), expression, c.code, c.expression)
		}
	}
	if n := len(f.mock.Journal.Entries(journal.Query{Interaction: operation})); n != 0 {
		t.Errorf("%d requests for a token went to the FHIR server", n)
	}
	if a := f.call("PUT", f.gate.BaseURL()+"/Subscription/"+operation, "{}"); a.header.Get("Allow") != "GET, HEAD, POST" {
		t.Errorf("Allow: %q", a.header.Get("Allow"))
	}
	f.relay.down()
	if a := f.call("POST", f.gate.BaseURL()+"/Subscription/s1/"+operation, ""); a.status != 503 || a.code() != "upstream-unavailable" || a.header.Get("Retry-After") == "" {
		t.Errorf("without a FHIR server: %d %s", a.status, a.body)
	}
}

// TestTokens have the claims that were promised, in every release.
func TestTokens(t *testing.T) {
	for _, release := range []fhir.Release{fhir.R4, fhir.R4B, fhir.R5} {
		f := newFront(t, func(f *front, o *options) {
			o.gate.Upstream.Release, o.gate.Lifetime = release, time.Minute
			o.gate.Upstream.Base = "http://" + f.relay.addr + "/fhir/" + release.String()
			o.gate.PublicURL = "https://gate.example/inner"
		})
		text := subscriptionText("s1", "empty")
		if release == fhir.R5 {
			text = `{"resourceType":"Subscription","id":"s1","status":"requested","topic":"http://wsbind.example/SubscriptionTopic/Encounter","channelType":{"code":"websocket"}}`
		}
		base := f.gate.LocalURL() + "/fhir/" + release.String()
		if a := f.call("PUT", base+"/Subscription/s1", text); a.status >= 300 {
			t.Fatal(a)
		}
		a := f.call("POST", base+"/Subscription/s1/"+operation, "")
		_, rest, _ := strings.Cut(a.body, `"valueString":"`)
		compact, _, _ := strings.Cut(rest, `"`)
		v := jose.Verifier{Keys: jose.NewSet(f.key), Policy: token.Policy{
			Algorithms: []token.Algorithm{token.ES256}, Issuer: "https://gate.example/inner/fhir/" + release.String(), Audience: "wss://gate.example/inner/ws",
		}}
		claims, err := v.Verify(compact, f.clock.Now())
		if err != nil {
			t.Fatal(a, err)
		}
		if claims.Release != release.String() || !slices.Equal(claims.Subscriptions, []string{"s1"}) || !claims.Expires.Equal(noon.Add(time.Minute)) ||
			!strings.HasPrefix(claims.Subject, "caller-") || claims.ID == "" {
			t.Errorf("%s: %+v", release, claims)
		}
		if !strings.Contains(a.body, `"wss://gate.example/inner/ws"`) || !strings.Contains(a.body, noon.Add(time.Minute).Format(time.RFC3339)) {
			t.Errorf("%s: %s", release, a.body)
		}
	}
}

// TestNoIDs gets a token for all that the caller can find.
func TestNoIDs(t *testing.T) {
	f := newFront(t, func(_ *front, o *options) { o.gate.NoIDs = gate.NoIDsAll })
	f.put("Subscription", "off", strings.Replace(subscriptionText("off", "empty"), "requested", "off", 1))
	if a := f.call("POST", f.gate.BaseURL()+"/Subscription/"+operation, ""); a.status != 200 || strings.Count(a.body, `"name":"subscription"`) != 2 {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := f.call("POST", f.gate.BaseURL()+"/Subscription/"+operation, "", "Authorization: Bearer bob"); a.status != 422 || a.code() != "no-subscriptions" {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// TestWhoIsCalling: who shows no bearer token is refused, by the gate unless it lets
// such callers in, and then by a server that wants to know, whose challenge is passed on.
func TestWhoIsCalling(t *testing.T) {
	for _, test := range []struct {
		anonymous                bool
		authorization, challenge string
	}{
		{false, "", "Bearer"},
		{false, "Basic YTpi", "Bearer"},
		{true, "Basic YTpi", "Bearer"},
		{true, "", `Bearer realm="wsbind"`},
	} {
		f := newFront(t, func(_ *front, o *options) { o.mock.RequireAuth, o.gate.Anonymous = true, test.anonymous })
		a := f.call("POST", f.gate.BaseURL()+"/Subscription/s1/"+operation, "", "Authorization: "+test.authorization)
		if a.status != 401 || a.header.Get("WWW-Authenticate") != test.challenge || a.code() != "login-required" {
			t.Errorf("%+v: %d %v %s", test, a.status, a.header, a.body)
		}
	}
}

// TestCallerIsNamed by a function, which may know nobody.
func TestCallerIsNamed(t *testing.T) {
	name := "alice"
	f := newFront(t, func(_ *front, o *options) { o.gate.Caller = func(*http.Request) string { return name } })
	if a := f.call("POST", f.gate.BaseURL()+"/Subscription/s1/"+operation, ""); a.status != 200 {
		t.Errorf("%d %s", a.status, a.body)
	}
	name = ""
	if a := f.call("POST", f.gate.BaseURL()+"/Subscription/s1/"+operation, ""); a.status != 401 {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// TestPagesMayCall the gate's own operations if they may connect.
func TestPagesMayCall(t *testing.T) {
	f := newFront(t, func(_ *front, o *options) { o.gate.Origins = []string{"https://app.example"} })
	url := f.gate.BaseURL() + "/Subscription/s1/" + operation
	a := f.call("OPTIONS", url, "", "Origin: https://app.example", "Access-Control-Request-Method: POST", "Authorization: ")
	if a.status != 204 || a.header.Get("Access-Control-Allow-Origin") != "https://app.example" || a.header.Get("Access-Control-Allow-Headers") == "" {
		t.Errorf("preflight: %d %v", a.status, a.header)
	}
	if a = f.call("POST", url, "", "Origin: https://app.example"); a.status != 200 || a.header.Get("Access-Control-Allow-Origin") != "https://app.example" {
		t.Errorf("%d %v", a.status, a.header)
	}
	if a = f.call("POST", url, "", "Origin: https://evil.example"); a.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("%v", a.header)
	}
}

// TestOtherDialects: what the gate answers in place of a server that counts no events.
func TestOtherDialects(t *testing.T) {
	f := newFront(t, func(f *front, o *options) {
		o.mock.Dialect = "legacy"
		o.gate.Upstream.Dialect, o.gate.Upstream.WebsocketURL = gate.Legacy, "ws://"+f.relay.addr+"/websocket"
		o.gate.Store = gate.NewMemoryStore(f.clock)
	})
	base := f.gate.BaseURL()
	if a := f.call("POST", base+"/Subscription/s1/"+operation, ""); a.status != 422 || a.code() != "unsupported-content" {
		t.Errorf("a Subscription that asks for id-only: %d %s", a.status, a.body)
	}
	f.put("Subscription", "s3", subscriptionText("s3", "empty"))
	c := f.bound(f.token("s3"), "s3")
	if _, err := f.mock.Emit("R4", world.Emission{Subscription: "s3"}); err != nil {
		t.Fatal(err)
	}
	c.want("event s3 1")
	for _, name := range []string{"$events", "$resend"} {
		if a := f.call("POST", base+"/Subscription/s3/"+name, ""); a.status != 404 || a.code() != "unknown-operation" {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	for path, statuses := range map[string]int{
		"/Subscription/s3/$status": 1, "/Subscription/$status": 3, "/Subscription/$status?id=s3&id=gone&id=s3": 1,
		"/Subscription/$status?id=gone": 0, "/Subscription/$status?status=off": 0, "/Subscription/$status?status=active&id=s3": 1,
	} {
		a := f.call("GET", base+path, "")
		var bundle struct {
			Type  string
			Total int
			Entry []json.RawMessage
		}
		if err := json.Unmarshal([]byte(a.body), &bundle); err != nil || a.status != http.StatusOK || bundle.Type != "searchset" || len(bundle.Entry) != statuses || bundle.Total != statuses {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
		if strings.Contains(path, "/s3/") && !strings.Contains(a.body, `{"name":"events-since-subscription-start","valueString":"1"}`) {
			t.Errorf("%s does not tell of the event: %s", path, a.body)
		}
	}
	if a := f.call("GET", base+"/Subscription/gone/$status", ""); a.status != 404 {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// TestConfigurations that no gate can be made of.
func TestConfigurations(t *testing.T) {
	base := gate.Config{PublicURL: "https://gate.example", Upstream: gate.Upstream{Base: "https://fhir.example/R4"}, Logger: quiet}
	for want, change := range map[string]func(c *gate.Config){
		"Upstream.Base":         func(c *gate.Config) { c.Upstream.Base = "fhir.example" },
		"Upstream.Dialect":      func(c *gate.Config) { c.Upstream.Dialect = "soap" },
		"Upstream.WebsocketURL": func(c *gate.Config) { c.Upstream.Dialect = gate.Legacy },
		"Upstream.Fetch":        func(c *gate.Config) { c.Upstream.Fetch = true },
		"Upstream.Release":      func(c *gate.Config) { c.Upstream.Dialect, c.Upstream.Release = gate.Legacy, fhir.R5 },
		"Store is missing":      func(c *gate.Config) { c.Upstream.Dialect = gate.Medplum },
		"Keys is empty":         func(c *gate.Config) { c.Upstream.Dialect, c.Upstream.WebsocketURL = gate.Pass, "wss://fhir.example/ws" },
		"Issuer and Audience":   func(c *gate.Config) { c.Issuer = "x" },
		"Lifetime":              func(c *gate.Config) { c.Lifetime = 25 * time.Hour },
		"Origins":               func(c *gate.Config) { c.Origins = []string{"https://app.example/"} },
		"Path":                  func(c *gate.Config) { c.Path = "/ws" },
		"PublicURL":             func(c *gate.Config) { c.PublicURL = "" },
		"negative":              func(c *gate.Config) { c.MaxQueue = -1 },
		"Check":                 func(c *gate.Config) { c.Check = "fix" },
		"Key":                   func(c *gate.Config) { c.Key = []byte("{}") },
	} {
		c := base
		change(&c)
		if g, err := gate.New(c); err == nil {
			g.Close()
			t.Errorf("%s: there is a gate", want)
		} else if want != "Key" && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// watchedWriter notes read deadlines.
type watchedWriter struct {
	*httptest.ResponseRecorder
	deadlines []time.Time
}

func (w *watchedWriter) SetReadDeadline(t time.Time) error {
	w.deadlines = append(w.deadlines, t)
	return nil
}

// TestSlowBodies are not waited for, and nor is what comes after them cut short.
func TestSlowBodies(t *testing.T) {
	f := newFront(t, func(_ *front, o *options) { o.gate.Anonymous = true })
	w := &watchedWriter{ResponseRecorder: httptest.NewRecorder()}
	f.gate.ServeHTTP(w, httptest.NewRequest("POST", "/fhir/R4/Subscription/s1/"+operation, nil))
	if len(w.deadlines) != 2 || !w.deadlines[0].After(time.Now()) || !w.deadlines[1].IsZero() {
		t.Errorf("the deadlines of a request are %v", w.deadlines)
	}
}
