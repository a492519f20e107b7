package conformance

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/wsbind/wsbind/core/binding"
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jose"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/core/opdef"
	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/wasm/host"
)

// Wazero returns an engine that answers with a module, on wazero's compiler or
// interpreter. The lean module has core/jose for its arithmetic.
func Wazero(s *Suite, module, mode string) (Engine, error) {
	bytes, err := os.ReadFile(module)
	if err != nil {
		return nil, err
	}
	s.Module = bytes
	if mode != "compiler" && mode != "interpreter" {
		return nil, fmt.Errorf("%q is neither compiler nor interpreter", mode)
	}
	e, err := host.New(context.Background(), bytes, host.Config{Interpreter: mode == "interpreter"})
	if err != nil {
		return nil, err
	}
	return newEngine(s, wazero{e})
}

type wazero struct{ *host.Engine }

func (w wazero) load(text []byte, o opdef.Options) (loaded, error) {
	l, err := w.Load(context.Background(), text, o)
	if l.Definition == nil {
		return loaded{repairs: l.Repairs, issues: l.Issues}, err
	}
	return loaded{l.Definition, &l.Definition.Definition, l.Repairs, l.Issues}, err
}

func (w wazero) newValidator(d definition, c *Case) validator {
	v := wazeroValidator{w.NewValidator(d.(*host.Definition), c.release())}
	v.MaxIssues = c.MaxIssues
	return v
}

type wazeroValidator struct{ *host.Validator }

func (v wazeroValidator) validate(text []byte, u opdef.Use, l opdef.Level) ([]fault.Issue, error) {
	return v.Validate(context.Background(), text, u, l)
}

func (v wazeroValidator) query(query string, l opdef.Level) ([]fault.Issue, error) {
	return v.ValidateQuery(context.Background(), query, l)
}

func (v wazeroValidator) readResponse(text []byte, l opdef.Level) (binding.Response, []fault.Issue, error) {
	response, issues, err := v.ReadResponse(context.Background(), text, l)
	return binding.Response(response), issues, err
}

func (w wazero) notification(text []byte, c *Case) (notification.Reading, []fault.Issue, error) {
	checker := w.NewChecker()
	checker.MaxIssues = c.MaxIssues
	return checker.Read(context.Background(), text, c.release())
}

func (w wazero) parseBind(frame []byte) (string, error) {
	return w.ParseBind(context.Background(), frame)
}

func (w wazero) verify(c *Case) ([]byte, error) {
	verifier := w.NewKeyVerifier(c.Policy.token(), []byte(c.Policy.Keys))
	if !w.SelfContained() {
		keys, err := jose.ParseSet([]byte(c.Policy.Keys))
		if err != nil {
			return nil, err
		}
		verifier = w.NewVerifier(c.Policy.token(), checkWith(keys, c.Policy.now()))
	}
	if c.Policy.Raw {
		return verifier.VerifyRaw(context.Background(), c.Document, c.Policy.now())
	}
	claims, err := verifier.Verify(context.Background(), c.Document, c.Policy.now())
	return claims.Raw, err
}

func (w wazero) issue(c *Case) (string, error) {
	claims, err := c.claims()
	if err != nil {
		return "", err
	}
	algorithm := token.Algorithm(c.Policy.Algorithms[0])
	issuer := w.NewKeyIssuer(token.Header{Algorithm: algorithm}, []byte(c.Key))
	if !w.SelfContained() {
		key, err := jose.ParseKey([]byte(c.Key))
		if err != nil {
			return "", err
		}
		issuer = w.NewIssuer(token.Header{Algorithm: algorithm, KeyID: key.ID()}, func(_ context.Context, input []byte) ([]byte, error) {
			return key.Sign(algorithm, input)
		})
	}
	return issuer.Issue(context.Background(), claims)
}

func checkWith(keys *jose.Set, now time.Time) host.Check {
	return func(_ context.Context, s host.Signature) (bool, error) {
		key, err := keys.Find(&token.Unverified{Algorithm: s.Algorithm, KeyID: s.KeyID, HasKeyID: s.HasKeyID}, now)
		if err != nil {
			return false, err
		}
		return key.Verify(s.Algorithm, s.Input, s.Signature), nil
	}
}

// WazeroVersion returns the version of wazero that this program was built with.
func WazeroVersion() string {
	info, _ := debug.ReadBuildInfo()
	for _, m := range info.Deps {
		if m.Path == "github.com/tetratelabs/wazero" {
			return strings.TrimPrefix(m.Version, "v")
		}
	}
	return ""
}
