package scenario_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/scenario"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// target notes what it is told, each with the second at which it was.
type target struct {
	*clock.Virtual
	refuse string         // what it answers with an error begins like this
	waits  chan string    // the facts that are waited for
	facts  chan struct{}  // one is sent for each that is seen
	told   chan string    // everything, for those who wait for it
	timers chan time.Time // when each timer was asked for

	mu    sync.Mutex
	lines []string
}

func newTarget() *target {
	return &target{
		Virtual: clock.NewVirtual(noon), waits: make(chan string, 100), facts: make(chan struct{}),
		told: make(chan string, 1000), timers: make(chan time.Time, 100),
	}
}

func (t *target) Clock() clock.Clock { return t }

func (t *target) AfterFunc(d time.Duration, f func()) clock.Timer {
	timer := t.Virtual.AfterFunc(d, f)
	t.timers <- t.Now()
	return timer
}

func (t *target) note(format string, args ...any) error {
	line := fmt.Sprintf(format, args...)
	if t.refuse != "" && strings.HasPrefix(line, t.refuse) {
		return errors.New("refused")
	}
	line = fmt.Sprintf("%d %s", t.Now().Sub(noon)/time.Second, line)
	t.mu.Lock()
	t.lines = append(t.lines, line)
	t.mu.Unlock()
	t.told <- line
	return nil
}

func (t *target) Store(_ context.Context, release fhir.Release, bearer string, r scenario.Resource) error {
	return t.note("store %s %s/%s%s", release, r.Type, r.ID, strings.TrimRight(" "+bearer, " "))
}

func (t *target) Delete(_ context.Context, release fhir.Release, reference string) error {
	return t.note("delete %s %s", release, reference)
}

func (t *target) Emit(_ context.Context, release fhir.Release, e scenario.Emission) error {
	return t.note("emit %s %s%s %d", release, e.Subscription, e.Topic, max(e.Count, 1))
}

func (t *target) Revoke(_ context.Context, release fhir.Release, r scenario.Revocation) error {
	return t.note("revoke %s %+v", release, r)
}

func (t *target) SetError(_ context.Context, release fhir.Release, id string) error {
	return t.note("error %s %s", release, id)
}

func (t *target) Reactivate(_ context.Context, release fhir.Release, id string) error {
	return t.note("reactivate %s %s", release, id)
}

func (t *target) Plan(_ context.Context, specs ...faults.Spec) error {
	return t.note("plan %s and %d more", specs[0].Fault, len(specs)-1)
}

func (t *target) ClearFaults(context.Context) error { return t.note("clear") }

func (t *target) Advance(_ context.Context, d time.Duration) error {
	if err := t.note("advance %s", d); err != nil {
		return err
	}
	t.Virtual.Advance(d)
	return nil
}

