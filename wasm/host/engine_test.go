package host

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/opdef"
	"github.com/wsbind/wsbind/core/token"
)

func TestIncompatibleModules(t *testing.T) {
	for name, c := range map[string]struct {
		module []byte
		want   string
	}{
		"no bytes":           {nil, "does not compile"},
		"no WebAssembly":     {[]byte("<!doctype html>"), "does not compile"},
		"an empty module":    {[]byte("\x00asm\x01\x00\x00\x00"), "it does not export"},
		"a missing export":   {fake{without: "verify_end"}.module(), "it does not export verify_end"},
		"another signature":  {fake{wrong: "define"}.module(), "export define has another signature"},
		"no memory":          {fake{private: true}.module(), "does not export its memory"},
		"a foreign import":   {fake{imports: [][2]string{{"env", "f"}}}.module(), "it imports env.f"},
		"a later version":    {fake{version: 2<<16 | 1}.module(), "version 2.1, version 1 is due"},
		"an earlier version": {fake{version: 9}.module(), "version 0.9"},
		"no description":     {fake{bodies: map[string][]byte{"describe": opAnswer(3000)}}.module(), "the answer of describe cannot be read"},
		"a cut module":       {fake{}.module()[:200], "does not compile"},
	} {
		for _, interpreter := range []bool{false, true} {
			e, err := New(t.Context(), c.module, Config{NoCache: true, Interpreter: interpreter})
			if !errors.Is(err, fault.IncompatibleModule) || e != nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %q", name, err, c.want)
			}
		}
	}
}

// TestLaterMinorVersion: more than is known here is no harm.
func TestLaterMinorVersion(t *testing.T) {
	e := fakeEngine(t, fake{version: 1<<16 | 7, imports: [][2]string{{wasi, "sock_accept"}}})
	issues, err := e.NewChecker().Check(t.Context(), []byte("{}"), fhir.R4)
	want := []fault.Issue{{Severity: fault.Warning, Code: fault.OutOfScope, Expression: "a", Diagnostics: "d", Offset: 1, Length: 3}}
	if err != nil || !slices.Equal(issues, want) {
		t.Errorf("%+v, %v", issues, err)
	}
}

// TestNewThatTraps: a module is told off by name, not by a stack trace.
func TestNewThatTraps(t *testing.T) {
	_, err := New(t.Context(), fake{bodies: map[string][]byte{"describe": opUnreachable}}.module(), Config{NoCache: true})
	if !errors.Is(err, fault.Trapped) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v", err)
	}
}

// TestDroppedInstances: after whatever leaves an instance in an unknown state,
// the next call has another. The fake marks its memory in each call.
func TestDroppedInstances(t *testing.T) {
	const mark = 9000
	marked := func(body []byte) []byte { return append(opPut(mark, 1), body...) }
	for name, c := range map[string]struct {
		body []byte
		want fault.Code
	}{
		"a trap":                    {opUnreachable, fault.Trapped},
		"an answer outside":         {opI64(fakeMemory<<16<<32 | 8), fault.IncompatibleModule},
		"an answer of great size":   {opI64(0xffffffff), fault.IncompatibleModule},
		"an answer that is no JSON": {opAnswer(3000), fault.IncompatibleModule},
		"an internal error":         {opAnswer(3100), fault.Internal},
	} {
		t.Run(name, func(t *testing.T) {
			e := fakeEngine(t, fake{bodies: map[string][]byte{"parse_bind": marked(c.body), "validate_notification": marked(opI64(0))}})
			for range 2 {
				if _, err := e.NewChecker().Check(t.Context(), nil, fhir.R4); err != nil {
					t.Fatal(err)
				}
				if !e.idleHas(mark) {
					t.Fatal("an instance that did nothing wrong was dropped")
				}
				if _, err := e.ParseBind(t.Context(), nil); fault.CodeOf(err) != c.want {
					t.Errorf("%v, want %s", err, c.want)
				}
				if len(e.idle) != 0 {
					t.Error("the instance was kept")
				}
				if all := e.idle[:cap(e.idle)]; slices.ContainsFunc(all, func(i *instance) bool { return i != nil }) {
					t.Error("its memory was kept")
				}
			}
		})
	}
}

