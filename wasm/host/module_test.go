package host_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/binding"
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jose"
	"github.com/wsbind/wsbind/core/opdef"
	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/schemas"
	"github.com/wsbind/wsbind/wasm/host"
)

const (
	response = `{"resourceType":"Parameters","parameter":[
 {"name":"token","valueString":"a"},
 {"name":"expiration","valueDateTime":"2026-03-01T12:00:00.25Z"},
 {"name":"subscription","valueString":"Subscription/1"},
 {"name":"websocket-url","valueUrl":"wss://example.org/ws"}]}`
	invalid = `{"resourceType":"Parameters","parameter":[{"name":"token","valueCode":"a"}]}`
)

// contract loads a definition of its own: the code tells it from others.
func contract(t testing.TB, e *host.Engine, code string) *host.Definition {
	t.Helper()
	text := fmt.Sprintf(`{"resourceType":"OperationDefinition","name":"A","status":"draft","kind":"operation","code":%q,"system":true,"type":false,"instance":false}`, code)
	loaded, err := e.Load(context.Background(), []byte(text), opdef.Options{})
	if err != nil || loaded.Definition == nil {
		t.Fatalf("%v, %v", err, loaded.Issues)
	}
	return loaded.Definition
}

// told returns what a definition says of a level that it does not have, by
// which it is known.
func told(t testing.TB, e *host.Engine, d *host.Definition) string {
	t.Helper()
	issues, err := e.NewValidator(d, fhir.R4).Validate(context.Background(), nil, opdef.In, opdef.TypeLevel)
	if err != nil || len(issues) != 1 {
		t.Fatalf("%v, %v", issues, err)
	}
	return issues[0].Diagnostics
}

// TestMemoryBound: a document that needs more memory than there is makes the
// module trap; the next call has a fresh instance, with the definition.
func TestMemoryBound(t *testing.T) {
	e := lean(t, host.Config{MaxInstances: 1, MaxMemory: 24 << 20})
	d := contract(t, e, "a")
	large := []byte("[" + strings.Repeat("1,", 4<<20) + "1]")
	for range 2 {
		if _, err := e.NewChecker().Check(t.Context(), large, fhir.R4); !errors.Is(err, fault.Trapped) && !errors.Is(err, fault.LimitReached) {
			t.Errorf("%v", err)
		}
		if got := told(t, e, d); !strings.HasPrefix(got, "$a ") {
			t.Errorf("%s", got)
		}
	}
}

// TestManyDefinitions: more definitions than an instance keeps are all known.
func TestManyDefinitions(t *testing.T) {
	e := lean(t, host.Config{MaxInstances: 1})
	var all []*host.Definition
	for n := range 300 {
		all = append(all, contract(t, e, fmt.Sprintf("op%d", n)))
	}
	for range 2 {
		for n, d := range all {
			if got, want := told(t, e, d), fmt.Sprintf("$op%d ", n); !strings.HasPrefix(got, want) {
				t.Fatalf("%s, want %s", got, want)
			}
		}
	}
	for range 300 {
		contract(t, e, "again")
	}
}

// TestLargeDefinitions: definitions that together do not fit into an instance
// are all known, and none costs an instance.
func TestLargeDefinitions(t *testing.T) {
	e := lean(t, host.Config{MaxInstances: 1, MaxMemory: 32 << 20})
	parameter := `{"name":"p%d","use":"in","min":0,"max":"1","type":"string","documentation":"` + strings.Repeat("d", 5_000) + `"}`
	var all []string
	for n := range 200 {
		all = append(all, fmt.Sprintf(parameter, n))
	}
	parameters := strings.Join(all, ",")
	for n := range 40 { // of 1 MB each
		text := fmt.Sprintf(`{"resourceType":"OperationDefinition","name":"A","status":"draft","kind":"operation","code":"op%d","system":true,"type":false,"instance":false,"parameter":[%s]}`, n, parameters)
		loaded, err := e.Load(t.Context(), []byte(text), opdef.Options{})
		if err != nil || loaded.Definition == nil {
			t.Fatalf("definition %d: %v, %v", n, err, loaded.Issues)
		}
	}
}

