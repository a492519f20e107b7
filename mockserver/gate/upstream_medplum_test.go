package gate

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
)

// medplumServer is a fake with the Subscriptions 1 and 2, whose nth token is token-n
// and lasts for a minute.
func medplumServer(t *testing.T) (*fakeServer, *behindGate, upstream) {
	s := newFakeServer(t)
	b := newBehind(t, fhir.R4, s.http.URL+"/fhir")
	tokens := 0
	for i := range 2 {
		id := fmt.Sprint(i + 1)
		s.subscriptions[id] = subscriptionText(id, "active", "full-resource", "Patient", 0)
		s.answers["/fhir/Subscription/"+id+"/$get-ws-binding-token"] = func(w http.ResponseWriter, r *http.Request) {
			s.mu.Lock()
			defer s.mu.Unlock()
			if r.Method != http.MethodGet {
				w.WriteHeader(http.StatusMethodNotAllowed)
			}
			tokens++
			fmt.Fprintf(w, `{"resourceType":"Parameters","parameter":[{"name":"token","valueString":"token-%d"},
				{"name":"expiration","valueDateTime":%q},{"name":"websocket-url","valueUrl":%q}]}`,
				tokens, b.clock.Now().Add(time.Minute).Format(time.RFC3339), s.ws())
		}
	}
	return s, b, b.start(newMedplum)
}

// medplumFrame is a notification of Medplum's.
func medplumFrame(typ, resource string, ids ...string) string {
	var entries []string
	for _, id := range ids {
		event := ""
		if typ == "event-notification" {
			event = `,"notificationEvent":[{"eventNumber":"0","timestamp":"2026-03-01T12:00:00.000Z","focus":{"reference":"Patient/p"}}]`
		}
		entries = append(entries, `{"resource":{"resourceType":"SubscriptionStatus","id":"x","status":"active","type":"`+typ+`","subscription":{"reference":"Subscription/`+id+`"}`+event+`}}`)
	}
	if resource != "" {
		entries = append(entries, `{"resource":`+resource+`,"fullUrl":"https://medplum.example/Patient/p"}`)
	}
	return `{"resourceType":"Bundle","type":"history","entry":[` + strings.Join(entries, ",") + `]}`
}

func bindFrame(token string) string {
	return `{"type":"bind-with-token","payload":{"token":"` + token + `"}}`
}

// agree answers a bind.
func (p *peer) agree(id, token string) {
	p.t.Helper()
	p.expect(bindFrame(token))
	p.send(medplumFrame("handshake", "", id))
}

const patient = `{"resourceType":"Patient","id":"p","active":true,"multipleBirthInteger":1}`

func TestMedplumTrunkIsShared(t *testing.T) {
	s, b, u := medplumServer(t)
	c, other := b.client(u), b.client(u)
	done := c.binding("1")
	p := s.next()
	p.agree("1", "token-1")
	c.binds(<-done, "1")
	c.want("handshake 1 0")
	done = other.binding("2") // on the same connection
	p.agree("2", "token-2")
	other.binds(<-done, "2")
	other.want("handshake 2 0")
	other.bind("1")
	other.want("handshake 1 0")

	p.send(medplumFrame("event-notification", patient, "1"), medplumFrame("heartbeat", "", "1", "2"), medplumFrame("event-notification", "", "1"),
		`{"type":"pong"}`, "what", medplumFrame("event-notification", patient, "2"), medplumFrame("event-notification", `{"resourceType":"Patient","id":"p","what":null}`, "1"),
		medplumFrame("event-notification", patient, "1"))
	due := []string{"event-notification 1 1 Patient/p with body", "event-notification 1 2 Patient/p", "event-notification 1 4 Patient/p with body"}
	c.want(due...)
	for range 4 { // of 1 in order, and that of 2 among them
		switch got := <-other.told; {
		case len(due) > 0 && got == due[0]:
			due = due[1:]
		case got != "event-notification 2 1 Patient/p with body":
			t.Errorf("told %q, want the event of 2, or of %q the first", got, due)
		}
	}
	if e := b.saw(NotificationRefused); e.Subscriptions[0] != "1" || strings.Contains(e.Detail, "what") {
		t.Errorf("the operator is told %+v", e)
	}

	c.channel.close()
	other.channel.unbind([]string{"1"})
	p.expect(`{"type":"unbind-from-token","payload":{"token":"token-1"}}`)
	p.send(medplumFrame("event-notification", patient, "1"), medplumFrame("event-notification", patient, "2"))
	other.want("event-notification 2 2 Patient/p with body")
	other.channel.unbind([]string{"2"})
	p.ended()
}

