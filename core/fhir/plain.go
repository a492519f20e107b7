package fhir

import (
	"bytes"
	"strconv"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// CheckText is [CheckPrimitive] for a text that is not part of a document, such
// as a value in a query: true, 7 and 2020-01-01 are all written as they are.
func CheckText(r Release, typ, text string) Problem {
	t := FindType(typ)
	if !t.Primitive() || !t.In(r) {
		return Problem{fault.UnknownType, strconv.Quote(typ) + " is no primitive type of " + r.String()}
	}
	var scratch [128]byte
	return t.CheckText(r, append(scratch[:0], text...))
}

// CheckText is the function of that name for a primitive type that was looked
// up by [FindType].
func (t Type) CheckText(r Release, text []byte) Problem {
	if len(text) == 0 {
		return Problem{fault.EmptyValue, "the " + t.String() + " is empty"}
	}
	rule := ""
	switch t {
	case tBoolean:
		if s := string(text); s != "true" && s != "false" {
			rule = "true or false is due"
		}
	case tInteger, tUnsignedInt, tPositiveInt, tDecimal:
		if rule = "a number is due"; isNumber(text) {
			rule = checkNumber(r, t, text)
		}
	default:
		rule = checkText(r, t, text)
	}
	if rule == "" {
		return Problem{}
	}
	return problem(t, strconv.AppendQuote(nil, string(text)), rule)
}

// isNumber reports whether text is a number by RFC 8259 section 6. The document
// gets a copy, so that text need not be on the heap for all other types.
func isNumber(text []byte) bool {
	var doc jsonscan.Document
	return doc.Parse(bytes.Clone(text), jsonscan.Limits{MaxBytes: 1 << 10}) == nil && doc.Root().Kind() == jsonscan.Number && doc.Root().Length() == len(text)
}
