package mockserver_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/review"
	"github.com/wsbind/wsbind/mockserver/scenario"
)

// fakeTest is a test that only writes down what happens to it.
type fakeTest struct {
	logs, errors []string
	fatal        string
	cleanups     []func()
}

func (f *fakeTest) Helper()           {}
func (f *fakeTest) Failed() bool      { return len(f.errors) > 0 }
func (f *fakeTest) Cleanup(do func()) { f.cleanups = append(f.cleanups, do) }
func (f *fakeTest) Logf(format string, args ...any) {
	f.logs = append(f.logs, fmt.Sprintf(format, args...))
}
func (f *fakeTest) Errorf(format string, args ...any) {
	f.errors = append(f.errors, fmt.Sprintf(format, args...))
}
func (f *fakeTest) Fatalf(format string, args ...any) { f.fatal = fmt.Sprintf(format, args...) }

// end ends the fake test.
func (f *fakeTest) end() {
	for i := len(f.cleanups) - 1; i >= 0; i-- {
		f.cleanups[i]()
	}
	f.cleanups = nil
}

// startFor starts a server for a fake test; a client's careless act follows, which
// draws a warning.
func startFor(t *testing.T, fake *fakeTest, cfg mockserver.Config) *server {
	t.Helper()
	s := &server{Server: mockserver.Start(fake, cfg), t: t, http: http.DefaultClient}
	t.Cleanup(func() {
		fake.end()
		http.DefaultClient.CloseIdleConnections()
	})
	return s
}

func (s *server) repeatsWhatIsForbidden() {
	s.t.Helper()
	id := s.subscribe(fhir.R4)
	if err := s.Faults.Next(faults.Spec{Fault: faults.Forbidden, Times: 2}); err != nil {
		s.t.Fatal(err)
	}
	for range 2 {
		s.call("GET", s.BaseURL(fhir.R4)+"/Subscription/"+id+"/$get-ws-binding-token", "").want(s.t, http.StatusForbidden, "")
	}
}

// What clients did wrong is logged at the end, and fails the test where it is as bad
// as FailOn; the seed is told, and the server is closed.
func TestStartTellsFindings(t *testing.T) {
	for failOn, fails := range map[string]bool{"": false, "error": false, "warning": true, "information": true} {
		fake := new(fakeTest)
		s := startFor(t, fake, mockserver.Config{FailOn: failOn, Seed: 4711})
		s.repeatsWhatIsForbidden()
		if len(fake.logs)+len(fake.errors) > 0 {
			t.Errorf("it spoke before the end: %q %q", fake.logs, fake.errors)
		}
		fake.end()
		told := strings.Join(fake.logs, "\n")
		if fails {
			told = strings.Join(fake.errors, "\n")
		}
		if fails != (len(fake.errors) > 0) || !strings.Contains(told, "warning "+review.RepeatedRefused) ||
			!strings.Contains(told, "what to do: after 401 get new credentials") || !strings.Contains(told, "journal: ") {
			t.Errorf("FailOn %q: the errors are %q, the log is %q", failOn, fake.errors, fake.logs)
		}
		if !strings.Contains(strings.Join(fake.logs, "\n"), "Config.Seed 4711") {
			t.Errorf("the seed is not told: %q", fake.logs)
		}
		if _, err := http.Get(s.URL()); err == nil {
			t.Error("the server still answers")
		}
	}
}

// The clients of a tenant are told of as those of the server itself.
func TestStartTellsFindingsOfTenants(t *testing.T) {
	fake := new(fakeTest)
	s := startFor(t, fake, mockserver.Config{FailOn: "warning"})
	tenant, err := s.Open("mine")
	if err != nil {
		t.Fatal(err)
	}
	if err := tenant.Faults.Next(faults.Spec{Fault: faults.Forbidden, On: "*", Times: 2}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		s.call("GET", tenant.BaseURL(fhir.R4)+"/Patient", "").want(t, http.StatusForbidden, "")
	}
	fake.end()
	if len(fake.errors) != 1 || !strings.HasPrefix(fake.errors[0], "tenant mine: warning "+review.RepeatedRefused) {
		t.Errorf("the errors are %q", fake.errors)
	}
}

// A fault that could not be planned fails the test, though nobody looked at the error.
func TestStartTellsWhatWasNotPlanned(t *testing.T) {
	fake := new(fakeTest)
	s := startFor(t, fake, mockserver.Config{})
	s.Faults.Next(faults.Spec{Fault: "gapp"})
	fake.end()
	if len(fake.errors) != 1 || fake.errors[0] != `a fault was not planned: "gapp" is no fault, gap is; wsbind faults lists them` {
		t.Errorf("the errors are %q", fake.errors)
	}
}

