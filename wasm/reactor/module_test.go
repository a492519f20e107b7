package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// The tests in module_*_test.go run the built modules, as a host does that was
// written from ABI.md alone.

const (
	leanModule = "wsbind.wasm"
	joseModule = "wsbind-jose.wasm"
)

// A program is a module that was compiled, for all tests.
type program struct {
	once     sync.Once
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
	err      error
}

var programs = map[string]*program{leanModule: {}, joseModule: {}}

func (p *program) compile(name string) {
	binary, err := os.ReadFile("../dist/" + name)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w: run make wasm", err)
	}
	if err != nil {
		p.err = err
		return
	}
	ctx := context.Background()
	p.runtime = wazero.NewRuntime(ctx)
	if p.compiled, p.err = p.runtime.CompileModule(ctx, binary); p.err == nil {
		p.err = stub(ctx, p.runtime, p.compiled)
	}
}

// stub answers every import as ABI.md says that it may be.
func stub(ctx context.Context, runtime wazero.Runtime, compiled wazero.CompiledModule) error {
	const enosys = 52
	builder := runtime.NewHostModuleBuilder("wasi_snapshot_preview1")
	for _, f := range compiled.ImportedFunctions() {
		module, name, _ := f.Import()
		if module != "wasi_snapshot_preview1" {
			return fmt.Errorf("%s.%s is imported", module, name)
		}
		answer := func(_ context.Context, m api.Module, stack []uint64) {
			switch name {
			case "proc_exit":
				panic("the module exits")
			case "random_get": // the one that is no stub, and only in the jose module
				bytes, _ := m.Memory().Read(api.DecodeU32(stack[0]), api.DecodeU32(stack[1]))
				rand.Read(bytes)
				stack[0] = 0
			default:
				stack[0] = enosys
			}
		}
		builder.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(answer), f.ParamTypes(), f.ResultTypes()).Export(name)
	}
	_, err := builder.Instantiate(ctx)
	return err
}

func TestMain(m *testing.M) {
	code := m.Run()
	for _, p := range programs {
		if p.runtime != nil {
			p.runtime.Close(context.Background())
		}
	}
	os.Exit(code)
}

// guest is an instance of a module.
type guest struct {
	testing.TB
	module api.Module
}

func instantiate(t testing.TB, name string) guest {
	t.Helper()
	p := programs[name]
	p.once.Do(func() { p.compile(name) })
	if p.err != nil {
		t.Fatal(p.err)
	}
	ctx := context.Background()
	module, err := p.runtime.InstantiateModule(ctx, p.compiled, wazero.NewModuleConfig().WithName("").WithStartFunctions())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { module.Close(ctx) })
	return guest{t, module}
}

// eachModule runs a test with an instance of both modules.
func eachModule(t *testing.T, test func(t *testing.T, g guest)) {
	for _, name := range []string{leanModule, joseModule} {
		t.Run(name, func(t *testing.T) { test(t, instantiate(t, name)) })
	}
}

// try calls an export.
func (g guest) try(export string, args ...uint64) (uint64, error) {
	results, err := g.module.ExportedFunction(export).Call(context.Background(), args...)
	if err != nil {
		return 0, err
	}
	return results[0], nil
}

func (g guest) number(export string, args ...uint64) uint64 {
	g.Helper()
	result, err := g.try(export, args...)
	if err != nil {
		g.Fatalf("%s: %v", export, err)
	}
	return result
}

// buffer makes a buffer with the given bytes.
func (g guest) buffer(text []byte) (at, length uint64) {
	g.Helper()
	at, length = g.number("buffer_new", uint64(len(text))), uint64(len(text))
	if at == 0 || !g.module.Memory().Write(uint32(at), text) {
		g.Fatalf("no buffer for %d bytes", length)
	}
	return at, length
}

// answer takes an answer out of its buffer.
func (g guest) answer(result uint64) string {
	g.Helper()
	if result == 0 {
		return ""
	}
	view, ok := g.module.Memory().Read(uint32(result>>32), uint32(result))
	text := string(view)
	if !ok || g.number("buffer_free", result>>32) != 1 || !json.Valid([]byte(text)) {
		g.Fatalf("no answer: %#x %q", result, text)
	}
	return text
}

// ask calls an export with an envelope.
func (g guest) ask(export, options, document string) string {
	g.Helper()
	at, length := g.buffer(envelope(options, document))
	return g.answer(g.number(export, at, length))
}

// live checks how many buffers are live.
func (g guest) live(want uint64) {
	g.Helper()
	if got := g.number("buffer_live"); got != want {
		g.Errorf("%d buffers are live, want %d", got, want)
	}
}

// pages returns the size of the memory in pages of 64 KiB.
func (g guest) pages() uint32 { return g.module.Memory().Size() >> 16 }