// TestDefinitionOfAnotherEngine: definitions belong to no instance, and to no
// engine.
func TestDefinitionOfAnotherEngine(t *testing.T) {
	a, b := lean(t, host.Config{}), lean(t, host.Config{})
	if got := told(t, b, contract(t, a, "x")); !strings.HasPrefix(got, "$x ") {
		t.Errorf("%s", got)
	}
}

func TestBuiltIn(t *testing.T) {
	e := lean(t, host.Config{})
	for _, built := range schemas.Definitions() {
		d, err := e.BuiltIn(t.Context(), built.URL+"|"+built.Version)
		if err != nil {
			t.Fatal(err)
		}
		same(t, built.URL, &d.Definition, opdef.Load(built.Bytes(), opdef.Options{}).Definition)
	}
	for _, url := range []string{"http://example.org/x", ""} {
		if d, err := e.BuiltIn(t.Context(), url); !errors.Is(err, fault.NotFound) || d != nil {
			t.Errorf("%q: %v, %v", url, d, err)
		}
	}
}

// TestTheCallersBytes: what the caller does to a definition after loading it
// changes nothing.
func TestTheCallersBytes(t *testing.T) {
	e := lean(t, host.Config{MaxInstances: 1, MaxMemory: 24 << 20})
	text := bytes.Clone(schemas.Definitions()[0].Bytes())
	loaded, err := e.Load(t.Context(), text, opdef.Options{})
	if err != nil {
		t.Fatal(err)
	}
	clear(text)
	e.NewChecker().Check(t.Context(), []byte("["+strings.Repeat("1,", 4<<20)+"1]"), fhir.R4) // traps
	issues, err := e.NewValidator(loaded.Definition, fhir.R4).Validate(t.Context(), []byte(response), opdef.Out, opdef.TypeLevel)
	if err != nil || len(issues) > 0 {
		t.Errorf("%v, %v", issues, err)
	}
}

func TestMaxIssues(t *testing.T) {
	e := lean(t, host.Config{})
	d, err := e.BuiltIn(t.Context(), schemas.GetWSBindingToken)
	if err != nil {
		t.Fatal(err)
	}
	v := e.NewValidator(d, fhir.R4)
	v.MaxIssues = 2
	native := opdef.NewValidator(&d.Definition, fhir.R4)
	native.MaxIssues = 2
	got, err := v.Validate(t.Context(), []byte(invalid), opdef.Out, opdef.TypeLevel)
	if err != nil {
		t.Fatal(err)
	}
	sameIssues(t, got, native.Validate([]byte(invalid), opdef.Out, opdef.TypeLevel))
	v.MaxIssues = 10_001
	if _, err := v.Validate(t.Context(), nil, opdef.In, opdef.TypeLevel); !errors.Is(err, fault.InvalidCall) {
		t.Errorf("%v", err)
	}
}

// nonsense signs with zeros.
func nonsense(context.Context, []byte) ([]byte, error) { return make([]byte, 32), nil }

// TestDocumentsOfAnySize: above its limit the module says so, and the host says
// the same of what the module cannot even be given.
func TestDocumentsOfAnySize(t *testing.T) {
	e := lean(t, host.Config{MaxInstances: 1})
	d := contract(t, e, "a")
	for _, size := range []int{16<<20 + 1, 33 << 20} {
		text := bytes.Repeat([]byte(" "), size)
		want := []fault.Issue{{
			Severity: fault.Fatal, Code: fault.TooLarge, Offset: 16 << 20,
			Diagnostics: fmt.Sprintf("the document has %d bytes, at most 16777216 are read", size),
		}}
		issues, err := e.NewChecker().Check(t.Context(), text, fhir.R4)
		if err != nil || !slices.Equal(issues, want) {
			t.Errorf("a notification: %v, %v", issues, err)
		}
		issues, err = e.NewValidator(d, fhir.R4).Validate(t.Context(), text, opdef.In, opdef.SystemLevel)
		if err != nil || !slices.Equal(issues, want) {
			t.Errorf("a request: %v, %v", issues, err)
		}
		loaded, err := e.Load(t.Context(), text, opdef.Options{})
		if err != nil || loaded.Definition != nil || !slices.Equal(loaded.Issues, want) {
			t.Errorf("a definition: %v, %v", loaded.Issues, err)
		}
		_, err = e.ParseBind(t.Context(), text)
		_, wantErr := binding.ParseBind(text)
		sameError(t, err, wantErr)
		_, err = e.NewVerifier(token.Policy{}, nil).Verify(t.Context(), string(text), time.Time{})
		_, wantErr = new(jose.Verifier).Verify(string(text), time.Time{})
		sameError(t, err, wantErr)
		c := claims()
		c.Subject = string(text)
		if _, err = e.NewIssuer(token.Header{Algorithm: token.HS256}, nonsense).Issue(t.Context(), c); !errors.Is(err, fault.TokenTooLarge) {
			t.Errorf("claims: %v", err)
		}
	}
}

