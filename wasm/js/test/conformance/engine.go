package conformance

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/wsbind/wsbind/core/binding"
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/core/opdef"
	"github.com/wsbind/wsbind/schemas"
)

// An Engine answers a case. Its error means that it could not; a document or a
// token that is refused is an answer.
type Engine func(*Case) (Answer, error)

// operations are what core does, and wasm/host after it, in core's plain types.
// An error of the first three means that there is no verdict.
type operations interface {
	load(text []byte, o opdef.Options) (loaded, error)
	newValidator(d definition, c *Case) validator
	notification(text []byte, c *Case) (notification.Reading, []fault.Issue, error)
	parseBind(frame []byte) (string, error)
	verify(c *Case) (payload []byte, err error)
	issue(c *Case) (compact string, err error)
}

// definition is a *opdef.Definition, or what stands for one in wasm/host.
type definition any

type loaded struct {
	handle          definition
	contract        *opdef.Definition // nil if the definition was refused
	repairs, issues []fault.Issue
}

type validator interface {
	validate(text []byte, u opdef.Use, l opdef.Level) ([]fault.Issue, error)
	query(query string, l opdef.Level) ([]fault.Issue, error)
	readResponse(text []byte, l opdef.Level) (binding.Response, []fault.Issue, error)
}

// newEngine loads the definitions of a suite and returns the engine that answers
// by these operations.
func newEngine(s *Suite, o operations) (Engine, error) {
	e := engine{operations: o, definitions: map[string]definition{}}
	for name, text := range s.Definitions {
		if err := e.keep(name, []byte(text)); err != nil {
			return nil, err
		}
	}
	for _, d := range schemas.Definitions() {
		if err := e.keep(d.URL, d.Bytes()); err != nil {
			return nil, err
		}
	}
	return e.answer, nil
}

type engine struct {
	operations
	definitions map[string]definition // by file, and by URL
}

func (e *engine) keep(name string, text []byte) error {
	l, err := e.load(text, opdef.Options{})
	if err == nil && l.contract == nil {
		err = errors.New("it is refused")
	}
	if err != nil {
		return fmt.Errorf("the definition %s does not load: %w", name, err)
	}
	e.definitions[name] = l.handle
	return nil
}

func (e *engine) answer(c *Case) (Answer, error) {
	switch c.Kind {
	case "definition":
		return e.define(c)
	case "notification":
		return e.readNotification(c)
	case "token":
		return e.verified(c)
	case "issue":
		return e.issued(c)
	case "bind":
		compact, err := e.parseBind(c.Input())
		return verdictOn(err, Answer{Token: compact}), nil
	}
	return e.validated(c)
}

// validated is the answer to a request, a query or a response.
func (e *engine) validated(c *Case) (Answer, error) {
	v := e.newValidator(e.definitions[c.Definition+c.DefinitionFile], c)
	level, _ := opdef.ParseLevel(c.Level)
	text := c.Input()
	var issues []fault.Issue
	var err error
	switch c.Kind {
	case "query":
		issues, err = v.query(c.Document, level)
	case "request":
		issues, err = v.validate(text, opdef.In, level)
	case "response":
		issues, err = v.validate(text, opdef.Out, level)
	}
	answer := judged(text, issues)
	if err == nil && c.Read {
		answer.Read, err = readResponse(text, v, level)
	}
	return answer, err
}

// judged is the answer to a document: the verdict, and the same as an
// OperationOutcome, which leaves out positions where there is no text.
func judged(text []byte, issues []fault.Issue) Answer {
	valid := fault.Valid(issues)
	answer := Answer{Valid: &valid, Issues: fhir.AppendIssues(nil, text, issues)}
	if len(text) > 0 {
		answer.Outcome = fhir.AppendOutcome(nil, text, issues)
	}
	return answer
}

func readResponse(text []byte, v validator, l opdef.Level) (*Answer, error) {
	response, issues, err := v.readResponse(text, l)
	answer := judged(text, issues)
	answer.Outcome = nil
	if *answer.Valid {
		answer.Response = &Response{
			Token: response.Token, Subscriptions: *list(response.Subscriptions), WebsocketURL: response.WebsocketURL,
			Expiration: response.Expiration.Format("2006-01-02T15:04:05.000Z"),
		}
	}
	return &answer, err
}

func (e *engine) verified(c *Case) (Answer, error) {
	payload, err := e.verify(c)
	if !c.Policy.Raw {
		return verdictOn(err, Answer{Claims: payload}), nil
	}
	if !utf8.Valid(payload) {
		return Answer{}, errors.New("the payload is not UTF-8")
	}
	text := string(payload)
	return verdictOn(err, Answer{Payload: &text}), nil
}

// verdictOn is the answer good, or what a refusal says.
func verdictOn(err error, good Answer) Answer {
	ok := err == nil
	if ok {
		good.OK = &ok
		return good
	}
	refused := Answer{OK: &ok, Code: string(fault.CodeOf(err)), Diagnostics: fault.DetailOf(err)}
	var e *fault.Error
	if errors.As(err, &e) {
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
