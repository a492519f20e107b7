package mockserver

import (
	"log/slog"

	"github.com/wsbind/wsbind/mockserver/review"
)

// TB is what [Start] needs of a test; *testing.T, *testing.B and *testing.F are
// such.
type TB interface {
	Helper()
	Failed() bool
	Cleanup(func())
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Start runs a server for a test, on free ports, and closes it at the test's end.
// What the server has to say of the clients of all tenants is logged then, and
// fails the test if it is as bad as Config.FailOn; so does what Config.Scenario
// expects and what did not come. The seed is told as well where there is something
// to replay: findings, or a test that failed; and then also which planned faults
// found no occasion to strike.
//
//	srv := mockserver.Start(t, mockserver.Config{})
//	srv.Faults.Next(faults.Spec{Fault: faults.Gap})
//	// … the client under test, with srv.BaseURL(fhir.R4) …
//	srv.Assert(t, "bound once, filled one gap with $events")
//
// Its log is discarded unless the configuration has a Logger: srv.Journal has
// more to tell.
func Start(tb TB, cfg Config) *Server {
	tb.Helper()
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	srv, err := Run(cfg)
	if err != nil {
		tb.Fatalf("%v", err)
		return nil
	}
	tb.Cleanup(func() {
		srv.Close()
		tell(tb, srv)
	})
	return srv
}

// tell says at the end of a test what came of it.
func tell(tb TB, srv *Server) {
	found := tellFindings(tb, srv.cfg.FailOn, "", srv.Tenant)
	for _, t := range srv.Tenants() {
		found = tellFindings(tb, srv.cfg.FailOn, "tenant "+t.Name()+": ", t) || found
	}
	for _, line := range srv.Verdict().Lines {
		tb.Errorf("scenario %s: %s", srv.cfg.Scenario.Name, line)
	}
	if !found && !tb.Failed() {
		return
	}
	tellUnstruck(tb, "", srv.Tenant)
	for _, t := range srv.Tenants() {
		tellUnstruck(tb, "tenant "+t.Name()+": ", t)
	}
	tb.Logf("the same again with Config.Seed %d", srv.Seed())
}

// tellFindings says what the clients of a tenant did wrong, and reports whether
// they did anything.
func tellFindings(tb TB, failOn, whose string, t *Tenant) bool {
	findings := t.Findings()
	say := tb.Logf
	if failOn != "" && review.Reaches(findings, failOn) {
		say = tb.Errorf
	}
	for _, f := range findings {
		say("%s%s", whose, DescribeFinding(f))
	}
	return len(findings) > 0
}

// tellUnstruck names the faults that a test has planned for nothing: what it
// meant to show was not shown.
func tellUnstruck(tb TB, whose string, t *Tenant) {
	for _, p := range t.Faults.State().Planned {
		if p.Left > 0 && p.Struck == 0 {
			tb.Logf("%sthe fault %s was planned and never struck: nothing came that it could strike, or that is of whom it is limited to", whose, p.Fault)
		}
	}
}
