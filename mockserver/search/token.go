package search

import (
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// specialValues are the systems that booleans belong to, by FHIR's searching rules.
var specialValues = []string{
	"http://terminology.hl7.org/CodeSystem/special-values",
	"http://hl7.org/fhir/special-values",
}

// token is a value of a token parameter.
type token struct {
	system     string
	anySystem  bool // no bar: the system does not matter
	code       string
	anyCode    bool // system| alone
	ignoreCase bool
}

func parseToken(t Term, value string) (token, error) {
	parts := splitEscaped(value, '|')
	switch len(parts) {
	case 1:
		return token{code: unescape(parts[0]), anySystem: true}, nil
	case 2:
		tok := token{system: unescape(parts[0]), code: unescape(parts[1]), anyCode: parts[1] == ""}
		if tok.system != "" || !tok.anyCode {
			return tok, nil
		}
	}
	return token{}, refuse(t, "has the value "+fault.Quote(value)+", expected is code, system|code, |code or system|")
}

func tokenTest(p *Parameter, t Term, value string) (test, error) {
	tok, err := parseToken(t, value)
	if err != nil {
		return nil, err
	}
	if why := tok.neverMatches(p); why != "" {
		return nil, refuse(t, "has the value "+fault.Quote(value)+", which nothing can match: "+why)
	}
	return tok.test, nil
}

// neverMatches says why no element of the parameter can match the token, and
// "" where one could: codes and booleans are of one known system each.
func (tok token) neverMatches(p *Parameter) string {
	why := ""
	for i := range p.paths {
		if why = tok.neverMatchesAt(&p.paths[i]); why == "" {
			return ""
		}
	}
	return why
}

func (tok token) neverMatchesAt(p *path) string {
	hasSystem := !tok.anySystem && tok.system != ""
	switch {
	case p.boolean && !tok.anyCode && tok.code != "true" && tok.code != "false":
		return "the element is true or false"
	case p.boolean && hasSystem && !isSpecialValues(tok.system):
		return "true and false are of the system " + specialValues[0]
	case p.code && hasSystem && p.system == "":
		return "the element has no system"
	case p.code && hasSystem && p.system != tok.system:
		return "the codes are of the system " + p.system
	}
	return ""
}

func isSpecialValues(system string) bool {
	return system == specialValues[0] || system == specialValues[1]
}

// test tells the datatypes apart by their members: CodeableConcept has coding,
// Identifier and ContactPoint have value, and what is left is a Coding.
func (tok token) test(p *path, element jsonscan.Value) bool {
	switch element.Kind() {
	case jsonscan.True, jsonscan.False:
		return tok.matchesBoolean(element)
	case jsonscan.String:
		tok.ignoreCase = p.anyCase
		return tok.matchesCode(element) && (tok.anySystem || tok.system == "" || tok.system == p.system)
	case jsonscan.Object:
		if coding := element.Get("coding"); coding.Exists() {
			for c := range coding.Elements() {
				if tok.matches(c, "code") {
					return true
				}
			}
			return false
		}
		if element.Get("value").Kind() == jsonscan.String {
			return tok.matches(element, "value")
		}
		return tok.matches(element, "code")
	}
	return false
}

func (tok token) matchesBoolean(element jsonscan.Value) bool {
	if !tok.anySystem && tok.system != "" && !isSpecialValues(tok.system) {
		return false
	}
	return tok.anyCode || tok.code == string(element.Raw())
}

// matches compares with an object that has a system beside its code.
func (tok token) matches(object jsonscan.Value, code string) bool {
	if !tok.anySystem && object.Get("system").Text() != tok.system {
		return false
	}
	return tok.matchesCode(object.Get(code))
}

func (tok token) matchesCode(code jsonscan.Value) bool {
	switch {
	case tok.anyCode:
		return true
	case tok.ignoreCase:
		return strings.EqualFold(code.Text(), tok.code)
	}
	return code.Is(tok.code)
}
