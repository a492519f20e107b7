package mockserver_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/core/opdef"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/schemas"
)

// operationURL returns the URL of an operation at the type level, or of a
// Subscription's.
func (s *server) operationURL(r fhir.Release, name, id string) string {
	if id != "" {
		id = "/" + id
	}
	return s.BaseURL(r) + "/Subscription" + id + "/$" + name
}

// conforms holds an answer to the operation's definition.
func conforms(t *testing.T, r fhir.Release, name string, level opdef.Level, body string) {
	t.Helper()
	d, ok := schemas.Find(r.String(), name)
	if !ok {
		t.Fatalf("%s has no definition of $%s", r, name)
	}
	v := opdef.NewValidator(opdef.Load(d.Bytes(), opdef.Options{}).Definition, r)
	if issues := v.Validate([]byte(body), opdef.Out, level); !fault.Valid(issues) {
		t.Errorf("%s: %.300s breaks its definition: %v", r, body, issues)
	}
}

func TestMethodsFollowTheDefinition(t *testing.T) {
	inAllReleases(t, func(t *testing.T, r fhir.Release) {
		s := start(t, nil)
		a := s.subscribe(r)
		reading, asPost := "GET, HEAD, POST", "POST"
		for _, test := range []struct{ name, id, allow string }{
			{"get-ws-binding-token", "", reading}, {"get-ws-binding-token", a, reading},
			{"status", "", reading}, {"status", a, reading}, {"events", a, reading},
		} {
			allow := test.allow
			if r == fhir.R5 && test.name == "get-ws-binding-token" {
				allow = asPost
			}
			url := s.operationURL(r, test.name, test.id)
			for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"} {
				got := s.call(method, url, "")
				if slices.Contains(strings.Split(allow, ", "), method) {
					got.want(t, 200, "")
				} else if got.want(t, 405, "").header.Get("Allow") != allow {
					t.Errorf("%s %s: Allow is %q, want %q", method, url, got.header.Get("Allow"), allow)
				}
			}
		}
	})
}

func TestGetInR5IsToldOfTheSwitch(t *testing.T) {
	s := start(t, nil)
	got := s.call("GET", s.operationURL(fhir.R5, "get-ws-binding-token", ""), "").want(t, 405, "method-not-allowed")
	if !strings.Contains(got.body, "--lenient-get") || got.header.Get("Allow") != "POST" {
		t.Errorf("got %s, Allow %q", got.body, got.header.Get("Allow"))
	}
}

func TestLenientGetInR5(t *testing.T) {
	s := start(t, func(c *mockserver.Config) { c.LenientGet = true })
	a := s.subscribe(fhir.R5)
	url := s.operationURL(fhir.R5, "get-ws-binding-token", "")
	got := s.call("GET", url+"?id="+a, "").want(t, 200, "")
	conforms(t, fhir.R5, "get-ws-binding-token", opdef.TypeLevel, got.body)
	if allow := s.call("PUT", url, "").want(t, 405, "method-not-allowed").header.Get("Allow"); allow != "GET, HEAD, POST" {
		t.Errorf("Allow is %q", allow)
	}
}

func TestHeadIssuesNoToken(t *testing.T) {
	s := start(t, nil)
	a := s.subscribe(fhir.R4)
	url := s.operationURL(fhir.R4, "get-ws-binding-token", a)
	got := s.call("HEAD", url, "").want(t, 200, "")
	if got.body != "" || got.header.Get("Cache-Control") != "no-store" || got.header.Get("Content-Length") != "" ||
		!strings.HasPrefix(got.header.Get("Content-Type"), "application/fhir+json") {
		t.Errorf("HEAD was answered by %q, %v", got.body, got.header)
	}
	if logs := s.logs.String(); strings.Contains(logs, "token issued") || strings.Contains(logs, "signing key") {
		t.Errorf("HEAD did more than look: %s", logs)
	}
	s.call("HEAD", s.operationURL(fhir.R4, "get-ws-binding-token", "unknown"), "").want(t, 404, "")
}

