package fault_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/schemas/vectors"
)

// TestEveryConstantStandsInTheTable reads code.go: a code that is declared and
// forgotten in the table would pass for an internal error everywhere.
func TestEveryConstantStandsInTheTable(t *testing.T) {
	var declared []fault.Code
	for name, code := range constants(t, "code.go") {
		if !code.Known() {
			t.Errorf("%s, %q, has no row in the table", name, code)
		}
		declared = append(declared, code)
	}
	for _, code := range fault.Codes() {
		if !slices.Contains(declared, code) {
			t.Errorf("%q stands in the table and is not declared in code.go", code)
		}
	}
}

// constants returns the string constants of a Go file by their names.
func constants(t *testing.T, file string) map[string]fault.Code {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	codes := map[string]fault.Code{}
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for i, name := range spec.Names {
			code, err := strconv.Unquote(spec.Values[i].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatalf("%s: %v", name.Name, err)
			}
			codes[name.Name] = fault.Code(code)
		}
		return true
	})
	return codes
}

// TestVectorsUseKnownCodes: a verdict with a misspelled code could never be met.
func TestVectorsUseKnownCodes(t *testing.T) {
	known := func(c vectors.Case, code string) {
		if !fault.Code(code).Known() {
			t.Errorf("%s: %s: there is no code %q", c.File, c.Name, code)
		}
	}
	issues := func(c vectors.Case, list []vectors.Issue) {
		for _, i := range list {
			known(c, i.Code)
		}
	}
	for _, c := range loaded(t, vectors.Definitions) {
		issues(c.Case, c.Issues)
		for _, r := range c.Repairs {
			known(c.Case, r.Code)
		}
	}
	for _, c := range slices.Concat(loaded(t, vectors.Requests), loaded(t, vectors.Responses)) {
		issues(c.Case, c.Issues)
	}
	for _, c := range loaded(t, vectors.Notifications) {
		issues(c.Case, c.Issues)
	}
	for _, c := range loaded(t, vectors.Tokens) {
		if !c.OK {
			known(c.Case, c.Code)
		}
	}
	for _, c := range loaded(t, vectors.Binds) {
		if !c.OK {
			known(c.Case, c.Code)
		}
	}
}

// loaded returns the vectors of a kind.
func loaded[T any](t *testing.T, load func() ([]T, error)) []T {
	t.Helper()
	cases, err := load()
	if err != nil {
		t.Fatal(err)
	}
	return cases
}
