package host

import (
	"context"
	"crypto/rand"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/sys"
)

// wasi is the only module that may be imported from.
const wasi = "wasi_snapshot_preview1"

// The errors of WASI that are answered.
const (
	wasiSuccess = 0
	wasiEINVAL  = 28
	wasiENOSYS  = 52
)

// provideImports answers what a module imports as wasm/ABI.md says: an exit ends
// the call, the self-contained module gets real randomness, and the rest is refused.
func provideImports(ctx context.Context, r wazero.Runtime, m wazero.CompiledModule) error {
	b := r.NewHostModuleBuilder(wasi)
	for _, f := range m.ImportedFunctions() {
		module, name, _ := f.Import()
		if module != wasi {
			return incompatible("it imports " + module + "." + name)
		}
		b.NewFunctionBuilder().WithGoModuleFunction(imported(name), f.ParamTypes(), f.ResultTypes()).Export(name)
	}
	if len(m.ImportedMemories()) > 0 {
		return incompatible("it imports memory")
	}
	if _, err := b.Instantiate(ctx); err != nil {
		return incompatible(firstLine(err.Error()))
	}
	return nil
}

func imported(name string) api.GoModuleFunc {
	switch name {
	case "random_get":
		return randomGet
	case "proc_exit":
		return procExit
	}
	return refuse
}

func refuse(_ context.Context, _ api.Module, stack []uint64) { stack[0] = wasiENOSYS }

// randomGet(buffer, length)
func randomGet(_ context.Context, m api.Module, stack []uint64) {
	view, ok := m.Memory().Read(uint32(stack[0]), uint32(stack[1]))
	if !ok {
		stack[0] = wasiEINVAL
		return
	}
	rand.Read(view) // never fails
	stack[0] = wasiSuccess
}

// procExit(status) is how Go's runtime ends when it cannot go on.
func procExit(_ context.Context, _ api.Module, stack []uint64) {
	panic(sys.NewExitError(uint32(stack[0])))
}
