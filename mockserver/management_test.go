package mockserver_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/subscription"
)

func TestHealth(t *testing.T) {
	s := start(t, nil)
	var health struct {
		Status, Base string
		FHIR         map[string]string
	}
	got := s.call("GET", s.ManagementURL()+"/health", "").want(t, 200, "")
	if err := json.Unmarshal([]byte(got.body), &health); err != nil || health.Status != "ok" || health.Base != s.URL() || health.FHIR["R5"] != s.BaseURL(fhir.R5) {
		t.Errorf("got %s", got.body)
	}
}

// serverState is what the tests read of GET /state.
type serverState struct {
	Clock struct {
		Now     time.Time
		Virtual bool
	}
	Keys struct {
		Algorithm, KID string
		Made           bool
	}
	FHIR []struct {
		FHIR      string
		Resources map[string]int
		Topics    struct {
			BuiltIn  int
			Uploaded []string
		}
		Subscriptions []struct {
			ID, Status string
			Events     int
			Bound      int
		}
		Sockets []struct {
			Bound  []struct{ Subscription, JTI, Subject string }
			Queued int
		}
	}
}

func (s *server) state() (state serverState, text string) {
	s.t.Helper()
	got := s.call("GET", s.ManagementURL()+"/state", "").want(s.t, 200, "")
	if err := json.Unmarshal([]byte(got.body), &state); err != nil {
		s.t.Fatal(err)
	}
	return state, got.body
}

func TestStateShowsAllButTokens(t *testing.T) {
	s := start(t, nil)
	if state, _ := s.state(); state.Keys.Made || state.Keys.Algorithm != "ES256" || !state.Clock.Virtual || !state.Clock.Now.Equal(noon) {
		t.Errorf("a fresh server says %+v", state)
	}
	const auth = "Authorization: Bearer very-secret"
	a := s.subscribe(fhir.R4B, auth)
	token := s.token(fhir.R4B, []string{a}, auth)
	ws := s.connect(fhir.R4B, token.url)
	ws.bind(token)
	s.event(fhir.R4B)
	ws.want("handshake "+a+" 0", "event-notification "+a+" 1")
	state, text := s.state()
	r4b := state.FHIR[1]
	claims := token.claims(t)
	if !state.Keys.Made || state.Keys.KID == "" || r4b.FHIR != "R4B" || r4b.Resources["Patient"] != 1 ||
		len(r4b.Subscriptions) != 1 || r4b.Subscriptions[0].ID != a || r4b.Subscriptions[0].Status != "active" ||
		r4b.Subscriptions[0].Events != 1 || r4b.Subscriptions[0].Bound != 1 ||
		len(r4b.Sockets) != 1 || r4b.Sockets[0].Bound[0].JTI != claims["jti"] || r4b.Sockets[0].Bound[0].Subject != claims["sub"] {
		t.Errorf("got %s", text)
	}
	for _, secret := range []string{token.token, "very-secret"} {
		if strings.Contains(text, secret) {
			t.Errorf("the state tells a token: %s", text)
		}
	}
}

func TestStateListsUploadedTopics(t *testing.T) {
	s := start(t, nil)
	s.post(fhir.R5, `{"resourceType":"SubscriptionTopic","url":"http://example.org/topic/mine","status":"active",
		"resourceTrigger":[{"resource":"http://hl7.org/fhir/StructureDefinition/Patient"}]}`)
	state, _ := s.state()
	for i, base := range state.FHIR {
		if base.Topics.BuiltIn < 100 || len(base.Topics.Uploaded) != i/2 {
			t.Errorf("%s: %+v", base.FHIR, base.Topics)
		}
	}
}

func TestEmit(t *testing.T) {
	inAllReleases(t, func(t *testing.T, r fhir.Release) {
		s := start(t, nil)
		a, b := s.subscribe(r), s.subscribe(r)
		patient := s.post(r, `{"resourceType":"Patient"}`)
		token := s.token(r, []string{a})
		ws := s.connect(r, token.url)
		ws.bind(token)
		ws.want("handshake " + a + " 1")
		s.manage("/events", `{"subscription":"`+a+`"}`).want(t, 200, "")
		ws.want("event-notification " + a + " 2")
		s.manage("/events", `{"subscription":"`+b+`","focus":"Patient/`+patient+`","count":2}`).want(t, 200, "")
		ws.wantNothing()
		got := s.manage("/events", `{"topic":"`+subscription.BuiltinURL+`Patient","fhir":"`+r.String()+`","interaction":"update"}`).want(t, 200, "")
		if strings.Count(got.body, `"subscription"`) != 2 {
			t.Errorf("a topic reaches all its Subscriptions: %s", got.body)
		}
		ws.want("event-notification " + a + " 3")
		for body, status := range map[string]int{
			`{}`: 400, `{"subscription":"` + a + `","topic":"x"}`: 400, `{"subscription":"unknown"}`: 404,
			`{"subscription":"` + a + `","subject":"x"}`: 400, `{"subscription":1}`: 400, `{"subscription":"` + a + `","count":0}`: 400,
			`{"subscription":"` + a + `","subscription":"` + b + `"}`: 400, `[]`: 400, `{"subscription":"` + a + `"`: 400,
			`{"subscription":"` + a + `","fhir":"R6"}`: 400, `{"subscription":"` + a + `","focus":"Patient/unknown"}`: 0,
		} {
			if got := s.manage("/events", body); got.status != status && (status != 0 || got.status < 400) {
				t.Errorf("%s was answered by %d %s", body, got.status, got.body)
			}
		}
	})
}

