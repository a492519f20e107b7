package mockserver_test

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	corebinding "github.com/wsbind/wsbind/core/binding"
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jose"
	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/journal"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// ask asks for a binding token.
func (s *server) ask(r fhir.Release, id string, headers ...string) answer {
	s.t.Helper()
	return s.call("POST", s.operationURL(r, "get-ws-binding-token", id), "", headers...)
}

// testRefusal is the test of a fault that answers with an error: nobody else is
// refused, the operation works the next time, and the journal knows.
func testRefusal(t *testing.T, r fhir.Release, spec faults.Spec, status int, code fault.Code) answer {
	s := faulty(t, nil)
	id, bobs := s.subscribe(r, bearer), s.subscribe(r, bearerOfBob)
	spec.Caller = "a-secret-of-alice"
	s.plan(spec)
	s.ask(r, bobs, bearerOfBob).want(t, 200, "")
	a := s.ask(r, id, bearer).want(t, status, code)
	if !strings.Contains(a.body, `"resourceType":"OperationOutcome"`) || !strings.HasPrefix(a.header.Get("Content-Type"), "application/fhir+json") {
		t.Errorf("answered by %v %s, want an OperationOutcome", a.header, a.body)
	}
	e := s.wantEntries(journal.Request, spec.Fault, 1)[0]
	if e.Status != status || e.Interaction != "$get-ws-binding-token" || e.Verdict != journal.Good || e.JTI != "" {
		t.Errorf("the journal has %+v", e)
	}
	s.wantGoodAgain(r, id, 0, bearer)
	return a
}

func testUnauthorized(t *testing.T, r fhir.Release) {
	a := testRefusal(t, r, faults.Spec{Fault: faults.Unauthorized}, 401, fault.LoginRequired)
	if got := a.header.Get("WWW-Authenticate"); got != `Bearer realm="wsbind", error="invalid_token"` {
		t.Errorf("WWW-Authenticate is %q", got)
	}
}

func testForbidden(t *testing.T, r fhir.Release) {
	testRefusal(t, r, faults.Spec{Fault: faults.Forbidden}, 403, fault.Forbidden)
}

func testNotFound(t *testing.T, r fhir.Release) {
	testRefusal(t, r, faults.Spec{Fault: faults.NotFound}, 404, fault.NotFound)
}

func testTooManyRequests(t *testing.T, r fhir.Release) {
	a := testRefusal(t, r, faults.Spec{Fault: faults.TooManyRequests, Seconds: 7}, 429, fault.TooManyRequests)
	if got := a.header.Get("Retry-After"); got != "7" {
		t.Errorf("Retry-After is %q, want 7", got)
	}
}

func testUnavailable(t *testing.T, r fhir.Release) {
	a := testRefusal(t, r, faults.Spec{Fault: faults.Unavailable}, 503, fault.Unavailable)
	if got := a.header.Get("Retry-After"); got != "1" {
		t.Errorf("Retry-After is %q, want 1", got)
	}
}

func testSlowAnswer(t *testing.T, r fhir.Release) {
	s := faulty(t, nil)
	id := s.subscribe(r)
	s.plan(faults.Spec{Fault: faults.SlowAnswer, Seconds: 90})
	answers := make(chan answer)
	go func() {
		a, err := s.try("POST", s.operationURL(r, "get-ws-binding-token", id), "")
		if err != nil {
			t.Error(err)
		}
		answers <- a
	}()
	s.until("struck", func() bool { return s.Faults.State().Struck[faults.SlowAnswer] == 1 })
	s.clock.Advance(90*time.Second - 1)
	s.wantEventsTo(r, id, 0) // others are answered meanwhile
	select {
	case a := <-answers:
		t.Fatalf("answered at once: %v", a)
	default:
	}
	s.clock.Advance(1)
	a := (<-answers).want(t, 200, "")
	if left := s.readBinding(a.body).expiration.Sub(s.Now()); left != mockserver.DefaultLifetime {
		t.Errorf("the token lasts %v, want all of its life from the answer on", left)
	}
	s.wantEntries(journal.Request, faults.SlowAnswer, 1)
	s.wantGoodAgain(r, id, 0)
}