func TestTokenAnswer(t *testing.T) {
	inAllReleases(t, func(t *testing.T, r fhir.Release) {
		s := start(t, nil)
		a, b := s.subscribe(r), s.subscribe(r)
		url := s.operationURL(r, "get-ws-binding-token", "")
		got := s.call("POST", url, parameters("id", b, a, b)).want(t, 200, "")
		conforms(t, r, "get-ws-binding-token", opdef.TypeLevel, got.body)
		if c := got.header.Get("Cache-Control"); c != "no-store" {
			t.Errorf("Cache-Control is %q", c)
		}
		answer := s.readBinding(got.body)
		if !slices.Equal(answer.subscriptions, []string{b, a}) {
			t.Errorf("the token covers %v, want %v", answer.subscriptions, []string{b, a})
		}
		if !strings.HasPrefix(answer.url, "ws://127.0.0.1:") || !strings.Contains(answer.url, "/"+r.String()+"/") {
			t.Errorf("websocket-url is %q", answer.url)
		}
		claims := answer.claims(t)
		for name, want := range map[string]any{
			"iss": s.BaseURL(r), "aud": answer.url, "sub": "anonymous", "fhir": r.String(),
			"iat": float64(noon.Unix()), "nbf": float64(noon.Unix()), "exp": float64(noon.Add(5 * time.Minute).Unix()),
		} {
			if claims[name] != want {
				t.Errorf("claim %s is %v, want %v", name, claims[name], want)
			}
		}
		if len(claims) != 9 {
			t.Errorf("there are other claims than the nine: %v", claims)
		}
	})
}

func TestNoParameters(t *testing.T) {
	inAllReleases(t, func(t *testing.T, r fhir.Release) {
		s := start(t, nil)
		a := s.subscribe(r)
		for _, id := range []string{"", a} {
			url := s.operationURL(r, "get-ws-binding-token", id)
			for _, contentType := range []string{"", "application/fhir+json", "text/plain", "application/fhir+xml", "nonsense"} {
				s.call("POST", url, "", "Content-Type: "+contentType).want(t, 200, "")
			}
			s.call("POST", url, `{"resourceType":"Parameters"}`).want(t, 200, "")
			s.call("POST", url, `{"resourceType":"Parameters","parameter":[]}`).want(t, 400, "empty-value")
			s.call("POST", url, `{"resourceType":"Subscription","id":"x"}`).want(t, 400, "")
			s.call("POST", url, `{"resourceType":"Parameters","parameter":[{"name":"ids","valueId":"`+a+`"}]}`).want(t, 400, "unknown-parameter")
			if r != fhir.R5 || id == "" { // beyond its scope a parameter of R5 only has to be FHIR
				s.call("POST", url, `{"resourceType":"Parameters","parameter":[{"name":"id","valueString":"`+a+`"}]}`).want(t, 400, "wrong-value-type")
			}
			s.call("POST", url, `{`).want(t, 400, "invalid-json")
			s.call("POST", url, `{"resourceType":"Parameters"}`, "Content-Type: text/plain").want(t, 415, "unsupported-media-type")
			s.call("POST", url, strings.Repeat(" ", mockserver.DefaultMaxBody+1)).want(t, 413, "too-large")
		}
	})
}

func TestAnIDAtTheInstanceLevelIsIgnored(t *testing.T) {
	inAllReleases(t, func(t *testing.T, r fhir.Release) {
		s := start(t, nil)
		a, b := s.subscribe(r), s.subscribe(r)
		url := s.operationURL(r, "get-ws-binding-token", a)
		for _, other := range []string{b, "unknown"} {
			got := s.call("POST", url, parameters("id", other)).want(t, 200, "")
			if answer := s.readBinding(got.body); !slices.Equal(answer.subscriptions, []string{a}) {
				t.Errorf("the token covers %v, want %s", answer.subscriptions, a)
			}
		}
	})
}

func TestGetWithQuery(t *testing.T) {
	s := start(t, nil)
	a, b := s.subscribe(fhir.R4), s.subscribe(fhir.R4)
	url := s.operationURL(fhir.R4, "get-ws-binding-token", "")
	for query, want := range map[string][]string{
		"":                                    {a, b},
		"?id=" + b + "&id=" + a:               {b, a},
		"?_format=json&id=" + a:               {a},
		"?id=" + a + "&_pretty=true":          {a},
		"?_summary=true&_elements=x&&id=" + a: {a},
	} {
		got := s.call("GET", url+query, "").want(t, 200, "")
		subscriptions := s.readBinding(got.body).subscriptions
		if query == "" {
			slices.Sort(subscriptions)
			slices.Sort(want)
		}
		if !slices.Equal(subscriptions, want) {
			t.Errorf("%s covers %v, want %v", query, subscriptions, want)
		}
	}
	s.call("GET", url+"?id=no%20id", "").want(t, 400, "invalid-primitive")
	s.call("GET", url+"?id=%zz", "").want(t, 400, "invalid-query")
	s.call("GET", url+"?ids="+a, "").want(t, 400, "unknown-parameter")
	s.call("GET", url+"?ids="+a+"&id="+a, "", "Prefer: handling=lenient").want(t, 200, "")
	s.call("GET", url+"?_format=xml", "").want(t, 406, "not-acceptable")
	s.call("POST", url+"?id="+a, "").want(t, 400, "invalid-query")
	s.call("POST", url+"?id="+a, "", "Prefer: handling=lenient").want(t, 400, "invalid-query")
	s.call("POST", url+"?_format=json", "").want(t, 200, "")
}