// TestLargeInstances: memory does not shrink, so that an instance which needed
// much of it is given up, and one that needed little is not.
func TestLargeInstances(t *testing.T) {
	grow := func(pages int32) []byte {
		return slices.Concat(opI32(pages), []byte{0x40, 0x00, 0x1a}, opAnswer(2048)) // memory.grow drop
	}
	for pages, kept := range map[int32]int{0: 1, 512: 1, 1024: 0} {
		e := fakeEngine(t, fake{bodies: map[string][]byte{"validate_notification": grow(pages)}})
		if issues, err := e.NewChecker().Check(t.Context(), nil, fhir.R4); err != nil || len(issues) != 1 {
			t.Fatalf("%v, %v", issues, err)
		}
		if len(e.idle) != kept {
			t.Errorf("%d idle instances after %d pages, %d are due", len(e.idle), pages, kept)
		}
	}
}

// TestAnswersWithoutContent: whatever a broken module does not say is not taken
// for consent.
func TestAnswersWithoutContent(t *testing.T) {
	fakeTexts = append(fakeTexts, place{3500, `{"handle":1,"alg":"HS256","kid":null,"signingInputLength":1,"signingInput":"a"}`}, place{3700, "{}"}, place{3800, `{"handle":1}`})
	defer func() { fakeTexts = fakeTexts[:len(fakeTexts)-3] }()
	yes := func(context.Context, Signature) (bool, error) { return true, nil }
	sign := func(context.Context, []byte) ([]byte, error) { return nil, nil }
	for what, answer := range map[string][]byte{"0": opI64(0), "{}": opAnswer(3700), "a handle": opAnswer(3800)} {
		e := fakeEngine(t, fake{bodies: map[string][]byte{
			"verify_begin": opAnswer(3500), "issue_begin": opAnswer(3500),
			"verify_end": answer, "issue_end": answer, "parse_bind": answer, "define": answer,
		}})
		v := e.NewVerifier(token.Policy{}, yes)
		for name, call := range map[string]func() error{
			"verify":     func() error { _, err := v.Verify(t.Context(), "a.", time.Time{}); return err },
			"verify raw": func() error { _, err := v.VerifyRaw(t.Context(), "a.", time.Time{}); return err },
			"issue": func() error {
				_, err := e.NewIssuer(token.Header{}, sign).Issue(t.Context(), token.Claims{})
				return err
			},
			"parse bind": func() error { _, err := e.ParseBind(t.Context(), nil); return err },
			"load":       func() error { _, err := e.BuiltIn(t.Context(), "x"); return err },
		} {
			if err := call(); !errors.Is(err, fault.IncompatibleModule) {
				t.Errorf("%s answered with %s: %v", name, what, err)
			}
		}
	}
}

// idleHas reports whether the one idle instance has a mark in its memory.
func (e *Engine) idleHas(at uint32) bool {
	if len(e.idle) != 1 {
		return false
	}
	b, _ := e.idle[0].memory.ReadByte(at)
	return b == 1
}

func TestNoBuffer(t *testing.T) {
	e := fakeEngine(t, fake{bodies: map[string][]byte{"buffer_new": opI32(0)}})
	if _, err := e.ParseBind(t.Context(), nil); !errors.Is(err, fault.LimitReached) {
		t.Errorf("%v", err)
	}
	e = fakeEngine(t, fake{bodies: map[string][]byte{"buffer_new": opI32(fakeMemory<<16 - 2)}})
	if _, err := e.ParseBind(t.Context(), nil); !errors.Is(err, fault.IncompatibleModule) {
		t.Errorf("%v", err)
	}
}

