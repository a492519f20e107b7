package mockserver_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jose"
	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/mockserver"
)

func TestZeroConfigurationWorks(t *testing.T) {
	s, err := mockserver.Run(mockserver.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, url := range []string{s.BaseURL(fhir.R4) + "/metadata", s.ManagementURL() + "/health", s.JWKSURL(), s.URL() + "/"} {
		if !strings.HasPrefix(url, "http://127.0.0.1:") {
			t.Errorf("%s is not on the loopback interface", url)
		}
		response, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != 200 {
			t.Errorf("%s: %s", url, response.Status)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
	if _, err := http.Get(s.URL()); err == nil {
		t.Error("a closed server answers")
	}
}

func TestUnusableConfigurations(t *testing.T) {
	rsa, err := jose.Generate(token.RS256)
	if err != nil {
		t.Fatal(err)
	}
	private, _ := rsa.Private()
	public, _ := rsa.Public()
	for name, cfg := range map[string]mockserver.Config{
		"a lifetime of days":      {Lifetime: 25 * time.Hour},
		"a lifetime in fractions": {Lifetime: 1500 * time.Millisecond},
		"an unknown algorithm":    {Algorithm: "none"},
		"a key for another one":   {Algorithm: "ES256", Key: private},
		"a public key":            {Key: public},
		"a broken key":            {Key: []byte(`{"kty":"EC"}`)},
		"an unknown policy":       {NoIDs: "some"},
		"a relative public URL":   {PublicURL: "localhost:8080"},
		"a websocket public URL":  {PublicURL: "ws://localhost:8080"},
		"a query":                 {PublicURL: "http://localhost/?x"},
		"a negative limit":        {MaxBody: -1},
		"an address in use twice": {Listen: "127.0.0.1:99999"},
		"no management address":   {Management: "nowhere"},
	} {
		if s, err := mockserver.Run(cfg); err == nil {
			t.Errorf("%s: it runs", name)
			s.Close()
		}
	}
	if _, err := mockserver.New(mockserver.Config{}); err == nil {
		t.Error("New without PublicURL works")
	}
}

// TestEmbedding is the way into a test of one's own.
func TestEmbedding(t *testing.T) {
	web := httptest.NewUnstartedServer(nil)
	s, err := mockserver.New(mockserver.Config{PublicURL: "http://" + web.Listener.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	web.Config.Handler = s.Handler()
	web.Start()
	defer web.Close()
	response, err := web.Client().Get(s.BaseURL(fhir.R5) + "/metadata")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != 200 || s.ManagementURL() != "" {
		t.Errorf("%s, management at %q", response.Status, s.ManagementURL())
	}
	management := httptest.NewServer(s.ManagementHandler())
	defer management.Close()
	if response, err = management.Client().Get(management.URL + "/health"); err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != 200 {
		t.Errorf("management: %s", response.Status)
	}
}

// TestAllInterfaces: no client can connect to 0.0.0.0, so the URLs say localhost.
func TestAllInterfaces(t *testing.T) {
	s := start(t, func(c *mockserver.Config) { c.Listen = "0.0.0.0:0" })
	if !strings.HasPrefix(s.BaseURL(fhir.R4), "http://localhost:") {
		t.Errorf("the base is %s", s.BaseURL(fhir.R4))
	}
	s.call("GET", s.BaseURL(fhir.R4)+"/metadata", "").want(t, 200, "")
}

// TestPublicURLStandsInEveryURL of a server behind a proxy that removes /wsbind.
func TestPublicURLStandsInEveryURL(t *testing.T) {
	s := start(t, func(c *mockserver.Config) { c.PublicURL = "https://mock.example/wsbind/" })
	if got := s.BaseURL(fhir.R4); got != "https://mock.example/wsbind/fhir/R4" || s.JWKSURL() != "https://mock.example/wsbind/.well-known/jwks.json" {
		t.Errorf("the base is %s, the keys are at %s", got, s.JWKSURL())
	}
	local := s.LocalURL() + "/fhir/R4/Subscription"
	created := s.call("POST", local, subscribeTo(fhir.R4, "Patient", "")).want(t, 201, "")
	if got := created.header.Get("Location"); !strings.HasPrefix(got, "https://mock.example/wsbind/fhir/R4/Subscription/") {
		t.Errorf("Location is %s", got)
	}
	answer := s.readBinding(s.call("POST", local+"/$get-ws-binding-token", "").want(t, 200, "").body)
	if answer.claims(t)["iss"] != "https://mock.example/wsbind/fhir/R4" {
		t.Errorf("the claims are %v", answer.claims(t))
	}
	path, ok := strings.CutPrefix(answer.url, "wss://mock.example/wsbind/")
	if !ok {
		t.Fatalf("websocket-url is %s", answer.url)
	}
	ws := s.connect(fhir.R4, "ws"+strings.TrimPrefix(s.LocalURL(), "http")+"/"+path)
	ws.bind(answer)
	ws.want("handshake " + answer.subscriptions[0] + " 0")
}

// TestHeadersChangeNoURL: neither Host nor what proxies add is trusted.
func TestHeadersChangeNoURL(t *testing.T) {
	s := start(t, nil)
	a := s.subscribe(fhir.R4)
	got := s.call("POST", s.operationURL(fhir.R4, "get-ws-binding-token", a), "",
		"Host: evil.example", "X-Forwarded-Host: evil.example", "X-Forwarded-Proto: https", "Forwarded: host=evil.example;proto=https")
	if strings.Contains(got.body, "evil.example") || !strings.Contains(got.body, "ws://127.0.0.1:") {
		t.Errorf("got %s", got.body)
	}
}

func TestTheWebsocketPathChangesWithEveryStart(t *testing.T) {
	var paths []string
	for range 2 {
		s := start(t, nil)
		url := s.token(fhir.R4, []string{s.subscribe(fhir.R4)}).url
		_, path, _ := strings.Cut(strings.TrimPrefix(url, "ws://"), "/")
		paths = append(paths, path)
		got := s.call("GET", s.URL()+"/ws/R4", "").want(t, 404, fault.NotFound)
		if !strings.Contains(got.body, "websocket-url") {
			t.Errorf("%s does not say where to find the path", got.body)
		}
		again := s.token(fhir.R4, nil).url
		if again != url {
			t.Errorf("within a run the path changed from %s to %s", url, again)
		}
	}
	if paths[0] == paths[1] {
		t.Errorf("the path is %s in two runs", paths[0])
	}
}

func TestRequireAuth(t *testing.T) {
	s := start(t, func(c *mockserver.Config) { c.RequireAuth = true })
	base := s.BaseURL(fhir.R4)
	for _, header := range []string{"", "Authorization: Basic YTpi", "Authorization: Bearer", "Authorization: Bearer  "} {
		got := s.call("GET", base+"/Patient", "", header).want(t, 401, fault.LoginRequired)
		if !strings.HasPrefix(got.header.Get("WWW-Authenticate"), "Bearer ") || got.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("the headers are %v", got.header)
		}
		s.call("POST", base+"/Subscription/$get-ws-binding-token", "", header).want(t, 401, fault.LoginRequired)
	}
	s.call("GET", base+"/metadata", "").want(t, 200, "")
	s.call("GET", base+"/Patient", "", "Authorization: bearer x").want(t, 200, "")
	if got := s.call("OPTIONS", base+"/Patient", "", "Origin: null", "Access-Control-Request-Method: POST"); got.status >= 300 {
		t.Errorf("a preflight was answered by %d", got.status)
	}
}

func TestCallersAreToldApartByTheirBearerToken(t *testing.T) {
	s := start(t, nil)
	subjects := map[string]bool{}
	for _, auth := range []string{"", "Authorization: Bearer alice", "Authorization: Bearer bob"} {
		a := s.subscribe(fhir.R4, auth)
		claims := s.token(fhir.R4, nil, auth).claims(t)
		if list := claims["subscription"].([]any); len(list) != 1 || list[0] != a {
			t.Errorf("%q: the token covers %v, want %s", auth, list, a)
		}
		subjects[claims["sub"].(string)] = true
	}
	if len(subjects) != 3 || !subjects["anonymous"] {
		t.Errorf("the subjects are %v", subjects)
	}
}

func TestPublicKeysVerifyTokens(t *testing.T) {
	for _, algorithm := range []token.Algorithm{token.ES256, token.ES384, token.EdDSA, token.RS256, token.PS256} {
		s := start(t, func(c *mockserver.Config) { c.Algorithm = string(algorithm) })
		got := s.call("GET", s.JWKSURL(), "").want(t, 200, "")
		if got.header.Get("Content-Type") != "application/jwk-set+json" || got.header.Get("Cache-Control") == "" ||
			got.header.Get("Access-Control-Allow-Origin") != "*" || strings.Contains(got.body, `"d"`) {
			t.Errorf("%s: %v %s", algorithm, got.header, got.body)
		}
		keys, err := jose.ParseSet([]byte(got.body))
		if err != nil {
			t.Fatal(err)
		}
		answer := s.token(fhir.R5, []string{s.subscribe(fhir.R5)})
		v := jose.Verifier{Keys: keys, Policy: token.Policy{
			Algorithms: []token.Algorithm{algorithm}, Issuer: s.BaseURL(fhir.R5), Audience: answer.url,
		}}
		if _, err := v.Verify(answer.token, noon); err != nil {
			t.Errorf("%s: %v", algorithm, err)
		}
		s.call("POST", s.JWKSURL(), "").want(t, 405, fault.MethodNotAllowed)
	}
}

func TestASecretIsNotPublished(t *testing.T) {
	s := start(t, func(c *mockserver.Config) { c.Algorithm = "HS256" })
	a := s.subscribe(fhir.R4)
	answer := s.token(fhir.R4, []string{a})
	ws := s.connect(fhir.R4, answer.url)
	ws.bind(answer)
	ws.want("handshake " + a + " 0")
	if got := s.call("GET", s.JWKSURL(), "").want(t, 200, ""); !strings.Contains(got.body, `"keys":[]`) {
		t.Errorf("got %s", got.body)
	}
}

func TestAGivenKeySigns(t *testing.T) {
	key, err := jose.Generate(token.EdDSA)
	if err != nil {
		t.Fatal(err)
	}
	private, err := key.Private()
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, func(c *mockserver.Config) { c.Key = private })
	got := s.call("GET", s.JWKSURL(), "")
	if !strings.Contains(got.body, key.ID()) {
		t.Errorf("%s does not hold the key %s", got.body, key.ID())
	}
	if strings.Contains(s.logs.String(), "made a signing key") {
		t.Error("a key was made although one was given")
	}
}

// TestTheKeyIsMadeAtFirstUse and a warning says what that means.
func TestTheKeyIsMadeAtFirstUse(t *testing.T) {
	s := start(t, nil)
	a := s.subscribe(fhir.R4)
	if strings.Contains(s.logs.String(), "signing key") {
		t.Error("the key was made before it was needed")
	}
	s.token(fhir.R4, []string{a})
	s.token(fhir.R4, []string{a})
	if n := strings.Count(s.logs.String(), "level=WARN"); n != 1 || !strings.Contains(s.logs.String(), "gone at exit") {
		t.Errorf("%d warnings in %s", n, s.logs)
	}
}

func TestTLS(t *testing.T) {
	certificate, err := mockserver.SelfSigned("mock.example", "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, func(c *mockserver.Config) { c.TLS = certificate })
	if !strings.HasPrefix(s.BaseURL(fhir.R4), "https://127.0.0.1:") || !strings.HasPrefix(s.ManagementURL(), "http://") {
		t.Errorf("the base is %s, the management interface %s", s.BaseURL(fhir.R4), s.ManagementURL())
	}
	a := s.subscribe(fhir.R4)
	answer := s.token(fhir.R4, []string{a})
	if !strings.HasPrefix(answer.url, "wss://") {
		t.Errorf("websocket-url is %s", answer.url)
	}
	ws := s.connect(fhir.R4, answer.url)
	ws.bind(answer)
	s.event(fhir.R4)
	ws.want("handshake "+a+" 0", "event-notification "+a+" 1")
}

// TestNoTokenIsEverLogged runs a whole session and searches what was logged.
func TestNoTokenIsEverLogged(t *testing.T) {
	s := start(t, nil)
	const auth = "Authorization: Bearer hunter2"
	a := s.subscribe(fhir.R4, auth)
	answer := s.token(fhir.R4, []string{a}, auth)
	ws := s.connect(fhir.R4, answer.url)
	ws.bind(answer)
	ws.Send("bind-with-token x" + answer.token)
	ws.want("handshake "+a+" 0", "outcome malformed-token")
	ws.Close(1000, "")
	s.call("GET", s.URL()+"/?access_token=hunter2", "")
	s.call("GET", s.BaseURL(fhir.R4)+"/Patient?access_token=hunter2", "")
	s.Close()
	logs := s.logs.String()
	for _, part := range append(strings.Split(answer.token, "."), "hunter2") {
		if strings.Contains(logs, part) {
			t.Errorf("%q is in the logs:\n%s", part, logs)
		}
	}
	for _, due := range []string{
		"method=POST path=/fhir/R4/Subscription status=201 caller=caller-", "status=101", "binding token issued",
		"websocket opened", "websocket closed", `status=1000`,
	} {
		if !strings.Contains(logs, due) {
			t.Errorf("%q is not in the logs:\n%s", due, logs)
		}
	}
}

func TestUnknownPaths(t *testing.T) {
	s := start(t, nil)
	for _, path := range []string{"/fhir", "/fhir/", "/fhir/R6/metadata", "/favicon.ico", "/fhir/R4x", "/.well-known/jwks.json/"} {
		got := s.call("GET", s.URL()+path, "").want(t, 404, fault.NotFound)
		if !strings.Contains(got.body, s.BaseURL(fhir.R5)) {
			t.Errorf("%s does not name the bases", got.body)
		}
	}
}

// TestTheFrontPageLeadsToAToken: what it tells a person to type works.
func TestTheFrontPageLeadsToAToken(t *testing.T) {
	s := start(t, nil)
	text := s.call("GET", s.URL()+"/", "").want(t, 200, "").body
	_, body, _ := strings.Cut(text, "-d '")
	body, _, _ = strings.Cut(body, "'\n")
	if !json.Valid([]byte(body)) {
		t.Fatalf("the Subscription is not JSON: %s", body)
	}
	id := s.post(fhir.R4, body)
	_, url, _ := strings.Cut(text, "\n  curl -s '")
	url, _, _ = strings.Cut(url, "'")
	answer := s.readBinding(s.call("GET", url, "").want(t, 200, "").body)
	ws := s.connect(fhir.R4, answer.url)
	ws.bind(answer)
	ws.want("handshake " + id + " 0")
	s.post(fhir.R4, `{"resourceType":"Encounter","status":"finished","class":{"code":"AMB"}}`)
	ws.want("event-notification " + id + " 1")
}
