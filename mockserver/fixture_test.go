package mockserver_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"path"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/internal/testkit"
	"github.com/wsbind/wsbind/mockserver/subscription"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

var releases = []fhir.Release{fhir.R4, fhir.R4B, fhir.R5}

// server is a mock server on a free port, under virtual time.
type server struct {
	*mockserver.Server
	t     *testing.T
	clock *clock.Virtual
	http  *http.Client
	logs  *testkit.Log
}

// start runs a server with a configuration that change may adapt.
func start(t *testing.T, change func(*mockserver.Config)) *server {
	t.Helper()
	s := &server{t: t, clock: clock.NewVirtual(noon), logs: new(testkit.Log)}
	cfg := mockserver.Config{Clock: s.clock, Logger: slog.New(slog.NewTextHandler(s.logs, nil))}
	if change != nil {
		change(&cfg)
	}
	var err error
	if s.Server, err = mockserver.Run(cfg); err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	if cfg.TLS != nil {
		pool := x509.NewCertPool()
		pool.AddCert(cfg.TLS.Certificates[0].Leaf)
		transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	}
	s.http = &http.Client{Transport: transport, Timeout: testkit.Patience}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// answer is a response, read to its end.
type answer struct {
	status int
	header http.Header
	body   string
}

// call makes a request; headers are "Name: value".
func (s *server) call(method, url, body string, headers ...string) answer {
	s.t.Helper()
	a, err := s.try(method, url, body, headers...)
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

func (s *server) try(method, url, body string, headers ...string) (answer, error) {
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/fhir+json")
	}
	for _, h := range headers {
		name, value, ok := strings.Cut(h, ":")
		if !ok {
			continue
		}
		value = strings.TrimPrefix(value, " ")
		request.Header.Set(name, value)
		if name == "Host" {
			request.Host = value
		}
	}
	response, err := s.http.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, string(text)}, err
}

// want checks the status of an answer and, if a code is given, that the answer
// is an OperationOutcome or issue list with it.
func (a answer) want(t *testing.T, status int, code fault.Code) answer {
	t.Helper()
	if a.status != status || code != "" && !strings.Contains(strings.ReplaceAll(a.body, `": "`, `":"`), `"code":"`+string(code)+`"`) {
		t.Errorf("got %d %.500s, want %d %s", a.status, a.body, status, code)
	}
	return a
}

// post creates a resource, which must work, and returns its id.
func (s *server) post(release fhir.Release, resource string, headers ...string) string {
	s.t.Helper()
	var head struct{ ResourceType string }
	if err := json.Unmarshal([]byte(resource), &head); err != nil {
		s.t.Fatal(err)
	}
	a := s.call("POST", s.BaseURL(release)+"/"+head.ResourceType, resource, headers...)
	if a.status != http.StatusCreated {
		s.t.Fatalf("create was answered by %d %s", a.status, a.body)
	}
	var created struct{ ID string }
	if err := json.Unmarshal([]byte(a.body), &created); err != nil {
		s.t.Fatal(err)
	}
	return created.ID
}

// subscribe creates a Subscription to changes of Patient. extra is spliced into
// the channel in R4 and R4B, into the resource in R5.
func (s *server) subscribe(release fhir.Release, headers ...string) string {
	s.t.Helper()
	return s.post(release, subscribeTo(release, "Patient", ""), headers...)
}

// subscribeTo writes a Subscription to a built-in topic, with a heartbeat period
// in seconds if one is given.
func subscribeTo(release fhir.Release, topic, heartbeat string) string {
	topic = subscription.BuiltinURL + topic
	if release == fhir.R5 {
		if heartbeat != "" {
			heartbeat = `"heartbeatPeriod":` + heartbeat + `,`
		}
		return `{"resourceType":"Subscription","status":"requested","topic":"` + topic + `",` + heartbeat +
			`"channelType":{"system":"http://terminology.hl7.org/CodeSystem/subscription-channel-type","code":"websocket"},
			"contentType":"application/fhir+json","content":"id-only"}`
	}
	const extension = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-"
	if heartbeat != "" {
		heartbeat = `"extension":[{"url":"` + extension + `heartbeat-period","valueUnsignedInt":` + heartbeat + `}],`
	}
	return `{"resourceType":"Subscription","status":"requested","reason":"test","criteria":"` + topic + `",
		"meta":{"profile":["` + extension + `subscription"]},
		"channel":{` + heartbeat + `"type":"websocket","payload":"application/fhir+json",
		"_payload":{"extension":[{"url":"` + extension + `payload-content","valueCode":"id-only"}]}}}`
}

// event creates a Patient and with it an event of every Subscription to them.
func (s *server) event(release fhir.Release) {
	s.t.Helper()
	s.post(release, `{"resourceType":"Patient"}`)
}

// binding is what $get-ws-binding-token returned.
type binding struct {
	token, url    string
	subscriptions []string
	expiration    time.Time
}