func TestErrorAndBack(t *testing.T) {
	inAllReleases(t, func(t *testing.T, r fhir.Release) {
		s := start(t, nil)
		a := s.subscribe(r)
		for path, status := range map[string]string{"error": "error", "reactivate": "active"} {
			if path == "reactivate" {
				s.manage("/subscriptions/"+a+"/error", "").want(t, 200, "")
			}
			s.manage("/subscriptions/"+a+"/"+path, `{"fhir":"`+r.String()+`"}`).want(t, 200, "")
			if got := s.call("GET", s.BaseURL(r)+"/Subscription/"+a, ""); !strings.Contains(got.body, `"status":"`+status+`"`) {
				t.Errorf("after %s: %s", path, got.body)
			}
			s.manage("/subscriptions/"+a+"/reactivate", `{}`)
		}
		s.manage("/subscriptions/unknown/error", `{}`).want(t, 404, fault.NotFound)
	})
}

func TestAnAmbiguousIDNeedsTheRelease(t *testing.T) {
	s := start(t, nil)
	for _, r := range []fhir.Release{fhir.R4, fhir.R5} {
		resource := strings.Replace(subscribeTo(r, "Patient", ""), `{`, `{"id":"same",`, 1)
		s.call("PUT", s.BaseURL(r)+"/Subscription/same", resource).want(t, 201, "")
	}
	got := s.manage("/subscriptions/same/error", `{}`).want(t, 400, fault.MalformedRequest)
	if !strings.Contains(got.body, "R4 and R5") {
		t.Errorf("%s does not name the releases", got.body)
	}
	s.manage("/subscriptions/same/error", `{"fhir":"R5"}`).want(t, 200, "")
	if got := s.call("GET", s.BaseURL(fhir.R4)+"/Subscription/same", ""); strings.Contains(got.body, `"status":"error"`) {
		t.Error("R4's Subscription was put into error")
	}
}

func TestRevoke(t *testing.T) {
	inAllReleases(t, func(t *testing.T, r fhir.Release) {
		s := start(t, nil)
		const auth = "Authorization: Bearer alice"
		a, b := s.subscribe(r, auth), s.subscribe(r, auth)
		token := s.token(r, []string{a, b}, auth)
		claims := token.claims(t)
		for body, want := range map[string]string{
			`{"jti":"` + claims["jti"].(string) + `"}`:     "1008",
			`{"subject":"` + claims["sub"].(string) + `"}`: "1008",
			`{"subject":"alice"}`:                          "1008",
			`{"subscription":"` + a + `"}`:                 "",
		} {
			renewed := s.token(r, []string{a, b}, auth)
			body = strings.Replace(body, claims["jti"].(string), renewed.claims(t)["jti"].(string), 1)
			ws := s.connect(r, renewed.url)
			ws.bind(renewed)
			ws.want("handshake "+a+" 0", "handshake "+b+" 0")
			s.manage("/revoke", body).want(t, 200, "")
			ws.want("outcome revoked-token")
			if want != "" {
				ws.WantClosed(1008, "revoked-token")
				again := s.connect(r, renewed.url)
				again.Send("bind-with-token " + renewed.token)
				again.want("outcome revoked-token")
				again.WantClosed(1008, "revoked-token")
			} else {
				ws.wantNothing()
			}
		}
		for _, body := range []string{`{}`, `{"jti":"x","subject":"y"}`, `{"token":"x"}`, `{"jti":""}`, `"x"`} {
			s.manage("/revoke", body).want(t, 400, fault.MalformedRequest)
		}
		s.manage("/revoke", `{"subscription":"unknown"}`).want(t, 404, fault.NotFound)
	})
}

