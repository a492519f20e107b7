package notification

import (
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// A visitor checks an element that its table does not type, or looks at one
// that was checked.
type visitor func(c *Checker, e *element, v, sibling jsonscan.Value)

// object checks the members of v by a table, hands the untyped ones to visit,
// and reports what is missing.
func (c *Checker) object(what string, v jsonscan.Value, table []element, visit visitor) {
	if !c.shaped(v, jsonscan.Object, "an object") {
		return
	}
	seen := uint32(0)
	for m := v.FirstMember(); m.Exists(); m = m.Next() {
		name, member := m.Name(), m.Value()
		i, underscore := c.row(table, name)
		if i < 0 {
			c.unknown(what, name)
			continue
		}
		value, sibling := member, jsonscan.Value{}
		switch e := &table[i]; {
		case underscore && v.Get(e.name).Exists():
			continue // with the value it belongs to
		case underscore:
			value, sibling = jsonscan.Value{}, member
		case e.primitive():
			sibling = siblingOf(v, e.name)
		}
		seen |= 1 << i
		c.member(&table[i], value, sibling, visit)
		if c.fhir.Stopped() {
			return
		}
	}
	for i := range table {
		if table[i].required && seen&(1<<i) == 0 {
			c.missing(fault.Err, fault.MissingElement, v, table[i].name, what+" needs the element "+table[i].name)
		}
	}
}

// row returns the row for a member name, -1 if there is none, and whether the
// name is that of a primitive's sibling.
func (c *Checker) row(table []element, name jsonscan.Value) (i int, underscore bool) {
	var scratch [48]byte
	text := name.Bytes(scratch[:0])
	if len(text) > 1 && text[0] == '_' {
		text, underscore = text[1:], true
	}
	for i := range table {
		e := &table[i]
		if string(text) == e.name && (!e.r5 || c.release == fhir.R5) && (!underscore || e.primitive()) {
			return i, underscore
		}
	}
	return -1, false
}

// siblingOf returns the member of an object with the name and an underscore
// before it.
func siblingOf[T string | []byte](v jsonscan.Value, name T) jsonscan.Value {
	for m := v.FirstMember(); m.Exists(); m = m.Next() {
		var scratch [64]byte
		if text := m.Name().Bytes(scratch[:0]); len(text) == len(name)+1 && text[0] == '_' && string(text[1:]) == string(name) {
			return m.Value()
		}
	}
	return jsonscan.Value{}
}

// member checks one element of a table, with all its repetitions.
func (c *Checker) member(e *element, v, sibling jsonscan.Value, visit visitor) {
	if !e.repeats {
		c.fhir.Enter(e.name)
		if v.Kind() == jsonscan.Array {
			c.report(fault.Err, fault.WrongJSONType, v, e.name+" does not repeat: write its value without the array")
		} else {
			c.one(e, v, sibling, visit)
		}
		c.fhir.Leave()
		return
	}
	c.fhir.Enter(e.name)
	ok := c.shaped(v, jsonscan.Array, "an array")
	c.fhir.Leave()
	if !ok {
		return
	}
	i := 0
	for item := v.First(); item.Exists(); item = item.Next() {
		c.fhir.EnterIndex(e.name, i)
		c.one(e, item.Value, jsonscan.Value{}, visit)
		c.fhir.Leave()
		if i++; c.fhir.Stopped() {
			return
		}
	}
}

// one checks one repetition of an element, which the path is at.
func (c *Checker) one(e *element, v, sibling jsonscan.Value, visit visitor) {
	switch {
	case e.typ == "resource":
		c.fhir.Resource(v)
		if nested := v.Get("contained"); e.name == "contained" && nested.Exists() {
			c.fhir.Enter("contained")
			c.report(fault.Err, fault.InvariantFailed, nested, "a contained resource contains no others (dom-2)")
			c.fhir.Leave()
		}
	case e.typ != "":
		c.fhir.Type(e.typ, v, sibling)
		if e.name == "id" && e.typ == "string" && v.Kind() == jsonscan.String && !v.Empty() && !isURI(c.bytes(v)) {
			c.report(fault.Err, fault.InvalidPrimitive, v, quote(v)+" is not the id of an element: white space is not allowed")
		}
	}
	if visit != nil {
		visit(c, e, v, sibling)
	}
}

// shaped reports a value of another kind than the one due, and an empty one.
func (c *Checker) shaped(v jsonscan.Value, kind jsonscan.Kind, due string) bool {
	switch {
	case v.Kind() == jsonscan.Null:
		c.report(fault.Err, fault.NullValue, v, "null stands where "+due+" is due: leave the element out instead")
	case v.Kind() != kind:
		c.report(fault.Err, fault.WrongJSONType, v, "the value is "+v.Kind().String()+", "+due+" is due")
	case v.Empty():
		c.report(fault.Err, fault.EmptyValue, v, due+" with nothing in it stands here: leave the element out instead")
	default:
		return true
	}
	return false
}

func (c *Checker) unknown(what string, name jsonscan.Value) {
	c.fhir.Enter(name.Text())
	c.report(fault.Err, fault.UnknownElement, name, what+" has no element "+quote(name)+" in "+c.release.String())
	c.fhir.Leave()
}

// missing adds an issue about a member of v that is not there.
func (c *Checker) missing(severity fault.Severity, code fault.Code, v jsonscan.Value, name, diagnostics string) {
	c.fhir.Enter(name)
	c.report(severity, code, v, diagnostics)
	c.fhir.Leave()
}

// report adds an issue about the element that the path is at.
//
//go:noinline
func (c *Checker) report(severity fault.Severity, code fault.Code, at jsonscan.Value, diagnostics string) {
	c.fhir.Report(severity, code, at, diagnostics)
}

// quote shows a value in a diagnostic, shortened.
func quote(v jsonscan.Value) string {
	if v.Kind() == jsonscan.String {
		return fault.Quote(v.Text())
	}
	return fhir.Excerpt(v.Raw())
}
