// Package core_test holds the house rule of who may import whom.
package core_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/wsbind/wsbind/"

// coreOrder lists the packages of core in import order: each may import those
// before it.
var coreOrder = []string{"fault", "jsonscan", "fhir", "opdef", "notification", "token", "binding"}

// heavy is what no lean package may have among its dependencies, at any depth:
// it makes the edge module big or slow to start, or takes a clock, randomness
// or the network silently.
var heavy = []string{
	"encoding/json", "encoding/hex", "encoding/binary", "fmt", "reflect", "regexp",
	"net", "net/url", "net/http", "log", "log/slog", "math/big", "math/rand", "math/rand/v2",
	"github.com/go-jose/go-jose/v4", "github.com/santhosh-tekuri/jsonschema/v5",
	"crypto", "crypto/rand", "crypto/sha256", "crypto/hmac", "crypto/subtle",
}

func TestCoreIsLean(t *testing.T) {
	for _, name := range coreOrder {
		deps := list(t, "-deps", "./"+name)
		for _, dep := range deps {
			if slices.Contains(heavy, dep) {
				t.Errorf("core/%s depends on %s", name, dep)
			}
		}
	}
}

func TestCoreImportsUpwardsOnly(t *testing.T) {
	for i, name := range coreOrder {
		for _, imported := range imports(t, "./"+name) {
			rest, ours := strings.CutPrefix(imported, module)
			if !ours {
				continue
			}
			if above, ok := strings.CutPrefix(rest, "core/"); ok && slices.Contains(coreOrder[:i], above) {
				continue
			}
			if rest == "schemas" && name == "binding" {
				continue
			}
			t.Errorf("core/%s imports %s", name, rest)
		}
		if slices.Contains(imports(t, "./"+name), "os") {
			t.Errorf("core/%s imports os", name)
		}
	}
}

// TestWhoImportsWhat holds the rest of the table in the README.
func TestWhoImportsWhat(t *testing.T) {
	rules := []struct {
		pkg       string
		forbidden []string
	}{
		{"schemas", []string{module}},
		{"schemas/vectors", []string{module + "core"}},
		{"schemas/check", []string{module + "core"}},
		{"core/jose", []string{module + "core/fhir", module + "core/opdef", module + "mockserver"}},
		{"mockserver", []string{module + "wasm", "github.com/go-jose/", "github.com/spf13/"}},
		{"mockserver/socket", []string{module + "wasm", "github.com/go-jose/", "github.com/spf13/"}},
		{"mockserver/world", []string{module + "wasm", "github.com/go-jose/", "github.com/coder/", "net/http"}},
		{"mockserver/subscription", []string{module + "wasm", module + "mockserver/world", "net/http"}},
		{"mockserver/search", []string{module + "wasm", module + "mockserver/world", "net/http"}},
		{"mockserver/client", []string{module + "wasm", module + "mockserver/world", "github.com/go-jose/"}},
	}
	for _, rule := range rules {
		for _, imported := range imports(t, "../"+rule.pkg) {
			for _, bad := range rule.forbidden {
				if imported == bad || strings.HasPrefix(imported, strings.TrimSuffix(bad, "/")+"/") {
					t.Errorf("%s imports %s", rule.pkg, imported)
				}
			}
		}
	}
}

// TestOneImporter holds what only one package may import.
func TestOneImporter(t *testing.T) {
	owners := map[string]string{
		"github.com/go-jose/go-jose/v4":            "core/jose",
		"github.com/santhosh-tekuri/jsonschema/v5": "schemas/check",
		"github.com/spf13/cobra":                   "mockserver/cmd/wsbind",
	}
	for _, pkg := range list(t, "../...") {
		for _, imported := range imports(t, pkg) {
			owner, owned := owners[imported]
			if owned && pkg != module+owner {
				t.Errorf("%s imports %s, which belongs to %s", pkg, imported, owner)
			}
		}
	}
}

func imports(t *testing.T, pkg string) []string {
	return list(t, "-f", `{{join .Imports "\n"}}`, pkg)
}

func list(t *testing.T, args ...string) []string {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list"}, args...)...).Output()
	if err != nil {
		t.Fatalf("go list %s: %v", strings.Join(args, " "), err)
	}
	return strings.Fields(string(out))
}