func TestNoIDsPolicy(t *testing.T) {
	inAllReleases(t, func(t *testing.T, r fhir.Release) {
		s := start(t, func(c *mockserver.Config) { c.NoIDs = mockserver.NoIDsFail })
		a := s.subscribe(r)
		s.call("POST", s.operationURL(r, "get-ws-binding-token", ""), "").want(t, 400, "missing-parameter")
		s.call("POST", s.operationURL(r, "get-ws-binding-token", a), "").want(t, 200, "")

		s = start(t, nil)
		s.call("POST", s.operationURL(r, "get-ws-binding-token", ""), "").want(t, 422, "no-subscriptions")
	})
}

func TestOneBadIDAndNoTokenIsIssued(t *testing.T) {
	inAllReleases(t, func(t *testing.T, r fhir.Release) {
		s := start(t, nil)
		a, deleted, broken := s.subscribe(r), s.subscribe(r), s.subscribe(r)
		s.call("DELETE", s.BaseURL(r)+"/Subscription/"+deleted, "").want(t, 204, "")
		s.manage("/subscriptions/"+broken+"/error", `{}`).want(t, 200, "")
		url := s.operationURL(r, "get-ws-binding-token", "")
		for id, want := range map[string]struct {
			status int
			code   fault.Code
		}{
			"unknown": {404, fault.NotFound}, deleted: {404, fault.NotFound}, broken: {422, fault.SubscriptionNotBindable},
		} {
			got := s.call("POST", url, parameters("id", a, id)).want(t, want.status, want.code)
			if !strings.Contains(got.body, "Parameters.parameter") {
				t.Errorf("%s does not name the parameter", got.body)
			}
			got = s.call("POST", s.operationURL(r, "get-ws-binding-token", id), "").want(t, want.status, want.code)
			if strings.Contains(got.body, "expression") {
				t.Errorf("%s names a parameter that is not there", got.body)
			}
		}
		if strings.Contains(s.logs.String(), "token issued") {
			t.Error("a token was issued")
		}
	})
}

func TestWhereThereIsNoOperation(t *testing.T) {
	inAllReleases(t, func(t *testing.T, r fhir.Release) {
		s := start(t, nil)
		a := s.subscribe(r)
		base := s.BaseURL(r)
		s.call("POST", base+"/$get-ws-binding-token", "").want(t, 400, fault.WrongLevel)
		s.call("POST", base+"/Patient/$get-ws-binding-token", "").want(t, 404, fault.UnknownOperation)
		s.call("POST", base+"/Subscription/$events", "").want(t, 400, fault.WrongLevel)
		got := s.call("POST", base+"/Subscription/"+a+"/$everything", "").want(t, 404, fault.UnknownOperation)
		for _, op := range []string{"$get-ws-binding-token", "$status", "$events"} {
			if !strings.Contains(got.body, op) {
				t.Errorf("%s does not list %s", got.body, op)
			}
		}
		if r == fhir.R5 {
			s.call("POST", base+"/Subscription/"+a+"/$resend", "").want(t, 404, fault.UnknownOperation)
		}
	})
}

func TestStatusOperation(t *testing.T) {
	inAllReleases(t, func(t *testing.T, r fhir.Release) {
		s := start(t, nil)
		a, b := s.subscribe(r), s.subscribe(r)
		s.event(r)
		s.manage("/subscriptions/"+b+"/error", `{}`).want(t, 200, "")
		url := s.operationURL(r, "status", "")
		for _, test := range []struct {
			method, url, body string
			want              []string
		}{
			{"GET", url, "", []string{a, b}},
			{"GET", url + "?id=" + a + "&id=unknown", "", []string{a}},
			{"POST", url, parameters("id", "unknown"), nil},
			{"POST", url, `{"resourceType":"Parameters","parameter":[{"name":"status","valueCode":"error"}]}`, []string{b}},
			{"GET", url + "?status=error&status=active", "", []string{a, b}},
			{"GET", s.operationURL(r, "status", b), "", []string{b}},
		} {
			got := s.call(test.method, test.url, test.body).want(t, 200, "")
			conforms(t, r, "status", opdef.TypeLevel, got.body)
			var checker notification.Checker
			reading, issues := checker.Read([]byte(got.body), r)
			if !fault.Valid(issues) || !reading.Searchset {
				t.Errorf("%s is not a good searchset: %v", got.body, issues)
			}
			var ids []string
			for _, status := range reading.Statuses {
				ids = append(ids, status.Subscription[strings.LastIndexByte(status.Subscription, '/')+1:])
				if status.EventsSinceStart != 1 {
					t.Errorf("the counter is %d, want 1", status.EventsSinceStart)
				}
			}
			slices.Sort(ids)
			slices.Sort(test.want)
			if !slices.Equal(ids, test.want) {
				t.Errorf("%s %s: got %v, want %v", test.method, test.url, ids, test.want)
			}
		}
		s.call("GET", s.operationURL(r, "status", "unknown"), "").want(t, 404, "not-found")
	})
}

