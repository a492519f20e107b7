package host

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/wsbind/wsbind/core/fault"
)

const pageSize = 64 << 10 // of WebAssembly memory

// compile compiles the module and checks what it imports and exports.
func (e *Engine) compile(ctx context.Context, module []byte) error {
	cache := e.config.openCache()
	if cache != nil {
		// A cache that can be opened may still not be written, or hold what
		// was cut short: then it is as good as none.
		if e.compileWith(ctx, module, cache) == nil {
			return nil
		}
		cache.Close(ctx)
	}
	return e.compileWith(ctx, module, nil)
}

// openCache returns nil where there is to be none, or none can be had.
func (c *Config) openCache() wazero.CompilationCache {
	if c.NoCache || c.Interpreter {
		return nil
	}
	dir := c.CacheDir
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return nil
		}
		dir = filepath.Join(user, "wsbind")
	}
	cache, err := wazero.NewCompilationCacheWithDir(dir)
	if err != nil {
		return nil
	}
	return cache
}

func (e *Engine) compileWith(ctx context.Context, module []byte, cache wazero.CompilationCache) error {
	config := wazero.NewRuntimeConfig()
	if e.config.Interpreter {
		config = wazero.NewRuntimeConfigInterpreter()
	}
	config = config.WithCloseOnContextDone(!e.config.Unbounded).
		WithMemoryLimitPages(uint32(min(e.config.MaxMemory/pageSize, 65536))).
		WithDebugInfoEnabled(false)
	if cache != nil {
		config = config.WithCompilationCache(cache)
	}
	e.runtime, e.cache = wazero.NewRuntimeWithConfig(ctx, config), cache
	err := e.link(ctx, module)
	if err != nil {
		e.runtime.Close(ctx)
	}
	return err
}

// link compiles the module in the runtime and gives it what it imports.
func (e *Engine) link(ctx context.Context, module []byte) (err error) {
	workers := experimental.WithCompilationWorkers(ctx, runtime.GOMAXPROCS(0))
	if e.compiled, err = e.runtime.CompileModule(workers, module); err != nil {
		if ctx.Err() != nil {
			return interrupted(ctx)
		}
		return incompatible("it does not compile: " + firstLine(err.Error()))
	}
	if err := checkExports(e.compiled); err != nil {
		return err
	}
	return provideImports(ctx, e.runtime, e.compiled)
}

func (e *Engine) closeRuntime() error {
	err := e.runtime.Close(context.Background())
	if e.cache != nil {
		if closed := e.cache.Close(context.Background()); err == nil {
			err = closed
		}
	}
	return err
}

// A signature is what an export takes and returns.
type signature struct{ params, results []api.ValueType }

var (
	i32, i64, f64 = api.ValueTypeI32, api.ValueTypeI64, api.ValueTypeF64

	// envelope is the signature of an operation on a buffer.
	envelope = signature{[]api.ValueType{i32, i32}, []api.ValueType{i64}}
	// ofHandle is that of dropping something.
	ofHandle = signature{[]api.ValueType{i32}, []api.ValueType{i32}}
)

// exports are those of wasm/ABI.md that are used here. A newer minor version
// has more of them.
var exports = map[string]signature{
	"abi_version":           {nil, []api.ValueType{i32}},
	"describe":              {nil, []api.ValueType{i64}},
	"buffer_new":            ofHandle,
	"buffer_free":           ofHandle,
	"define":                envelope,
	"forget":                ofHandle,
	"validate_request":      envelope,
	"validate_response":     envelope,
	"validate_notification": envelope,
	"parse_bind":            envelope,
	"issue_begin":           envelope,
	"issue_end":             {[]api.ValueType{i32, i32, i32}, []api.ValueType{i64}},
	"verify_begin":          envelope,
	"verify_end":            {[]api.ValueType{i32, i32, f64}, []api.ValueType{i64}},
	"cancel":                ofHandle,
}

// exportsJose are those that only the self-contained module has.
var exportsJose = []string{"issue_token", "verify_token"}

func checkExports(m wazero.CompiledModule) error {
	got := m.ExportedFunctions()
	for name, want := range exports {
		f, ok := got[name]
		if !ok {
			return incompatible("it does not export " + name)
		}
		if !slices.Equal(f.ParamTypes(), want.params) || !slices.Equal(f.ResultTypes(), want.results) {
			return incompatible("its export " + name + " has another signature")
		}
	}
	if _, ok := m.ExportedMemories()["memory"]; !ok {
		return incompatible("it does not export its memory")
	}
	return nil
}

// checkVersion refuses another major version of the ABI (wasm/ABI.md).
func checkVersion(version uint32) error {
	const major = 1
	if got := version >> 16; got != major {
		return incompatible(fmt.Sprintf("its ABI has version %d.%d, version %d is due", got, version&0xffff, major))
	}
	return nil
}

func incompatible(why string) error {
	return fault.New(fault.IncompatibleModule, "the module cannot be used: "+why)
}
