package world_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/world"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var releases = []fhir.Release{fhir.R4, fhir.R4B, fhir.R5}

var newYear = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// tb is what the helpers need of a test, and of a round of a property test.
type tb interface {
	Helper()
	Error(...any)
	Errorf(string, ...any)
	Fatalf(string, ...any)
}

// scene is a world with what a test needs around it.
type scene struct {
	*world.World
	t       tb
	release fhir.Release
	base    string
	clock   *clock.Virtual
	log     *bytes.Buffer
}

func newScene(t testing.TB, r fhir.Release, adjust ...func(*world.Config)) *scene {
	t.Helper()
	s := &scene{t: t, release: r, base: "http://example.org/fhir/" + r.String(), clock: clock.NewVirtual(newYear), log: &bytes.Buffer{}}
	cfg := world.Config{Release: r, Base: s.base, Clock: s.clock, Log: slog.New(slog.NewTextHandler(s.log, nil))}
	for _, a := range adjust {
		a(&cfg)
	}
	s.World = world.New(cfg)
	t.Cleanup(func() {
		s.Close()
		if strings.Contains(s.log.String(), "level=ERROR") {
			t.Error(s.log.String())
		}
	})
	return s
}

// create creates a resource for alice, which must be accepted.
func (s *scene) create(text string) world.Written {
	s.t.Helper()
	var head struct{ kind string }
	_, rest, _ := strings.Cut(text, `"resourceType":"`)
	head.kind, _, _ = strings.Cut(rest, `"`)
	v, err := s.Create("alice", head.kind, []byte(text))
	if err != nil {
		s.t.Fatalf("%v in %s", err, text)
	}
	return v
}

// put updates a resource for alice, which must be accepted.
func (s *scene) put(kind, id, text string) world.Written {
	s.t.Helper()
	v, err := s.Update("alice", kind, id, []byte(withID(text, id)), "")
	if err != nil {
		s.t.Fatalf("%v in %s", err, text)
	}
	return v
}

func withID(text, id string) string {
	return strings.Replace(text, `{`, `{"id":"`+id+`",`, 1)
}

func (s *scene) patient(gender string) world.Written {
	s.t.Helper()
	return s.create(patient(gender))
}

func patient(gender string) string { return `{"resourceType":"Patient","gender":"` + gender + `"}` }

// order describes a Subscription in the same words for every release.
type order struct {
	status    string // default requested
	topic     string // name of a built-in topic, or a canonical; default Patient
	criteria  string // classic, instead of a topic
	filters   []string
	content   string // default id-only
	heartbeat int
	maxCount  int
	end       string
}

func (s *scene) subscription(o order) string { return subscriptionOf(s.release, o) }

func subscriptionOf(r fhir.Release, o order) string {
	if o.status == "" {
		o.status = "requested"
	}
	if o.topic == "" {
		o.topic = "Patient"
	}
	if !strings.Contains(o.topic, ":") {
		o.topic = "http://wsbind.example/SubscriptionTopic/" + o.topic
	}
	if o.content == "" {
		o.content = "id-only"
	}
	end := ""
	if o.end != "" {
		end = `,"end":"` + o.end + `"`
	}
	if r == fhir.R5 {
		return r5Subscription(o, end)
	}
	const guide = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-"
	var filters, extensions []string
	for _, f := range o.filters {
		filters = append(filters, fmt.Sprintf(`{"url":"%sfilter-criteria","valueString":%q}`, guide, f))
	}
	if o.heartbeat > 0 {
		extensions = append(extensions, fmt.Sprintf(`{"url":"%sheartbeat-period","valueUnsignedInt":%d}`, guide, o.heartbeat))
	}
	if o.maxCount > 0 {
		extensions = append(extensions, fmt.Sprintf(`{"url":"%smax-count","valuePositiveInt":%d}`, guide, o.maxCount))
	}
	criteria := `"criteria":"` + o.topic + `"`
	if o.criteria != "" {
		criteria = `"criteria":"` + o.criteria + `"`
	}
	if len(filters) > 0 {
		criteria += `,"_criteria":{"extension":[` + strings.Join(filters, ",") + `]}`
	}
	channel := ""
	if len(extensions) > 0 {
		channel = `"extension":[` + strings.Join(extensions, ",") + `],`
	}
	return `{"resourceType":"Subscription","status":"` + o.status + `","reason":"test"` + end + `,` + criteria + `,"channel":{` + channel +
		`"type":"websocket","payload":"application/fhir+json","_payload":{"extension":[{"url":"` + guide + `payload-content","valueCode":"` + o.content + `"}]}}}`
}

