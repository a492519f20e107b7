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
// What the server has to say of its clients is logged then, and fails the test
// if it is as bad as Config.FailOn. The seed is told as well where there is
// something to replay: findings, or a test that failed.
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
		findings := srv.Findings()
		say := tb.Logf
		if cfg.FailOn != "" && review.Reaches(findings, cfg.FailOn) {
			say = tb.Errorf
		}
		for _, f := range findings {
			say("%s", DescribeFinding(f))
		}
		if len(findings) > 0 || tb.Failed() {
			tb.Logf("the same again with Config.Seed %d", srv.Seed())
		}
	})
	return srv
}
