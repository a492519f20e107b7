package mockserver_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/internal/testkit"
)

// The rules of the websocket channel, as the guide has them and as this project
// decides where the guide is silent, each by a client of the whole server.

func TestHandshakePerSubscriptionInTheTokensOrder(t *testing.T) {
	inAllReleases(t, func(t *testing.T, r fhir.Release) {
		s := start(t, nil)
		a, b, c := s.subscribe(r), s.subscribe(r), s.subscribe(r)
		token := s.token(r, []string{c, a, b})
		ws := s.connect(r, token.url)
		ws.bind(token)
		ws.want("handshake "+c+" 0", "handshake "+a+" 0", "handshake "+b+" 0")
		ws.wantNothing()
	})
}

func TestEventsCarryTheirNumbers(t *testing.T) {
	inAllReleases(t, func(t *testing.T, r fhir.Release) {
		s := start(t, nil)
		a := s.subscribe(r)
		token := s.token(r, []string{a})
		s.event(r) // before anybody listens
		ws := s.connect(r, token.url)
		ws.bind(token)
		ws.want("handshake " + a + " 1")
		s.event(r)
		s.event(r)
		ws.want("event-notification "+a+" 2", "event-notification "+a+" 3")
	})
}

func TestBothSpellingsOfTheBindFrame(t *testing.T) {
	inAllReleases(t, func(t *testing.T, r fhir.Release) {
		s := start(t, nil)
		a := s.subscribe(r)
		token := s.token(r, []string{a})
		for _, frame := range []string{"bind-with-token " + token.token, "bind-with-token: " + token.token} {
			ws := s.connect(r, token.url)
			ws.Send(frame)
			ws.want("handshake " + a + " 0")
		}
	})
}

func TestSerialAndConcurrentBinds(t *testing.T) {
	inAllReleases(t, func(t *testing.T, r fhir.Release) {
		s := start(t, nil)
		a, b := s.subscribe(r), s.subscribe(r)
		first, second := s.token(r, []string{a}), s.token(r, []string{b})
		ws := s.connect(r, first.url)
		ws.bind(first)
		ws.bind(second)
		ws.want("handshake "+a+" 0", "handshake "+b+" 0")
		other := s.connect(r, first.url)
		other.bind(first)
		other.want("handshake " + a + " 0")
		s.event(r)
		got := []string{ws.next(), ws.next()}
		if strings.Join(got, ",") != "event-notification "+a+" 1,event-notification "+b+" 1" &&
			strings.Join(got, ",") != "event-notification "+b+" 1,event-notification "+a+" 1" {
			t.Errorf("got %q", got)
		}
		other.want("event-notification " + a + " 1")
	})
}

func TestHeartbeatOnlyWhereAskedAndAfterTheHandshake(t *testing.T) {
	inAllReleases(t, func(t *testing.T, r fhir.Release) {
		s := start(t, func(c *mockserver.Config) { c.Lifetime = time.Hour })
		with := s.post(r, subscribeTo(r, "Patient", "10"))
		without := s.subscribe(r)
		s.clock.Advance(15 * time.Second) // heartbeats nobody hears
		token := s.token(r, []string{with, without})
		ws := s.connect(r, token.url)
		ws.bind(token)
		ws.want("handshake "+with+" 0", "handshake "+without+" 0")
		s.clock.Advance(9 * time.Second)
		ws.wantNothing()
		s.clock.Advance(time.Second)
		ws.want("heartbeat " + with + " 0")
		s.clock.Advance(5 * time.Second)
		s.post(r, `{"resourceType":"Patient"}`)
		first, second := ws.next(), ws.next()
		if first+second != "event-notification "+with+" 1event-notification "+without+" 1" &&
			second+first != "event-notification "+with+" 1event-notification "+without+" 1" {
			t.Errorf("got %q and %q", first, second)
		}
		s.clock.Advance(9 * time.Second) // any notification restarts the timer
		ws.wantNothing()
		s.clock.Advance(time.Second)
		ws.want("heartbeat " + with + " 1")
	})
}

