package fhir

import (
	"strconv"

	"github.com/wsbind/wsbind/core/fault"
)

// CheckText is [CheckPrimitive] for a text that is not part of a document, and
// a type that JSON writes as a string.
func CheckText(r Release, typ, text string) Problem {
	t := FindType(typ)
	if !t.Primitive() || !t.In(r) {
		return Problem{fault.UnknownType, strconv.Quote(typ) + " is no primitive type of " + r.String()}
	}
	if text == "" {
		return Problem{fault.EmptyValue, "the " + typ + " is empty"}
	}
	var scratch [128]byte
	if rule := checkText(r, t, append(scratch[:0], text...)); rule != "" {
		return Problem{fault.InvalidPrimitive, excerpt([]byte(strconv.Quote(text))) + " is not " + article(typ) + ": " + rule}
	}
	return Problem{}
}
