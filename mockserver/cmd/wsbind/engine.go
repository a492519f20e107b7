package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jose"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/core/opdef"
	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/wasm"
	"github.com/wsbind/wsbind/wasm/host"
)

// engine is who judges: core as it is linked into the command, or core as a
// WebAssembly module. Whichever it is, the command prints the same.
//
// The error of a judgement says that there is none, because the module failed.
type engine interface {
	// load reads a definition.
	load(text []byte, o opdef.Options) (contract, error)
	// validator returns what holds documents to a definition that load made.
	validator(c contract, r fhir.Release) validator
	checkNotification(text []byte, r fhir.Release) ([]fault.Issue, error)
	// verifier reads a JWK or a JWK Set. The error has the code invalid-key.
	verifier(keys []byte) (verifier, error)
	close()
}

// A validator judges a document. The issues are valid until its next call.
type validator func(text []byte, u opdef.Use, l opdef.Level) ([]fault.Issue, error)

// A verifier checks a token. The claims that it returns are the claims set as
// it was signed, or in a raw check the payload.
type verifier func(c check, compact string) ([]byte, error)

// noVerdict reports whether an error of a verifier is no refusal of the token but
// a failure of the module.
func noVerdict(err error) bool {
	switch fault.CodeOf(err) {
	case fault.Internal, fault.InvalidCall, fault.LimitReached, fault.Trapped, fault.Interrupted, fault.IncompatibleModule:
		return true
	}
	return false
}

// contract is what came of loading a definition.
type contract struct {
	opdef.Loaded
	loaded *host.Definition // what the module knows it by, nil natively
}

// engineHelp is what the help of every command with --engine says of it, and
// engineLimitHelp what the help of those adds that read documents.
const (
	engineHelp = `With --engine wasm the judge is the WebAssembly module of the npm package, and
with --engine wasm-jose the one that needs no cryptography of its host. What they
say is the same. The first run of a module compiles it, which takes seconds, and
keeps the result in the user's cache directory.`
	engineLimitHelp = ` The modules read 16 MiB of
a document at most; natively it is 128 MiB.`
)

// engineFlag adds the flag.
func engineFlag(c *cobra.Command, name *string) {
	c.Flags().StringVar(name, "engine", "native", "who judges: native, wasm or wasm-jose")
}

// openEngine makes the engine that the flag names.
func openEngine(ctx context.Context, name string) (engine, error) {
	switch name {
	case "native":
		return new(nativeEngine), nil
	case "wasm":
		return openModule(ctx, wasm.Lean)
	case "wasm-jose":
		return openModule(ctx, wasm.Jose)
	}
	return nil, fmt.Errorf("%q is no engine: native, wasm or wasm-jose", name)
}

// withEngine makes a command's RunE of a function that needs an engine.
func withEngine(name *string, run func(e engine, args []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		e, err := openEngine(c.Context(), *name)
		if err != nil {
			return err
		}
		defer e.close()
		return run(e, args)
	}
}

// nativeEngine is core itself.
type nativeEngine struct{ checker notification.Checker }

func (*nativeEngine) close() {}

func (*nativeEngine) load(text []byte, o opdef.Options) (contract, error) {
	return contract{Loaded: opdef.Load(text, o)}, nil
}

func (*nativeEngine) validator(c contract, r fhir.Release) validator {
	v := opdef.NewValidator(c.Definition, r)
	v.Limits = documentLimits
	return func(text []byte, u opdef.Use, l opdef.Level) ([]fault.Issue, error) {
		return v.Validate(text, u, l), nil
	}
}

func (e *nativeEngine) checkNotification(text []byte, r fhir.Release) ([]fault.Issue, error) {
	e.checker.Limits = documentLimits
	return e.checker.Check(text, r), nil
}

func (*nativeEngine) verifier(keys []byte) (verifier, error) {
	set, err := jose.ParseSet(keys)
	if err != nil {
		return nil, err
	}
	return func(c check, compact string) ([]byte, error) {
		v := jose.Verifier{Keys: set, Policy: c.policy}
		if c.raw {
			return v.VerifyRaw(compact, c.now)
		}
		claims, err := v.Verify(compact, c.now)
		return claims.Raw, err
	}, nil
}

// moduleEngine is core as a WebAssembly module.
type moduleEngine struct {
	ctx  context.Context // of the command
	host *host.Engine
}

func openModule(ctx context.Context, module func() ([]byte, error)) (engine, error) {
	bytes, err := module()
	if errors.Is(err, wasm.ErrNotBuilt) {
		return nil, withHint(errors.New("this wsbind was built without WebAssembly modules"), "make build, in a clone of the repository, builds it with them")
	}
	if err != nil {
		return nil, err
	}
	// One call at a time, and no bound on it: whoever waits can stop the process.
	h, err := host.New(ctx, bytes, host.Config{MaxInstances: 1, Unbounded: true})
	if err != nil {
		return nil, withHint(err, "")
	}
	return &moduleEngine{ctx, h}, nil
}

func (e *moduleEngine) close() { e.host.Close() }

func (e *moduleEngine) load(text []byte, o opdef.Options) (contract, error) {
	l, err := e.host.Load(e.ctx, text, o)
	c := contract{Loaded: opdef.Loaded{Repairs: l.Repairs, Issues: l.Issues}, loaded: l.Definition}
	if l.Definition != nil {
		c.Definition = &l.Definition.Definition
	}
	return c, err
}

func (e *moduleEngine) validator(c contract, r fhir.Release) validator {
	v := e.host.NewValidator(c.loaded, r)
	return func(text []byte, u opdef.Use, l opdef.Level) ([]fault.Issue, error) {
		return v.Validate(e.ctx, text, u, l)
	}
}

func (e *moduleEngine) checkNotification(text []byte, r fhir.Release) ([]fault.Issue, error) {
	return e.host.NewChecker().Check(e.ctx, text, r)
}

func (e *moduleEngine) verifier(keys []byte) (verifier, error) {
	verifierOf, err := e.verifiers(keys)
	if err != nil {
		return nil, err
	}
	return func(c check, compact string) ([]byte, error) {
		v := verifierOf(c)
		if c.raw {
			return v.VerifyRaw(e.ctx, compact, c.now)
		}
		claims, err := v.Verify(e.ctx, compact, c.now)
		return claims.Raw, err
	}, nil
}

// verifiers returns what makes a verifier for a check: with the arithmetic in
// the module where it has any, and in core/jose otherwise.
func (e *moduleEngine) verifiers(keys []byte) (func(check) *host.Verifier, error) {
	if e.host.SelfContained() {
		// The module reads the keys before the token: with a token that is
		// none, what is wrong with them is all that can be wrong first.
		_, err := e.host.NewKeyVerifier(token.Policy{}, keys).Verify(e.ctx, "", time.Time{})
		if errors.Is(err, fault.InvalidKey) {
			return nil, err
		}
		return func(c check) *host.Verifier { return e.host.NewKeyVerifier(c.policy, keys) }, nil
	}
	set, err := jose.ParseSet(keys)
	if err != nil {
		return nil, err
	}
	return func(c check) *host.Verifier {
		return e.host.NewVerifier(c.policy, func(_ context.Context, s host.Signature) (bool, error) {
			key, err := set.Find(&token.Unverified{Algorithm: s.Algorithm, KeyID: s.KeyID, HasKeyID: s.HasKeyID}, c.now)
			if err != nil {
				return false, err
			}
			return key.Verify(s.Algorithm, s.Input, s.Signature), nil
		})
	}, nil
}