// TestNoWebPageCanDriveIt: neither by a form or fetch from another origin, nor
// under a name that was rebound to the loopback address.
func TestNoWebPageCanDriveIt(t *testing.T) {
	s := start(t, nil)
	url := s.ManagementURL()
	port := url[strings.LastIndexByte(url, ':'):]
	for _, origin := range []string{"null", "https://evil.example", "http://localhost", "http://127.0.0.1", "http://127.0.0.1" + port + ".evil.example", s.URL(), "https" + strings.TrimPrefix(url, "http")} {
		s.call("GET", url+"/state", "", "Origin: "+origin).want(t, 403, fault.Forbidden)
		s.call("POST", url+"/revoke", `{"jti":"x"}`, "Origin: "+origin, "Content-Type: application/json").want(t, 403, fault.Forbidden)
	}
	s.call("GET", url+"/state", "", "Origin: "+url).want(t, 200, "")
	for _, site := range []string{"cross-site", "same-site", "", "new-word"} { // an image, or a fetch without CORS, has no Origin
		s.call("GET", url+"/t/made-by-a-page/state", "", "Sec-Fetch-Site: "+site).want(t, 403, fault.Forbidden)
		s.call("GET", url+"/journal", "", "Sec-Fetch-Site: "+site, "Accept: text/event-stream").want(t, 403, fault.Forbidden)
	}
	if len(s.Tenants()) > 0 {
		t.Error("a page has made a tenant")
	}
	for _, site := range []string{"none", "same-origin"} {
		s.call("GET", url+"/state", "", "Sec-Fetch-Site: "+site).want(t, 200, "")
	}
	for _, host := range []string{"evil.example", "evil.example" + port, "127.0.0.1.evil.example", "10.0.0.1", "localhost.evil.example" + port, "[::2]" + port} {
		s.call("GET", url+"/state", "", "Host: "+host).want(t, 403, fault.Forbidden)
	}
	for _, host := range []string{"localhost" + port, "LOCALHOST", "127.0.0.1", "127.1.2.3:1", "[::1]" + port, "[::1]"} {
		s.call("GET", url+"/state", "", "Host: "+host).want(t, 200, "")
	}
	for _, contentType := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "application/fhir+json", "application/jsonx"} {
		s.call("POST", url+"/revoke", `{"jti":"x"}`, "Content-Type: "+contentType).want(t, 415, fault.UnsupportedMedia)
	}
	s.call("POST", url+"/revoke", `{"jti":"x"}`, "Content-Type: application/json; charset=utf-8").want(t, 200, "")
	if got := s.call("OPTIONS", url+"/revoke", "", "Origin: "+url); got.header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("the management interface has CORS headers")
	}
}

func TestManagementPathsAndMethods(t *testing.T) {
	s := start(t, nil)
	url := s.ManagementURL()
	got := s.call("GET", url+"/", "").want(t, 404, fault.NotFound)
	if !strings.Contains(got.body, "POST /revoke") {
		t.Errorf("%s does not say what there is", got.body)
	}
	if got := s.call("GET", url+"/revoke", "").want(t, 405, fault.MethodNotAllowed); got.header.Get("Allow") != "POST" {
		t.Errorf("Allow is %q", got.header.Get("Allow"))
	}
	s.call("POST", url+"/state", "", "Content-Type: application/json").want(t, 405, fault.MethodNotAllowed)
	s.manage("/subscriptions//error", "").want(t, 404, fault.NotFound)
	s.manage("/subscriptions/a/b/error", "").want(t, 404, fault.NotFound)
	s.manage("/events", `{"topic":"`+strings.Repeat("x", 300_000)+`"}`).want(t, 413, fault.TooLarge)
	for _, path := range []string{"/health", "/state", "/revoke"} { // the two ports share nothing
		s.call("GET", s.URL()+path, "").want(t, 404, fault.NotFound)
	}
	s.call("GET", url+"/fhir/R4/metadata", "").want(t, 404, fault.NotFound)
}

// What is wrong with a command is said in the words of who wrote it, not of Go.
func TestManagementSaysWhatIsWrong(t *testing.T) {
	s := start(t, nil)
	for _, c := range []struct{ method, path, body, says string }{
		{"POST", "/faults", `{"fault":"gap","times":"2"}`, "member times is string, a whole number is due"},
		{"POST", "/faults", `{"faults":[{"fault":"gap","times":"2"}]}`, "member faults.times is string, a whole number is due"},
		{"PUT", "/tenants/x", `{"clock":"virtual","start":"tomorrow"}`, `\"tomorrow\" is no time, one such as 2026-03-01T12:00:00Z is due`},
		{"GET", "/journal?fault=gapp", "", `\"gapp\" is no fault, gap is`},
		{"POST", "/events", `{"topic":"Patient"}`, "one such as " + subscription.BuiltinURL + "Patient is due"},
		{"POST", "/events", `{"subscription":"s1"}`, "GET /state lists"},
	} {
		got := s.call(c.method, s.ManagementURL()+c.path, c.body, "Content-Type: application/json")
		if got.status < 400 || !strings.Contains(got.body, c.says) {
			t.Errorf("%s %s %s: %d %s", c.method, c.path, c.body, got.status, got.body)
		}
	}
}
