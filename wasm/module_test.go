package wasm_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/wsbind/wsbind/wasm"
)

var update = flag.Bool("update", false, "write the lists of imports and exports anew")

// mayImport holds what either module asks of a host, each for a reason: a list of
// its own, so that a dependency that drags in more is not waved through with the
// golden files.
var mayImport = map[string][]string{
	"wsbind": {
		"fd_write",  // what a runtime that gives up says
		"proc_exit", // and how it ends
	},
	"wsbind-jose": {
		"fd_write", "proc_exit",
		"random_get", // ECDSA and RSASSA-PSS sign with it
	},
}

var modules = map[string]func() ([]byte, error){"wsbind": wasm.Lean, "wsbind-jose": wasm.Jose}

func TestImports(t *testing.T) {
	for name := range modules {
		m := decode(t, name)
		var lines []string
		for _, f := range m.ImportedFunctions() {
			module, function, _ := f.Import()
			if module != "wasi_snapshot_preview1" || !slices.Contains(mayImport[name], function) {
				t.Errorf("%s.wasm imports %s.%s, and may import %s", name, module, function, strings.Join(mayImport[name], ", "))
			}
			lines = append(lines, module+" "+function+signature(f))
		}
		if len(m.ImportedMemories()) > 0 {
			t.Errorf("%s.wasm imports a memory", name)
		}
		golden(t, name+".imports.txt", lines)
	}
}

func TestExports(t *testing.T) {
	for name := range modules {
		m := decode(t, name)
		var lines []string
		for export, f := range m.ExportedFunctions() {
			lines = append(lines, export+signature(f))
		}
		for export := range m.ExportedMemories() {
			lines = append(lines, export+" memory")
		}
		golden(t, name+".exports.txt", lines)
		if m.ExportedFunctions()["_initialize"] != nil {
			t.Errorf("%s.wasm exports _initialize, and was initialised when it was made", name)
		}
	}
}

// signature writes a function's type as the text format does, a little shorter.
func signature(f api.FunctionDefinition) string {
	types := func(all []api.ValueType) string {
		names := make([]string, len(all))
		for i, t := range all {
			names[i] = api.ValueTypeName(t)
		}
		return "(" + strings.Join(names, " ") + ")"
	}
	return " " + types(f.ParamTypes()) + " -> " + types(f.ResultTypes())
}

// golden compares lines, in order, with a file of reactor/testdata.
func golden(t *testing.T, name string, lines []string) {
	t.Helper()
	slices.Sort(lines)
	got := strings.Join(lines, "\n") + "\n"
	path := "reactor/testdata/" + name
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is due (go test ./wasm -update writes it):\n%s\nthe module has:\n%s", path, want, got)
	}
}

// decode reads a built module without compiling it to machine code.
func decode(t *testing.T, name string) wazero.CompiledModule {
	t.Helper()
	return compile(t, interpreter(t), name)
}

func interpreter(t *testing.T) wazero.Runtime {
	t.Helper()
	r := wazero.NewRuntimeWithConfig(t.Context(), wazero.NewRuntimeConfigInterpreter())
	t.Cleanup(func() { r.Close(context.Background()) })
	return r
}

func compile(t *testing.T, r wazero.Runtime, name string) wazero.CompiledModule {
	t.Helper()
	bytes, err := modules[name]()
	if err != nil {
		t.Fatal(fmt.Errorf("%w: the tests of the modules need make wasm", err))
	}
	m, err := r.CompileModule(t.Context(), bytes)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