// A scenario of which not everything came fails the test, and a fault that never
// struck is named then.
func TestStartTellsWhatDidNotCome(t *testing.T) {
	lesson, err := scenario.Read("lesson.yaml", []byte("name: a-lesson\nexpect: {assertions: [bound]}"))
	if err != nil {
		t.Fatal(err)
	}
	fake := new(fakeTest)
	s := startFor(t, fake, mockserver.Config{Scenario: lesson})
	if err := s.Faults.Next(faults.Spec{Fault: faults.Gap, Subscription: "nobody"}); err != nil {
		t.Fatal(err)
	}
	fake.end()
	if len(fake.errors) != 1 || !strings.HasPrefix(fake.errors[0], "scenario a-lesson: missing: bound") {
		t.Errorf("the errors are %q", fake.errors)
	}
	if len(fake.logs) != 2 || !strings.HasPrefix(fake.logs[0], "the fault gap was planned and never struck: ") {
		t.Errorf("the log is %q", fake.logs)
	}
}

// Who does not come to a lesson has not passed it.
func TestStartTellsThatALessonWasNotOver(t *testing.T) {
	ready, _ := scenario.Lookup("never-catches-up")
	lesson, err := ready.Read()
	if err != nil {
		t.Fatal(err)
	}
	fake := new(fakeTest)
	startFor(t, fake, mockserver.Config{Scenario: lesson})
	fake.end()
	if want := "scenario never-catches-up: the scenario was not over: step 1 of 7 (emit) waits for the fact bound and was not taken"; len(fake.errors) != 1 || fake.errors[0] != want {
		t.Errorf("the errors are %q, want %q", fake.errors, want)
	}
}

// Nothing is said of clients that do nothing wrong; a test that fails for a reason of
// its own is told the seed all the same.
func TestStartIsQuiet(t *testing.T) {
	fake := new(fakeTest)
	s := startFor(t, fake, mockserver.Config{FailOn: "information"})
	s.subscribe(fhir.R4)
	fake.end()
	if len(fake.logs)+len(fake.errors) > 0 || fake.fatal != "" {
		t.Errorf("it says %q %q %q", fake.logs, fake.errors, fake.fatal)
	}
	s = startFor(t, fake, mockserver.Config{})
	s.Assert(fake, "bound once")
	fake.end()
	if seed := "Config.Seed " + strconv.FormatUint(s.Seed(), 10); len(fake.logs) != 1 || !strings.Contains(fake.logs[0], seed) {
		t.Errorf("the log is %q, want %s", fake.logs, seed)
	}
}

// Assert fails the test once for each assertion that does not hold, with what comes
// nearest, and once for one that says nothing.
func TestAssertFailsATest(t *testing.T) {
	fake := new(fakeTest)
	s := startFor(t, fake, mockserver.Config{})
	s.repeatsWhatIsForbidden()
	s.Assert(fake, "created a Subscription, never bound", "got warning")
	if len(fake.errors) > 0 {
		t.Errorf("what holds fails the test: %q", fake.errors)
	}
	s.Assert(fake, "asked for a token once and bound once")
	if len(fake.errors) != 2 || !strings.HasPrefix(fake.errors[0], "not so: asked for a token once\n  asked for a token of Subscription ") ||
		!strings.HasPrefix(fake.errors[1], "not so: bound once\n  asked for a token of Subscription ") || !strings.Contains(fake.errors[1], ", answered 403") {
		t.Errorf("the errors are %q", fake.errors)
	}
	s.Assert(fake, "danced")
	if len(fake.errors) != 3 || !strings.Contains(fake.errors[2], "what can be said: ") {
		t.Errorf("the errors are %q", fake.errors)
	}
}

// A configuration that cannot be used ends the test.
func TestStartRefuses(t *testing.T) {
	fake := new(fakeTest)
	if s := mockserver.Start(fake, mockserver.Config{FailOn: "always"}); s != nil || !strings.Contains(fake.fatal, `FailOn "always"`) || len(fake.cleanups) > 0 {
		t.Errorf("it started, or says %q", fake.fatal)
	}
}

// What a scenario is about is there as soon as the server is.
func TestStartWithAScenario(t *testing.T) {
	ready, _ := scenario.Lookup("trusts-duplicates")
	lesson, err := ready.Read()
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		fake := new(fakeTest)
		s := startFor(t, fake, mockserver.Config{Scenario: lesson})
		for _, release := range releases {
			s.call("GET", s.BaseURL(release)+"/Subscription/lesson", "").want(t, http.StatusOK, "")
		}
		fake.end()
	}
}

// Many servers at once do not meet.
func TestStartInParallel(t *testing.T) {
	for n := range 20 {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()
			c := startForClient(t, nil)
			isDiligent(c, "")
			c.Assert(t, strings.Join(diligent, ", "))
			c.drawsNothing()
		})
	}
}
