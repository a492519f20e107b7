package host_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/binding"
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jose"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/core/opdef"
	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/schemas"
	"github.com/wsbind/wsbind/schemas/vectors"
	"github.com/wsbind/wsbind/wasm/host"
)

// TestVectors runs every vector through every kind of engine and compares all
// that comes out with what core says, and the verdict with the vector's.
func TestVectors(t *testing.T) {
	for _, k := range kinds {
		if underRace && k != kinds[0] {
			continue
		}
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			s := suite{k.shared(t), k.sample()}
			t.Run("definition", s.definitions)
			t.Run("request", func(t *testing.T) { s.validations(t, vectors.Requests, opdef.In) })
			t.Run("response", func(t *testing.T) { s.validations(t, vectors.Responses, opdef.Out) })
			t.Run("notification", s.notifications)
			t.Run("token", s.tokens)
			t.Run("bind", s.binds)
		})
	}
}

// A suite runs one of so many vectors, and all if sample is 1.
type suite struct {
	engine *host.Engine
	sample int
}

// sample is small for an interpreter, which takes thirty times as long for what
// it does alike: make test-conformance gives it every vector.
func (k *kind) sample() int {
	if k.interpreter {
		return 11
	}
	return 1
}

// each runs the cases of one kind.
func each[T any](t *testing.T, s suite, load func() ([]T, error), name func(T) string, run func(*testing.T, T)) {
	t.Helper()
	cases, err := load()
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(cases); i += s.sample {
		t.Run(name(cases[i]), func(t *testing.T) { run(t, cases[i]) })
	}
}

// same compares what the module says with what core says.
func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\nmodule %+v\n  core %+v", what, got, want)
	}
}

// sameIssues compares lists, of which an empty one may be nil or not.
func sameIssues(t *testing.T, got, want []fault.Issue) {
	t.Helper()
	if len(got)+len(want) > 0 {
		same(t, "issues", got, want)
	}
}

// sameError compares code, detail and expression.
func sameError(t *testing.T, got, want error) {
	t.Helper()
	same(t, "error", fault.IssueOf(got), fault.IssueOf(want))
}

func release(t *testing.T, name string) fhir.Release {
	t.Helper()
	r, ok := fhir.ParseRelease(name)
	if !ok && name != "" {
		t.Fatalf("release %q", name)
	}
	return r
}

func (s suite) definitions(t *testing.T) {
	each(t, s, vectors.Definitions, func(c vectors.Definition) string { return c.Name }, func(t *testing.T, c vectors.Definition) {
		options := opdef.Options{Strict: c.Strict, Release: release(t, c.FHIR)}
		got, err := s.engine.Load(t.Context(), c.Document, options)
		if err != nil {
			t.Fatal(err)
		}
		want := opdef.Load(c.Document, options)
		if loaded := got.Definition != nil; loaded != c.Loaded || loaded != (want.Definition != nil) {
			t.Fatalf("loaded is %v, the vector says %v", loaded, c.Loaded)
		}
		sameIssues(t, got.Repairs, want.Repairs)
		sameIssues(t, got.Issues, want.Issues)
		if got.Definition != nil {
			same(t, "definition", &got.Definition.Definition, want.Definition)
		}
	})
}

// definition returns what a vector is held to, as the module and as core has
// it.
func (s suite) definition(t *testing.T, c *vectors.Validation) (*host.Definition, *opdef.Definition) {
	t.Helper()
	text := c.DefinitionDocument
	if text == nil {
		built, ok := schemas.Lookup(c.Definition)
		if !ok {
			t.Fatalf("no definition %s", c.Definition)
		}
		text = built.Bytes()
	}
	loaded, err := s.engine.Load(t.Context(), text, opdef.Options{})
	if err != nil || loaded.Definition == nil {
		t.Fatalf("%v, %v", err, loaded.Issues)
	}
	return loaded.Definition, opdef.Load(text, opdef.Options{}).Definition
}

func (s suite) validations(t *testing.T, load func() ([]vectors.Validation, error), use opdef.Use) {
	each(t, s, load, func(c vectors.Validation) string { return c.Name }, func(t *testing.T, c vectors.Validation) {
		d, native := s.definition(t, &c)
		level, _ := opdef.ParseLevel(c.Level)
		got, err := s.engine.NewValidator(d, release(t, c.FHIR)).Validate(t.Context(), c.Document, use, level)
		if err != nil {
			t.Fatal(err)
		}
		if fault.Valid(got) != c.Valid {
			t.Errorf("valid is %v, the vector says %v", !c.Valid, c.Valid)
		}
		v := opdef.NewValidator(native, release(t, c.FHIR))
		sameIssues(t, got, v.Validate(c.Document, use, level))
		if use == opdef.In {
			s.query(t, d, v, release(t, c.FHIR), string(c.Document), level)
		} else if level == opdef.TypeLevel {
			s.response(t, d, release(t, c.FHIR), &c)
		}
	})
}

// query takes the document of a request for the query of a GET, which it seldom
// is: the findings are to be the same.
func (s suite) query(t *testing.T, d *host.Definition, native *opdef.Validator, r fhir.Release, query string, level opdef.Level) {
	t.Helper()
	got, err := s.engine.NewValidator(d, r).ValidateQuery(t.Context(), query, level)
	if err != nil {
		t.Fatal(err)
	}
	sameIssues(t, got, native.ValidateQuery(query, level))
}

