package fhir

import (
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// generic checks a value of which no table tells the type: nothing is null or
// empty, members have names that FHIR could have given, extensions and nested
// resources are what they claim to be.
func (c *Checker) generic(v, sibling jsonscan.Value) {
	switch v.Kind() {
	case jsonscan.Null:
		c.fail(fault.NullValue, v, "null is only allowed among the entries of an array of primitives: leave the element out")
	case jsonscan.Object:
		c.noSibling(sibling)
		switch {
		case !c.object(v):
		case c.holdsResource() && v.Get("resourceType").Exists():
			c.Resource(v)
		default:
			c.content(v)
			c.genericMembers(v)
		}
	case jsonscan.Array:
		c.genericArray(v, sibling)
	case jsonscan.Absent:
		c.genericSibling(sibling)
	default:
		if v.Kind() == jsonscan.String && v.Empty() {
			c.fail(fault.EmptyValue, v, "the string is empty: leave the element out instead")
		}
		if sibling.Exists() {
			c.sibling(true, sibling)
		}
	}
}

// holdsResource reports whether the element that the checker is at is one of
// those that hold a resource. Others may have an element called resourceType:
// Subscription.filterBy and Consent.provision of R5 do.
func (c *Checker) holdsResource() bool {
	if len(c.path) == 0 {
		return true
	}
	at := &c.path[len(c.path)-1]
	for _, name := range [...]string{"resource", "outcome", "issues"} {
		if at.name == name || at.member.Is(name) {
			return true
		}
	}
	return false
}

// genericSibling checks a _name member without the member it belongs to.
func (c *Checker) genericSibling(sibling jsonscan.Value) {
	if sibling.Kind() != jsonscan.Array {
		c.sibling(false, sibling)
		return
	}
	base := c.push(sibling)
	c.lonely(base, 0, jsonscan.Value{})
	c.pop(base)
}

// genericMembers checks the members of an element.
func (c *Checker) genericMembers(v jsonscan.Value) { c.anyMembers(v, genericMember) }

// elementMember checks what every element may have.
func elementMember(c *Checker, name []byte, v, sibling jsonscan.Value) bool {
	switch string(name) {
	case "id":
		c.noSibling(sibling)
		c.elementID(v)
	case "extension":
		c.extensions("extension", v, sibling)
	default:
		return false
	}
	return true
}

// genericMember is elementMember where the type may be a BackboneElement.
func genericMember(c *Checker, name []byte, v, sibling jsonscan.Value) bool {
	return elementMember(c, name, v, sibling) || c.modifiers(name, v, sibling)
}

// modifiers checks the member modifierExtension.
func (c *Checker) modifiers(name []byte, v, sibling jsonscan.Value) bool {
	if string(name) != "modifierExtension" {
		return false
	}
	c.extensions("modifierExtension", v, sibling)
	return true
}

// anyMembers checks every member by the function or, where that knows it not,
// by the generic rules.
func (c *Checker) anyMembers(v jsonscan.Value, inherited common) {
	c.Each(v, func(name []byte, at, member, sibling jsonscan.Value) {
		if inherited(c, name, member, sibling) {
			return
		}
		c.enterMember(at)
		if isElementName(name) {
			c.generic(member, sibling)
		} else {
			c.fail(fault.UnknownElement, at, Excerpt(at.Raw()), " cannot be the name of an element")
		}
		c.Leave()
	})
}

// isElementName tells names that FHIR gives: letters and digits, at most 64.
func isElementName(name []byte) bool {
	if len(name) == 0 || len(name) > 64 || !isLetter(name[0]) {
		return false
	}
	for _, c := range name {
		if !isLetter(c) && !isDigit(c) {
			return false
		}
	}
	return true
}

// genericArray checks the entries of an array. A null is good where the
// sibling array has an entry.
func (c *Checker) genericArray(v, siblings jsonscan.Value) {
	if !c.array(v) || siblings.Exists() && !c.array(siblings) {
		return
	}
	base := c.push(siblings)
	n := 0
	for e := v.First(); e.Exists(); e = e.Next() {
		sibling := c.entry(base, n)
		c.repetition(n)
		switch {
		case e.Kind() == jsonscan.Array:
			c.fail(fault.WrongJSONType, e.Value, "FHIR has no arrays within arrays")
		case e.Kind() == jsonscan.Null && sibling.Exists():
			c.sibling(false, sibling)
		default:
			c.generic(e.Value, sibling)
		}
		if n++; c.Stopped() {
			return
		}
	}
	c.lonely(base, n, v)
	c.pop(base)
}
