package mockserver

import (
	"log/slog"

	"github.com/wsbind/wsbind/core/fault"
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
// expects and what did not come, and a fault that could not be planned. The seed is
// told as well where there is something to replay: findings, or a test that failed;
// and then also which planned faults found no occasion to strike.
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
	tenants := append([]*Tenant{srv.Tenant}, srv.Tenants()...)
	found := false
	for _, t := range tenants {
		for _, err := range t.Faults.Refused() {
			tb.Errorf("%sa fault was not planned: %s", t.whose(), fault.DetailOf(err))
		}
		found = t.tellFindings(tb, srv.cfg.FailOn) || found
	}
	for _, line := range srv.Verdict().Lines {
		tb.Errorf("scenario %s: %s", srv.cfg.Scenario.Name, line)
	}
	if !found && !tb.Failed() {
		return
	}
	for _, t := range tenants {
		t.tellUnstruck(tb)
	}
	tb.Logf("the same again with Config.Seed %d", srv.Seed())
}

// whose names a tenant before what is said of it.
func (t *Tenant) whose() string {
	if t.name == "" {
		return ""
	}
	return "tenant " + t.name + ": "
}

// tellFindings says what the clients of a tenant did wrong, and reports whether
// they did anything.
func (t *Tenant) tellFindings(tb TB, failOn string) bool {
	findings := t.Findings()
	say := tb.Logf
	if failOn != "" && review.Reaches(findings, failOn) {
		say = tb.Errorf
	}
	for _, f := range findings {
		say("%s%s", t.whose(), DescribeFinding(f))
	}
	return len(findings) > 0
}

// tellUnstruck names the faults that a test has planned for nothing: what it
// meant to show was not shown.
func (t *Tenant) tellUnstruck(tb TB) {
	for _, p := range t.Faults.State().Planned {
		if p.Left > 0 && p.Struck == 0 {
			tb.Logf("%sthe fault %s was planned and never struck: nothing came that it could strike, or that is of whom it is limited to", t.whose(), p.Fault)
		}
	}
}
