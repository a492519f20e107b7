package host_test

import (
	"context"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/wsbind/wsbind/wasm"
	"github.com/wsbind/wsbind/wasm/host"
)

// cacheDir holds what the tests compile, so that each module is compiled once.
// It is the one of the command's tests, below bin, which make clean removes.
var cacheDir = filepath.Join("..", "..", "bin", "cache", "wsbind")

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(leakless{m})
}

// leakless runs the tests and closes the engines that they share.
type leakless struct{ *testing.M }

func (m leakless) Run() int {
	status := m.M.Run()
	for _, k := range kinds {
		if k.engine != nil {
			k.engine.Close()
		}
	}
	return status
}

// A kind is a module and a way to run it.
type kind struct {
	name        string
	module      func() ([]byte, error)
	interpreter bool
	engine      *host.Engine // shared by the tests
}

var kinds = []*kind{
	{name: "lean-compiler", module: wasm.Lean},
	{name: "lean-interpreter", module: wasm.Lean, interpreter: true},
	{name: "jose-compiler", module: wasm.Jose},
	{name: "jose-interpreter", module: wasm.Jose, interpreter: true},
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
func newEngine(t testing.TB, module func() ([]byte, error), c host.Config) *host.Engine {
	t.Helper()
	bytes, err := module()
	if err != nil {
		t.Fatal(err)
	}
	c.CacheDir = cacheDir
	e, err := host.New(context.Background(), bytes, c)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// lean returns an engine of the lean module for one test.
func lean(t testing.TB, c host.Config) *host.Engine {
	t.Helper()
	e := newEngine(t, wasm.Lean, c)
	t.Cleanup(func() { e.Close() })
	return e
}