func TestMedplumPing(t *testing.T) {
	s, b, u := medplumServer(t)
	c := b.client(u)
	done := c.binding("1")
	p := s.next()
	p.agree("1", "token-1")
	c.binds(<-done, "1")
	c.want("handshake 1 0")
	for range 2 {
		b.clock.until(t, pingPeriod)
		b.clock.Advance(pingPeriod)
		p.expect(`{"type":"ping"}`)
		p.send(`{"type":"pong"}`, medplumFrame("event-notification", patient, "1"))
		<-c.told // so the pong was read
	}
	b.clock.until(t, pingPeriod)
	b.clock.Advance(pingPeriod)
	p.expect(`{"type":"ping"}`) // which is not answered
	b.clock.until(t, pingPeriod)
	b.clock.Advance(pingPeriod)
	c.want("lost upstream-unavailable")
	p.ended()
	b.clock.until(t, firstPause/2)
	b.clock.Advance(firstPause / 2)
	p = s.next()
	p.agree("1", "token-2")
	c.want("handshake 1 2")
}

func TestMedplumTokensAreRenewed(t *testing.T) {
	s, b, u := medplumServer(t)
	c := b.client(u)
	done := c.binding("1")
	p := s.next()
	p.agree("1", "token-1")
	c.binds(<-done, "1")
	c.want("handshake 1 0")
	b.clock.until(t, 42*time.Second)
	for n := range 8 { // pings, until it is time
		b.clock.until(t, pingPeriod)
		b.clock.Advance(pingPeriod)
		p.expect(`{"type":"ping"}`)
		p.send(`{"type":"pong"}`, medplumFrame("event-notification", patient, "1"))
		c.want(fmt.Sprintf("event-notification 1 %d Patient/p with body", n+1))
	}
	b.clock.Advance(2 * time.Second)
	p.agree("1", "token-2")
	b.clock.until(t, 42*time.Second) // and is renewed again, while the client is told nothing
	p.send(medplumFrame("event-notification", patient, "1"))
	c.want("event-notification 1 9 Patient/p with body")

	s.set(func() { s.answers["/fhir/Subscription/1/$get-ws-binding-token"] = nil }) // 404
	for range 8 {
		b.clock.until(t, pingPeriod)
		b.clock.Advance(pingPeriod)
		p.expect(`{"type":"ping"}`)
		p.send(`{"type":"pong"}`, medplumFrame("event-notification", patient, "1"))
		<-c.told
	}
	b.clock.Advance(2 * time.Second)
	c.want("lost upstream-unavailable") // and the feed finds out why
}

func TestMedplumRefusals(t *testing.T) {
	s, b, u := medplumServer(t)
	c := b.client(u)
	done := c.binding("1")
	p := s.next()
	p.expect(bindFrame("token-1"))
	p.send(`{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"invalid","details":{"text":"Token failed to validate."}}]}`)
	c.refused(fault.UpstreamRefused, <-done)
	p.ended()

	done = c.binding("1")
	p = s.next()
	p.expect(bindFrame("token-2"))
	p.cut()
	c.refused(fault.UpstreamUnavailable, <-done)

	s.set(func() { s.down = true })
	c.refused(fault.UpstreamUnavailable, <-c.binding("1"))
	s.set(func() { s.down = false })

	silent := b.cfg
	silent.timeout = 250 * time.Millisecond
	mute := newMedplum(silent)
	t.Cleanup(mute.close)
	other := b.client(mute)
	done = other.binding("1")
	p = s.next()
	p.expect(bindFrame("token-4"))
	other.refused(fault.UnknownSubscription, <-done) // Medplum says nothing of what it does not know
	p.ended()

	answer := func(status int, text string) {
		s.set(func() {
			s.answers["/fhir/Subscription/1/$get-ws-binding-token"] = func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(status)
				fmt.Fprint(w, text)
			}
		})
	}
	const head, tail = `{"resourceType":"Parameters","parameter":[{"name":"token","valueString":"t"},`, `]}`
	for text, code := range map[string]fault.Code{
		"what":                          fault.UpstreamRefused,
		`{"resourceType":"Parameters"}`: fault.UpstreamRefused,
		head + `{"name":"expiration","valueDateTime":"2026-03-01T11:00:00Z"},{"name":"websocket-url","valueUrl":"` + s.ws() + `"}` + tail: fault.UpstreamRefused,
		head + `{"name":"expiration","valueDateTime":"2026-03-01T13:00:00Z"},{"name":"websocket-url","valueUrl":"file:///"}` + tail:       fault.UpstreamRefused,
		head + `{"name":"expiration","valueDateTime":"2026-03-01T13:00:00Z"}` + tail:                                                      fault.UpstreamRefused,
	} {
		answer(200, text)
		c.refused(code, <-c.binding("1"))
	}
	for status, code := range map[int]fault.Code{404: fault.UnknownSubscription, 403: fault.UpstreamRefused, 503: fault.UpstreamUnavailable} {
		answer(status, "")
		c.refused(code, <-c.binding("1"))
	}
	c.wantNothing()
}

func TestMedplumSocketsAreNoLessProtected(t *testing.T) {
	c := upstreamConfig{base: "https://fhir.example/r4"}
	for url, due := range map[string]bool{"wss://ws.example/x": true, "ws://ws.example/x": false, "https://ws.example/x": false, "": false} {
		if got := c.isSocket(url); got != due {
			t.Errorf("%q may be used: %v, want %v", url, got, due)
		}
	}
	c.websocketURL = "ws://inside:8103/ws"
	if !c.isSocket(c.websocketURL) {
		t.Error("the operator's own may be what it is")
	}
}
