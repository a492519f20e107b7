package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/opdef"
	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/schemas"
	"github.com/wsbind/wsbind/schemas/vectors"
	"github.com/wsbind/wsbind/wasm"
)

// modules are the engines besides native.
var modules = []string{"wasm", "wasm-jose"}

// wsbindOnAll runs a command line natively, and on every other engine, where it
// must print the same and end the same.
func wsbindOnAll(t *testing.T, stdin string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	stdout, stderr, status = wsbind(t, stdin, args...)
	for _, name := range modules {
		out, err, s := wsbind(t, stdin, append(args[:len(args):len(args)], "--engine", name)...)
		if s != status || err != stderr {
			t.Errorf("%v: exit status %d with %s, %d natively:\n%s\nnatively:\n%s", args, s, name, status, err, stderr)
		}
		sameLines(t, name, out, stdout)
	}
	return stdout, stderr, status
}

// sameLines shows the first lines that differ.
func sameLines(t *testing.T, name, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			t.Errorf("line %d:\n%9s: %.2000s\n   native: %.2000s", i+1, name, g[i], w[i])
			return
		}
	}
	t.Errorf("%d lines with %s, %d natively", len(g), name, len(w))
}

// A job is what a command does once its flags were read.
type job struct {
	name  string
	stdin string
	run   func(s streams, e engine, asJSON bool) error
}

// jobs are the vectors, each given to its command as a user would.
func jobs(t *testing.T) (all []job) {
	t.Helper()
	dir := t.TempDir()
	write := func(name string, text []byte) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	for _, load := range []func() ([]vectors.Validation, error){vectors.Requests, vectors.Responses} {
		for _, c := range loaded(t, load) {
			f := validateFlags{definition: c.Definition, use: c.Use, level: c.Level, release: c.FHIR}
			if c.DefinitionDocument != nil {
				f.definition = write(filepath.Base(c.DefinitionFile), c.DefinitionDocument)
			}
			all = append(all, job{c.Use + "/" + c.Name, string(c.Document), func(s streams, e engine, asJSON bool) error {
				f.json = asJSON
				return f.run(s, e, nil)
			}})
		}
	}
	for _, c := range loaded(t, vectors.Notifications) {
		r, err := parseRelease(c.FHIR)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, job{c.Name, string(c.Document), func(s streams, e engine, asJSON bool) error {
			return s.judge(nil, asJSON, func(text []byte) ([]fault.Issue, error) { return e.checkNotification(text, r) })
		}})
	}
	for _, c := range loaded(t, vectors.Definitions) {
		r, err := parseAnyRelease(c.FHIR)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, job{c.Name, string(c.Document), func(s streams, e engine, asJSON bool) error {
			return showDefinition(s, e, "-", opdef.Options{Strict: c.Strict, Release: r}, asJSON)
		}})
	}
	for _, c := range loaded(t, vectors.Tokens) {
		f := verifyFlags{keys: write(c.Name+".jwks", c.Keys), issuer: c.Issuer, audience: c.Audience, typ: token.Type, tolerance: "0",
			now: strconv.FormatFloat(c.Now, 'f', -1, 64), algorithms: c.Algorithms, raw: c.Raw}
		if c.Typ != nil {
			f.typ = *c.Typ
		}
		if c.ClockTolerance != nil {
			f.tolerance = strconv.FormatFloat(*c.ClockTolerance, 'f', -1, 64)
		}
		all = append(all, job{c.Name, c.Token, func(s streams, e engine, asJSON bool) error {
			f.json = asJSON
			return verifyToken(s, e, f, "-")
		}})
	}
	return all
}

