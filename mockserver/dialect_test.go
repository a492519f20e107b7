package mockserver_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/journal"
	dialects "github.com/wsbind/wsbind/mockserver/socket"
)

// speaking runs a server that speaks a dialect.
func speaking(t *testing.T, d dialects.Dialect) *server {
	t.Helper()
	return faulty(t, func(c *mockserver.Config) { c.Dialect, c.Lifetime = d, time.Hour })
}

// ws returns a websocket URL of a path.
func (s *server) ws(path string) string { return "ws" + strings.TrimPrefix(s.URL(), "http") + path }

// TestSpecExplainsOtherDialects sends frames of other dialects to a server that
// speaks the guide's.
func TestSpecExplainsOtherDialects(t *testing.T) {
	inAllReleases(t, func(t *testing.T, r fhir.Release) {
		for frame, says := range map[string]string{
			`{"type":"bind-with-token","payload":{"token":"x"}}`: "medplum",
			`{"type":"ping"}`: "medplum",
			"bind 123":        "legacy",
			"subscribe":       "",
		} {
			s := speaking(t, dialects.Spec)
			c := s.connect(r, s.WebsocketURL(r))
			c.Send(frame)
			outcome := c.Next()
			if c.short(outcome) != "outcome expected-bind" || !strings.Contains(strings.ToLower(outcome), says) {
				t.Errorf("%s was answered by %s, want the dialect %s named", frame, outcome, says)
			}
			c.WantClosed(1008, "expected-bind")
		}
	})
}

func TestOnlySpaceForm(t *testing.T) {
	inAllReleases(t, func(t *testing.T, r fhir.Release) {
		s := faulty(t, func(c *mockserver.Config) { c.OnlySpaceForm = true })
		id := s.subscribe(r)
		b := s.token(r, []string{id})
		c := s.connect(r, b.url)
		c.bind(b)
		c.want("handshake " + id + " 0")
		c.Send("bind-with-token: " + b.token)
		c.want("outcome expected-bind") // and the good binding stays
		s.event(r)
		c.want("event-notification " + id + " 1")
	})
}

func TestAcceptJSONBind(t *testing.T) {
	inAllReleases(t, func(t *testing.T, r fhir.Release) {
		s := faulty(t, func(c *mockserver.Config) { c.AcceptJSONBind = true })
		id := s.subscribe(r)
		b := s.token(r, []string{id})
		c := s.connect(r, b.url)
		c.Send(`{"type":"bind-with-token","payload":{"token":"` + b.token + `"}}`)
		c.want("handshake " + id + " 0") // as ever, not as Medplum's
		c.bind(b)
		c.want("handshake " + id + " 0")
		if e := s.Journal.Entries(journal.Query{Type: "bind-json"}); len(e) != 1 || e[0].Verdict != journal.Good || e[0].JTI == "" {
			t.Errorf("the journal has %+v", e)
		}
	})
}

// uuid is any id that the server draws, and masked replaces all of them but those
// of resources, which are named.
var uuid = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)

func masked(text string, named ...string) string {
	for i := 0; i < len(named); i += 2 {
		text = strings.ReplaceAll(text, named[i], named[i+1])
	}
	return uuid.ReplaceAllString(withoutPort(text), "U")
}

// medplumSubscription is what Medplum's clients create.
const medplumSubscription = `{"resourceType":"Subscription","status":"active","reason":"WebSocket subscription for Practitioner/1",
	"channel":{"type":"websocket"},"criteria":"Communication?status=completed"}`

const noonText = "2026-03-01T12:00:00.000Z"

