// Package conformance is the suite that every engine of wsbind runs: native Go,
// the module on wazero, and the npm package in every JavaScript runtime.
//
// [Cases] makes the cases out of schemas/vectors, and [Suite.Run] has an engine
// answer them, as run in suite.mjs does:
//
//	suite, err := conformance.Cases()
//	engine, err := conformance.Native(suite)
//	report := suite.Run(engine)
//
// # What is compared
//
// A case holds two expectations. Verdict is what the vector says, decided from
// the specification before there was code. Expect is the whole answer of the
// native core: every issue with its diagnostics and position, every claim,
// every message. An engine has to give both, to the letter, and the digest of
// all answers is one number that is the same everywhere.
//
// Answers are compared in the canonical form of RFC 8785, which JavaScript can
// write too: numbers beyond 2^53 in a claim are as inexact there as JSON.parse.
package conformance

import (
	"bytes"
	"encoding/json"

	"github.com/go-json-experiment/json/jsontext"
)

// A Suite is what cases.json holds.
type Suite struct {
	// Definitions are the OperationDefinitions that cases name, by file.
	Definitions map[string]string `json:"definitions"`
	Cases       []Case            `json:"cases"`

	Module []byte `json:"-"` // what an engine ran, if it ran one
}

// A Case is one call, with its input exactly as it is due.
type Case struct {
	Kind string `json:"kind"` // request, response, query, definition, notification, token, issue or bind
	Name string `json:"name"`
	File string `json:"file"` // where the vector is, below schemas/vectors; "" where there is none

	Document       string `json:"document"`
	DocumentBase64 []byte `json:"documentBase64,omitempty"` // where it is not UTF-8
	Repeat         int    `json:"repeat,omitempty"`         // so many times over, for what is large

	Definition     string `json:"definition,omitempty"`     // of a validation: URL of a built-in one
	DefinitionFile string `json:"definitionFile,omitempty"` // or key of Suite.Definitions
	Level          string `json:"level,omitempty"`
	FHIR           string `json:"fhir,omitempty"`
	MaxIssues      int    `json:"maxIssues,omitempty"`
	Read           bool   `json:"read,omitempty"`   // a response of $get-ws-binding-token: read it as well
	Strict         bool   `json:"strict,omitempty"` // of a definition

	Policy *Policy `json:"policy,omitempty"` // of a token, which is the document
	Key    string  `json:"key,omitempty"`    // a private JWK, to issue claims with, which are the document

	Verdict json.RawMessage `json:"verdict,omitempty"` // absent where there is no vector
	Expect  json.RawMessage `json:"expect"`
}

// A Policy is how a token is to be verified. What is absent is not compared, or
// has its default; without algorithms all are allowed.
type Policy struct {
	Keys           string   `json:"keys"` // the text of a JWK Set
	Algorithms     []string `json:"algorithms"`
	Issuer         string   `json:"issuer,omitempty"`
	Audience       string   `json:"audience,omitempty"`
	Typ            *string  `json:"typ,omitempty"` // "" for any or none
	Now            float64  `json:"now"`
	ClockTolerance float64  `json:"clockTolerance"`
	Raw            bool     `json:"raw,omitempty"`
}

// Input returns the bytes of the document.
func (c *Case) Input() []byte {
	if c.DocumentBase64 != nil {
		return c.DocumentBase64
	}
	return bytes.Repeat([]byte(c.Document), max(c.Repeat, 1))
}

// An Answer is what came of a case. Members that its kind does not have are
// absent, and null is never written.
type Answer struct {
	Valid        *bool           `json:"valid,omitempty"`
	Loaded       *bool           `json:"loaded,omitempty"`
	OK           *bool           `json:"ok,omitempty"`
	Issues       json.RawMessage `json:"issues,omitempty"`
	Repairs      json.RawMessage `json:"repairs,omitempty"`
	Outcome      json.RawMessage `json:"outcome,omitempty"`
	Read         *Answer         `json:"read,omitempty"`
	Response     *Response       `json:"response,omitempty"`
	Definition   json.RawMessage `json:"definition,omitempty"`
	Notification json.RawMessage `json:"notification,omitempty"`
	Claims       json.RawMessage `json:"claims,omitempty"`
	Payload      *string         `json:"payload,omitempty"`
	Token        string          `json:"token,omitempty"`
	Code         string          `json:"code,omitempty"`
	Diagnostics  string          `json:"diagnostics,omitempty"`
	Expression   string          `json:"expression,omitempty"`
}

// A Response is what an answer of $get-ws-binding-token says.
type Response struct {
	Token         string   `json:"token"`
	Expiration    string   `json:"expiration"` // as Date.prototype.toISOString writes it
	Subscriptions []string `json:"subscriptions"`
	WebsocketURL  string   `json:"websocketUrl"`
}

// canonical writes a value as RFC 8785 does.
func canonical(v any) (string, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	value := jsontext.Value(text)
	err = value.Canonicalize()
	return string(value), err
}
