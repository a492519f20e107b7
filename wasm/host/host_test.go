package host_test

import (
	"context"
	"log"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/wsbind/wsbind/wasm/host"
)

// cacheDir holds what the tests compile, so that each module is compiled once.
var cacheDir string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if cacheDir, err = os.MkdirTemp("", "wsbind-host-"); err != nil {
			log.Fatal(err)
		}
		defer os.RemoveAll(cacheDir)
		status := m.Run()
		for _, k := range kinds {
			if k.engine != nil {
				k.engine.Close()
			}
		}
		if err := goleak.Find(); status == 0 && err != nil {
			log.Print(err)
			return 1
		}
		return status
	}())
}

// A kind is a module and a way to run it.
type kind struct {
	name, module string
	interpreter  bool
	engine       *host.Engine // shared by the tests
}

var kinds = []*kind{
	{name: "lean-compiler", module: "wsbind.wasm"},
	{name: "lean-interpreter", module: "wsbind.wasm", interpreter: true},
	{name: "jose-compiler", module: "wsbind-jose.wasm"},
	{name: "jose-interpreter", module: "wsbind-jose.wasm", interpreter: true},
}

// module reads a module that make wasm built.
func module(t testing.TB, name string) []byte {
	t.Helper()
	bytes, err := os.ReadFile(filepath.Join("..", "dist", name))
	if err != nil {
		t.Fatalf("%v: make wasm builds it", err)
	}
	return bytes
}

// shared returns the engine of a kind, made at first use.
func (k *kind) shared(t testing.TB) *host.Engine {
	t.Helper()
	if k.engine == nil {
		k.engine = newEngine(t, k.module, host.Config{Interpreter: k.interpreter})
	}
	return k.engine
}

// newEngine makes an engine that its caller closes.
func newEngine(t testing.TB, name string, c host.Config) *host.Engine {
	t.Helper()
	if c.CacheDir == "" {
		c.CacheDir = cacheDir
	}
	e, err := host.New(context.Background(), module(t, name), c)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// own returns an engine of the lean module for one test.
func own(t testing.TB, c host.Config) *host.Engine {
	t.Helper()
	e := newEngine(t, "wsbind.wasm", c)
	t.Cleanup(func() { e.Close() })
	return e
}
