package gate

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver"
	dialects "github.com/wsbind/wsbind/mockserver/socket"
	"github.com/wsbind/wsbind/mockserver/subscription"
)

// mocked is a mock server in a dialect, and a bridge to it.
type mocked struct {
	*behindGate
	mock *mockserver.Server
	u    upstream
}

func startMocked(t *testing.T, dialect dialects.Dialect, release fhir.Release, fetch bool) *mocked {
	t.Helper()
	b := newBehind(t, release, "")
	m := &mocked{behindGate: b, mock: mockserver.Start(t, mockserver.Config{Dialect: dialect, Clock: b.clock, LenientGet: true})}
	t.Cleanup(b.cfg.http.CloseIdleConnections) // before the mock is closed, which waits for them
	b.cfg.base, b.cfg.websocketURL, b.cfg.fetch = m.mock.BaseURL(release), m.mock.WebsocketURL(release), fetch
	if dialect == dialects.Medplum {
		b.cfg.websocketURL = "" // which the answers say
		m.u = b.start(newMedplum)
	} else {
		m.u = b.start(newLegacy)
	}
	return m
}

// call makes a request as the gate, and returns the id of what is answered.
func (m *mocked) call(method, path, body string) (id string) {
	m.t.Helper()
	request, _ := http.NewRequest(method, m.cfg.base+path, strings.NewReader(body))
	request.Header.Set("Authorization", "Bearer gate")
	request.Header.Set("Content-Type", "application/fhir+json")
	response, err := m.cfg.http.Do(request)
	if err != nil {
		m.t.Fatal(err)
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	if response.StatusCode >= 300 {
		m.t.Fatalf("%s %s is answered by %d %s", method, path, response.StatusCode, text)
	}
	var created struct{ ID string }
	json.Unmarshal(text, &created)
	return created.ID
}

// subscribe creates a Subscription to Patients, of a topic, with a heartbeat each
// minute.
func (m *mocked) subscribe(content string) string {
	text := newSubscription(content, subscription.BuiltinURL+"Patient")
	if m.cfg.release == fhir.R5 {
		text = `{"resourceType":"Subscription","status":"requested","topic":"` + subscription.BuiltinURL + `Patient","heartbeatPeriod":60,
			"channelType":{"system":"http://terminology.hl7.org/CodeSystem/subscription-channel-type","code":"websocket"},"contentType":"application/fhir+json","content":"` + content + `"}`
	}
	return m.call("POST", "/Subscription", text)
}

// newSubscription is a Subscription that has no id yet.
func newSubscription(content, criteria string) string {
	return strings.Replace(subscriptionText("x", "requested", content, criteria, 60), `"id":"x",`, "", 1)
}

func TestMedplumOfTheMock(t *testing.T) {
	for _, release := range []fhir.Release{fhir.R4, fhir.R4B, fhir.R5} {
		for content, due := range map[string]string{"empty": "", "id-only": " Patient/ID", "full-resource": " Patient/ID with body"} {
			t.Run(release.String()+" "+content, func(t *testing.T) {
				m := startMocked(t, dialects.Medplum, release, false)
				id, other := m.subscribe(content), m.subscribe("empty")
				c, d := m.client(m.u), m.client(m.u)
				c.bind(other, id)
				c.want("handshake "+other+" 0", "handshake "+id+" 0")
				d.bind(id)
				d.want("handshake " + id + " 0")
				patient := m.call("POST", "/Patient", `{"resourceType":"Patient","multipleBirthInteger":2}`)
				event := "event-notification " + id + " 1" + strings.Replace(due, "ID", patient, 1)
				d.want(event)
				for range 2 {
					if got := <-c.told; got != event && got != "event-notification "+other+" 1" {
						t.Errorf("told %q", got)
					}
				}
				d.channel.unbind([]string{id})
				m.call("DELETE", "/Patient/"+patient, "")
				deleted := "event-notification " + id + " 2" + strings.TrimSuffix(strings.Replace(due, "ID", patient, 1), " with body")
				for range 2 {
					if got := <-c.told; got != deleted && got != "event-notification "+other+" 2" {
						t.Errorf("told %q, want %q", got, deleted)
					}
				}
				d.wantNothing()
				c.channel.close()
			})
		}
	}
}

func TestLegacyOfTheMock(t *testing.T) {
	for _, release := range []fhir.Release{fhir.R4, fhir.R4B} {
		t.Run(release.String(), func(t *testing.T) {
			m := startMocked(t, dialects.Legacy, release, false)
			id, other := m.subscribe("empty"), m.subscribe("empty")
			c := m.client(m.u)
			c.bind(other, id)
			c.want("handshake "+other+" 0", "handshake "+id+" 0")
			m.call("POST", "/Patient", `{"resourceType":"Patient"}`)
			for range 2 {
				if got := <-c.told; got != "event-notification "+id+" 1" && got != "event-notification "+other+" 1" {
					t.Errorf("told %q", got)
				}
			}
			m.clock.Advance(time.Minute)
			for range 2 {
				if got := <-c.told; got != "heartbeat "+id+" 1" && got != "heartbeat "+other+" 1" {
					t.Errorf("told %q", got)
				}
			}
			c.refused(fault.SubscriptionNotBindable, <-c.binding(m.subscribe("id-only")))
		})
	}
}

func TestFetchFromTheMock(t *testing.T) {
	for _, release := range []fhir.Release{fhir.R4, fhir.R4B} {
		t.Run(release.String(), func(t *testing.T) {
			m := startMocked(t, dialects.Legacy, release, true)
			m.call("POST", "/Patient", `{"resourceType":"Patient","active":true}`)
			id := m.call("POST", "/Subscription", newSubscription("full-resource", "Patient?active=true"))
			c := m.client(m.u)
			c.bind(id)
			c.want("handshake " + id + " 0")
			one := m.call("POST", "/Patient", `{"resourceType":"Patient","active":true}`)
			c.want("event-notification " + id + " 1 Patient/" + one + " with body")
			m.clock.Advance(time.Second)
			m.call("PUT", "/Patient/"+one, `{"resourceType":"Patient","id":"`+one+`","active":true,"gender":"other"}`)
			c.want("event-notification " + id + " 2 Patient/" + one + " with body")
		})
	}
}
