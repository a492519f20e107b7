package gate_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/gate"
	"github.com/wsbind/wsbind/mockserver/internal/testkit"
	"github.com/wsbind/wsbind/mockserver/socket"
	"github.com/wsbind/wsbind/mockserver/subscription"
)

// bridged is a gate in front of a mock server in another dialect, with a store in a
// file.
type bridged struct {
	t     *testing.T
	clock *clock.Virtual
	mock  *mockserver.Server
	gate  *gate.Gate
	cfg   gate.Config
	file  string
	http  *http.Client
}

func newBridged(t *testing.T, dialect gate.Dialect) *bridged {
	t.Helper()
	transport := &http.Transport{}
	b := &bridged{t: t, clock: clock.NewVirtual(noon), file: filepath.Join(t.TempDir(), "gate.db"), http: &http.Client{Transport: transport}}
	b.mock = mockserver.Start(t, mockserver.Config{Clock: b.clock, Dialect: socket.Dialect(dialect)})
	t.Cleanup(transport.CloseIdleConnections)
	b.cfg = gate.Config{
		Clock: b.clock, PublicURL: "http://gate.example", Anonymous: true,
		Upstream: gate.Upstream{Base: b.mock.BaseURL(fhir.R4), Dialect: dialect, WebsocketURL: b.mock.WebsocketURL(fhir.R4)},
	}
	b.start()
	return b
}

// start starts a gate on what the one before it has left.
func (b *bridged) start() {
	b.t.Helper()
	b.cfg.Store = openBolt(b.t, b.file, b.clock)
	b.gate = gate.Start(b.t, b.cfg)
}

// call makes a request, and returns the answer to it.
func (b *bridged) call(method, url, body string, due int) string {
	b.t.Helper()
	request, _ := http.NewRequest(method, url, strings.NewReader(body))
	if body != "" {
		request.Header.Set("Content-Type", "application/fhir+json")
	}
	response, err := b.http.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	if response.StatusCode != due {
		b.t.Fatalf("%s %s is answered by %d %s, want %d", method, url, response.StatusCode, text, due)
	}
	return string(text)
}

// subscribe creates a Subscription to Patients, through the gate.
func (b *bridged) subscribe(content string) string {
	b.t.Helper()
	const extension = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-payload-content"
	var created struct{ ID string }
	json.Unmarshal([]byte(b.call("POST", b.gate.LocalURL()+"/fhir/R4/Subscription", `{"resourceType":"Subscription","status":"requested","reason":"test",
		"criteria":"`+subscription.BuiltinURL+`Patient","channel":{"type":"websocket","payload":"application/fhir+json",
		"_payload":{"extension":[{"url":"`+extension+`","valueCode":"`+content+`"}]}}}`, 201)), &created)
	return created.ID
}

func (b *bridged) event() {
	b.t.Helper()
	b.call("POST", b.mock.BaseURL(fhir.R4)+"/Patient", `{"resourceType":"Patient"}`, 201)
}

func (b *bridged) operation(id, name string) string {
	return b.gate.LocalURL() + "/fhir/R4/Subscription/" + id + "/$" + name
}

// bind opens a websocket and binds with a new token.
func (b *bridged) bind(id string) *testkit.Socket {
	b.t.Helper()
	s := testkit.Dial(b.t, "ws"+strings.TrimPrefix(b.gate.LocalURL(), "http")+"/ws", nil)
	s.Send("bind-with-token " + b.token(id))
	return s
}

func (b *bridged) token(id string) string {
	b.t.Helper()
	_, token, _ := strings.Cut(b.call("GET", b.operation(id, "get-ws-binding-token"), "", 200), `"valueString":"`)
	token, _, _ = strings.Cut(token, `"`)
	return token
}

// wants expects a frame with some words in it.
func (b *bridged) wants(s *testkit.Socket, words ...string) {
	b.t.Helper()
	frame := s.Next()
	for _, word := range words {
		if !strings.Contains(frame, word) {
			b.t.Fatalf("got %s, want %s in it", frame, word)
		}
	}
}

// TestGateBridges is a story of what clients of a gate meet in front of a server that
// speaks another dialect.
func TestGateBridges(t *testing.T) {
	for dialect, content := range map[gate.Dialect]string{gate.Medplum: "full-resource", gate.Legacy: "empty"} {
		t.Run(string(dialect), func(t *testing.T) {
			b := newBridged(t, dialect)
			id := b.subscribe(content)
			one, two := b.bind(id), b.bind(id)
			for _, s := range []*testkit.Socket{one, two} {
				b.wants(s, `"handshake"`, `"http://gate.example/fhir/R4/Subscription/`+id+`"`, `"events-since-subscription-start","valueString":"0"`)
			}
			b.event()
			for _, s := range []*testkit.Socket{one, two} {
				b.wants(s, `"event-notification"`, `"event-number","valueString":"1"`)
			}
			one.Send("bind-with-token " + b.token(id)) // renewed
			b.wants(one, `"handshake"`, `"valueString":"1"`)
			if status := b.call("GET", b.operation(id, "status"), "", 200); !strings.Contains(status, `"valueString":"1"`) {
				t.Errorf("$status is answered by %s", status)
			}
			b.call("GET", b.operation(id, "events"), "", 404)
			all := b.gate.LocalURL() + "/fhir/R4/Subscription/$status"
			if status := b.call("GET", all+"?id=..&id=nobody&id="+id, "", 200); strings.Count(status, `"query-status"`) != 1 {
				t.Errorf("$status of one that is there, and two that are not, is answered by %s", status)
			}
			many := strings.Builder{}
			for n := range 1_001 {
				fmt.Fprintf(&many, ",{\"name\":\"id\",\"valueId\":\"s%d\"}", n)
			}
			b.call("POST", all, `{"resourceType":"Parameters","parameter":[`+many.String()[1:]+`]}`, 400)

			b.gate.Close() // and comes back, with what it has counted
			one.WantClosed(1001, "going-away")
			b.start()
			one = b.bind(id)
			b.wants(one, `"handshake"`, `"valueString":"1"`)
			b.event()
			b.wants(one, `"event-notification"`, `"event-number","valueString":"2"`)
			if ended, err := b.gate.Revoke(t.Context(), gate.Revocation{Subscription: id}); ended != 1 || err != nil {
				t.Errorf("%d bindings were revoked (%v)", ended, err)
			}
			b.wants(one, `"code":"revoked-token"`)
			one.WantClosed(1008, "revoked-token")
			b.clock.Advance(time.Second) // tokens that were issued until then are worth nothing
			one = b.bind(id)
			b.wants(one, `"handshake"`, `"valueString":"2"`)
			b.clock.Advance(time.Hour)
			for frame := one.Next(); !strings.Contains(frame, `"code":"expired-token"`); frame = one.Next() {
			}
			one.WantClosed(1008, "expired-token")
		})
	}
}

func TestLegacyGateIssuesNoTokenForMoreThanPings(t *testing.T) {
	b := newBridged(t, gate.Legacy)
	for _, content := range []string{"id-only", "full-resource"} {
		if outcome := b.call("GET", b.operation(b.subscribe(content), "get-ws-binding-token"), "", 422); !strings.Contains(outcome, "unsupported-content") {
			t.Errorf("%s is answered by %s", content, outcome)
		}
	}
}
