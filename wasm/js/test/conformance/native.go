package conformance

import (
	"encoding/json"
	"fmt"
	"math"
	"time"
	"unicode/utf8"

	"github.com/wsbind/wsbind/core/binding"
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jose"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/core/opdef"
	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/schemas"
)

// An Engine answers a case. Its error means that it could not; a document or a
// token that is refused is an answer.
type Engine func(*Case) (Answer, error)

// Native returns the engine that all others are held to: core, called directly.
func Native(s *Suite) (Engine, error) {
	n := native{suite: s, definitions: map[string]*opdef.Definition{}}
	for name, text := range s.Definitions {
		if n.definitions[name] = opdef.Load([]byte(text), opdef.Options{}).Definition; n.definitions[name] == nil {
			return nil, fmt.Errorf("the definition %s does not load", name)
		}
	}
	return n.answer, nil
}

type native struct {
	suite       *Suite
	definitions map[string]*opdef.Definition // by file
	checker     notification.Checker
}

func (n *native) answer(c *Case) (Answer, error) {
	switch c.Kind {
	case "definition":
		return n.load(c), nil
	case "notification":
		return n.notification(c), nil
	case "token":
		return n.verify(c), nil
	case "bind":
		compact, err := binding.ParseBind(c.Input())
		return verdictOn(err, Answer{Token: compact}), nil
	}
	return n.validate(c)
}

func (n *native) validate(c *Case) (Answer, error) {
	d := n.definitions[c.DefinitionFile]
	if d == nil {
		builtIn, ok := schemas.Lookup(c.Definition)
		if !ok {
			return Answer{}, fmt.Errorf("no definition %q is built in", c.Definition)
		}
		d = opdef.Load(builtIn.Bytes(), opdef.Options{}).Definition
	}
	release, _ := fhir.ParseRelease(c.FHIR)
	level, _ := opdef.ParseLevel(c.Level)
	v := opdef.NewValidator(d, release)
	v.MaxIssues = c.MaxIssues
	switch c.Kind {
	case "query":
		return judged(c, v.ValidateQuery(c.Document, level)), nil
	case "request":
		return judged(c, v.Validate(c.Input(), opdef.In, level)), nil
	}
	answer := judged(c, v.Validate(c.Input(), opdef.Out, level))
	if c.Read {
		read, err := readResponse(c, release)
		answer.Read = &read
		return answer, err
	}
	return answer, nil
}

// judged is the answer to a document: the verdict, and the same as an
// OperationOutcome, which leaves out positions where there is no text.
func judged(c *Case, issues []fault.Issue) Answer {
	valid := fault.Valid(issues)
	answer := Answer{Valid: &valid, Issues: fhir.AppendIssues(nil, c.Input(), issues)}
	if len(c.Input()) > 0 {
		answer.Outcome = fhir.AppendOutcome(nil, c.Input(), issues)
	}
	return answer
}

func readResponse(c *Case, release fhir.Release) (Answer, error) {
	builtIn, _ := schemas.Lookup(c.Definition)
	reader, err := binding.NewReader(release, builtIn.Bytes())
	if err != nil {
		return Answer{}, err
	}
	response, issues := reader.Response(c.Input())
	answer := judged(c, issues)
	answer.Outcome = nil
	if *answer.Valid {
		answer.Response = &Response{
			Token: response.Token, Subscriptions: *list(response.Subscriptions), WebsocketURL: response.WebsocketURL,
			Expiration: response.Expiration.Format("2006-01-02T15:04:05.000Z"),
		}
	}
	return answer, nil
}

func (n *native) verify(c *Case) Answer {
	keys, err := jose.ParseSet([]byte(c.Policy.Keys))
	if err != nil {
		return verdictOn(err, Answer{})
	}
	verifier := jose.Verifier{Keys: keys, Policy: c.Policy.token()}
	whole, fraction := math.Modf(c.Policy.Now)
	now := time.Unix(int64(whole), int64(fraction*1e9))
	if !c.Policy.Raw {
		claims, err := verifier.Verify(c.Document, now)
		return verdictOn(err, Answer{Claims: claims.Raw})
	}
	payload, err := verifier.VerifyRaw(c.Document, now)
	if err == nil && !utf8.Valid(payload) {
		err = fmt.Errorf("the payload of %s is not UTF-8", c.Name)
	}
	text := string(payload)
	return verdictOn(err, Answer{Payload: &text})
}

// token returns the policy as core has it.
func (p *Policy) token() token.Policy {
	policy := token.Policy{
		Issuer: p.Issuer, AnyIssuer: p.Issuer == "", Audience: p.Audience, AnyAudience: p.Audience == "",
		Leeway: time.Duration(p.ClockTolerance * float64(time.Second)),
	}
	for _, a := range p.Algorithms {
		policy.Algorithms = append(policy.Algorithms, token.Algorithm(a))
	}
	if p.Typ != nil {
		policy.Type, policy.AnyType = *p.Typ, *p.Typ == ""
	}
	return policy
}

// verdictOn is the answer good, or what a refusal says.
func verdictOn(err error, good Answer) Answer {
	ok := err == nil
	if ok {
		good.OK = &ok
		return good
	}
	refused := Answer{OK: &ok, Code: string(fault.CodeOf(err)), Diagnostics: fault.DetailOf(err)}
	if e, is := err.(*fault.Error); is {
		refused.Expression = e.Expression
	}
	return refused
}

func raw(v any) json.RawMessage {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // there are only strings, numbers and what was JSON before
	}
	return text
}