func TestRenewalLosesAndRepeatsNothing(t *testing.T) {
	inAllReleases(t, func(t *testing.T, r fhir.Release) {
		s := start(t, nil)
		a := s.subscribe(r)
		token := s.token(r, []string{a})
		ws := s.connect(r, token.url)
		ws.bind(token)
		s.event(r)
		s.clock.Advance(4 * time.Minute)
		renewed := s.token(r, []string{a})
		if renewed.url != token.url || renewed.token == token.token {
			t.Errorf("the renewal is %v", renewed)
		}
		ws.bind(renewed)
		s.clock.Advance(4 * time.Minute) // the first token has expired
		s.event(r)
		ws.want("handshake "+a+" 0", "event-notification "+a+" 1", "handshake "+a+" 1", "event-notification "+a+" 2")
		s.clock.Advance(time.Minute)
		ws.want("outcome expired-token")
		ws.WantClosed(1008, "expired-token")
	})
}

func TestExpiryAtExp(t *testing.T) {
	inAllReleases(t, func(t *testing.T, r fhir.Release) {
		s := start(t, func(c *mockserver.Config) { c.Lifetime = 10 * time.Second })
		a, b := s.subscribe(r), s.subscribe(r)
		first := s.token(r, []string{a})
		if want := noon.Add(10 * time.Second); !first.expiration.Equal(want) {
			t.Errorf("expiration is %v, want %v", first.expiration, want)
		}
		ws := s.connect(r, first.url)
		ws.bind(first)
		s.clock.Advance(5 * time.Second)
		second := s.token(r, []string{b})
		ws.bind(second)
		ws.want("handshake "+a+" 0", "handshake "+b+" 0")
		s.clock.Advance(5*time.Second - 1)
		ws.wantNothing()
		s.clock.Advance(1)
		ws.want("outcome expired-token")
		s.event(r)
		ws.want("event-notification " + b + " 1") // the Subscription a is active, but bound no more
		s.clock.Advance(5 * time.Second)
		ws.want("outcome expired-token")
		ws.WantClosed(1008, "expired-token")

		late := s.connect(r, first.url)
		late.Send("bind-with-token " + first.token)
		late.want("outcome expired-token")
		late.WantClosed(1008, "expired-token")
	})
}

func TestBindTimeoutUnderVirtualTime(t *testing.T) {
	s := start(t, func(c *mockserver.Config) { c.BindTimeout = time.Minute })
	url := s.token(fhir.R4, []string{s.subscribe(fhir.R4)}).url
	ws := s.connect(fhir.R4, url)
	s.clock.Advance(time.Minute)
	ws.want("outcome bind-timeout")
	ws.WantClosed(1008, "bind-timeout")
}

func TestFailedBinds(t *testing.T) {
	inAllReleases(t, func(t *testing.T, r fhir.Release) {
		s := start(t, nil)
		a := s.subscribe(r)
		token := s.token(r, []string{a})
		other := releases[0]
		if r == other {
			other = releases[1]
		}
		foreign := s.token(other, []string{s.subscribe(other)})
		elsewhere := start(t, nil)
		stranger := elsewhere.token(r, []string{elsewhere.subscribe(r)})
		for frame, want := range map[string]string{
			"bind-with-token " + foreign.token:                             "outcome wrong-issuer",
			"bind-with-token " + stranger.token:                            "outcome unknown-key",
			"bind-with-token " + token.token[:len(token.token)-4] + "AAAA": "outcome bad-signature",
			"bind-with-token not.a.token":                                  "outcome non-canonical-base64url",
			"bind-with-token eyJhbGciOiJub25lIn0.e30.":                     "outcome algorithm-not-allowed",
			"hello": "outcome expected-bind",
			`{"type":"bind-with-token","payload":{"token":"` + token.token + `"}}`: "outcome expected-bind",
		} {
			ws := s.connect(r, token.url)
			ws.Send(frame)
			ws.want(want)
			if want == "outcome expected-bind" {
				ws.WantClosed(1008, "expected-bind")
			} else {
				ws.WantClosed(1008, "invalid-token")
			}
		}
	})
}

