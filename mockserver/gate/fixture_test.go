package gate_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jose"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/gate"
	"github.com/wsbind/wsbind/mockserver/internal/testkit"
	"github.com/wsbind/wsbind/mockserver/world"
)

// front is a gate in front of a mock server, with a network between them that can be
// cut. Both have the same virtual clock.
type front struct {
	t     *testing.T
	clock *clock.Virtual
	mock  *mockserver.Server
	relay *relay
	gate  *gate.Gate
	key   jose.Key
	logs  *testkit.Log
	http  *http.Client

	polls  atomic.Int64 // how often the gate waits before it asks the store again
	pauses atomic.Int64 // how often it waits before it tries the FHIR server again
	paused int64        // how many of these are over

	mu     sync.Mutex
	events []gate.Event
	issued int
}

// quiet is a log of nothing.
var quiet = slog.New(slog.DiscardHandler)

// options are what a test changes.
type options struct {
	mock mockserver.Config
	gate gate.Config
}

// newFront starts everything. The mock server has two Subscriptions, s1 and s2, of the
// caller alice, who is the gate as well.
func newFront(t *testing.T, change func(f *front, o *options)) *front {
	t.Helper()
	f := &front{t: t, clock: clock.NewVirtual(noon), relay: newRelay(t), logs: new(testkit.Log), http: &http.Client{Transport: &http.Transport{}}}
	t.Cleanup(f.http.CloseIdleConnections)
	var err error
	if f.key, err = jose.Generate(token.ES256); err != nil {
		t.Fatal(err)
	}
	private, _ := f.key.Private()
	o := &options{
		mock: mockserver.Config{Clock: f.clock, PublicURL: "http://" + f.relay.addr},
		gate: gate.Config{
			Key: private, Clock: observedClock{f.clock, f}, Logger: slog.New(slog.NewTextHandler(f.logs, &slog.HandlerOptions{Level: slog.LevelDebug})), Observe: f.observe,
			Upstream: gate.Upstream{Base: "http://" + f.relay.addr + "/fhir/R4", Headers: asAlice},
		},
	}
	if change != nil {
		change(f, o)
	}
	f.mock = mockserver.Start(t, o.mock)
	f.relay.to(strings.TrimPrefix(f.mock.LocalURL(), "http://"))
	f.gate = gate.Start(t, o.gate)
	for _, id := range []string{"s1", "s2"} {
		f.put("Subscription", id, subscriptionText(id, "id-only"))
	}
	return f
}

// subscriptionText is an R4 Subscription to Encounters.
func subscriptionText(id, content string) string {
	return `{"resourceType":"Subscription","id":"` + id + `","status":"requested","reason":"a test","criteria":"http://wsbind.example/SubscriptionTopic/Encounter",` +
		`"channel":{"type":"websocket","payload":"application/fhir+json","_payload":{"extension":[{"url":` +
		`"http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-payload-content","valueCode":"` + content + `"}]}}}`
}

// observedClock is the clock of a gate, of which a test learns what the gate waits for.
type observedClock struct {
	*clock.Virtual
	f *front
}

func (c observedClock) AfterFunc(d time.Duration, f func()) clock.Timer {
	timer := c.Virtual.AfterFunc(d, f)
	switch {
	case d == gate.DefaultPollInterval:
		c.f.polls.Add(1)
	case d > 0 && d <= longestPause:
		c.f.pauses.Add(1)
	}
	return timer
}

func (f *front) observe(e gate.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.events = append(f.events, e)
}

// told counts the events of a name.
func (f *front) told(name gate.EventName) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.events {
		if e.Name == name {
			n++
		}
	}
	return n
}

// until waits for a condition.
func (f *front) until(what string, done func() bool) {
	f.t.Helper()
	for start := time.Now(); !done(); runtime.Gosched() {
		if time.Since(start) > testkit.Patience {
			f.t.Fatalf("not %s after %v; the log: %s", what, testkit.Patience, f.logs)
		}
	}
}

// answer is what an HTTP request got.
type answer struct {
	status int
	header http.Header
	body   string
}

// code returns the code of an OperationOutcome.
func (a answer) code() string { return understand(a.body).code }