func TestEventsOperation(t *testing.T) {
	inAllReleases(t, func(t *testing.T, r fhir.Release) {
		s := start(t, nil)
		a := s.subscribe(r)
		for range 5 {
			s.event(r)
		}
		url := s.operationURL(r, "events", a)
		kind := "valueString"
		if r == fhir.R5 {
			kind = "valueInteger64"
		}
		for _, test := range []struct {
			method, url, body string
			want              []int64
		}{
			{"GET", url, "", []int64{1, 2, 3, 4, 5}},
			{"GET", url + "?eventsSinceNumber=2&eventsUntilNumber=4", "", []int64{2, 3, 4}},
			{"POST", url, `{"resourceType":"Parameters","parameter":[{"name":"eventsSinceNumber","` + kind + `":"4"}]}`, []int64{4, 5}},
			{"GET", url + "?eventsSinceNumber=9", "", nil},
			{"GET", url + "?content=full-resource", "", []int64{1, 2, 3, 4, 5}},
		} {
			got := s.call(test.method, test.url, test.body).want(t, 200, "")
			conforms(t, r, "events", opdef.InstanceLevel, got.body)
			var checker notification.Checker
			reading, issues := checker.Read([]byte(got.body), r)
			if !fault.Valid(issues) || len(reading.Statuses) != 1 {
				t.Fatalf("%.300s is not a good notification: %v", got.body, issues)
			}
			var numbers []int64
			for _, e := range reading.Statuses[0].Events {
				numbers = append(numbers, e.Number)
			}
			if !slices.Equal(numbers, test.want) || reading.Statuses[0].EventsSinceStart != 5 {
				t.Errorf("%s: got %v of %d, want %v of 5", test.url, numbers, reading.Statuses[0].EventsSinceStart, test.want)
			}
		}
		for _, query := range []string{"?eventsSinceNumber=x", "?eventsSinceNumber=4&eventsUntilNumber=2", "?content=everything", "?eventsSinceNumber=1&eventsSinceNumber=2"} {
			s.call("GET", url+query, "").want(t, 400, "")
		}
		s.call("GET", s.operationURL(r, "events", "unknown"), "").want(t, 404, "not-found")
	})
}

func TestResendOperation(t *testing.T) {
	s := start(t, nil)
	a := s.subscribe(fhir.R4)
	token := s.token(fhir.R4, []string{a})
	ws := s.connect(fhir.R4, token.url)
	ws.bind(token)
	s.event(fhir.R4)
	s.event(fhir.R4)
	ws.want("handshake "+a+" 0", "event-notification "+a+" 1", "event-notification "+a+" 2")
	url := s.operationURL(fhir.R4, "resend", a)
	got := s.call("POST", url, `{"resourceType":"Parameters","parameter":[{"name":"eventsSinceNumber","valueString":"2"}]}`).want(t, 200, "")
	var outcome struct {
		ResourceType string
		Issue        []struct{ Severity, Code, Diagnostics string }
	}
	if err := json.Unmarshal([]byte(got.body), &outcome); err != nil || outcome.ResourceType != "OperationOutcome" ||
		len(outcome.Issue) != 1 || outcome.Issue[0].Severity != "information" || !strings.HasPrefix(outcome.Issue[0].Diagnostics, "1 events") {
		t.Errorf("got %s", got.body)
	}
	ws.want("event-notification " + a + " 2")
	s.call("POST", url, `{"resourceType":"Parameters","parameter":[{"name":"eventsSinceNumber","valueString":"x"}]}`).want(t, 400, "invalid-query")
}

func TestPreferMinimalNeverDropsTheToken(t *testing.T) {
	s := start(t, nil)
	a := s.subscribe(fhir.R4)
	got := s.call(http.MethodPost, s.operationURL(fhir.R4, "get-ws-binding-token", a), "", "Prefer: return=minimal").want(t, 200, "")
	if s.readBinding(got.body).token == "" {
		t.Error("the token is missing")
	}
}