func TestBadLaterBindSparesTheGoodOne(t *testing.T) {
	inAllReleases(t, func(t *testing.T, r fhir.Release) {
		s := start(t, nil)
		a := s.subscribe(r)
		token := s.token(r, []string{a})
		ws := s.connect(r, token.url)
		ws.bind(token)
		ws.Send("bind-with-token x.y.z")
		ws.Send("unbind-from-token")
		s.event(r)
		ws.want("handshake " + a + " 0")
		var got []string
		for range 3 {
			got = append(got, ws.next())
		}
		if all := strings.Join(got, ","); !strings.Contains(all, "outcome non-canonical-base64url") ||
			!strings.Contains(all, "outcome expected-bind") || !strings.Contains(all, "event-notification "+a+" 1") {
			t.Errorf("got %q", got)
		}
	})
}

func TestDeletedAndOffUnbindWithoutHarm(t *testing.T) {
	inAllReleases(t, func(t *testing.T, r fhir.Release) {
		s := start(t, nil)
		a, b, c := s.subscribe(r), s.subscribe(r), s.subscribe(r)
		token := s.token(r, []string{a, b, c})
		ws := s.connect(r, token.url)
		ws.bind(token)
		ws.want("handshake "+a+" 0", "handshake "+b+" 0", "handshake "+c+" 0")
		s.call("DELETE", s.BaseURL(r)+"/Subscription/"+a, "").want(t, 204, "")
		off := strings.Replace(subscribeTo(r, "Patient", ""), `"status":"requested"`, `"status":"off","id":"`+b+`"`, 1)
		s.call("PUT", s.BaseURL(r)+"/Subscription/"+b, off).want(t, 200, "")
		s.event(r)
		ws.want("event-notification " + c + " 1")
		ws.wantNothing()

		again := s.connect(r, token.url)
		again.bind(token) // what is left of the token
		again.want("handshake "+c+" 1", "outcome unknown-subscription")
	})
}

func TestADeletedSubscriptionCannotBeBound(t *testing.T) {
	inAllReleases(t, func(t *testing.T, r fhir.Release) {
		s := start(t, nil)
		a := s.subscribe(r)
		token := s.token(r, []string{a})
		s.call("DELETE", s.BaseURL(r)+"/Subscription/"+a, "").want(t, 204, "")
		ws := s.connect(r, token.url)
		ws.Send("bind-with-token " + token.token)
		ws.want("outcome unknown-subscription")
		ws.WantClosed(1008, "unknown-subscription")
	})
}

func TestABindingOutlivesAnError(t *testing.T) {
	inAllReleases(t, func(t *testing.T, r fhir.Release) {
		s := start(t, nil)
		a := s.subscribe(r)
		token := s.token(r, []string{a})
		ws := s.connect(r, token.url)
		ws.bind(token)
		ws.want("handshake " + a + " 0")
		s.manage("/subscriptions/"+a+"/error", `{}`).want(t, 200, "")
		ws.want("query-status " + a + " error")
		s.event(r) // counted, not sent
		s.call("POST", s.BaseURL(r)+"/Subscription/"+a+"/$get-ws-binding-token", "").want(t, 422, "subscription-not-bindable")
		late := s.connect(r, token.url)
		late.Send("bind-with-token " + token.token)
		late.want("outcome subscription-not-bindable")
		late.WantClosed(1008, "unknown-subscription")
		s.manage("/subscriptions/"+a+"/reactivate", `{}`).want(t, 200, "")
		ws.want("handshake " + a + " 1")
		s.event(r)
		ws.want("event-notification " + a + " 2")
	})
}

func TestSingleUseTokens(t *testing.T) {
	s := start(t, func(c *mockserver.Config) { c.SingleUse = true })
	a := s.subscribe(fhir.R4)
	token := s.token(fhir.R4, []string{a})
	ws := s.connect(fhir.R4, token.url)
	ws.bind(token)
	ws.bind(s.token(fhir.R4, []string{a})) // a renewal is a new token
	ws.want("handshake "+a+" 0", "handshake "+a+" 0")
	again := s.connect(fhir.R4, token.url)
	again.Send("bind-with-token " + token.token)
	again.want("outcome already-used")
	again.WantClosed(1008, "already-used")
}

