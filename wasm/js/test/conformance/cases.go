package conformance

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/schemas"
	"github.com/wsbind/wsbind/schemas/vectors"
)

// Cases makes a case of every vector, and of what vectors do not have: tokens
// to issue, queries, bounds on the issues, and documents that are too large. Expect is the answer of [Native].
func Cases() (*Suite, error) {
	s := &Suite{Definitions: map[string]string{}}
	for _, add := range []func() error{s.addDefinitions, s.addRequests, s.addResponses, s.addNotifications, s.addTokens, s.addBinds, s.addIssues} {
		if err := add(); err != nil {
			return nil, err
		}
	}
	s.addQueries()
	s.addBounded()
	s.addLarge()
	native, err := Native(s)
	if err != nil {
		return nil, err
	}
	for i := range s.Cases {
		c := &s.Cases[i]
		answer, err := native(c)
		if err != nil {
			return nil, fmt.Errorf("%s/%s: %w", c.Kind, c.Name, err)
		}
		text, err := canonical(answer)
		if err != nil {
			return nil, fmt.Errorf("%s/%s: %w", c.Kind, c.Name, err)
		}
		c.Expect = json.RawMessage(text)
	}
	return s, nil
}

// add appends a case with the verdict of its vector.
func (s *Suite) add(c Case, v vectors.Case, document []byte, verdict verdict) error {
	c.Name, c.File = v.Name, v.File
	c.setInput(document)
	text, err := canonical(verdict)
	c.Verdict = json.RawMessage(text)
	s.Cases = append(s.Cases, c)
	return err
}

func (c *Case) setInput(document []byte) {
	if utf8.Valid(document) {
		c.Document = string(document)
	} else {
		c.DocumentBase64 = document
	}
}

func (s *Suite) addDefinitions() error {
	all, err := vectors.Definitions()
	for _, v := range all {
		verdict := verdict{Loaded: &v.Loaded, Repairs: list(v.Repairs), Issues: list(v.Issues)}
		if err := s.add(Case{Kind: "definition", FHIR: v.FHIR, Strict: v.Strict}, v.Case, v.Document, verdict); err != nil {
			return err
		}
	}
	return err
}

func (s *Suite) addRequests() error {
	all, err := vectors.Requests()
	return s.addValidations("request", all, err)
}

func (s *Suite) addResponses() error {
	all, err := vectors.Responses()
	return s.addValidations("response", all, err)
}

func (s *Suite) addValidations(kind string, all []vectors.Validation, err error) error {
	for _, v := range all {
		c := Case{Kind: kind, Definition: v.Definition, DefinitionFile: v.DefinitionFile, Level: v.Level, FHIR: v.FHIR}
		c.Read = kind == "response" && isBindingOperation(v.Definition, v.FHIR)
		if v.DefinitionDocument != nil {
			s.Definitions[v.DefinitionFile] = string(v.DefinitionDocument)
		}
		if err := s.add(c, v.Case, v.Document, verdict{Valid: &v.Valid, Issues: list(v.Issues)}); err != nil {
			return err
		}
	}
	return err
}

// isBindingOperation reports whether a built-in definition is that of
// $get-ws-binding-token in the release: its answers can be read.
func isBindingOperation(url, release string) bool {
	d, ok := schemas.Lookup(url)
	return ok && d.Code == "get-ws-binding-token" && d.UsedIn(release)
}

func (s *Suite) addNotifications() error {
	all, err := vectors.Notifications()
	for _, v := range all {
		if err := s.add(Case{Kind: "notification", FHIR: v.FHIR}, v.Case, v.Document, verdict{Valid: &v.Valid, Issues: list(v.Issues)}); err != nil {
			return err
		}
	}
	return err
}

func (s *Suite) addTokens() error {
	all, err := vectors.Tokens()
	for _, v := range all {
		p := &Policy{Keys: string(v.Keys), Algorithms: v.Algorithms, Issuer: v.Issuer, Audience: v.Audience, Typ: v.Typ, Now: v.Now, Raw: v.Raw}
		if v.Algorithms == nil {
			for _, a := range token.Algorithms() {
				p.Algorithms = append(p.Algorithms, string(a))
			}
		}
		if v.ClockTolerance != nil {
			p.ClockTolerance = *v.ClockTolerance
		}
		verdict := verdict{OK: &v.OK, Code: v.Code, Claims: v.Claims}
		if v.OK && v.Raw {
			verdict.Payload = &v.Payload
		}
		if err := s.add(Case{Kind: "token", Policy: p}, v.Case, []byte(v.Token), verdict); err != nil {
			return err
		}
	}
	return err
}

