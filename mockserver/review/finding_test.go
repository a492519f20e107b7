package review_test

import (
	"testing"
	"time"

	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/journal"
	"github.com/wsbind/wsbind/mockserver/review"
)

func TestFindings(t *testing.T) {
	for _, p := range pairs {
		t.Run(p.code+" unless "+p.difference, func(t *testing.T) {
			s := tell(t)
			p.careless(s)
			s.wants(p.code)
			if c := s.review.Findings()[0]; c.Message == "" || c.Advice == "" || len(c.Evidence) == 0 || c.Count == 0 {
				t.Errorf("the finding is not complete: %+v", c)
			}
			s = tell(t)
			p.twin(s)
			s.wants()
		})
	}
}

func TestEveryCodeIsTested(t *testing.T) {
	tested := map[string]bool{}
	for _, p := range pairs {
		tested[p.code] = true
	}
	for _, c := range review.Codes() {
		if !tested[c.Code] {
			t.Errorf("no story draws %s", c.Code)
		}
		if c.Meaning == "" || c.Advice == "" || c.Severity == "" {
			t.Errorf("%s is not described", c.Code)
		}
	}
}

// A client on wall time is not held to a virtual clock.
func TestVirtualClock(t *testing.T) {
	for _, p := range pairs {
		for _, c := range review.Codes() {
			if c.Code != p.code || !c.Timed {
				continue
			}
			s := tellVirtually(t, false)
			p.careless(s)
			s.leap(time.Hour).wait(time.Hour).wants()
		}
	}
}

// An hour that passes in one leap gives nobody a chance, one that stands for a while
// within the life of a token does.
func TestSharedVirtualClock(t *testing.T) {
	expire := func(s *story) *story {
		return s.unbound(1, "expired-token").close(1, "server", 1008, "expired-token").leap(time.Minute).wait(3 * time.Second)
	}
	expire(tellVirtually(t, true).listening().leap(time.Hour)).wants()
	expire(tellVirtually(t, true).listening().wait(2*time.Second).leap(285*time.Second).heartbeat(1, 0).wait(2 * time.Second).leap(time.Hour)).
		wants(review.NeverRenewed)

	s := tellVirtually(t, true).listening().event(1, 2).wait(time.Minute).leap(time.Hour).wants()
	s.wait(2 * time.Second).wants(review.NeverCaughtUp)
	s.review.SetShared(false)
	s.wants()
}

func TestFindingsAreCountedAndSorted(t *testing.T) {
	s := tell(t).listening()
	s.again(20, func(int) { s.frame(1, "unknown", verdict("expected-bind")) })
	s.token("t2", with(faults.InsecureURL)).bind(1, "t2").
		frame(1, "bind-colon", func(e *journal.Entry) { e.JTI = "t1" })
	s.wants(review.UsedBrokenAnswer, review.UnknownFrame, review.ColonBind)
	list := s.review.Findings()
	if list[1].Count != 20 || len(list[1].Evidence) != 8 {
		t.Errorf("20 frames are counted as %d, with evidence %v", list[1].Count, list[1].Evidence)
	}
	if review.Worst(list) != "error" || !review.Reaches(list, "warning") || review.Reaches(list[2:], "warning") || review.Worst(nil) != "" {
		t.Error("the worst severity is wrong")
	}
}

// After a reset clients may still hold URLs that they were answered before.
func TestResetKeepsURLs(t *testing.T) {
	s := tell(t).listening()
	s.review.Reset()
	s.token("t2", at(other)).open(2, at(home), status(404)).wants()
	if facts, _ := s.review.Facts(); len(facts) != 2 {
		t.Errorf("%d facts, want 2", len(facts))
	}
}

// Two clients of one name, each careful, draw nothing together.
func TestSeveralClientsOfOneName(t *testing.T) {
	for name, tale := range map[string]func(*story){
		"both are refused at the same time": func(s *story) {
			s.listening().open(2).bind(2, "t1").handshake(2, 0).refused(403).refused(403).refused(429, retryAfter(9)).refused(429, retryAfter(9))
		},
		"each has its own URL": func(s *story) {
			s.token("t1").token("t2", at(other)).open(1).bind(1, "t1").open(2, at(other)).bind(2, "t2")
		},
		"each gets every event": func(s *story) {
			s.listening().open(2).bind(2, "t1").handshake(2, 0).event(1, 1, focus("Patient/1")).event(2, 1, focus("Patient/1")).
				read("Patient/1").read("Patient/1").event(2, 2).lose(1, 2).wait(11 * time.Second)
		},
		"one renews, the other is gone": func(s *story) {
			s.listening().token("t2").open(2).bind(2, "t2").handshake(2, 0).wait(5*time.Minute).
				unbound(1, "expired-token").close(1, "server", 1008, "expired-token").wait(time.Minute)
		},
		"a page is loaded again": func(s *story) {
			s.listening().event(1, 1).close(1, "client", 1001, "").token("t2").open(2).bind(2, "t2").handshake(2, 9).
				wait(time.Minute).event(2, 10).wait(time.Minute)
		},
	} {
		s := tell(t)
		tale(s)
		if list := s.codes(); len(list) > 0 {
			t.Errorf("%s: %v", name, list)
		}
	}
}

// Where the token stands in the URL a socket is bound when the server has done so,
// not when it has opened: who waits for the fact acts on what is bound.
func TestBoundByTheOpeningHandshake(t *testing.T) {
	shown := func(e *journal.Entry) { e.JTI, e.Dialect, e.Subscriptions = "t1", "query", []string{"s1"} }
	s := tell(t).token("t1").open(1, shown)
	want := func(fact string, times int) {
		t.Helper()
		if n := s.review.Tally(func(f *review.Fact) bool { return f.Fact == fact }).Count(); n != times {
			t.Errorf("the fact %q was noted %d times, want %d", fact, n, times)
		}
	}
	want(review.Bound, 0)
	s.frame(1, "bind", shown).handshake(1, 0).wants()
	want(review.Bound, 1)
	want(review.FailedToBind, 0)
}
