package conformance

import (
	"math"
	"time"

	"github.com/wsbind/wsbind/core/binding"
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jose"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/core/opdef"
	"github.com/wsbind/wsbind/core/token"
)

// Native returns the engine that all others are held to: core, called directly.
func Native(s *Suite) (Engine, error) { return newEngine(s, &native{}) }

type native struct{ checker notification.Checker }

func (n *native) load(text []byte, o opdef.Options) (loaded, error) {
	l := opdef.Load(text, o)
	return loaded{l.Definition, l.Definition, l.Repairs, l.Issues}, nil
}

func (n *native) newValidator(d definition, c *Case) validator {
	v := nativeValidator{opdef.NewValidator(d.(*opdef.Definition), c.release())}
	v.MaxIssues = c.MaxIssues
	return v
}

type nativeValidator struct{ *opdef.Validator }

func (v nativeValidator) validate(text []byte, u opdef.Use, l opdef.Level) ([]fault.Issue, error) {
	return v.Validate(text, u, l), nil
}

func (v nativeValidator) query(query string, l opdef.Level) ([]fault.Issue, error) {
	return v.ValidateQuery(query, l), nil
}

func (v nativeValidator) readResponse(text []byte, l opdef.Level) (binding.Response, []fault.Issue, error) {
	reader, err := binding.ReaderOf(v.Validator)
	if err != nil {
		return binding.Response{}, nil, err
	}
	response, issues := reader.ResponseAt(text, l)
	return response, issues, nil
}

func (n *native) notification(text []byte, c *Case) (notification.Reading, []fault.Issue, error) {
	n.checker.MaxIssues = c.MaxIssues
	reading, issues := n.checker.Read(text, c.release())
	return reading, issues, nil
}

func (n *native) parseBind(frame []byte) (string, error) { return binding.ParseBind(frame) }

func (n *native) verify(c *Case) ([]byte, error) {
	keys, err := jose.ParseSet([]byte(c.Policy.Keys))
	if err != nil {
		return nil, err
	}
	verifier := jose.Verifier{Keys: keys, Policy: c.Policy.token()}
	if c.Policy.Raw {
		return verifier.VerifyRaw(c.Document, c.Policy.now())
	}
	claims, err := verifier.Verify(c.Document, c.Policy.now())
	return claims.Raw, err
}

func (n *native) issue(c *Case) (string, error) {
	key, err := jose.ParseKey([]byte(c.Key))
	if err != nil {
		return "", err
	}
	claims, err := c.claims()
	if err != nil {
		return "", err
	}
	issuer := jose.Issuer{Keys: jose.NewSet(key), Algorithm: token.Algorithm(c.Policy.Algorithms[0])}
	return issuer.Issue(claims)
}

func (c *Case) release() fhir.Release {
	r, _ := fhir.ParseRelease(c.FHIR)
	return r
}

// token returns the policy as core has it.
func (p *Policy) token() token.Policy {
	policy := token.Policy{
		Issuer: p.Issuer, AnyIssuer: p.Issuer == "", Audience: p.Audience, AnyAudience: p.Audience == "",
		Leeway: time.Duration(math.Round(p.ClockTolerance * float64(time.Second))),
	}
	for _, a := range p.Algorithms {
		policy.Algorithms = append(policy.Algorithms, token.Algorithm(a))
	}
	if p.Typ != nil {
		policy.Type, policy.AnyType = *p.Typ, *p.Typ == ""
	}
	return policy
}

// now has microseconds: a double is no finer in this century.
func (p *Policy) now() time.Time { return time.UnixMicro(int64(math.Round(p.Now * 1e6))).UTC() }