func (s *Suite) addBinds() error {
	all, err := vectors.Binds()
	for _, v := range all {
		if err := s.add(Case{Kind: "bind"}, v.Case, v.Frame, verdict{OK: &v.OK, Code: v.Code, Token: v.Token}); err != nil {
			return err
		}
	}
	return err
}

// addQueries adds requests by GET.
func (s *Suite) addQueries() {
	for _, q := range []struct{ name, level, query string }{
		{"empty", "type", ""}, {"one-id", "type", "id=1"}, {"two-ids", "type", "id=1&id=2"},
		{"escaped", "type", "id=%31"}, {"of-http", "type", "_format=json&id=1"}, {"no-id", "type", "id=a%20b"},
		{"unknown", "type", "token=x"}, {"bad-escape", "type", "id=%zz"}, {"no-utf8", "type", "id=%ff"},
		{"nameless", "type", "=1"}, {"out-of-scope", "instance", "id=1"}, {"no-such-level", "system", ""},
		{"many", "type", strings.Repeat("x=1&", 150)},
	} {
		s.Cases = append(s.Cases, Case{
			Kind: "query", Name: q.name, Document: q.query,
			Definition: schemas.GetWSBindingToken, Level: q.level, FHIR: "R4",
		})
	}
}

// addBounded adds documents with more issues than are asked for.
func (s *Suite) addBounded() {
	parameters := `{"resourceType":"Parameters","parameter":[` + strings.Repeat(`{"name":"x"},`, 149) + `{"name":"y","valueId":1}]}`
	entries := `{"resourceType":"Bundle","type":"history","entry":[` + strings.Repeat(`{"x":1},`, 149) + `{}]}`
	for _, most := range []int{0, 1, 10_000} {
		name := "at-most-" + strconv.Itoa(most)
		for _, kind := range []string{"request", "response"} {
			s.Cases = append(s.Cases, Case{
				Kind: kind, Name: name, Document: parameters, MaxIssues: most,
				Definition: schemas.GetWSBindingToken, Level: "type", FHIR: "R4",
			})
		}
		s.Cases = append(s.Cases, Case{Kind: "notification", Name: name, Document: entries, FHIR: "R4", MaxIssues: most})
	}
}

// addLarge adds documents above the limit of the reader: of 20 MiB, which fit
// into a buffer of the module, and one of 64 MiB, which does not.
func (s *Suite) addLarge() {
	for _, kind := range []string{"definition", "request", "response", "notification"} {
		s.Cases = append(s.Cases, large(kind, 20))
	}
	s.Cases = append(s.Cases, large("response", 64))
}

func large(kind string, mebibytes int) Case {
	const line = "é 😀\n" // 8 bytes, 5 UTF-16 units
	return Case{
		Kind: kind, Name: "mebibytes-" + strconv.Itoa(mebibytes), Document: line, Repeat: mebibytes << 20 / len(line),
		Definition: schemas.GetWSBindingToken, Level: "type", FHIR: "R4",
	}
}

// A verdict is what a vector fixes of an answer. brief, in suite.go and
// suite.mjs, cuts an answer down to one.
type verdict struct {
	Valid   *bool             `json:"valid,omitempty"`
	Loaded  *bool             `json:"loaded,omitempty"`
	OK      *bool             `json:"ok,omitempty"`
	Repairs *[]vectors.Repair `json:"repairs,omitempty"`
	Issues  *[]vectors.Issue  `json:"issues,omitempty"`
	Claims  json.RawMessage   `json:"claims,omitempty"`
	Payload *string           `json:"payload,omitempty"`
	Token   string            `json:"token,omitempty"`
	Code    string            `json:"code,omitempty"`
}

// list makes [] and not null of no elements.
func list[T any](elements []T) *[]T {
	if elements == nil {
		elements = []T{}
	}
	return &elements
}