func TestShutdownSaysGoodbye(t *testing.T) {
	s := start(t, nil)
	a := s.subscribe(fhir.R5)
	token := s.token(fhir.R5, []string{a})
	ws := s.connect(fhir.R5, token.url)
	ws.bind(token)
	ws.want("handshake " + a + " 0")
	s.Close()
	ws.WantClosed(1001, "going-away")
}

// TestASubscriptionBelongsToItsCreator also where a token names it: the world
// is asked again when it is bound.
func TestASubscriptionBelongsToItsCreator(t *testing.T) {
	inAllReleases(t, func(t *testing.T, r fhir.Release) {
		s := start(t, nil)
		const alice, bob = "Authorization: Bearer alice", "Authorization: Bearer bob"
		a, b := s.subscribe(r, alice), s.subscribe(r, bob)
		url := s.BaseURL(r) + "/Subscription/"
		for _, id := range []string{a, "unknown"} {
			s.call("POST", url+id+"/$get-ws-binding-token", "", bob).want(t, 404, "not-found")
			s.call("POST", url+"$get-ws-binding-token", parameters("id", b, id), bob).want(t, 404, "not-found")
		}
		token := s.token(r, nil, alice)
		if len(token.subscriptions) != 1 || token.subscriptions[0] != a {
			t.Errorf("alice's token covers %v, want %s alone", token.subscriptions, a)
		}
	})
}

// TestEndUnbinds: end sets the Subscription off, and its neighbours go on.
func TestEndUnbinds(t *testing.T) {
	inAllReleases(t, func(t *testing.T, r fhir.Release) {
		s := start(t, func(c *mockserver.Config) { c.Lifetime = time.Hour })
		a := s.post(r, strings.Replace(subscribeTo(r, "Patient", ""), `{`, `{"end":"2026-03-01T12:10:00Z",`, 1))
		b := s.subscribe(r)
		token := s.token(r, []string{a, b})
		ws := s.connect(r, token.url)
		ws.bind(token)
		ws.want("handshake "+a+" 0", "handshake "+b+" 0")
		s.clock.Advance(10 * time.Minute)
		s.event(r)
		ws.want("event-notification " + b + " 1")
		ws.wantNothing()
		if got := s.call("GET", s.BaseURL(r)+"/Subscription/"+a, ""); !strings.Contains(got.body, `"status":"off"`) {
			t.Errorf("after its end: %s", got.body)
		}
	})
}