func (s suite) response(t *testing.T, d *host.Definition, r fhir.Release, c *vectors.Validation) {
	t.Helper()
	text := c.DefinitionDocument
	if text == nil {
		built, _ := schemas.Lookup(c.Definition)
		text = built.Bytes()
	}
	reader, err := binding.NewReader(r, text)
	if err != nil {
		return // a definition of another operation
	}
	got, issues, err := s.engine.NewValidator(d, r).ReadResponse(t.Context(), c.Document, opdef.TypeLevel)
	if err != nil {
		t.Fatal(err)
	}
	want, wantIssues := reader.Response(c.Document)
	sameIssues(t, issues, wantIssues)
	want.Subscriptions = append([]string(nil), want.Subscriptions...)
	same(t, "response", binding.Response(got), want)
}

func (s suite) notifications(t *testing.T) {
	each(t, s, vectors.Notifications, func(c vectors.Notification) string { return c.Name }, func(t *testing.T, c vectors.Notification) {
		var checker notification.Checker
		reading, want := checker.Read(c.Document, release(t, c.FHIR))
		got, err := s.engine.NewChecker().Check(t.Context(), c.Document, release(t, c.FHIR))
		if err != nil {
			t.Fatal(err)
		}
		if fault.Valid(got) != c.Valid {
			t.Errorf("valid is %v, the vector says %v", !c.Valid, c.Valid)
		}
		sameIssues(t, got, want)
		read, got, err := s.engine.NewChecker().Read(t.Context(), c.Document, release(t, c.FHIR))
		if err != nil {
			t.Fatal(err)
		}
		sameIssues(t, got, want)
		same(t, "reading", read, reading)
	})
}

// policyOf is what the command makes of a vector.
func policyOf(c *vectors.Token) token.Policy {
	p := token.Policy{
		Issuer: c.Issuer, AnyIssuer: c.Issuer == "",
		Audience: c.Audience, AnyAudience: c.Audience == "",
		Type: token.Type, Algorithms: token.Algorithms(),
	}
	if c.Typ != nil {
		p.Type, p.AnyType = *c.Typ, *c.Typ == ""
	}
	if c.Algorithms != nil {
		p.Algorithms = nil
	}
	for _, a := range c.Algorithms {
		p.Algorithms = append(p.Algorithms, token.Algorithm(a))
	}
	if c.ClockTolerance != nil {
		p.Leeway = time.Duration(math.Round(*c.ClockTolerance * float64(time.Second)))
	}
	return p
}

// checkWith lets core/jose do the arithmetic.
func checkWith(set *jose.Set, now time.Time) host.Check {
	return func(_ context.Context, s host.Signature) (bool, error) {
		key, err := set.Find(&token.Unverified{Algorithm: s.Algorithm, KeyID: s.KeyID, HasKeyID: s.HasKeyID}, now)
		if err != nil {
			return false, err
		}
		return key.Verify(s.Algorithm, s.Input, s.Signature), nil
	}
}

func (s suite) tokens(t *testing.T) {
	each(t, s, vectors.Tokens, func(c vectors.Token) string { return c.Name }, func(t *testing.T, c vectors.Token) {
		now := time.UnixMicro(int64(math.Round(c.Now * 1e6))).UTC()
		set, keysErr := jose.ParseSet(c.Keys)
		var verifiers []*host.Verifier
		if keysErr == nil {
			verifiers = append(verifiers, s.engine.NewVerifier(policyOf(&c), checkWith(set, now)))
		}
		if s.engine.SelfContained() {
			verifiers = append(verifiers, s.engine.NewKeyVerifier(policyOf(&c), c.Keys))
		}
		native := jose.Verifier{Keys: set, Policy: policyOf(&c)}
		for _, v := range verifiers {
			if c.Raw {
				got, err := v.VerifyRaw(t.Context(), c.Token, now)
				var want []byte
				wantErr := keysErr
				if keysErr == nil {
					want, wantErr = native.VerifyRaw(c.Token, now)
				}
				sameError(t, err, wantErr)
				if !bytes.Equal(got, want) || err == nil && string(got) != c.Payload {
					t.Errorf("payload %q, core has %q, the vector %q", got, want, c.Payload)
				}
				continue
			}
			got, err := v.Verify(t.Context(), c.Token, now)
			var want token.Claims
			wantErr := keysErr
			if keysErr == nil {
				want, wantErr = native.Verify(c.Token, now)
			}
			sameError(t, err, wantErr)
			same(t, "claims", got, want)
			if string(fault.CodeOf(err)) != c.Code {
				t.Errorf("code %q, the vector says %q", fault.CodeOf(err), c.Code)
			}
			if c.OK && !sameJSON(got.Raw, c.Claims) {
				t.Errorf("claims %s, the vector says %s", got.Raw, c.Claims)
			}
		}
	})
}

func sameJSON(a, b []byte) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}

func (s suite) binds(t *testing.T) {
	each(t, s, vectors.Binds, func(c vectors.Bind) string { return c.Name }, func(t *testing.T, c vectors.Bind) {
		got, err := s.engine.ParseBind(t.Context(), c.Frame)
		want, wantErr := binding.ParseBind(c.Frame)
		sameError(t, err, wantErr)
		if got != want || got != c.Token || (err == nil) != c.OK || err != nil && !errors.Is(err, fault.Code(c.Code)) {
			t.Errorf("token %q, %v; the vector says %q, %q", got, err, c.Token, c.Code)
		}
	})
}
