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
var coreOrder = []string{"fault", "jsonscan", "fhir", "opdef", "notification", "token", "binding", "bridge"}

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
		for _, dep := range strings.Fields(golist(t, "-deps", "./"+name)) {
			if slices.Contains(heavy, dep) {
				t.Errorf("core/%s depends on %s", name, dep)
			}
		}
	}
}

func TestCoreImportsUpwardsOnly(t *testing.T) {
	all := imports(t)
	for i, name := range coreOrder {
		for _, imported := range all["core/"+name] {
			if imported == "os" {
				t.Errorf("core/%s imports os", name)
			}
			rest, ours := strings.CutPrefix(imported, module)
			if !ours || rest == "schemas" && name == "binding" {
				continue
			}
			if above, ok := strings.CutPrefix(rest, "core/"); !ok || !slices.Contains(coreOrder[:i], above) {
				t.Errorf("core/%s imports %s", name, rest)
			}
		}
	}
}

// TestWhoImportsWhat holds the table of core/README.md.
func TestWhoImportsWhat(t *testing.T) {
	all := imports(t)
	for _, rule := range []struct {
		pkg       string
		forbidden []string
	}{
		{"schemas", []string{module}},
		{"schemas/vectors", []string{module + "core"}},
		{"schemas/check", []string{module + "core"}},
		{"core/jose", []string{module + "core/fhir", module + "core/opdef", module + "mockserver"}},
		{"wasm/reactor", []string{module + "mockserver", module + "wasm", "github.com/tetratelabs/", "net/http"}},
		{"wasm/host", []string{module + "mockserver", module + "schemas", module + "core/jsonscan", module + "core/jose", module + "core/binding", module + "core/bridge"}},
		{"wasm", []string{module}},
		{"web-demo", []string{module}},
		{"mockserver", []string{module + "wasm", "github.com/go-jose/", "github.com/spf13/"}},
		{"mockserver/socket", []string{module + "wasm", "github.com/go-jose/", "github.com/spf13/"}},
		{"mockserver/world", []string{module + "wasm", "github.com/go-jose/", "github.com/coder/", "net/http"}},
		{"mockserver/subscription", []string{module + "wasm", module + "mockserver/world", "net/http"}},
		{"mockserver/search", []string{module + "wasm", module + "mockserver/world", "net/http"}},
		{"mockserver/scenario", []string{module + "wasm", module + "mockserver/world", "github.com/go-jose/", "net/http"}},
		{"mockserver/draw", []string{module, "net/http"}},
		{"mockserver/journal", []string{module + "core", module + "mockserver/world", module + "mockserver/socket", "net/http"}},
		{"mockserver/faults", []string{module + "mockserver/journal", module + "mockserver/world", module + "mockserver/socket", "net/http"}},
		{"mockserver/review", []string{module + "mockserver/world", module + "mockserver/socket", "net/http"}},
		{"mockserver/wire", []string{module + "core", module + "mockserver/faults", module + "mockserver/socket"}},
		{"mockserver/record", []string{module + "wasm", module + "mockserver/world", "github.com/go-jose/", "github.com/spf13/"}},
		{"mockserver/client", []string{module + "wasm", module + "mockserver/world", "github.com/go-jose/"}},
		{"mockserver/client/load", []string{module + "wasm", module + "mockserver/world", module + "mockserver/socket", module + "mockserver/faults",
			"github.com/go-jose/", "github.com/coder/", "github.com/spf13/"}},
		{"mockserver/internal/fhirhttp", []string{module + "mockserver", module + "core/jose", "github.com/coder/"}},
		{"mockserver/internal/notice", []string{module + "mockserver", module + "core/jose", "net/http"}},
		{"mockserver/internal/soak", []string{module + "wasm", module + "mockserver/world", module + "mockserver/socket", "github.com/go-jose/"}}, // it sees what a client sees
		{"mockserver/internal/manage", []string{module + "mockserver", module + "core/jose", "github.com/coder/"}},
		{"mockserver/internal/bench", []string{module + "core", module + "schemas", module + "wasm"}},
		{"mockserver/internal/bench/client", []string{module + "core", module + "schemas", "github.com/coder/", "github.com/centrifugal/", "github.com/nats-io/"}},
		{"mockserver/gate", []string{module + "wasm", module + "mockserver/world", module + "mockserver/socket", module + "mockserver/client",
			module + "mockserver/faults", module + "mockserver/store", "github.com/go-jose/", "github.com/spf13/"}},
		{"mockserver/gate/natsstore", []string{module + "wasm", module + "core/jose", module + "mockserver/world", "net/http"}},
	} {
		if all[rule.pkg] == nil {
			t.Fatalf("there is no package %s", rule.pkg)
		}
		for _, imported := range all[rule.pkg] {
			for _, bad := range rule.forbidden {
				if imported == bad || strings.HasPrefix(imported, strings.TrimSuffix(bad, "/")+"/") {
					t.Errorf("%s imports %s", rule.pkg, imported)
				}
			}
		}
	}
}

// benchmarks is the program that measures the mock server beside its peers, and
// onlyMeasured is what nothing but tests and benchmarks may import.
const benchmarks = "mockserver/internal/bench"

var onlyMeasured = []string{"github.com/nats-io/nats-server/v2", "github.com/centrifugal"}

// TestOneImporter holds what only one package may import, or the few that are named,
// benchmarks aside.
func TestOneImporter(t *testing.T) {
	owners := map[string]string{
		"github.com/go-jose/go-jose/v4":                  "core/jose",
		"github.com/santhosh-tekuri/jsonschema/v5":       "schemas/check",
		"github.com/spf13/cobra":                         "mockserver/cmd/wsbind",
		"go.yaml.in/yaml/v3":                             "mockserver/scenario",
		"github.com/tetratelabs/wazero":                  "wasm/host",
		"github.com/nats-io/nats.go":                     "mockserver/gate/natsstore",
		"github.com/nats-io/nats.go/jetstream":           "mockserver/gate/natsstore",
		"go.etcd.io/bbolt":                               "mockserver/gate",
		"github.com/prometheus/client_golang/prometheus": "mockserver mockserver/gate",
		"github.com/HdrHistogram/hdrhistogram-go":        "mockserver/client/load",
		module + "web-demo":                              "mockserver/cmd/wsbind",
	}
	for pkg, list := range imports(t) {
		if pkg == benchmarks || strings.HasPrefix(pkg, benchmarks+"/") {
			continue // its peers are others' libraries alone
		}
		for _, imported := range list {
			for _, bad := range onlyMeasured {
				if imported == bad || strings.HasPrefix(imported, bad+"/") {
					t.Errorf("%s imports %s, which is for tests and benchmarks", pkg, imported)
				}
			}
			if owner, owned := owners[imported]; owned && !slices.Contains(strings.Fields(owner), pkg) {
				t.Errorf("%s imports %s, which belongs to %s", pkg, imported, owner)
			}
		}
	}
}

// imports returns what each package of the module imports, tests left out. The
// packages are named by their path below the root.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for line := range strings.Lines(golist(t, "-f", `{{.ImportPath}} {{join .Imports " "}}`, "../...")) {
		words := strings.Fields(line)
		all[strings.TrimPrefix(words[0], module)] = words[1:]
	}
	return all
}

func golist(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list"}, args...)...).Output()
	if err != nil {
		t.Fatalf("go list %s: %v", strings.Join(args, " "), err)
	}
	return string(out)
}