// TestASlowReaderFindsItsEventsInEvents: it is closed with 1013, has what the
// network had in order, and $events has everything.
func TestASlowReaderFindsItsEventsInEvents(t *testing.T) {
	const r = fhir.R4
	s := start(t, func(c *mockserver.Config) { c.MaxQueue = 1 << 18 })
	a := s.post(r, strings.Replace(subscribeTo(r, "Patient", ""), `"id-only"`, `"full-resource"`, 1))
	token := s.token(r, []string{a})
	ws, _, err := websocket.Dial(t.Context(), token.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	ws.SetReadLimit(-1)
	if err := ws.Write(t.Context(), websocket.MessageText, []byte("bind-with-token "+token.token)); err != nil {
		t.Fatal(err)
	}
	patient := `{"resourceType":"Patient","name":[{"family":"` + strings.Repeat("x", 100_000) + `"}]}`
	for start := time.Now(); time.Since(start) < testkit.Patience; {
		if state, _ := s.state(); state.FHIR[0].Subscriptions[0].Bound == 1 {
			break
		}
	}
	events := 0
	for closing := false; !closing; events++ {
		if events == 500 {
			t.Fatal("a client that does not read was never found too slow")
		}
		s.post(r, patient)
		_, text := s.state()
		closing = strings.Contains(text, `"closing": "slow-reader"`)
	}
	reader := &socket{t: t, release: r}
	for n := -1; ; n++ { // from the handshake on
		_, frame, err := ws.Read(t.Context())
		if err != nil {
			if end := (websocket.CloseError{}); !errors.As(err, &end) || end.Code != 1013 || end.Reason != "slow-reader" {
				t.Errorf("closed with %v, want 1013 slow-reader", err)
			}
			break
		}
		if short := reader.short(string(frame)); n >= 0 && short != fmt.Sprintf("event-notification %s %d", a, n+1) {
			t.Fatalf("got %q, want event %d", short, n+1)
		}
	}
	got := s.call("GET", s.operationURL(r, "events", a)+"?content=id-only", "").want(t, 200, "")
	if n := strings.Count(got.body, `"event-number"`); n != events {
		t.Errorf("$events has %d events of %d", n, events)
	}
}

func TestHeartbeatsAreNeverMerged(t *testing.T) {
	inAllReleases(t, func(t *testing.T, r fhir.Release) {
		s := start(t, nil)
		a, b := s.post(r, subscribeTo(r, "Patient", "10")), s.post(r, subscribeTo(r, "Observation", "10"))
		token := s.token(r, []string{a, b})
		ws := s.connect(r, token.url)
		ws.bind(token)
		ws.want("handshake "+a+" 0", "handshake "+b+" 0")
		s.clock.Advance(20 * time.Second)
		ws.want("heartbeat "+a+" 0", "heartbeat "+b+" 0", "heartbeat "+a+" 0", "heartbeat "+b+" 0")
		ws.wantNothing()
	})
}

func TestTwoSocketsGetEveryEventOnceWithTheSameNumber(t *testing.T) {
	inAllReleases(t, func(t *testing.T, r fhir.Release) {
		s := start(t, nil)
		a := s.subscribe(r)
		token := s.token(r, []string{a})
		first, second := s.connect(r, token.url), s.connect(r, token.url)
		first.bind(token)
		s.event(r)
		second.bind(token)
		s.event(r)
		first.want("handshake "+a+" 0", "event-notification "+a+" 1", "event-notification "+a+" 2")
		second.want("handshake "+a+" 1", "event-notification "+a+" 2")
		first.wantNothing()
		second.wantNothing()
	})
}

func TestUnknownForeignAndDeletedAnswerAlike(t *testing.T) {
	inAllReleases(t, func(t *testing.T, r fhir.Release) {
		s := start(t, nil)
		deleted, foreign := s.subscribe(r), s.subscribe(r, "Authorization: Bearer bob")
		s.call("DELETE", s.BaseURL(r)+"/Subscription/"+deleted, "").want(t, 204, "")
		answers := map[string]bool{}
		for _, id := range []string{"00000000-0000-4000-8000-000000000000", deleted, foreign} {
			got := s.call("POST", s.operationURL(r, "get-ws-binding-token", ""), parameters("id", id)).want(t, 404, "not-found")
			answers[strings.ReplaceAll(got.body, id, "ID")] = true
		}
		if len(answers) != 1 {
			t.Errorf("they can be told apart: %v", answers)
		}
	})
}

// TestRealTime: the same under the system's clock, as little of it as shows
// that it is used.
func TestRealTime(t *testing.T) {
	s := start(t, func(c *mockserver.Config) { c.Clock, c.Lifetime = clock.Real(), 3*time.Second })
	a := s.post(fhir.R4B, subscribeTo(fhir.R4B, "Patient", "1"))
	token := s.token(fhir.R4B, []string{a})
	ws := s.connect(fhir.R4B, token.url)
	ws.bind(token)
	ws.want("handshake " + a + " 0")
	for frame := ws.next(); frame != "outcome expired-token"; frame = ws.next() {
		if frame != "heartbeat "+a+" 0" {
			t.Fatalf("got %q", frame)
		}
	}
	ws.WantClosed(1008, "expired-token")
	if late := time.Since(token.expiration); late < 0 {
		t.Errorf("closed %v before exp", -late)
	}
}