func testBrokenCORS(t *testing.T, r fhir.Release) {
	s := faulty(t, nil)
	id := s.subscribe(r)
	s.plan(faults.Spec{Fault: faults.BrokenCORS})
	a := s.ask(r, id, "Origin: http://page.example").want(t, 200, "")
	if got, there := a.header[http.CanonicalHeaderKey("Access-Control-Allow-Origin")]; there {
		t.Errorf("Access-Control-Allow-Origin is %q", got)
	}
	if got := s.ask(r, id).header.Get("Access-Control-Allow-Origin"); got != "*" {
		t.Errorf("then Access-Control-Allow-Origin is %q", got)
	}
	s.wantEntries(journal.Request, faults.BrokenCORS, 1)
}

// politeAnswer and its fault: the answers of two servers that differ in nothing
// but what is planned. Tokens are replaced by TOKEN.
func answersOf(t *testing.T, r fhir.Release, specs ...faults.Spec) (s *server, b boundTo, body string) {
	t.Helper()
	s = faulty(t, nil)
	id := s.subscribe(r)
	s.plan(specs...)
	a := s.ask(r, id).want(t, 200, "")
	b = boundTo{s.readBinding(a.body), id}
	body = compact.ReplaceAllString(withoutPort(a.body), "TOKEN")
	if len(specs) > 0 {
		s.wantEntries(journal.Request, specs[0].Fault, 1)
	}
	return s, b, body
}

// compact is a token in an answer.
var compact = regexp.MustCompile(`eyJ[A-Za-z0-9_.-]*`)

// boundTo is a binding and the Subscription that it is for.
type boundTo struct {
	binding
	id string
}

