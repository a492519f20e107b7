package mockserver_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/internal/testkit"
	"github.com/wsbind/wsbind/mockserver/journal"
)

// faultTests has a test for every fault of the catalogue: what a client sees of
// it, on the wire.
var faultTests = map[string]func(t *testing.T, r fhir.Release){
	faults.Unauthorized:     testUnauthorized,
	faults.Forbidden:        testForbidden,
	faults.NotFound:         testNotFound,
	faults.TooManyRequests:  testTooManyRequests,
	faults.Unavailable:      testUnavailable,
	faults.SlowAnswer:       testSlowAnswer,
	faults.BrokenCORS:       testBrokenCORS,
	faults.MissingParameter: testMissingParameter,
	faults.DoubledParameter: testDoubledParameter,
	faults.WrongValueType:   testWrongValueType,
	faults.InsecureURL:      testInsecureURL,
	faults.ExpiredAnswer:    testExpiredAnswer,
	faults.ForeignSignature: testForeignSignature,
	faults.WrongAudience:    testWrongAudience,
	faults.AlgorithmNone:    testAlgorithmNone,
	faults.UnknownKID:       testUnknownKID,
	faults.EarlyExpiry:      testEarlyExpiry,

	faults.RefusedUpgrade:  testRefusedUpgrade,
	faults.UnansweredBind:  testUnansweredBind,
	faults.CloseBeforeHand: testCloseBeforeHandshake,
	faults.CloseAfterHand:  testCloseAfterHandshake,
	faults.Drop:            testDrop,
	faults.Stall:           testStall,
	faults.Delay:           testDelay,
	faults.SplitFrame:      testSplitFrame,
	faults.SlowFrame:       testSlowFrame,
	faults.NoPong:          testNoPong,
	faults.OversizedFrame:  testOversizedFrame,
	faults.BinaryFrame:     testBinaryFrame,

	faults.MissingHandshake:  testMissingHandshake,
	faults.LateHandshake:     testLateHandshake,
	faults.Gap:               testGap,
	faults.Reordered:         testReordered,
	faults.WrongSubscription: testWrongSubscription,
	faults.WrongBundleType:   testWrongBundleType,
	faults.MissingStatus:     testMissingStatus,
	faults.MalformedJSON:     testMalformedJSON,
	faults.CounterAsNumber:   testCounterAsNumber,
	faults.EmptyBundle:       testEmptyBundle,
	faults.StoppedHeartbeats: testStoppedHeartbeats,
	faults.StatusError:       testStatusError,
	faults.StatusOff:         testStatusOff,
	faults.Burst:             testBurst,

	faults.EarlyEvent:        testEarlyEvent,
	faults.EarlyHeartbeat:    testEarlyHeartbeat,
	faults.PromptEvent:       testPromptEvent,
	faults.PromptHeartbeat:   testPromptHeartbeat,
	faults.SeveralEvents:     testSeveralEvents,
	faults.RepeatedHandshake: testRepeatedHandshake,
	faults.Duplicate:         testDuplicate,
	faults.ChangedURL:        testChangedURL,
	faults.LongFraction:      testLongFraction,
	faults.UnknownExtension:  testUnknownExtension,
}

func TestEveryFaultOnTheWire(t *testing.T) {
	for i, f := range faults.Catalogue() {
		test := faultTests[f.Name]
		if test == nil {
			t.Errorf("the fault %s has no test", f.Name)
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			tested := releases
			if underRace {
				tested = []fhir.Release{releases[i%len(releases)]}
			}
			inReleases(t, tested, func(t *testing.T, r fhir.Release) {
				t.Parallel()
				test(t, r)
			})
		})
	}
	for name := range faultTests {
		if _, known := faults.Lookup(name); !known {
			t.Errorf("there is a test of %s, which is no fault", name)
		}
	}
}

// bearer is the token of the caller alice, and callerAlice her name.
const (
	bearer      = "Authorization: Bearer a-secret-of-alice"
	bearerOfBob = "Authorization: Bearer a-secret-of-bob"
)

// faulty runs a server of seed 7, and proves at the end of the test that no
// token is in its journal.
func faulty(t *testing.T, change func(*mockserver.Config)) *server {
	t.Helper()
	s := start(t, func(c *mockserver.Config) {
		c.Seed = 7
		if change != nil {
			change(c)
		}
	})
	t.Cleanup(func() { wantNoSecrets(t, s.Journal) })
	return s
}

// wantNoSecrets searches a whole journal for what looks like a token: a binding
// token begins with {" in base64url, and the bearer tokens of tests say secret.
func wantNoSecrets(t *testing.T, j *journal.Journal) {
	t.Helper()
	for _, e := range j.Entries(journal.Query{}) {
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if text := string(line); strings.Contains(text, "eyJ") || strings.Contains(text, "secret") {
			t.Errorf("a token is in the journal: %s", text)
		}
	}
}

// plan queues a fault.
func (s *server) plan(specs ...faults.Spec) {
	s.t.Helper()
	if err := s.Faults.Next(specs...); err != nil {
		s.t.Fatal(err)
	}
}

