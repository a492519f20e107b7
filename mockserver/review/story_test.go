package review_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/journal"
	"github.com/wsbind/wsbind/mockserver/review"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// The paths of websockets in stories.
const (
	home  = "ws://127.0.0.1:8080/ws/home"
	other = "ws://127.0.0.1:8080/ws/other"
)

// story tells entries to a reviewer, one caller's unless said otherwise. Each takes
// a millisecond.
type story struct {
	t      failer
	review *review.Reviewer
	n      int64
	clock  *clock.Virtual // the tenant's
	wall   *clock.Virtual
	apart  bool // the tenant's clock moves by leap only
	url    string
	life   time.Duration
	told   []journal.Entry // the latest, for the sake of failures
}

// String is what was told.
func (s *story) String() string {
	var lines strings.Builder
	for _, e := range s.told {
		fmt.Fprintf(&lines, "%d %s %s socket %d %s%s %s %v %v status %d by %s %s\n", e.N, e.Time.Format("15:04:05.000"), e.Kind, e.Socket,
			e.Interaction, e.Type, e.JTI, e.Events, e.Faults, e.Status, e.By, e.Verdict)
	}
	return lines.String()
}

func tell(t failer) *story {
	s := &story{t: t, clock: clock.NewVirtual(noon), wall: clock.NewVirtual(noon), url: home, life: 5 * time.Minute}
	s.review = review.New(review.Config{Clock: s.clock, Wall: s.wall})
	return s
}

// tellVirtually tells under a virtual clock.
func tellVirtually(t failer, shared bool) *story {
	s := tell(t)
	s.apart = true
	s.review = review.New(review.Config{Clock: s.clock, Wall: s.wall, Virtual: true, Shared: shared})
	return s
}

func (s *story) wait(d time.Duration) *story {
	s.wall.Advance(d)
	if !s.apart {
		s.clock.Advance(d)
	}
	return s
}

// leap advances a virtual clock at once.
func (s *story) leap(d time.Duration) *story {
	s.clock.Advance(d)
	return s.add(journal.Entry{Kind: journal.Command}, nil)
}

// failer is what a story needs of a test.
type failer interface {
	Helper()
	Errorf(format string, args ...any)
}

type twist func(*journal.Entry)

func by(caller string) twist       { return func(e *journal.Entry) { e.Caller = caller } }
func with(faults ...string) twist  { return func(e *journal.Entry) { e.Faults = faults } }
func status(code int) twist        { return func(e *journal.Entry) { e.Status = code } }
func verdict(code string) twist    { return func(e *journal.Entry) { e.Verdict = code } }
func retryAfter(seconds int) twist { return func(e *journal.Entry) { e.RetryAfter = seconds } }
func at(url string) twist          { return func(e *journal.Entry) { e.WebsocketURL = url } }
func dialect(name string) twist    { return func(e *journal.Entry) { e.Dialect = name } }
func total(n int64) twist          { return func(e *journal.Entry) { e.Total = &n } }
func focus(list ...string) twist   { return func(e *journal.Entry) { e.Focus = list } }
func took(d time.Duration) twist {
	return func(e *journal.Entry) { e.Arrived, e.Time = e.Real.Add(-d), e.Time.Add(-d) }
}
func covering(ids ...string) twist { return func(e *journal.Entry) { e.Subscriptions = ids } }

func (s *story) add(e journal.Entry, twists []twist) *story {
	s.wait(time.Millisecond)
	s.n++
	e.N, e.Time, e.Real = s.n, s.clock.Now(), s.wall.Now()
	if e.FHIR == "" {
		e.FHIR = "R4"
	}
	if e.Verdict == "" {
		e.Verdict = journal.Good
	}
	if e.Kind == journal.Request || e.Kind == journal.Open {
		e.Arrived = e.Real
	}
	for _, t := range twists {
		t(&e)
	}
	s.told = append(s.told[max(0, len(s.told)-200):], e)
	s.review.Observe(&e)
	return s
}

func (s *story) request(interaction, resource string, twists ...twist) *story {
	return s.add(journal.Entry{
		Kind: journal.Request, Caller: "alice", Method: "POST", Status: 200, Interaction: interaction, Resource: resource,
		Path: "/fhir/R4/" + resource,
	}, twists)
}