func r5Subscription(o order, end string) string {
	text := `{"resourceType":"Subscription","status":"` + o.status + `","topic":"` + o.topic + `"` + end
	if len(o.filters) > 0 {
		var list []string
		for _, f := range o.filters {
			typ := ""
			if before, after, ok := strings.Cut(f, "."); ok {
				typ, f = `"resourceType":"`+before+`",`, after
			}
			name, value, _ := strings.Cut(f, "=")
			name, modifier, modified := strings.Cut(name, ":")
			if modified {
				modifier = `,"modifier":"` + modifier + `"`
			}
			list = append(list, fmt.Sprintf(`{%s"filterParameter":%q,"value":%q%s}`, typ, name, value, modifier))
		}
		text += `,"filterBy":[` + strings.Join(list, ",") + `]`
	}
	if o.heartbeat > 0 {
		text += fmt.Sprintf(`,"heartbeatPeriod":%d`, o.heartbeat)
	}
	if o.maxCount > 0 {
		text += fmt.Sprintf(`,"maxCount":%d`, o.maxCount)
	}
	return text + `,"channelType":{"code":"websocket"},"content":"` + o.content + `"}`
}

// ear is a sink that checks and notes what it hears.
type ear struct {
	t       tb
	release fhir.Release

	mu    sync.Mutex
	heard []string // such as "5 handshake active 0" or "5 event-notification active 3 [3]"
	last  notification.Status
	frame []byte
	over  bool // nothing more is taken
}

func (s *scene) ear() *ear { return &ear{t: s.t, release: s.release} }

func (e *ear) Deliver(d *world.Delivery) {
	id, kind, frame := d.Subscription, d.Kind, d.Bundle()
	e.mu.Lock()
	defer e.mu.Unlock()
	status := read(e.t, e.release, frame)
	if status.Type.String() != kind.String() || !strings.HasSuffix(status.Subscription, "/Subscription/"+id) {
		e.t.Errorf("a %v for %s says %v for %s", kind, id, status.Type, status.Subscription)
	}
	line := fmt.Sprintf("%s %s %s %d", id, kind, status.State, status.EventsSinceStart)
	if len(status.Events) > 0 {
		var numbers []int64
		for _, event := range status.Events {
			numbers = append(numbers, event.Number)
		}
		line += fmt.Sprint(" ", numbers)
	}
	e.heard = append(e.heard, line)
	e.last, e.frame = status, frame
}

func (e *ear) Over() bool { return e.over }

func (e *ear) Ended(id string, code fault.Code, _ ...string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = append(e.heard, id+" ended "+string(code))
}

// read reads a notification, which must be beyond reproach.
func read(t tb, r fhir.Release, frame []byte) notification.Status {
	t.Helper()
	var c notification.Checker
	reading, issues := c.Read(frame, r)
	for _, i := range issues {
		if i.Severity.Invalidates() {
			t.Errorf("%s %s %s in %s", i.Code, i.Expression, i.Diagnostics, frame)
		}
	}
	if len(reading.Statuses) != 1 {
		t.Fatalf("%d statuses in %s", len(reading.Statuses), frame)
	}
	return reading.Statuses[0]
}

// hears holds the ear to what it heard since the last call.
func (e *ear) hears(want ...string) {
	e.t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	if !slices.Equal(e.heard, want) {
		e.t.Errorf("heard %q, want %q", e.heard, want)
	}
	e.heard = nil
}

// attach binds the ear to alice's Subscriptions, all of which must be bindable.
func (s *scene) attach(e *ear, ids ...string) {
	s.t.Helper()
	if attached, err := s.Attach(e, "alice", ids); err != nil || !slices.Equal(attached, ids) {
		s.t.Fatalf("attached %q, %v", attached, err)
	}
}

func (s *scene) status(id string) string {
	for _, state := range s.State().Subscriptions {
		if state.ID == id {
			return state.Status
		}
	}
	return "absent"
}

// wantError holds an error to its code and expression.
func wantError(t tb, err error, code fault.Code, expression string) {
	t.Helper()
	if fault.CodeOf(err) != code {
		t.Errorf("error %v, want %s", err, code)
		return
	}
	got := ""
	if e, ok := errors.AsType[*fault.Error](err); ok {
		got = e.Expression
	}
	if e, ok := errors.AsType[*fault.Invalid](err); ok {
		got = e.Issues[0].Expression
	}
	if got != expression {
		t.Errorf("%v is about %q, want %q", err, got, expression)
	}
	if fault.DetailOf(err) == code.Meaning() {
		t.Errorf("%v says nothing of its own", err)
	}
}
