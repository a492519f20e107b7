package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/draw"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/scenario"
	"github.com/wsbind/wsbind/mockserver/socket"
	"github.com/wsbind/wsbind/mockserver/world"
)

// mannerFlags are those flags of wsbind serve that say how the server speaks and
// misbehaves, and what it makes of its clients.
type mannerFlags struct {
	dialect, profile              string
	onlySpaceForm, acceptJSONBind bool
	seed                          uint64
	clock, start                  string
	sharedClock                   bool
	scenario, failOn              string
	maxEvents, maxSockets         int

	// changed reports whether a flag was given: a scenario speaks where none was.
	changed func(flag string) bool
}

func (f *mannerFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.dialect, "dialect", string(socket.Spec), "how clients bind: "+words(socket.Dialects()))
	flags.BoolVar(&f.onlySpaceForm, "only-space-form", false, "refuse bind-with-token: TOKEN, with the colon")
	flags.BoolVar(&f.acceptJSONBind, "accept-json-bind", false, "read Medplum's bind frame besides")
	flags.StringVar(&f.profile, "profile", string(faults.Polite), "what goes wrong unasked: "+words(faults.Profiles()))
	flags.Uint64Var(&f.seed, "seed", 0, "replays what is left to chance (default one that is drawn, and printed)")
	flags.StringVar(&f.clock, "clock", "real", "real, or virtual: it stands still until the management interface moves it")
	flags.StringVar(&f.start, "start", "", "where a virtual clock stands at first, such as 2026-03-01T12:00:00Z (default now)")
	flags.BoolVar(&f.sharedClock, "shared-clock", false, "the clients follow the virtual clock, so that what they do late counts")
	flags.IntVar(&f.maxEvents, "max-events", world.DefaultMaxEvents, "how many events of each Subscription are kept for $events")
	flags.IntVar(&f.maxSockets, "max-sockets", mockserver.DefaultMaxSockets, "websockets of each FHIR release at a time")
	flags.StringVar(&f.scenario, "scenario", "", "file with a scenario to carry out, or the name of a ready one")
	flags.StringVar(&f.failOn, "fail-on", "", "exit with 1 for a finding about a client: information, warning or error")
	f.changed = flags.Changed
}

// words lists names for a person.
func words[T ~string](names []T) string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = string(name)
	}
	return strings.Join(list[:len(list)-1], ", ") + " or " + list[len(list)-1]
}

// severities are those of findings.
var severities = []string{"information", "warning", "error"}

// apply checks the flags one by one and adds them to a configuration.
func (f *mannerFlags) apply(s streams, c *mockserver.Config) error {
	switch {
	case !slices.Contains(socket.Dialects(), socket.Dialect(f.dialect)):
		return withHint(fmt.Errorf("--dialect %q is not possible", f.dialect), "%s", words(socket.Dialects()))
	case !slices.Contains(faults.Profiles(), faults.Profile(f.profile)):
		return withHint(fmt.Errorf("--profile %q is not possible", f.profile), "%s; wsbind faults tells what they do", words(faults.Profiles()))
	case f.changed("seed") && (f.seed == 0 || f.seed > draw.MaxSeed):
		return withHint(fmt.Errorf("--seed %d is not possible", f.seed), "1 to %d are", uint64(draw.MaxSeed))
	case f.maxEvents < 1:
		return withHint(fmt.Errorf("--max-events %d is not possible", f.maxEvents), "one or more are")
	case f.maxSockets < 1:
		return withHint(fmt.Errorf("--max-sockets %d is not possible", f.maxSockets), "one or more are")
	case f.failOn != "" && !slices.Contains(severities, f.failOn):
		return withHint(fmt.Errorf("--fail-on %q is not possible", f.failOn), "%s", words(severities))
	}
	c.OnlySpaceForm, c.AcceptJSONBind, c.SharedClock = f.onlySpaceForm, f.acceptJSONBind, f.sharedClock
	c.Seed, c.MaxEvents, c.MaxSockets = f.seed, f.maxEvents, f.maxSockets
	if f.changed("dialect") {
		c.Dialect = socket.Dialect(f.dialect)
	}
	if f.changed("profile") {
		c.Profile = faults.Profile(f.profile)
	}
	if err := f.applyClock(c); err != nil {
		return err
	}
	return f.applyScenario(s, c)
}

func (f *mannerFlags) applyClock(c *mockserver.Config) error {
	virtual := f.clock == "virtual"
	switch {
	case f.clock != "real" && !virtual:
		return withHint(fmt.Errorf("--clock %q is not possible", f.clock), "real or virtual")
	case !virtual && f.start != "":
		return withHint(fmt.Errorf("--start is for a virtual clock"), "add --clock virtual")
	case !virtual && f.sharedClock && f.scenario == "":
		return withHint(fmt.Errorf("--shared-clock is for a virtual clock"), "add --clock virtual")
	case !virtual && f.changed("clock"):
		c.Clock = clock.Real()
	case virtual:
		start := time.Now().UTC().Truncate(time.Second)
		if f.start != "" {
			var err error
			if start, err = time.Parse(time.RFC3339, f.start); err != nil {
				return withHint(fmt.Errorf("--start %q is no time", f.start), "one such as 2026-03-01T12:00:00Z is due")
			}
		}
		c.Clock = clock.NewVirtual(start)
	}
	return nil
}

// applyScenario reads the scenario: a file, or a ready one where there is no file
// of that name.
func (f *mannerFlags) applyScenario(s streams, c *mockserver.Config) error {
	if f.scenario == "" {
		return nil
	}
	d, err := s.input(f.scenario)
	if err != nil {
		ready, ok := scenario.Lookup(f.scenario)
		if !ok {
			return withHint(err, "wsbind scenario list names those that are ready, and wsbind scenario show prints one to start from")
		}
		c.Scenario, err = ready.Read()
		return err
	}
	if c.Scenario, err = scenario.Read(d.name, d.text); err != nil {
		return bad(err, "wsbind scenario check tells the same, one line for each problem")
	}
	return nil
}