func TestClosedEngine(t *testing.T) {
	e := fakeEngine(t, fake{})
	for range 2 {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := e.ParseBind(t.Context(), nil); !errors.Is(err, fault.Interrupted) || !strings.Contains(err.Error(), "closed") {
		t.Errorf("%v", err)
	}
}

// TestCallersPanic: a check that panics costs its instance and nothing else.
func TestCallersPanic(t *testing.T) {
	const begun = `{"handle":1,"alg":"HS256","kid":null,"signingInputLength":1}`
	fakeTexts = append(fakeTexts, place{3500, begun})
	defer func() { fakeTexts = fakeTexts[:len(fakeTexts)-1] }()
	e := fakeEngine(t, fake{bodies: map[string][]byte{"verify_begin": opAnswer(3500)}})
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		e.NewVerifier(token.Policy{}, func(context.Context, Signature) (bool, error) { panic("no") }).Verify(t.Context(), "a.", time.Time{})
	}()
	if len(e.idle) != 0 {
		t.Error("the instance was kept")
	}
	if _, err := e.NewChecker().Check(t.Context(), nil, fhir.R4); err != nil {
		t.Error(err)
	}
}

func TestCacheDir(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	open := func(c Config) {
		t.Helper()
		e, err := New(t.Context(), fake{}.module(), c)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.NewChecker().Check(t.Context(), nil, fhir.R4); err != nil {
			t.Error(err)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
	open(Config{CacheDir: dir})
	kept := cached(t, dir)
	if len(kept) != 1 {
		t.Fatalf("the cache holds %v", kept)
	}
	text, err := os.ReadFile(kept[0])
	if err != nil {
		t.Fatal(err)
	}
	open(Config{CacheDir: dir})
	if again := cached(t, dir); !slices.Equal(again, kept) {
		t.Errorf("the second run left %v", again)
	}
	for _, spoilt := range [][]byte{{}, text[:len(text)/2], append(slices.Clone(text[:len(text)-9]), "123456789"...)} {
		if err := os.WriteFile(kept[0], spoilt, 0o600); err != nil {
			t.Fatal(err)
		}
		open(Config{CacheDir: dir})
	}
	open(Config{CacheDir: filepath.Join(kept[0], "below a file")})
	open(Config{CacheDir: dir, Interpreter: true})
}

// TestDefaultCacheDir: without a home there is no cache, and no complaint.
func TestDefaultCacheDir(t *testing.T) {
	home := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", home)
	c := Config{}
	if cache := c.openCache(); cache == nil {
		t.Error("there is no cache")
	} else {
		cache.Close(t.Context())
	}
	if _, err := os.Stat(filepath.Join(home, "wsbind")); err != nil {
		t.Error(err)
	}
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv("HOME", "")
	if c.openCache() != nil {
		t.Error("a cache without a home")
	}
}

// cached lists the files of a compilation cache.
func cached(t *testing.T, dir string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestOptionsThatCannotBe: what the module has no word for is refused, never
// ignored.
func TestOptionsThatCannotBe(t *testing.T) {
	e := fakeEngine(t, fake{})
	o := opdef.Options{}
	o.Limits.MaxBytes = 1
	if _, err := e.Load(t.Context(), nil, o); !errors.Is(err, fault.InvalidOption) {
		t.Errorf("limits: %v", err)
	}
	if _, err := e.NewChecker().Check(t.Context(), nil, 0); !errors.Is(err, fault.InvalidOption) {
		t.Errorf("no release: %v", err)
	}
	if _, err := e.NewValidator(&Definition{}, 0).Validate(t.Context(), nil, opdef.In, opdef.TypeLevel); !errors.Is(err, fault.InvalidOption) {
		t.Errorf("no release: %v", err)
	}
	if _, err := e.NewKeyVerifier(token.Policy{}, nil).Verify(t.Context(), "", time.Time{}); !errors.Is(err, fault.IncompatibleModule) {
		t.Errorf("keys for a lean module: %v", err)
	}
}