func (t *target) Wait(ctx context.Context, in []fhir.Release, trigger scenario.Trigger) error {
	t.waits <- fmt.Sprintf("%s %s %d in %d", trigger.Fact, trigger.Subscription, max(trigger.Times, 1), len(in))
	select {
	case <-t.facts:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// running is a scenario that runs while the test goes on.
type running struct {
	*target
	t      *testing.T
	cancel context.CancelFunc
	done   chan error
}

func start(t *testing.T, text string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r := &running{newTarget(), t, cancel, make(chan error, 1)}
	s := read(t, text)
	go func() { r.done <- scenario.Run(ctx, s, r) }()
	return r
}

// ends waits for the end, and compares what the target was told.
func (r *running) ends(lines ...string) {
	r.t.Helper()
	defer r.cancel()
	if err := <-r.done; err != nil {
		r.t.Fatal(err)
	}
	if got, want := strings.Join(r.lines, "\n"), strings.Join(lines, "\n"); got != want {
		r.t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestPrepares holds the order in which things are there, and the releases.
func TestPrepares(t *testing.T) {
	start(t, `
name: x
topics:
  - {resourceType: Basic, id: t4}
  - {resourceType: SubscriptionTopic, id: t5}
resources: [{resourceType: Patient, id: p1}]
subscriptions:
  - {id: s1, topic: Patient, bearer: alice, fhir: R4B}
  - {id: s2, criteria: Patient}
faults: [{fault: gap}, {fault: drop}]
`).ends(
		"0 store R4 Basic/t4", "0 store R4B SubscriptionTopic/t5", "0 store R5 SubscriptionTopic/t5",
		"0 store R4 Patient/p1", "0 store R4B Patient/p1", "0 store R5 Patient/p1",
		"0 store R4B Subscription/s1 alice", "0 store R4 Subscription/s2", "0 store R4B Subscription/s2",
		"0 plan gap and 1 more")
}

// TestActions takes a step of each kind, one after another and at once.
func TestActions(t *testing.T) {
	start(t, `
name: x
fhir: R5
clock: {virtual: true}
timeline:
  - emit: {topic: Patient, count: 3}
  - {fhir: R4, emit: {subscription: s1}}
  - create: {resourceType: Patient}
  - update: {resourceType: Patient, id: p1}
  - delete: Patient/p1
  - deleteSubscription: s1
  - faults: [{fault: gap}]
  - clearFaults: true
  - revoke: {subscription: s1}
  - error: s1
  - reactivate: s1
  - advance: 1h
`).ends(
		"0 emit R5 http://wsbind.example/SubscriptionTopic/Patient 3", "0 emit R4 s1 1", "0 store R5 Patient/", "0 store R5 Patient/p1",
		"0 delete R5 Patient/p1", "0 delete R5 Subscription/s1", "0 plan gap and 0 more", "0 clear",
		"0 revoke R5 {JTI: Subscription:s1 Subject:}", "0 error R5 s1", "0 reactivate R5 s1", "0 advance 1h0m0s")
}

// TestMoments holds that every step comes at its moment although the clock is
// moved past all of them at once, and that it is done when the clock stands.
func TestMoments(t *testing.T) {
	r := start(t, `
name: x
fhir: R4
timeline:
  - {at: 10s, error: a}
  - {wait: 5s, error: b}
  - error: c
  - {at: 12s, error: late}
  - {at: 20s, error: d}
`)
	<-r.timers
	r.Virtual.Advance(time.Hour)
	want := "10 error R4 a\n15 error R4 b\n15 error R4 c\n15 error R4 late\n20 error R4 d"
	if got := strings.Join(r.lines, "\n"); got != want {
		t.Errorf("when the clock stands, got\n%s\nwant\n%s", got, want)
	}
	r.ends(strings.Split(want, "\n")...)
}

// TestFacts holds that a step waits for its fact, and then as long as it says.
func TestFacts(t *testing.T) {
	r := start(t, `
name: x
timeline:
  - {fhir: R4, after: {fact: bound, subscription: s1, times: 2}, wait: 5s, error: a}
  - {after: {fact: closed}, error: b, fhir: R5}
  - {after: {fact: connected}, revoke: {jti: j}}
`)
	want := func(got, want string) {
		t.Helper()
		if got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
	want(<-r.waits, "bound s1 2 in 1")
	r.Virtual.Advance(time.Minute) // before the fact: does not count
	r.facts <- struct{}{}
	<-r.timers
	r.Virtual.Advance(time.Minute)
	want(<-r.told, "65 error R4 a")
	want(<-r.waits, "closed  1 in 1")
	r.facts <- struct{}{}
	want(<-r.told, "120 error R5 b")
	want(<-r.waits, "connected  1 in 3")
	r.facts <- struct{}{}
	r.ends("65 error R4 a", "120 error R5 b", "120 revoke R4 {JTI:j Subscription: Subject:}",
		"120 revoke R4B {JTI:j Subscription: Subject:}", "120 revoke R5 {JTI:j Subscription: Subject:}")
}

// TestAdvances holds that a step may move the clock that others wait for, and
// that steps behind it are not late for it.
func TestAdvances(t *testing.T) {
	r := start(t, `
name: x
fhir: R4
clock: {virtual: true}
timeline:
  - advance: 30s
  - {at: 10s, error: a}
  - {at: 40s, advance: 1m}
  - {at: 45s, error: b}
`)
	<-r.timers
	r.Virtual.Advance(10 * time.Second)
	r.ends("0 advance 30s", "30 error R4 a", "40 advance 1m0s", "100 error R4 b")
}

// TestEnds holds that the end of the context ends a run wherever it waits, and
// that no step is taken afterwards.
func TestEnds(t *testing.T) {
	for _, c := range []struct{ name, step, says string }{
		{"for a fact", "{after: {fact: bound}, error: a}", "step 2 of 2 (error) waits for the fact bound and was not taken"},
		{"for time", "{at: 10s, error: a}", "step 2 of 2 (error) waits until 10s after the start and was not taken"},
		{"for a while", "{wait: 10s, error: a}", "step 2 of 2 (error) waits 10s and was not taken"},
		{"to advance", "{at: 10s, advance: 1h}", "step 2 of 2 (advance) waits until 10s after the start and was not taken"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := start(t, "name: x\nfhir: R4\nclock: {virtual: true}\ntimeline:\n  - error: first\n  - "+c.step)
			<-r.told
			r.cancel()
			if err := <-r.done; !errors.Is(err, context.Canceled) || !strings.HasPrefix(err.Error(), c.says) {
				t.Errorf("the run ended with %v, want %s", err, c.says)
			}
			r.Virtual.Advance(time.Hour)
			if len(r.lines) != 1 {
				t.Errorf("afterwards: %q", r.lines[1:])
			}
		})
	}
}

// TestFails holds that the error names the part that cannot be carried out.
func TestFails(t *testing.T) {
	for _, c := range []struct{ refuse, want string }{
		{"store R4 Basic", "topics[0]: refused"},
		{"store R4 Patient", "resources[0]: refused"},
		{"store R4 Subscription", "subscriptions[0]: refused"},
		{"plan gap", "faults: refused"},
		{"emit", "timeline[0] (emit): refused"},
		{"advance", "timeline[1] (advance): refused"},
		{"clear", "timeline[2] (clearFaults): refused"},
	} {
		t.Run(c.refuse, func(t *testing.T) {
			to := newTarget()
			to.refuse = c.refuse
			err := scenario.Run(t.Context(), read(t, `
name: x
fhir: R4
clock: {virtual: true}
topics: [{resourceType: Basic}]
resources: [{resourceType: Patient, id: p}]
subscriptions: [{id: s, topic: Patient}]
faults: [{fault: gap}]
timeline: [{emit: {topic: Patient}}, {advance: 1h}, {clearFaults: true}]
`), to)
			if err == nil || err.Error() != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

// TestOneReleaseIsEnough holds that without a release it is no error when
// something cannot be done in all.
func TestOneReleaseIsEnough(t *testing.T) {
	to := newTarget()
	to.refuse = "error R4"
	if err := scenario.Run(t.Context(), read(t, "name: x\ntimeline: [{error: a}]"), to); err != nil {
		t.Error(err)
	}
	if got := strings.Join(to.lines, "\n"); got != "0 error R5 a" {
		t.Errorf("got %q", got)
	}
	to.refuse = "error"
	if err := scenario.Run(t.Context(), read(t, "name: x\ntimeline: [{error: a}]"), to); err == nil {
		t.Error("it is no error when nothing can be done in any")
	}
}
