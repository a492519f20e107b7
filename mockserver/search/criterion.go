package search

import (
	"slices"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// criterion is one term, compiled.
type criterion struct {
	param *Parameter
	// tests holds what the values of the term ask of an element: one must hold.
	tests []test
	// outcome says what the tests' result means.
	outcome outcome
	// keys holds a key of each test, or nothing: see Anchor.
	keys []string
}

// test reports whether an element found at a path has one value of a term.
type test func(p *path, element jsonscan.Value) bool

type outcome uint8

const (
	oneMatches outcome = iota // an element has one of the values
	noneMatch                 // :not
	isThere                   // :missing=false
	isMissing                 // :missing=true
)

func (c *criterion) match(resource jsonscan.Value) bool {
	found, matched := false, false
	c.param.elements(resource, func(p *path, element jsonscan.Value) bool {
		found = true
		matched = slices.ContainsFunc(c.tests, func(t test) bool { return t(p, element) })
		return !matched
	})
	switch c.outcome {
	case noneMatch:
		return !matched
	case isThere:
		return found
	case isMissing:
		return !found
	}
	return matched
}

// modifiers lists what may follow the colon, by the parameter's type. A
// reference also takes the name of a resource type.
var modifiers = map[Kind]string{
	String:    "contains exact missing",
	Token:     "missing not",
	Reference: "identifier missing",
	Date:      "missing",
	Number:    "missing",
	Quantity:  "missing",
	URI:       "above below missing",
}

func (c Compiler) criterion(p *Parameter, t Term) (criterion, error) {
	cr := criterion{param: p}
	if t.Comparator != "" && t.Modifier != "" {
		return cr, refuse(t, "has a modifier and a comparator, one of them is possible")
	}
	if !c.knowsModifier(p, t.Modifier) {
		return cr, refuse(t, "has a modifier that is not supported: "+string(p.Type)+" parameters take "+
			strings.Join(strings.Fields(modifiers[p.Type]), ", "))
	}
	if t.Modifier == "missing" {
		switch t.Value {
		case "true":
			cr.outcome = isMissing
		case "false":
			cr.outcome = isThere
		default:
			return cr, refuse(t, "has the value "+fault.Quote(t.Value)+", true and false are possible")
		}
		return cr, nil
	}
	if t.Modifier == "not" {
		cr.outcome = noneMatch
	}
	values := splitEscaped(t.Value, ',')
	for _, v := range values {
		if v == "" {
			return cr, refuse(t, "has an empty value: leave the parameter or the comma out")
		}
		one, err := c.test(p, t, v)
		if err != nil {
			return cr, err
		}
		cr.tests = append(cr.tests, one)
	}
	cr.keys = c.keys(p, t, values)
	return cr, nil
}

func (c Compiler) knowsModifier(p *Parameter, modifier string) bool {
	if modifier == "" || slices.Contains(strings.Fields(modifiers[p.Type]), modifier) {
		return true
	}
	return p.Type == Reference && fhir.IsResourceType(c.Release, modifier)
}

// test compiles one of the values that stand between commas.
func (c Compiler) test(p *Parameter, t Term, value string) (test, error) {
	switch p.Type {
	case Date, Number, Quantity:
		cmp, rest, err := comparator(t, value)
		if err != nil {
			return nil, err
		}
		switch p.Type {
		case Date:
			return dateTest(t, cmp, rest)
		case Number:
			return numberTest(t, cmp, rest)
		}
		return quantityTest(t, cmp, rest)
	}
	if t.Comparator != "" && t.Comparator != "eq" {
		return nil, refuse(t, "has the comparator "+fault.Quote(t.Comparator)+", only date, number and quantity parameters can be compared")
	}
	switch p.Type {
	case String:
		return stringTest(t.Modifier, unescape(value)), nil
	case Token:
		return tokenTest(p, t, value)
	case Reference:
		return c.referenceTest(t, value)
	}
	return uriTest(t.Modifier, unescape(value)), nil
}

// comparators are the prefixes of ordered values, which R5 calls comparators.
const comparators = "eq ne gt lt ge le sa eb ap"

// comparator returns how value is to be compared, and the value without its
// prefix. A term with a comparator of its own has no prefix in its value.
func comparator(t Term, value string) (cmp, rest string, err error) {
	if t.Comparator != "" {
		if !slices.Contains(strings.Fields(comparators), t.Comparator) {
			return "", "", refuse(t, "has the comparator "+fault.Quote(t.Comparator)+", known are "+comparators)
		}
		return t.Comparator, value, nil
	}
	if len(value) > 2 && slices.Contains(strings.Fields(comparators), value[:2]) {
		return value[:2], value[2:], nil
	}
	return "eq", value, nil
}