// token is a request for a token of Subscription s1.
func (s *story) token(jti string, twists ...twist) *story {
	issued := func(e *journal.Entry) {
		expires := s.clock.Now().Add(s.life)
		e.JTI, e.Expires, e.WebsocketURL, e.Subscriptions = jti, &expires, s.url, []string{"s1"}
	}
	return s.request("$get-ws-binding-token", "Subscription/s1", append([]twist{issued}, twists...)...)
}

// refused is a request for a token that fails.
func (s *story) refused(code int, twists ...twist) *story {
	return s.request("$get-ws-binding-token", "Subscription/s1", append([]twist{status(code)}, twists...)...)
}

func (s *story) events(numbers ...int64) *story { return s.eventsBut(nil, numbers...) }

func (s *story) eventsBut(twists []twist, numbers ...int64) *story {
	return s.request("$events", "Subscription/s1", append([]twist{func(e *journal.Entry) { e.Events = numbers }}, twists...)...)
}

func (s *story) read(resource string, twists ...twist) *story {
	return s.request("read", resource, twists...)
}

func (s *story) open(socket uint64, twists ...twist) *story {
	return s.add(journal.Entry{Kind: journal.Open, Socket: socket, Status: 101, Path: "/ws/home", WebsocketURL: s.url}, twists)
}

func (s *story) frame(socket uint64, kind string, twists ...twist) *story {
	return s.add(journal.Entry{Kind: journal.Received, Socket: socket, Type: kind}, twists)
}

func (s *story) bind(socket uint64, jti string, twists ...twist) *story {
	shown := func(e *journal.Entry) { e.JTI, e.Caller, e.Subscriptions = jti, "alice", []string{"s1"} }
	return s.frame(socket, "bind", append([]twist{shown}, twists...)...)
}

func (s *story) send(kind journal.Kind, socket uint64, what string, twists []twist) *story {
	return s.add(journal.Entry{Kind: kind, Socket: socket, Type: what, Subscriptions: []string{"s1"}}, twists)
}

func (s *story) handshake(socket uint64, n int64, twists ...twist) *story {
	return s.send(journal.Sent, socket, "handshake", append([]twist{total(n)}, twists...))
}

func (s *story) heartbeat(socket uint64, n int64, twists ...twist) *story {
	return s.send(journal.Sent, socket, "heartbeat", append([]twist{total(n)}, twists...))
}

func (s *story) event(socket uint64, n int64, twists ...twist) *story {
	what := func(e *journal.Entry) { e.Events, e.Total = []int64{n}, &n }
	return s.send(journal.Sent, socket, "event-notification", append([]twist{what}, twists...))
}

func (s *story) lose(socket uint64, n int64, twists ...twist) *story {
	what := func(e *journal.Entry) { e.Events, e.Total = []int64{n}, &n }
	return s.send(journal.Withheld, socket, "event-notification", append([]twist{what}, twists...))
}

func (s *story) outcome(socket uint64, twists ...twist) *story {
	return s.send(journal.Sent, socket, "outcome", twists)
}

func (s *story) unbound(socket uint64, why string, twists ...twist) *story {
	return s.add(journal.Entry{Kind: journal.Unbound, Socket: socket, Verdict: why, Subscriptions: []string{"s1"}}, twists)
}

func (s *story) close(socket uint64, who string, code int, reason string, twists ...twist) *story {
	return s.add(journal.Entry{Kind: journal.Close, Socket: socket, By: who, Code: code, Reason: reason}, twists)
}

// command is something done to Subscription s1.
func (s *story) command(what string) *story {
	return s.add(journal.Entry{Kind: journal.Command, Type: what, Subscriptions: []string{"s1"}}, nil)
}

// listening is the beginning of most stories: a token, a socket, a handshake.
func (s *story) listening() *story {
	return s.token("t1").open(1).bind(1, "t1").handshake(1, 0)
}

// again tells a part several times.
func (s *story) again(times int, part func(i int)) *story {
	for i := range times {
		part(i)
	}
	return s
}

// codes lists the findings by code.
func (s *story) codes() []string {
	var list []string
	for _, f := range s.review.Findings() {
		list = append(list, f.Code)
	}
	return list
}

func (s *story) wants(codes ...string) *story {
	s.t.Helper()
	if got, want := fmt.Sprint(s.codes()), fmt.Sprint(codes); got != want {
		var lines []string
		for _, f := range s.review.Findings() {
			lines = append(lines, fmt.Sprintf("%s: %s %v", f.Code, f.Message, f.Evidence))
		}
		s.t.Errorf("the findings are %s, want %s\n%s", got, want, strings.Join(lines, "\n"))
	}
	return s
}