// token asks for a binding token, which must work.
func (s *server) token(release fhir.Release, ids []string, headers ...string) binding {
	s.t.Helper()
	a := s.call("POST", s.BaseURL(release)+"/Subscription/$get-ws-binding-token", parameters("id", ids...), headers...)
	if a.status != http.StatusOK {
		s.t.Fatalf("$get-ws-binding-token was answered by %d %s", a.status, a.body)
	}
	return s.readBinding(a.body)
}

func (s *server) readBinding(body string) binding {
	s.t.Helper()
	var p struct {
		Parameter []struct{ Name, ValueString, ValueDateTime, ValueURL string }
	}
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		s.t.Fatal(err)
	}
	var b binding
	for _, p := range p.Parameter {
		switch p.Name {
		case "token":
			b.token = p.ValueString
		case "websocket-url":
			b.url = p.ValueURL
		case "subscription":
			b.subscriptions = append(b.subscriptions, p.ValueString)
		case "expiration":
			b.expiration, _ = time.Parse(time.RFC3339, p.ValueDateTime)
		}
	}
	return b
}

// claims reads the claims of a token without looking at its signature.
func (b binding) claims(t *testing.T) map[string]any {
	t.Helper()
	return claimsOf(t, b.token)
}

// parameters writes a Parameters resource of ids.
func parameters(name string, ids ...string) string {
	if len(ids) == 0 {
		return `{"resourceType":"Parameters"}`
	}
	var list []string
	for _, id := range ids {
		list = append(list, `{"name":"`+name+`","valueId":"`+id+`"}`)
	}
	return `{"resourceType":"Parameters","parameter":[` + strings.Join(list, ",") + `]}`
}

// socket is a websocket client that checks every notification it gets.
type socket struct {
	*testkit.Socket
	t       *testing.T
	server  *server
	release fhir.Release
}

// connect opens a socket and waits until it is served.
func (s *server) connect(release fhir.Release, url string) *socket {
	s.t.Helper()
	c := &socket{testkit.Dial(s.t, url, &websocket.DialOptions{HTTPClient: s.http}), s.t, s, release}
	c.Sync()
	return c
}

func (c *socket) bind(b binding) {
	c.t.Helper()
	c.Bind(b.token)
}

// next returns the next frame in short: "handshake ID COUNTER", "heartbeat ID
// COUNTER", "event-notification ID NUMBER…", "query-status ID STATUS" or
// "outcome CODE". Every notification must be valid.
func (c *socket) next() string {
	c.t.Helper()
	return c.short(c.Next())
}

func (c *socket) short(frame string) string {
	c.t.Helper()
	if strings.Contains(frame, "OperationOutcome") {
		_, code, _ := strings.Cut(frame, `"system":"`+fhir.CodeSystem+`","code":"`)
		code, _, _ = strings.Cut(code, `"`)
		return "outcome " + code
	}
	var checker notification.Checker
	reading, issues := checker.Read([]byte(frame), c.release)
	if !fault.Valid(issues) || len(reading.Statuses) != 1 {
		c.t.Fatalf("not a valid notification: %s: %v", frame, issues)
	}
	status := reading.Statuses[0]
	text := status.Type.String() + " " + path.Base(status.Subscription)
	switch status.Type {
	case notification.EventNotification:
		for _, e := range status.Events {
			text += " " + strconv.FormatInt(e.Number, 10)
		}
	case notification.QueryStatus:
		text += " " + status.State
	default:
		text += " " + strconv.FormatInt(status.EventsSinceStart, 10)
	}
	return text
}

// want reads frames and compares them with those that are due.
func (c *socket) want(frames ...string) {
	c.t.Helper()
	for _, want := range frames {
		if got := c.next(); got != want {
			c.t.Fatalf("%s: got frame %q, want %q", c.release, got, want)
		}
	}
}

// wantNothing proves that no frame is under way, nor queued.
func (c *socket) wantNothing() {
	c.t.Helper()
	c.server.drained()
	c.WantNothing()
}

// manage posts a command to the management interface.
func (s *server) manage(path, body string) answer {
	s.t.Helper()
	return s.call("POST", s.ManagementURL()+path, body, "Content-Type: application/json")
}

// drained waits until no socket has a frame that waits for the network.
func (s *server) drained() {
	s.t.Helper()
	for start := time.Now(); time.Since(start) < testkit.Patience; {
		queued := 0
		state, _ := s.state()
		for _, base := range state.FHIR {
			for _, socket := range base.Sockets {
				queued += socket.Queued
			}
		}
		if queued == 0 {
			return
		}
	}
	s.t.Fatal("frames wait for ever")
}

// briefly is n, or less under the race detector, which makes tests tenfold slower.
func briefly(n, less int) int {
	if underRace {
		return less
	}
	return n
}

// inAllReleases runs a test once for each release.
func inAllReleases(t *testing.T, test func(t *testing.T, release fhir.Release)) {
	inReleases(t, releases, test)
}

func inReleases(t *testing.T, some []fhir.Release, test func(t *testing.T, release fhir.Release)) {
	for _, release := range some {
		t.Run(release.String(), func(t *testing.T) { test(t, release) })
	}
}
