package mockserver_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/journal"
	"github.com/wsbind/wsbind/mockserver/review"
	"github.com/wsbind/wsbind/mockserver/scenario"
)

// mistake is what a ready scenario is named for: who makes it draws the finding, or
// where no finding can show it, fails an assertion.
type mistake struct {
	scenario string
	habit    habit
	finding  string
	missing  string // a part of the line that says which assertion does not hold
}

var mistakes = []mistake{
	{"expects-handshake-first", insistsOnHandshake, review.NeverRenewed, ""},
	{"ignores-websocket-url", keepsURL, review.IgnoredWebsocketURL, ""},
	{"never-catches-up", neverAsksForEvents, review.NeverCaughtUp, ""},
	{"polls-too-fast", comesBackAtOnce, review.IgnoredRetryAfter, ""},
	{"polls-too-fast", comesBackAtOnce, review.ReconnectedAtOnce, ""},
	{"polls-too-fast", pollsStatus, review.PolledTooFast, ""},
	{"reads-first-event-only", countsNothing, review.NeverCaughtUp, ""},
	{"reads-first-event-only", readsFirstEvent, "", "called $events"},
	{"renews-too-late", renewsWhenClosed, review.RenewedTooLate, ""},
	{"renews-too-late", showsOldToken, review.UsedDeadToken, ""},
	{"renews-too-late", renewsInLastSecond, "", "lost a binding"},
	{"reuses-dead-id", goesOnWithDeadID, review.ReusedDeadID, ""},
	{"trusts-duplicates", readsDuplicates, review.DuplicateTakenAsNew, ""},
}

// Each ready scenario catches the mistake that it is named for.
func TestReadyScenariosCatchTheirMistake(t *testing.T) {
	for _, m := range mistakes {
		t.Run(m.scenario+"/"+m.habit.described(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := teach(t, m.scenario)
				_, stop := b.attend(m.habit)
				b.pass(2 * time.Minute)
				v, findings := b.Verdict(), b.Findings()
				stop()
				if v.Passed || m.missing != "" && !strings.Contains(strings.Join(v.Lines, "\n"), m.missing) {
					t.Errorf("the verdict is %+v, want it to fail and to name %q", v, m.missing)
				}
				if m.finding != "" && !slices.ContainsFunc(findings, func(f review.Finding) bool { return f.Code == m.finding }) {
					t.Errorf("drew %+v, want %s", findings, m.finding)
				}
				if s, _ := scenario.Lookup(m.scenario); !strings.Contains(s.About, m.finding) {
					t.Errorf("it is not about %s: %s", m.finding, s.About)
				}
			})
		})
	}
	for _, s := range scenario.Ready() {
		if !slices.ContainsFunc(mistakes, func(m mistake) bool { return m.scenario == s.Name }) {
			t.Errorf("nobody makes the mistake of %s", s.Name)
		}
	}
}

// Who does nothing wrong passes each of them, with nothing lost.
func TestReadyScenariosPassAGoodClient(t *testing.T) {
	for _, s := range scenario.Ready() {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := teach(t, s.Name)
				s, stop := b.attend(good)
				b.pass(2 * time.Minute)
				b.passes()
				stop()
				for n := int64(1); n <= s.last; n++ {
					if s.handled[n] != 1 {
						t.Errorf("event %d was handled %d times", n, s.handled[n])
					}
				}
			})
			for _, seed := range []uint64{1, 2, 3, 4, 5} {
				synctest.Test(t, func(t *testing.T) {
					b := teach(t, s.Name)
					c := listenCarefully(b, fhir.R4, seed, "", lessonID)
					b.pass(2 * time.Minute)
					b.passes()
					c.stop()
					if s.Name != "reuses-dead-id" {
						c.hasEverything(t, b)
					}
				})
			}
		})
	}
}

// teach starts a server with a ready scenario.
func teach(t *testing.T, name string) *bubbled {
	t.Helper()
	ready, ok := scenario.Lookup(name)
	if !ok {
		t.Fatalf("there is no scenario %s", name)
	}
	s, err := ready.Read()
	if err != nil {
		t.Fatal(err)
	}
	return startInBubble(t, mockserver.Config{Scenario: s})
}

// passes checks that the scenario is passed.
func (b *bubbled) passes() {
	b.t.Helper()
	if v := b.Verdict(); !v.Passed {
		b.t.Errorf("not passed: %s", strings.Join(v.Lines, "\n"))
		b.t.Log(journal.Transcript(b.Journal.Entries(journal.Query{FHIR: "R4"})))
	}
}
