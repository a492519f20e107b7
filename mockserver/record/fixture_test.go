package record_test

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/client"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/internal/testkit"
	"github.com/wsbind/wsbind/mockserver/record"
	"github.com/wsbind/wsbind/mockserver/scenario"
	"github.com/wsbind/wsbind/mockserver/socket"
	"github.com/wsbind/wsbind/mockserver/subscription"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// recording is a mock server that is recorded.
type recording struct {
	*mockserver.Server
	t     *testing.T
	r     *record.Recorder
	clock *clock.Virtual
	logs  *testkit.Log
	fhir  fhir.Release
}

// start runs a mock server and a recorder before it.
func start(t *testing.T, release fhir.Release, cfg mockserver.Config, change ...func(*record.Config)) *recording {
	t.Helper()
	c := &recording{t: t, clock: clock.NewVirtual(noon), logs: new(testkit.Log), fhir: release}
	cfg.Clock = c.clock
	c.Server = mockserver.Start(t, cfg)
	rc := record.Config{
		Upstream: c.BaseURL(release), Clock: c.clock,
		Log: slog.New(slog.NewTextHandler(c.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, f := range change {
		f(&rc)
	}
	var err error
	if c.r, err = record.Start(t.Context(), rc); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.r.Close)
	return c
}

// scenario ends the recording and reads what it wrote.
func (c *recording) scenario() *scenario.Scenario {
	c.t.Helper()
	c.r.Close()
	text, err := c.r.YAML("recorded")
	if err != nil {
		c.t.Fatalf("%v\n%s", err, text)
	}
	s, err := scenario.Read("recorded.yaml", text)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Logf("%s", text)
	return s
}

// subscribe creates a Subscription to changes of Patient at the server itself.
func (c *recording) subscribe(id string) {
	c.t.Helper()
	send(c.t, "PUT", c.BaseURL(c.fhir)+"/Subscription/"+id, c.subscriptionTo(id, ""))
}

// subscriptionTo writes one, with a filter unless that is empty.
func (c *recording) subscriptionTo(id, filter string) string {
	const backport = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-"
	if c.fhir == fhir.R5 {
		if name, value, ok := strings.Cut(filter, "="); ok {
			filter = fmt.Sprintf(`"filterBy":[{"filterParameter":%q,"value":%q}],`, name, value)
		}
		return fmt.Sprintf(`{"resourceType":"Subscription","id":%q,"status":"requested","topic":"%sPatient",%s"channelType":{"code":"websocket"},"content":"id-only"}`,
			id, subscription.BuiltinURL, filter)
	}
	if filter != "" {
		filter = fmt.Sprintf(`"_criteria":{"extension":[{"url":"%sfilter-criteria","valueString":%q}]},`, backport, filter)
	}
	return fmt.Sprintf(`{"resourceType":"Subscription","id":%q,"status":"requested","reason":"secret","criteria":"%sPatient",%s"channel":{"type":"websocket",
		"payload":"application/fhir+json","_payload":{"extension":[{"url":"%spayload-content","valueCode":"id-only"}]}}}`,
		id, subscription.BuiltinURL, filter, backport)
}

// send sends a resource, which must work.
func send(t *testing.T, method, url, body string, headers ...string) *http.Response {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/fhir+json")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		q.Header.Set(name, value)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode >= 400 {
		t.Fatalf("%s %s was answered by %s", method, url, answer.Status)
	}
	return answer
}

// listener is the client of this project at work.
type listener struct {
	t     *testing.T
	clock *clock.Virtual
	said  chan string
	stop  func()
	seen  []string
}

// listen starts the client. named renames the Subscriptions that it tells of.
func listen(t *testing.T, base string, clk *clock.Virtual, ids []string, named map[string]string, change ...func(*client.Config)) *listener {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	l := &listener{t: t, clock: clk, said: make(chan string, 1000)}
	transport := &http.Transport{}
	cfg := client.Config{
		Base: base, Subscriptions: ids, Clock: clk, Random: func() float64 { return 0 }, HTTP: &http.Client{Transport: transport},
	}
	for _, f := range change {
		f(&cfg)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer transport.CloseIdleConnections()
		for n, err := range client.Notifications(ctx, cfg) {
			if err != nil {
				l.said <- "gave up: " + err.Error()
				return
			}
			if n.Kind == client.Complaint && len(n.Issues) > 0 && n.Issues[0].Code == fault.ExpectedBind {
				continue // this client binds by a frame also where the URL has bound, and is told
			}
			l.said <- fmt.Sprint(cmp.Or(string(n.Kind), "other"), " ", cmp.Or(named[n.Subscription], n.Subscription), " ", n.Events)
		}
	}()
	l.stop = func() {
		cancel()
		<-done
	}
	t.Cleanup(l.stop)
	return l
}

// idle is after how much silence, in wall time, the virtual time goes on a little:
// for pauses before a new attempt, waits of steps and renewals.
const idle = 20 * time.Millisecond

// until waits until so many things were said in all.
func (l *listener) until(n int) {
	l.t.Helper()
	patience := time.After(testkit.Patience)
	for len(l.seen) < n {
		select {
		case line := <-l.said:
			l.seen = append(l.seen, line)
		case <-time.After(idle):
			l.clock.Advance(250 * time.Millisecond)
		case <-patience:
			l.t.Fatalf("the client saw only %q", l.seen)
		}
	}
}

// replay plays a scenario to the client, who must see the same again.
func replay(t *testing.T, s *scenario.Scenario, release fhir.Release, ids []string, want []string) {
	t.Helper()
	srv, clk := play(t, s)
	l := listen(t, srv.BaseURL(release), clk, ids, nil)
	l.until(len(want))
	l.stop()
	if !slices.Equal(l.seen, want) {
		t.Errorf("recorded %q\nreplayed %q", want, l.seen)
	}
	if v := srv.Judge(s); !v.Passed {
		t.Errorf("not passed: %q", v.Lines)
	}
}

// play runs a mock server as a scenario wants it. What the scenario does before it
// waits for anything is done when it returns: a client comes later than that.
func play(t *testing.T, s *scenario.Scenario) (*mockserver.Server, *clock.Virtual) {
	t.Helper()
	clk := clock.NewVirtual(noon)
	manner := &scenario.Scenario{Name: s.Name, Dialect: s.Dialect, Options: s.Options}
	srv := mockserver.Start(t, mockserver.Config{Clock: clk, Scenario: manner})
	waits := slices.IndexFunc(s.Timeline, func(step scenario.Step) bool { return step.After != nil || step.Wait > 0 })
	if waits < 0 {
		waits = len(s.Timeline)
	}
	first := *s
	first.Timeline = s.Timeline[:waits]
	if err := srv.Play(t.Context(), &first); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan error, 1)
	go func() { over <- srv.Play(ctx, &scenario.Scenario{FHIR: s.FHIR, Timeline: s.Timeline[waits:]}) }()
	t.Cleanup(func() {
		cancel()
		if err := <-over; err != nil && err != context.Canceled {
			t.Errorf("the scenario could not be carried out: %v", err)
		}
	})
	return srv, clk
}

var releases = []fhir.Release{fhir.R4, fhir.R4B, fhir.R5}

// dialects that have event numbers, which the client can speak.
var numbered = []socket.Dialect{socket.Spec, socket.Query}