// TestConcurrentUse mixes all that can be asked on fewer instances than there
// are goroutines.
func TestConcurrentUse(t *testing.T) {
	e := lean(t, host.Config{MaxInstances: 3})
	loaded, err := e.Load(t.Context(), schemas.Definitions()[0].Bytes(), opdef.Options{})
	if err != nil {
		t.Fatal(err)
	}
	v := e.NewValidator(loaded.Definition, fhir.R4)
	key, set := newKey(t, token.HS256)
	issuer := e.NewIssuer(token.Header{Algorithm: token.HS256, KeyID: key.ID()}, signWith(key, token.HS256))
	verifier := e.NewVerifier(policy(), checkWith(set, noon))
	native := opdef.NewValidator(&loaded.Definition.Definition, fhir.R4)
	want := slices.Clone(native.Validate([]byte(invalid), opdef.Out, opdef.TypeLevel))
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for n := range 20 {
				issues, err := v.Validate(t.Context(), []byte(invalid), opdef.Out, opdef.TypeLevel)
				if err != nil || !slices.Equal(issues, want) {
					t.Errorf("%v, %v", issues, err)
				}
				c := claims()
				c.ID = fmt.Sprintf("%d-%d", g, n)
				compact, err := issuer.Issue(t.Context(), c)
				if err != nil {
					t.Error(err)
					return
				}
				if got, err := verifier.Verify(t.Context(), compact, noon); err != nil || got.ID != c.ID {
					t.Errorf("%s, want %s: %v", got.ID, c.ID, err)
				}
				if got, err := e.ParseBind(t.Context(), binding.AppendBind(nil, compact)); got != compact {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

// TestExhaustedPool: a call that finds every instance lent waits for its own
// context, and the engine is closed under the feet of those that are lent.
func TestExhaustedPool(t *testing.T) {
	e := lean(t, host.Config{MaxInstances: 1})
	key, set := newKey(t, token.HS256)
	compact := issued(t, set)
	check := checkWith(set, noon)
	waiting := e.NewVerifier(policy(), func(ctx context.Context, s host.Signature) (bool, error) {
		ctx, cancel := context.WithTimeout(ctx, time.Millisecond)
		defer cancel()
		if _, err := e.ParseBind(ctx, nil); !errors.Is(err, fault.Interrupted) {
			t.Errorf("a call beyond the pool: %v", err)
		}
		return check(ctx, s)
	})
	if _, err := waiting.Verify(t.Context(), compact, noon); err != nil {
		t.Error(err)
	}
	closed := make(chan struct{})
	closing := e.NewVerifier(policy(), func(ctx context.Context, s host.Signature) (bool, error) {
		go func() { e.Close(); close(closed) }()
		if _, err := e.ParseBind(ctx, nil); !errors.Is(err, fault.Interrupted) { // waits for Close
			t.Errorf("a call while the engine closes: %v", err)
		}
		return key.Verify(s.Algorithm, s.Input, s.Signature), nil
	})
	if _, err := closing.Verify(t.Context(), compact, noon); !errors.Is(err, fault.Interrupted) {
		t.Errorf("a verification while the engine closes: %v", err)
	}
	<-closed
}