// call sends a request as alice, unless a header says otherwise.
func (f *front) call(method, url, body string, headers ...string) answer {
	f.t.Helper()
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer alice")
	if body != "" {
		request.Header.Set("Content-Type", "application/fhir+json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		request.Header.Del(name)
		if name == "Host" {
			request.Host = value
		} else if value != "" {
			request.Header.Set(name, value)
		}
	}
	response, err := f.http.Do(request)
	if err != nil {
		f.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(text)}
}

// put puts a resource, past the gate and the network.
func (f *front) put(kind, id, text string) {
	f.t.Helper()
	if a := f.call("PUT", f.mock.LocalURL()+"/fhir/R4/"+kind+"/"+id, text); a.status >= 300 {
		f.t.Fatalf("PUT %s/%s: %d %s", kind, id, a.status, a.body)
	}
}

// token asks the gate for a token.
func (f *front) token(ids ...string) string {
	f.t.Helper()
	body := &bytes.Buffer{}
	for _, id := range ids {
		fmt.Fprintf(body, `,{"name":"id","valueId":"%s"}`, id)
	}
	a := f.call("POST", f.gate.BaseURL()+"/Subscription/$get-ws-binding-token", `{"resourceType":"Parameters","parameter":[`+body.String()[1:]+`]}`)
	if a.status != 200 {
		f.t.Fatalf("no token: %d %s", a.status, a.body)
	}
	var parameters struct {
		Parameter []struct{ Name, ValueString string }
	}
	if err := json.Unmarshal([]byte(a.body), &parameters); err != nil || parameters.Parameter[0].Name != "token" {
		f.t.Fatal(a.body, err)
	}
	return parameters.Parameter[0].ValueString
}

// issue makes a token as the gate does, for a life of its own.
func (f *front) issue(life time.Duration, ids ...string) string {
	f.t.Helper()
	return f.issueWith(f.key, life, ids...)
}

func (f *front) issueWith(key jose.Key, life time.Duration, ids ...string) string {
	f.t.Helper()
	f.mu.Lock()
	f.issued++
	jti := fmt.Sprintf("jti-%d", f.issued)
	f.mu.Unlock()
	now := f.clock.Now()
	issuer := jose.Issuer{Keys: jose.NewSet(key)}
	compact, err := issuer.Issue(token.Claims{
		Issuer: f.gate.BaseURL(), Audience: []string{f.gate.WebsocketURL()}, Subject: "alice",
		IssuedAt: now, NotBefore: now, Expires: now.Add(life), ID: jti, Subscriptions: ids, Release: "R4",
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return compact
}

// emit makes events of a Subscription.
func (f *front) emit(id string, count int) {
	f.t.Helper()
	if _, err := f.mock.Emit("R4", world.Emission{Subscription: id, Count: count}); err != nil {
		f.t.Fatal(err)
	}
}

// revoke takes back by the management interface, and returns how many bindings ended.
func (f *front) revoke(body string) int {
	f.t.Helper()
	a := f.call("POST", f.gate.ManagementURL()+"/revoke", body, "Content-Type: application/json")
	var ended struct{ Ended int }
	if err := json.Unmarshal([]byte(a.body), &ended); err != nil || a.status != 200 {
		f.t.Fatal(a, err)
	}
	return ended.Ended
}

// client is a client of the gate.
type client struct {
	*testkit.Socket
	f *front
}

func (f *front) connect() *client {
	f.t.Helper()
	return &client{testkit.Dial(f.t, f.gate.WebsocketURL(), &websocket.DialOptions{HTTPClient: f.http}), f}
}

// bound is a client that has a token bound.
func (f *front) bound(compact string, ids ...string) *client {
	f.t.Helper()
	c := f.connect()
	c.Send("bind-with-token " + compact)
	for _, id := range ids {
		c.want("handshake " + id)
	}
	return c
}

// frame is what a frame says.
type frame struct {
	what   string // "handshake s1", "event s1 1,2", "outcome expired-token"
	code   string // of an outcome
	totals int64
}

// understand reads a frame, which must be valid.
func understand(text string) frame {
	var outcome struct {
		ResourceType string
		Issue        []struct {
			Details     struct{ Coding []struct{ Code string } }
			Diagnostics string
		}
	}
	if json.Unmarshal([]byte(text), &outcome) == nil && outcome.ResourceType == "OperationOutcome" {
		code := outcome.Issue[0].Details.Coding[0].Code
		return frame{what: "outcome " + code, code: code}
	}
	var checker notification.Checker
	reading, issues := checker.Read([]byte(text), fhir.R4)
	if len(reading.Statuses) != 1 || !fault.Valid(issues) {
		return frame{what: fmt.Sprintf("no notification: %.200s %v", text, issues)}
	}
	status := reading.Statuses[0]
	what := strings.TrimSuffix(status.Type.String(), "-notification") + " " + status.Subscription[strings.LastIndexByte(status.Subscription, '/')+1:]
	for i, e := range status.Events {
		what += map[bool]string{true: " ", false: ","}[i == 0] + fmt.Sprint(e.Number)
	}
	return frame{what: what, totals: status.EventsSinceStart}
}

// want waits for frames.
func (c *client) want(due ...string) {
	c.f.t.Helper()
	for _, d := range due {
		if got := understand(c.Next()); got.what != d {
			c.f.t.Fatalf("got %q, want %q; the log: %s", got.what, d, c.f.logs)
		}
	}
}