func loaded[T any](t *testing.T, load func() ([]T, error)) []T {
	t.Helper()
	cases, err := load()
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

// do runs a job and returns all that comes of it.
func (j *job) do(e engine, asJSON bool) string {
	var out, stderr bytes.Buffer
	s := streams{strings.NewReader(j.stdin), &out, &stderr}
	status := s.report("wsbind", j.run(s, e, asJSON))
	return fmt.Sprintf("%s%sexit status %d\n", out.Bytes(), stderr.Bytes(), status)
}

// TestVectorsForPeople runs every vector as a single document, for people and
// with --json, on every engine. See vectors_test.go for streams.
func TestVectorsForPeople(t *testing.T) {
	all := jobs(t)
	native, err := openEngine(t.Context(), "native")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range modules {
		t.Run(name, func(t *testing.T) {
			e, err := openEngine(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			defer e.close()
			for _, j := range all {
				for _, asJSON := range []bool{false, true} {
					t.Run(j.name, func(t *testing.T) { sameLines(t, name, j.do(e, asJSON), j.do(native, asJSON)) })
				}
			}
		})
	}
}

// TestUnreadableKeysOnAllEngines: what is wrong with the keys is said of their
// file, before the token is looked at.
func TestUnreadableKeysOnAllEngines(t *testing.T) {
	for _, keys := range []string{`{}`, `{"keys":{}}`, `{"keys":[],"keys":[]}`, `no JSON`, `{"kty":"oct","k":"AA"}`, `{"kty":"EC","crv":"P-256","x":"","y":""}`, strings.Repeat("[", 100)} {
		file := filepath.Join(t.TempDir(), "keys")
		if err := os.WriteFile(file, []byte(keys), 0o600); err != nil {
			t.Fatal(err)
		}
		_, stderr, status := wsbindOnAll(t, "a.b.c", "verify", "--keys", file)
		if status != exitBad || !strings.Contains(stderr, file+": ") {
			t.Errorf("%s: exit status %d, %s", keys, status, stderr)
		}
	}
}

// TestFinePrintOnAllEngines: what is below a microsecond, is no text, or fits
// into no module, is the same to all.
func TestFinePrintOnAllEngines(t *testing.T) {
	dir := t.TempDir()
	key, public := filepath.Join(dir, "key"), filepath.Join(dir, "broken")
	if _, stderr, status := wsbind(t, "", "keys", "-o", key); status != exitGood {
		t.Fatal(stderr)
	}
	compact, stderr, status := wsbind(t, "", "issue", "--key", key, "--issuer", "i", "--audience", "a", "--subscription", "1", "--now", "1772366400", "--lifetime", "60s")
	if status != exitGood {
		t.Fatal(stderr)
	}
	for _, c := range []struct {
		now, tolerance string
		status         int
	}{
		{"1772366459.9999999", "0", exitGood},
		{"1772366460.0000009", "0", exitBad}, // expired
		{"1772366460", "0.000000001", exitGood},
		{"1772366460.123456789", "1e-9", exitBad},
		{"1772366399.9999999", "0", exitBad}, // not yet valid
		{"253402300799", "0", exitBad},
	} {
		if _, stderr, status := wsbindOnAll(t, compact, "verify", "--keys", key, "--now", c.now, "--clock-tolerance", c.tolerance); status != c.status {
			t.Errorf("now %s, tolerance %s: exit status %d, %s", c.now, c.tolerance, status, stderr)
		}
	}
	for _, keys := range []string{"\xff", "{\"kty\":\"\xff\"}", strings.Repeat(" ", 17<<20)} {
		if err := os.WriteFile(public, []byte(keys), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, stderr, status := wsbindOnAll(t, compact, "verify", "--keys", public); status != exitBad {
			t.Errorf("exit status %d, %s", status, stderr)
		}
	}
	if _, stderr, status := wsbindOnAll(t, strings.Repeat("a", 33<<20), "verify", "--keys", key); status != exitBad {
		t.Errorf("exit status %d, %s", status, stderr)
	}
}

// TestDocumentsBeyondTheModule: natively 17 MiB are read, and by the modules
// refused; 33 MiB do not even fit into one.
func TestDocumentsBeyondTheModule(t *testing.T) {
	for _, mebibytes := range []int{17, 33} {
		document := `"` + strings.Repeat("a", mebibytes<<20) + `"`
		for _, command := range []string{"validate", "notification"} {
			out, stderr, status := wsbind(t, document, command, "--engine", "wasm")
			if status != exitBad || stderr != "" || !strings.Contains(out, "fatal too-large: the document has") || !strings.Contains(out, "at most 16777216 are read") {
				t.Errorf("%s, %d MiB: exit status %d, %s%s", command, mebibytes, status, out, stderr)
			}
		}
	}
}

func TestUnknownEngine(t *testing.T) {
	_, stderr, status := wsbind(t, "{}", "validate", "--engine", "v8")
	if status != exitUsage || !strings.Contains(stderr, `wsbind: "v8" is no engine: native, wasm or wasm-jose`) {
		t.Errorf("exit status %d, %s", status, stderr)
	}
}

// TestModulesThatCannotBeOpened: the message says what to do.
func TestModulesThatCannotBeOpened(t *testing.T) {
	for _, c := range []struct {
		module func() ([]byte, error)
		want   string
	}{
		{func() ([]byte, error) { return nil, wasm.ErrNotBuilt }, "wsbind: this wsbind was built without WebAssembly modules\nwsbind: hint: make build"},
		{func() ([]byte, error) { return nil, errors.New("the disk is gone") }, "wsbind: the disk is gone"},
		{func() ([]byte, error) { return []byte("x"), nil }, "wsbind: incompatible-module: the module cannot be used: it does not compile"},
	} {
		_, err := openModule(t.Context(), c.module)
		var stderr bytes.Buffer
		if status := (streams{err: &stderr}).report("wsbind validate", err); status != exitUsage || !strings.HasPrefix(stderr.String(), c.want) {
			t.Errorf("exit status %d, %s", status, stderr.String())
		}
	}
}

// failing is an engine whose module fails at everything but loading.
type failing struct{ nativeEngine }

var errFailing = fault.New(fault.Trapped, "the module stopped")

func (failing) validator(contract, fhir.Release) validator {
	return func([]byte, opdef.Use, opdef.Level) ([]fault.Issue, error) { return nil, errFailing }
}

func (failing) checkNotification([]byte, fhir.Release) ([]fault.Issue, error) { return nil, errFailing }

func (failing) verifier([]byte) (verifier, error) {
	return func(check, string) ([]byte, error) { return nil, errFailing }, nil
}

// failingToLoad fails at that too.
type failingToLoad struct{ failing }

func (failingToLoad) load([]byte, opdef.Options) (contract, error) { return contract{}, errFailing }

// TestFailingModule: a module that fails is no verdict, neither of a document
// nor of a token.
func TestFailingModule(t *testing.T) {
	e, worse := new(failing), new(failingToLoad)
	const line = `{"id":1,"document":"{}"}`
	for _, c := range []struct {
		line   string
		answer answerer
	}{
		{line, validateAnswerer(e, asked{use: opdef.In, level: opdef.TypeLevel, release: fhir.R4})},
		{line[:len(line)-1] + `,"definition":{}}`, validateAnswerer(worse, asked{use: opdef.In, level: opdef.TypeLevel, release: fhir.R4})},
		{line, notificationAnswerer(e, fhir.R4)},
		{`{"id":1,"definition":"{}"}`, definitionAnswerer(worse, opdef.Options{})},
		{`{"id":1,"token":"a.b.c","keys":{"keys":[]}}`, verifyAnswerer(e)},
	} {
		var out bytes.Buffer
		if err := stream(strings.NewReader(c.line), &out, c.answer); err != nil || out.String() != `{"id":1,"error":"trapped: the module stopped"}`+"\n" {
			t.Errorf("%s: %s (%v)", c.line, out.String(), err)
		}
	}
	var out, stderr bytes.Buffer
	s := streams{strings.NewReader("{}"), &out, &stderr}
	f := validateFlags{definition: schemas.GetWSBindingToken, use: "in", level: "type", release: "R4"}
	_, noContract := f.asked(s, worse)
	keys := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(keys, []byte(`{"keys":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"judge":      s.judge(nil, false, func([]byte) ([]fault.Issue, error) { return nil, errFailing }),
		"asked":      noContract,
		"definition": showDefinition(s, worse, "-", opdef.Options{}, false),
		"verify":     verifyToken(s, e, verifyFlags{keys: keys, tolerance: "0"}, "-"),
	} {
		if status := s.report("wsbind", err); status != exitUsage || !errors.Is(err, fault.Trapped) {
			t.Errorf("%s: exit status %d, %v", name, status, err)
		}
	}
	if out.Len() > 0 {
		t.Errorf("printed %s", out.String())
	}
}