func TestMedplumFrames(t *testing.T) {
	s := speaking(t, dialects.Medplum)
	c := s.connect(fhir.R4, s.ws("/ws/subscriptions-r4")) // before there is anything to bind
	id := s.post(fhir.R4, medplumSubscription)
	other := s.post(fhir.R4, medplumSubscription)
	a := s.call("GET", s.operationURL(fhir.R4, "get-ws-binding-token", id), "").want(t, 200, "")
	b := s.readBinding(a.body)
	if b.url != s.ws("/ws/subscriptions-r4") || b.claims(t)["aud"] != b.url {
		t.Errorf("websocket-url is %s, aud is %v", b.url, b.claims(t)["aud"])
	}
	send := func(typ, token string) {
		c.Send(`{"type":"` + typ + `","payload":{"token":"` + token + `"}}`)
		c.Sync()
	}
	want := func(frame string, named ...string) {
		t.Helper()
		if got := masked(c.Next(), append(named, id, "ID", other, "OTHER")...); got != frame {
			t.Errorf("got  %s\nwant %s", got, frame)
		}
	}
	const head = `{"id":"U","resourceType":"Bundle","type":"history","timestamp":"`
	handshake := head + noonText + `","entry":[{"resource":{"resourceType":"SubscriptionStatus","id":"U","status":"active","type":"handshake","subscription":{"reference":"Subscription/ID"}}}]}`

	c.Send(`{"type":"ping"}`)
	want(`{"type":"pong"}`)
	send("bind-with-token", b.token)
	want(handshake)
	message := s.post(fhir.R4, `{"resourceType":"Communication","status":"completed"}`)
	want(head+noonText+`","entry":[{"resource":{"resourceType":"SubscriptionStatus","id":"U","status":"active","type":"event-notification",`+
		`"subscription":{"reference":"Subscription/ID"},"notificationEvent":[{"eventNumber":"0","timestamp":"`+noonText+`","focus":{"reference":"Communication/CID"}}]}},`+
		`{"resource":{"resourceType":"Communication","id":"CID","meta":{"versionId":"1","lastUpdated":"`+noonText+`"},"status":"completed"},"fullUrl":"http://127.0.0.1/fhir/R4/Communication/CID"}]}`,
		message, "CID")
	send("bind-with-token", b.token) // again: another handshake
	want(handshake)
	send("bind-with-token", s.token(fhir.R4, []string{other}).token)
	want(strings.ReplaceAll(handshake, "ID\"}", "OTHER\"}"))
	s.clock.Advance(10 * time.Second)
	beat := c.Next()
	if !strings.Contains(beat, `"timestamp":"2026-03-01T12:00:10.000Z"`) || strings.Count(beat, `"type":"heartbeat"`) != 2 ||
		!strings.Contains(beat, id) || !strings.Contains(beat, other) {
		t.Errorf("the heartbeat is %s", beat)
	}
	c.wantNothing()

	const refusal = `{"resourceType":"OperationOutcome","id":"U","issue":[{"severity":"error","code":"invalid","details":{"text":"Token failed to validate. Check token expiry."}}]}`
	send("bind-with-token", "bad")
	want(refusal)
	send("unbind-from-token", "bad")
	want(refusal)

	gone := s.post(fhir.R4, medplumSubscription)
	dead := s.token(fhir.R4, []string{gone}).token
	s.call("DELETE", s.BaseURL(fhir.R4)+"/Subscription/"+gone, "").want(t, 204, "")
	send("bind-with-token", dead) // and now silence
	send("unbind-from-token", dead)
	for _, frame := range []string{"no JSON", `{"type":"bind-with-token"}`, `{"type":"bind-with-token","payload":{}}`, `{"type":"what"}`, `[]`, `{"type":1}`} {
		c.Send(frame)
	}
	send("unbind-from-token", b.token)
	send("unbind-from-token", b.token) // twice
	c.wantNothing()
	s.post(fhir.R4, `{"resourceType":"Communication","status":"completed"}`)
	if got := c.Next(); !strings.Contains(got, "Subscription/"+other) {
		t.Errorf("got %s, want the event of the one that is still bound", got)
	}
	s.clock.Advance(2 * time.Hour) // tokens expire without a word
	for _, frame := range c.rest() {
		if !strings.Contains(frame, "heartbeat") {
			t.Errorf("got %s", frame)
		}
	}
	s.post(fhir.R4, `{"resourceType":"Communication","status":"completed"}`)
	c.wantNothing()
}

