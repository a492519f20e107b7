package fhir

import (
	"strconv"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// Problem is what is wrong with a value. The zero Problem is none.
type Problem struct {
	Code fault.Code
	// Text is a sentence that names the value and the rule.
	Text string
}

// CheckPrimitive judges v as a primitive of the given type, such as "dateTime",
// by the rules of the release; the zero Release has the rules of R5 and all
// its types. A type that the release does not know is [fault.UnknownType].
// A _name sibling is not seen here: see [Checker.Type].
func CheckPrimitive(r Release, typ string, v jsonscan.Value) Problem {
	t := FindType(typ)
	if !t.Primitive() || !t.In(r) {
		return Problem{fault.UnknownType, strconv.Quote(typ) + " is no primitive type of " + r.String()}
	}
	var scratch [128]byte
	b, _ := checkPrimitive(r, t, v, scratch[:0])
	if b.code == "" {
		return Problem{}
	}
	return Problem{b.code, b.text(t, v)}
}

// A breach is what is wrong with a value, not yet put into words. The zero breach
// is none.
type breach struct {
	code fault.Code
	rule string // the rule that was broken, or how the value is to be written
}

// text puts a breach into words.
func (b breach) text(t Type, v jsonscan.Value) string {
	switch b.code {
	case fault.WrongJSONType:
		return "the value is " + v.Kind().String() + ", " + article(t.String()) + " is written as " + b.rule
	case fault.EmptyValue:
		return "the " + t.String() + " is empty: leave the element out instead"
	}
	return problem(t, v.Raw(), b.rule).Text
}

// checkPrimitive is CheckPrimitive for a type that is known. Strings with
// escapes are read into scratch, which is returned for the next call.
func checkPrimitive(r Release, t Type, v jsonscan.Value, scratch []byte) (breach, []byte) {
	due := jsonscan.String
	switch t {
	case tBoolean:
		if k := v.Kind(); k != jsonscan.True && k != jsonscan.False {
			return breach{fault.WrongJSONType, "true or false, without quotes"}, scratch
		}
		return breach{}, scratch
	case tInteger, tUnsignedInt, tPositiveInt, tDecimal:
		due = jsonscan.Number
	}
	if v.Kind() != due {
		return breach{fault.WrongJSONType, due.String()}, scratch
	}
	if due == jsonscan.Number {
		return broken(checkNumber(r, t, v.Raw())), scratch
	}
	text := v.Bytes(scratch[:0])
	if len(text) == 0 {
		return breach{code: fault.EmptyValue}, scratch
	}
	b := broken(checkText(r, t, text))
	if cap(text) > cap(scratch) && v.Length() != len(text)+2 {
		scratch = text
	}
	return b, scratch
}

// broken makes a breach of the rule that was broken, if one was.
func broken(rule string) breach {
	if rule == "" {
		return breach{}
	}
	return breach{fault.InvalidPrimitive, rule}
}

// Accepts reports whether v is valid as a primitive of the type, if that can be
// told at once: false may also mean that it is written with escapes, or that t
// is no primitive. It is for the values that a document has most of.
func (c *Checker) Accepts(t Type, v jsonscan.Value) bool {
	text, ok := v.Plain()
	switch {
	case !ok || len(text) == 0:
		return false
	case t == tString || t == tMarkdown:
		return len(text) <= maxString // what would be forbidden needs an escape
	}
	switch t {
	case tCode, tId, tUri, tUrl, tCanonical, tDate, tDateTime, tInstant:
		return checkText(c.Release, t, text) == ""
	}
	return false
}

// problem makes a Problem of the rule that was broken, if one was. What is wrong
// with free text, which may be secret, shows in the rule alone.
func problem(t Type, value []byte, rule string) Problem {
	if rule == "" {
		return Problem{}
	}
	subject := "the value"
	if t != tString && t != tMarkdown && t != tXhtml && t != tBase64Binary {
		subject = Excerpt(value)
	}
	return Problem{fault.InvalidPrimitive, subject + " is not " + article(t.String()) + ": " + rule}
}

// checkText returns the rule that a string primitive breaks, or "".
func checkText(r Release, t Type, s []byte) string {
	switch t {
	case tString, tMarkdown:
		return checkString(r, s)
	case tXhtml:
		return checkXHTML(s)
	case tCode:
		return checkCode(s)
	case tId:
		return checkID(s)
	case tUri, tUrl, tCanonical:
		return checkURI(s)
	case tOid:
		return checkOID(s)
	case tUuid:
		return checkUUID(s)
	case tBase64Binary:
		return checkBase64(r, s)
	case tDate:
		return checkDate(s)
	case tDateTime:
		return checkDateTime(r, s)
	case tInstant:
		return checkInstant(r, s)
	case tTime:
		return checkTimeOfDay(r, s)
	case tInteger64:
		return checkInteger64(s)
	}
	return ""
}

// article puts "a" or "an" before a word.
func article(word string) string {
	switch word[0] {
	case 'a', 'e', 'i', 'o', 'A', 'E', 'I', 'O':
		return "an " + word
	}
	if len(word) > 1 && word[0] == 'u' && word[1] == 'n' { // unsignedInt, but a uri
		return "an " + word
	}
	return "a " + word
}
