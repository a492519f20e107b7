package notification

import (
	"bytes"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// parameter is what was read of one parameter or part.
type parameter struct {
	item            jsonscan.Value // the parameter itself
	name            jsonscan.Value
	value           jsonscan.Value
	typ             fhir.Type
	resource, part  jsonscan.Value
	contents, index int  // number of value, resource and part; index in its array
	broken          bool // what it holds cannot be told
}

// parameter checks one Parameters.parameter, without its parts, by the rules
// for any.
func (c *Checker) parameter(v jsonscan.Value) (p parameter) {
	p.item = v
	if !c.shaped(v, jsonscan.Object, "an object") {
		p.broken = true
		return p
	}
	for m := v.FirstMember(); m.Exists(); m = m.Next() {
		name, member := m.Name(), m.Value()
		var scratch [64]byte
		text := name.Bytes(scratch[:0])
		switch {
		case string(text) == "name":
			p.name = member
			c.typed("name", "string", member, siblingOf(v, "name"))
		case string(text) == "id":
			c.member(&parameterID, member, jsonscan.Value{}, nil)
		case string(text) == "extension", string(text) == "modifierExtension":
			c.extensions(string(text) == "modifierExtension", member)
		case string(text) == "resource":
			p.contents++
			p.resource = member
			c.fhir.Enter("resource")
			c.fhir.Resource(member)
			c.fhir.Leave()
		case string(text) == "part":
			p.contents++
			p.part = member
			c.fhir.Enter("part")
			c.shaped(member, jsonscan.Array, "an array")
			c.fhir.Leave()
		case c.valueOf(&p, text, v, member):
		case len(text) > 1 && text[0] == '_' && c.valueSibling(&p, text[1:], v, member):
		default:
			c.unknown("a parameter", name)
		}
		if c.fhir.Stopped() {
			break
		}
	}
	c.contents(v, &p)
	return p
}

// extensions checks the extensions of a parameter.
func (c *Checker) extensions(modify bool, v jsonscan.Value) {
	e := &parameterExtension
	if modify {
		e = &parameterModifier
	}
	c.member(e, v, jsonscan.Value{}, nil)
}

var (
	parameterID        = element{name: "id", typ: "string"}
	parameterExtension = element{name: "extension", typ: "Extension", repeats: true}
	parameterModifier  = element{name: "modifierExtension", typ: "Extension", repeats: true}
)

// contents is inv-1, and that a parameter has a name.
func (c *Checker) contents(v jsonscan.Value, p *parameter) {
	switch {
	case !p.name.Exists():
		c.report(fault.Err, fault.MissingName, v, "the parameter has no name")
	case p.broken:
	case p.contents == 0:
		c.report(fault.Err, fault.MissingValue, v, quote(p.name)+" has neither value, resource nor part (inv-1)")
	case p.contents > 1:
		c.report(fault.Err, fault.AmbiguousValue, v, quote(p.name)+" has more than one of value, resource and part (inv-1)")
	}
}

// valueOf checks a member whose name begins with value.
func (c *Checker) valueOf(p *parameter, text []byte, v, member jsonscan.Value) bool {
	suffix, ok := bytes.CutPrefix(text, []byte("value"))
	if !ok {
		return false
	}
	t, ok := fhir.ValueType(c.release, suffix)
	if !ok {
		p.broken = true
		return false
	}
	p.contents++
	p.value, p.typ = member, t
	sibling := jsonscan.Value{}
	if t.Primitive() {
		sibling = siblingOf(v, text)
	}
	c.fhir.Enter("value")
	if member.Kind() == jsonscan.Array {
		c.report(fault.Err, fault.WrongJSONType, member, "a value does not repeat: write it without the array")
	} else {
		c.fhir.Value(t, member, sibling)
	}
	c.fhir.Leave()
	return true
}

// valueSibling accepts _name and _value[x]: beside the member they belong to,
// where they were checked, and a _value[x] also alone.
func (c *Checker) valueSibling(p *parameter, base []byte, v, member jsonscan.Value) bool {
	if string(base) == "name" {
		if !v.Get("name").Exists() {
			c.typed("name", "string", jsonscan.Value{}, member)
			p.name = member
		}
		return true
	}
	suffix, ok := bytes.CutPrefix(base, []byte("value"))
	if !ok {
		return false
	}
	t, ok := fhir.ValueType(c.release, suffix)
	if !ok || !t.Primitive() {
		return false
	}
	if !v.Get(string(base)).Exists() {
		p.contents++
		p.typ = t
		c.fhir.Enter("value")
		c.fhir.Value(t, jsonscan.Value{}, member)
		c.fhir.Leave()
	}
	return true
}

func (c *Checker) typed(name, typ string, v, sibling jsonscan.Value) {
	c.fhir.Enter(name)
	c.fhir.Type(typ, v, sibling)
	c.fhir.Leave()
}

// anyParts checks the parts of a parameter that has no row.
func (c *Checker) anyParts(p *parameter) {
	i := 0
	for item := p.part.First(); item.Exists(); item = item.Next() {
		c.fhir.EnterIndex("part", i)
		part := c.parameter(item.Value)
		c.anyParts(&part)
		c.fhir.Leave()
		if i++; c.fhir.Stopped() {
			return
		}
	}
}

// has says what a parameter holds.
func (p *parameter) has() string {
	switch {
	case p.part.Exists():
		return "parts"
	case p.resource.Exists():
		return "a resource"
	}
	return "a value of type " + p.typ.String()
}