func TestMedplumBelowATenant(t *testing.T) {
	s := speaking(t, dialects.Medplum)
	tenant := s.tenant(t, "mine")
	id := tenant.post(fhir.R4, medplumSubscription)
	b := tenant.readBinding(tenant.call("GET", tenant.operationURL(fhir.R4, "get-ws-binding-token", id), "").want(t, 200, "").body)
	if b.url != s.ws("/t/mine/ws/subscriptions-r4") {
		t.Errorf("websocket-url is %s", b.url)
	}
	c := tenant.connect(fhir.R4, b.url)
	c.Send(`{"type":"bind-with-token","payload":{"token":"` + b.token + `"}}`)
	if got := c.Next(); !strings.Contains(got, `"handshake"`) {
		t.Errorf("got %s", got)
	}
	a := s.call("GET", s.URL()+"/t/mine/auth/me", "", "Origin: http://page.example").want(t, 200, "")
	if a.header.Get("Access-Control-Allow-Origin") != "http://page.example" || a.header.Get("Access-Control-Allow-Credentials") != "true" ||
		!strings.Contains(a.body, `"profile"`) {
		t.Errorf("/auth/me is answered by %v %s", a.header, a.body)
	}
}

func TestLegacyFrames(t *testing.T) {
	s := speaking(t, dialects.Legacy)
	id, other := s.subscribe(fhir.R4), s.subscribe(fhir.R4)
	c := s.connect(fhir.R4, s.ws("/websocket"))
	frames := func(want ...string) {
		t.Helper()
		for _, w := range want {
			if got := c.Next(); got != w {
				t.Errorf("got %q, want %q", got, w)
			}
		}
	}
	c.Send("bind " + id)
	frames("bound " + id)
	s.event(fhir.R4)
	s.event(fhir.R4)
	frames("ping "+id, "ping "+id)
	s.clock.Advance(2 * time.Hour) // there is no token that could expire
	s.event(fhir.R4)
	frames("ping " + id)
	c.Send("bind " + other)
	c.WantClosed(1002, "expected-bind")
	for frame, reason := range map[string]string{"bind nobody": "unknown-subscription", "bind-with-token x": "expected-bind", "": "expected-bind"} {
		c := s.connect(fhir.R4, s.ws("/websocket"))
		c.Send(frame)
		c.WantClosed(1002, reason)
	}
}

func TestQueryBindsByTheURL(t *testing.T) {
	s := speaking(t, dialects.Query)
	id, gone := s.subscribe(fhir.R4), s.subscribe(fhir.R4)
	b := s.token(fhir.R4, []string{id})
	if b.url != s.WebsocketURL(fhir.R4)+"?token="+b.token {
		t.Fatalf("websocket-url is %s", b.url)
	}
	c := s.connect(fhir.R4, b.url)
	c.want("handshake " + id + " 0") // at once
	s.event(fhir.R4)
	c.want("event-notification " + id + " 1")
	c.Send("bind-with-token " + b.token)
	c.want("outcome expected-bind")
	s.event(fhir.R4)
	c.want("event-notification " + id + " 2")

	refused := func(url string, status int, code fault.Code) {
		t.Helper()
		a := s.call("GET", "http"+strings.TrimPrefix(url, "ws"), "", "Connection: Upgrade", "Upgrade: websocket",
			"Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
		a.want(t, status, code)
	}
	refused(b.url, http.StatusUnauthorized, fault.AlreadyUsed)
	refused(s.WebsocketURL(fhir.R4), http.StatusUnauthorized, fault.InvalidToken)
	refused(s.WebsocketURL(fhir.R4)+"?token=bad", http.StatusUnauthorized, "")
	dead := s.token(fhir.R4, []string{gone})
	s.call("DELETE", s.BaseURL(fhir.R4)+"/Subscription/"+gone, "").want(t, 204, "")
	refused(dead.url, http.StatusNotFound, fault.UnknownSubscription)
	late := s.token(fhir.R4, []string{id})
	s.clock.Advance(time.Hour)
	refused(late.url, http.StatusUnauthorized, fault.ExpiredToken)
	c.want("outcome expired-token")
	c.WantClosed(1008, "expired-token")
	refused(b.url, http.StatusUnauthorized, "") // also after the first socket is gone
}
