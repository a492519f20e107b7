package notification

import (
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// counter checks a counter of a SubscriptionStatus and returns it, or Unknown.
// It is a string in R4B and an integer64 in R5, which JSON writes as a string
// as well. A number is read all the same: published examples of R5 have it.
func (c *Checker) counter(v, sibling jsonscan.Value) int64 {
	if v.Kind() == jsonscan.Number {
		severity := fault.Err
		if c.release == fhir.R5 {
			severity = fault.Warning
		}
		c.report(severity, fault.CounterAsNumber, v, "the counter is the number "+quote(v)+`: JSON has it as a string, "`+string(v.Raw())+`"`)
		return c.natural(v, v.Raw())
	}
	if k := v.Kind(); k != jsonscan.String && k != jsonscan.Absent {
		c.report(fault.Err, fault.WrongJSONType, v, "the counter is "+k.String()+": it is written as a string of decimal digits")
		return Unknown
	}
	c.fhir.Type("string", v, sibling)
	return c.digits(v)
}

// digits reads a counter that is written as a string.
func (c *Checker) digits(v jsonscan.Value) int64 {
	if v.Kind() != jsonscan.String || v.Empty() {
		return Unknown
	}
	var scratch [32]byte
	text := v.Bytes(scratch[:0])
	if c.release == fhir.R5 && len(text) > 1 && text[0] == '+' && text[1] != '0' {
		text = text[1:] // integer64 may have it
	}
	return c.natural(v, text)
}

// bare reads a counter of R4's status. That a number is no valueString is
// reported already: it is read all the same, or a client would take the event for
// one without a number, and for another one when $events brings it.
func (c *Checker) bare(v jsonscan.Value) int64 {
	if v.Kind() == jsonscan.Number {
		return c.natural(v, v.Raw())
	}
	return c.digits(v)
}

// natural reads 0 to 9223372036854775807 without sign and leading zeros.
func (c *Checker) natural(v jsonscan.Value, text []byte) int64 {
	n, ok := int64(0), len(text) > 0 && (text[0] != '0' || len(text) == 1)
	for _, d := range text {
		d -= '0'
		if d > 9 || n > (1<<63-1-int64(d))/10 {
			ok = false
			break
		}
		n = n*10 + int64(d)
	}
	if !ok {
		c.report(fault.Err, fault.InvalidPrimitive, v, quote(v)+" is no counter: a whole number from 0 to 9223372036854775807 is due, in decimal digits")
		return Unknown
	}
	return n
}
