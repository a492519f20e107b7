package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// raceOptions spares the many short processes of the tests the second that each
// would wait at its end under the race detector.
const raceOptions = "atexit_sleep_ms=0"

// cacheHome is where the tests keep compiled modules from one run to the next:
// below bin, which make clean removes.
const cacheHome = "../../../bin/cache"

// engineVariable names the engine that a script's wsbind runs on.
const engineVariable = "WSBIND_TEST_ENGINE"

func TestMain(m *testing.M) {
	os.Setenv("GORACE", raceOptions)
	if home, err := filepath.Abs(cacheHome); err == nil && os.Getenv("XDG_CACHE_HOME") != home {
		os.Setenv("XDG_CACHE_HOME", home)
	}
	testscript.Main(m, map[string]func(){"wsbind": mainOnEngine, "curl": curl})
}

// mainOnEngine is main with the engine that the script is run on.
func mainOnEngine() {
	if name := os.Getenv(engineVariable); name != "" && len(os.Args) > 1 {
		switch os.Args[1] {
		case "validate", "notification", "definition", "verify":
			os.Args = append(os.Args, "--engine", name)
		}
	}
	main()
}

// TestScripts runs what a user could type, on every engine.
func TestScripts(t *testing.T) {
	for _, engine := range append([]string{"native"}, modules...) {
		if engine == "native" || !underRace {
			t.Run(engine, func(t *testing.T) { runScripts(t, engine) })
		}
	}
}

func runScripts(t *testing.T, engine string) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("GORACE", raceOptions)
			env.Setenv(engineVariable, engine)
			env.Setenv("XDG_CACHE_HOME", os.Getenv("XDG_CACHE_HOME"))
			return nil
		},
	})
}