// wantRefusedAnswer checks that core's reader of answers finds an issue.
func wantRefusedAnswer(t *testing.T, r fhir.Release, body string, code fault.Code) {
	t.Helper()
	reader, err := corebinding.NewReader(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, issues := reader.Response([]byte(body))
	for _, i := range issues {
		if i.Code == code && i.Severity.Invalidates() {
			return
		}
	}
	t.Errorf("%s draws %v, want %s", body, issues, code)
}

// The parameters of the polite answer, as they are written.
var answerParts = map[string]string{
	"token":         `{"name":"token","valueString":"TOKEN"}`,
	"expiration":    `{"name":"expiration","valueDateTime":"2026-03-01T12:05:00Z"}`,
	"subscription":  `{"name":"subscription","valueString":"`,
	"websocket-url": `{"name":"websocket-url","valueUrl":"ws://127.0.0.1/`,
}

// part returns a parameter of an answer.
func part(t *testing.T, body, name string) string {
	t.Helper()
	begin := answerParts[name]
	_, rest, ok := strings.Cut(body, begin)
	if !ok {
		t.Fatalf("%s has no %s", body, begin)
	}
	if strings.HasSuffix(begin, "}") {
		return begin
	}
	rest, _, _ = strings.Cut(rest, "}")
	return begin + rest + "}"
}

func testMissingParameter(t *testing.T, r fhir.Release) {
	_, _, polite := answersOf(t, r)
	for _, name := range []string{"token", "expiration", "websocket-url"} { // a subscription may be absent
		_, _, body := answersOf(t, r, faults.Spec{Fault: faults.MissingParameter, Parameter: name})
		p := part(t, polite, name)
		want := strings.Replace(polite, ","+p, "", 1)
		if name == "token" {
			want = strings.Replace(polite, p+",", "", 1)
		}
		if body != want {
			t.Errorf("without %s got %s, want %s", name, body, want)
		}
		wantRefusedAnswer(t, r, body, fault.MissingParameter)
	}
	_, _, drawn := answersOf(t, r, faults.Spec{Fault: faults.MissingParameter})
	wantRefusedAnswer(t, r, drawn, fault.MissingParameter)
}

func testDoubledParameter(t *testing.T, r fhir.Release) {
	_, _, polite := answersOf(t, r)
	for _, name := range []string{"token", "expiration", "websocket-url"} {
		_, _, body := answersOf(t, r, faults.Spec{Fault: faults.DoubledParameter, Parameter: name})
		p := part(t, polite, name)
		if want := strings.Replace(polite, p, p+","+p, 1); body != want {
			t.Errorf("with %s twice got %s, want %s", name, body, want)
		}
		wantRefusedAnswer(t, r, body, fault.TooManyParameters)
	}
}

func testWrongValueType(t *testing.T, r fhir.Release) {
	_, _, polite := answersOf(t, r)
	for name, types := range map[string][2]string{
		"token": {"valueString", "valueCode"}, "expiration": {"valueDateTime", "valueCode"}, "websocket-url": {"valueUrl", "valueUri"},
	} {
		_, _, body := answersOf(t, r, faults.Spec{Fault: faults.WrongValueType, Parameter: name})
		p := part(t, polite, name)
		if want := strings.Replace(polite, p, strings.Replace(p, types[0], types[1], 1), 1); body != want {
			t.Errorf("got %s, want %s", body, want)
		}
		wantRefusedAnswer(t, r, body, fault.WrongValueType)
	}
}

func testInsecureURL(t *testing.T, r fhir.Release) {
	_, _, polite := answersOf(t, r)
	s, b, body := answersOf(t, r, faults.Spec{Fault: faults.InsecureURL})
	if want := strings.Replace(polite, `"ws://`, `"http://`, 1); body != want {
		t.Errorf("got %s, want %s", body, want)
	}
	s.call("GET", b.url, "").want(t, 426, "") // as a client finds out that asks there all the same
}

// wantRefusedToken checks what a verifier by the published keys says to a token,
// and what the websocket says.
func (s *server) wantRefusedToken(r fhir.Release, b binding, now time.Time, code fault.Code, reason string) {
	s.t.Helper()
	keys, err := jose.ParseSet([]byte(s.call("GET", s.JWKSURL(), "").body))
	if err != nil {
		s.t.Fatal(err)
	}
	verifier := jose.Verifier{Keys: keys, Policy: token.Policy{
		Algorithms: []token.Algorithm{token.ES256}, Issuer: s.BaseURL(r), Audience: s.WebsocketURL(r),
	}}
	if _, err := verifier.Verify(b.token, now); fault.CodeOf(err) != code {
		s.t.Errorf("the verifier says %v, want %s", err, code)
	}
	c := s.connect(r, s.WebsocketURL(r))
	c.Send("bind-with-token " + b.token)
	c.want("outcome " + string(code))
	c.WantClosed(1008, reason)
	e := s.Journal.Entries(journal.Query{Kind: journal.Received, FHIR: r.String(), Bad: true})
	if len(e) != 1 || e[0].Verdict != string(code) || e[0].JTI == "" {
		s.t.Errorf("the journal has %+v, want the refused bind by the jti of the token", e)
	}
}

// testBadToken is the test of a fault that gives a token which cannot be bound,
// within an answer that differs in nothing else.
func testBadToken(t *testing.T, r fhir.Release, name string, code fault.Code, check func(b binding)) {
	_, _, polite := answersOf(t, r)
	s, b, body := answersOf(t, r, faults.Spec{Fault: name})
	if body != polite {
		t.Errorf("got %s, want %s", body, polite)
	}
	if check != nil {
		check(b.binding)
	}
	s.wantRefusedToken(r, b.binding, noon, code, "invalid-token")
	s.wantGoodAgain(r, b.id, 0)
}

func testForeignSignature(t *testing.T, r fhir.Release) {
	testBadToken(t, r, faults.ForeignSignature, fault.TokenSignature, nil)
}

func testWrongAudience(t *testing.T, r fhir.Release) {
	testBadToken(t, r, faults.WrongAudience, fault.TokenAudience, func(b binding) {
		if aud := b.claims(t)["aud"]; aud != b.url+"/of-somebody-else" {
			t.Errorf("aud is %v", aud)
		}
	})
}

func testAlgorithmNone(t *testing.T, r fhir.Release) {
	testBadToken(t, r, faults.AlgorithmNone, fault.TokenAlgorithm, func(b binding) {
		if !strings.HasSuffix(b.token, ".") || strings.Count(b.token, ".") != 2 {
			t.Error("the token has a signature")
		}
	})
}

func testUnknownKID(t *testing.T, r fhir.Release) {
	testBadToken(t, r, faults.UnknownKID, fault.TokenUnknownKey, nil)
}

func testExpiredAnswer(t *testing.T, r fhir.Release) {
	_, _, polite := answersOf(t, r)
	s, b, body := answersOf(t, r, faults.Spec{Fault: faults.ExpiredAnswer})
	if want := strings.Replace(polite, "12:05:00Z", "11:59:00Z", 1); body != want {
		t.Errorf("got %s, want %s", body, want)
	}
	if exp := b.claims(t)["exp"]; exp != float64(noon.Add(-time.Minute).Unix()) {
		t.Errorf("exp is %v", exp)
	}
	s.wantRefusedToken(r, b.binding, noon, fault.ExpiredToken, "expired-token")
	s.wantGoodAgain(r, b.id, 0)
}

func testEarlyExpiry(t *testing.T, r fhir.Release) {
	_, _, polite := answersOf(t, r)
	s, b, body := answersOf(t, r, faults.Spec{Fault: faults.EarlyExpiry})
	if body != polite {
		t.Errorf("got %s, want %s", body, polite)
	}
	c, neighbour := s.connect(r, b.url), s.listen(r, b.id)
	c.bind(b.binding)
	c.want("handshake " + b.id + " 0")
	s.clock.Advance(mockserver.DefaultLifetime/2 - 1)
	s.event(r)
	c.want("event-notification " + b.id + " 1")
	s.clock.Advance(1)
	c.want("outcome expired-token")
	c.WantClosed(1008, "expired-token")
	neighbour.want("handshake "+b.id+" 0", "event-notification "+b.id+" 1")
	neighbour.wantNothing()

	again := s.connect(r, b.url)
	again.Send("bind-with-token " + b.token)
	again.want("outcome expired-token")
	again.WantClosed(1008, "expired-token")
	s.wantGoodAgain(r, b.id, 1)
}

// TestFaultsWaitForAnAnswer has a fault that breaks an answer pass over requests
// that are refused: there is no answer to break, and the mistake is the client's.
func TestFaultsWaitForAnAnswer(t *testing.T) {
	s := faulty(t, nil)
	id := s.subscribe(fhir.R4)
	s.plan(faults.Spec{Fault: faults.MissingParameter, Parameter: "token"})
	s.ask(fhir.R4, "nobody-has-this").want(t, 404, fault.NotFound)
	if e := s.Journal.Entries(journal.Query{Bad: true}); len(e) != 1 || e[0].Faults != nil || e[0].Verdict != string(fault.NotFound) {
		t.Errorf("the journal has %+v, want the mistake of the client", e)
	}
	wantRefusedAnswer(t, fhir.R4, s.ask(fhir.R4, id).want(t, 200, "").body, fault.MissingParameter)
}

// TestFaultsOfOtherRequests plans faults of the operation layer on other
// operations and on plain REST.
func TestFaultsOfOtherRequests(t *testing.T) {
	s := faulty(t, nil)
	id := s.subscribe(fhir.R4)
	s.plan(faults.Spec{Fault: faults.Unavailable, On: "$events", Seconds: 3}, faults.Spec{Fault: faults.NotFound, On: "*"})
	s.ask(fhir.R4, id).want(t, 404, fault.NotFound)
	s.ask(fhir.R4, id).want(t, 200, "")
	if a := s.call("GET", s.operationURL(fhir.R4, "events", id), "").want(t, 503, fault.Unavailable); a.header.Get("Retry-After") != "3" {
		t.Errorf("Retry-After is %q", a.header.Get("Retry-After"))
	}
	s.wantEventsTo(fhir.R4, id, 0)
	s.plan(faults.Spec{Fault: faults.Forbidden, On: "*"})
	s.call("POST", s.BaseURL(fhir.R4)+"/Patient", `{"resourceType":"Patient"}`).want(t, 403, fault.Forbidden)
	s.wantEventsTo(fhir.R4, id, 0)
	s.call("POST", s.BaseURL(fhir.R4)+"/Patient", `{"resourceType":"Patient"}`).want(t, 201, "")
	s.wantEventsTo(fhir.R4, id, 1)
}