// until waits for what another goroutine is about to do.
func (s *server) until(what string, done func() bool) {
	s.t.Helper()
	late := time.After(testkit.Patience)
	for !done() {
		select {
		case <-late:
			s.t.Fatalf("not %s after %v", what, testkit.Patience)
		case <-time.After(50 * time.Microsecond): // for the others
		}
	}
}

// wantEntries waits until the journal has entries of a kind and fault, and
// returns them.
func (s *server) wantEntries(kind journal.Kind, name string, count int) []journal.Entry {
	s.t.Helper()
	var list []journal.Entry
	s.until(string(kind)+" with "+name, func() bool {
		list = s.Journal.Entries(journal.Query{Kind: kind, Fault: name})
		return len(list) >= count
	})
	if len(list) != count {
		s.t.Errorf("%d entries %s with %s, want %d", len(list), kind, name, count)
	}
	if n := s.Faults.State().Struck[name]; n == 0 {
		s.t.Errorf("%s has not struck", name)
	}
	return list
}

// listen binds a Subscription on a websocket of its own.
func (s *server) listen(r fhir.Release, id string, headers ...string) *socket {
	s.t.Helper()
	b := s.token(r, []string{id}, headers...)
	c := s.connect(r, b.url)
	c.bind(b)
	return c
}

// port is that of this machine in a URL, which differs from run to run.
var port = regexp.MustCompile(`127\.0\.0\.1:[0-9]+`)

func withoutPort(text string) string { return port.ReplaceAllString(text, "127.0.0.1") }

// rest returns the frames that came and were not read, without ports.
func (c *socket) rest() []string {
	c.t.Helper()
	c.server.drained()
	c.Sync()
	frames := c.Rest()
	for i := range frames {
		frames[i] = withoutPort(frames[i])
	}
	return frames
}

// exchange subscribes, plans faults, binds, lets something happen, and returns
// the frames that came. Without faults these are the polite ones: all that is
// drawn is the same again.
func exchange(t *testing.T, subscription string, r fhir.Release, act func(s *server), specs ...faults.Spec) (s *server, id string, frames []string) {
	t.Helper()
	s = faulty(t, nil)
	id = s.post(r, subscription)
	s.plan(specs...)
	c := s.listen(r, id)
	act(s)
	return s, id, c.rest()
}

// content writes a Subscription to Patients with a content level.
func content(r fhir.Release, level string) string {
	return strings.Replace(subscribeTo(r, "Patient", ""), `"id-only"`, `"`+level+`"`, 1)
}

// levels are the content levels.
var levels = []string{"empty", "id-only", "full-resource"}

// anyVerdict is for a test that looks itself.
const anyVerdict fault.Code = "any"

// wantVerdict checks which issues a Bundle draws beside warnings of profile: the
// code, or none for "".
func wantVerdict(t *testing.T, r fhir.Release, frame string, code fault.Code) {
	t.Helper()
	var checker notification.Checker
	issues := checker.Check([]byte(frame), r)
	if code == anyVerdict {
		return
	}
	if code == "" {
		if !fault.Valid(issues) {
			t.Errorf("not valid: %s: %v", frame, issues)
		}
		return
	}
	if !slices.ContainsFunc(issues, func(i fault.Issue) bool { return i.Code == code }) {
		t.Errorf("%s draws %v, want %s", frame, issues, code)
	}
}

// wantFrames compares frames.
func wantFrames(t *testing.T, got []string, want ...string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %d frames %q, want %d", len(got), got, len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("frame %d is\n%s, want\n%s", i, got[i], want[i])
		}
	}
}

// eventsOf asks $events for everything and returns the numbers.
func (s *server) eventsOf(r fhir.Release, id string, headers ...string) []int64 {
	s.t.Helper()
	a := s.call("GET", s.BaseURL(r)+"/Subscription/"+id+"/$events", "", headers...).want(s.t, 200, "")
	var checker notification.Checker
	reading, issues := checker.Read([]byte(a.body), r)
	if !fault.Valid(issues) || len(reading.Statuses) != 1 {
		s.t.Fatalf("$events: %s: %v", a.body, issues)
	}
	var numbers []int64
	for _, e := range reading.Statuses[0].Events {
		numbers = append(numbers, e.Number)
	}
	return numbers
}

// wantEventsTo checks that $events has the events 1 to n.
func (s *server) wantEventsTo(r fhir.Release, id string, n int64, headers ...string) {
	s.t.Helper()
	got := s.eventsOf(r, id, headers...)
	if int64(len(got)) != n || n > 0 && (got[0] != 1 || got[n-1] != n) {
		s.t.Errorf("$events has %v, want 1 to %d", got, n)
	}
}

// wantGoodAgain proves that a server serves a Subscription as it should, after
// so many events: a new token binds, the next event comes, and $events has all.
func (s *server) wantGoodAgain(r fhir.Release, id string, events int64, headers ...string) {
	s.t.Helper()
	c := s.listen(r, id, headers...)
	c.want("handshake " + id + " " + itoa(events))
	s.event(r)
	c.want("event-notification " + id + " " + itoa(events+1))
	s.wantEventsTo(r, id, events+1, headers...)
	c.Close(websocket.StatusNormalClosure, "")
}
