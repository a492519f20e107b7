package fhir

import (
	"strconv"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// complex checks an object by the table of its type.
func (c *Checker) complex(t Type, v jsonscan.Value) {
	if !c.object(v) {
		return
	}
	c.content(v)
	rows := t.elements()
	if rows == nil {
		c.genericMembers(v)
		return
	}
	c.members(t, rows, v, elementMember)
}

// A common checks a member that a table need not list, and reports whether it
// is one. The members of resources come from there.
type common func(c *Checker, name []byte, v, sibling jsonscan.Value) bool

// members checks the members of an object against the rows of a table.
func (c *Checker) members(t Type, rows []element, v jsonscan.Value, inherited common) {
	var seen uint64 // bit i: rows[i] was present
	extended, hint := false, 0
	c.Each(v, func(name []byte, at, member, sibling jsonscan.Value) {
		if i, typ := c.find(rows, name, hint); i >= 0 {
			if seen&(1<<i) != 0 {
				c.severalChoices(&rows[i], at)
			}
			seen |= 1 << i
			hint = i + 1
			c.member(&rows[i], typ, member, sibling)
			return
		}
		extended = extended || string(name) == "extension"
		if !inherited(c, name, member, sibling) && !(t.backbone() && c.modifiers(name, member, sibling)) {
			c.unknown(t, at)
		}
	})
	c.missing(t, rows, seen, v)
	if t == tExtension {
		c.extensionContent(seen&^1 != 0, extended, v)
	}
}

// find returns the row for a member, and its type where the row leaves a
// choice; -1 where there is none. It begins at hint: documents mostly keep to
// the order of the specification.
func (c *Checker) find(rows []element, name []byte, hint int) (int, Type) {
	for n := range rows {
		i := hint + n
		if i >= len(rows) {
			i -= len(rows)
		}
		row := &rows[i]
		if !row.in.has(c.Release) || len(name) < len(row.name) || string(name[:len(row.name)]) != row.name {
			continue
		}
		if row.typ != tChoice {
			if len(name) == len(row.name) {
				i = c.newest(rows, i)
				return i, row.typ
			}
		} else if t := c.chosen(row, name[len(row.name):]); t != noType {
			return i, t
		}
	}
	return -1, noType
}

// newest returns, where no release is asked for, the last of the rows that
// differ in their codes only: newer releases have more of them.
func (c *Checker) newest(rows []element, i int) int {
	for c.Release == 0 && i+1 < len(rows) && rows[i+1].name == rows[i].name && rows[i+1].typ == rows[i].typ {
		i++
	}
	return i
}

// chosen returns the type that the rest of a choice's name means, such as
// "DateTime" in valueDateTime.
func (c *Checker) chosen(row *element, rest []byte) Type {
	if row.words == "*" {
		if t := valueType(rest); t != noType && openTypes[t].inExtension != 0 && openTypes[t].inExtension.has(c.Release) {
			return t
		}
		return noType
	}
	if len(rest) == 0 || !hasWord(row.words, rest) {
		return noType
	}
	return valueType(rest)
}

func (c *Checker) severalChoices(row *element, name jsonscan.Value) {
	c.Enter(row.name)
	c.fail(fault.SeveralChoices, name, row.name, "[x] stands twice, the second time as ", Excerpt(name.Raw()), ": keep one")
	c.Leave()
}

// member checks an element that a row describes.
func (c *Checker) member(row *element, t Type, v, sibling jsonscan.Value) {
	c.Enter(row.name)
	codes := row.words
	if row.typ == tChoice {
		codes = "" // they are types
	}
	switch {
	case !row.card.repeats():
		if v.Kind() == jsonscan.Array {
			c.fail(fault.WrongJSONType, v, row.name, " does not repeat: write its value without the array")
		} else if t.Primitive() {
			c.primitive(t, codes, v, sibling)
		} else {
			c.Value(t, v, sibling)
		}
	case t.Primitive():
		c.primitives(t, codes, v, sibling)
	default:
		c.noSibling(sibling)
		if v.Exists() {
			c.repeated(t, v)
		}
	}
	c.Leave()
}

// primitives checks an array of primitives and the array of their siblings:
// each fills its gaps with null.
func (c *Checker) primitives(t Type, codes string, v, siblings jsonscan.Value) {
	if v.Exists() && !c.array(v) || siblings.Exists() && !c.array(siblings) {
		return
	}
	base := c.push(siblings)
	n := 0
	for e := v.First(); e.Exists(); e = e.Next() {
		sibling := c.entry(base, n)
		c.repetition(n)
		value := e.Value
		if value.Kind() == jsonscan.Null && sibling.Exists() {
			value = jsonscan.Value{}
		}
		c.primitive(t, codes, value, sibling)
		if n++; c.Stopped() {
			return
		}
	}
	c.lonely(base, n, v)
	c.pop(base)
}

// push puts the entries of a sibling array aside and returns where they begin.
func (c *Checker) push(siblings jsonscan.Value) (base int) {
	base = len(c.aside)
	for e := siblings.First(); e.Exists(); e = e.Next() {
		c.aside = append(c.aside, e.Value)
	}
	return base
}

func (c *Checker) pop(base int) { c.aside = c.aside[:base] }

// entry returns the sibling with index n, or an absent value in place of null.
func (c *Checker) entry(base, n int) jsonscan.Value {
	if base+n >= len(c.aside) || c.aside[base+n].Kind() == jsonscan.Null {
		return jsonscan.Value{}
	}
	return c.aside[base+n]
}

// lonely checks the siblings of an array that is absent, and that two arrays
// are of one length.
func (c *Checker) lonely(base, n int, v jsonscan.Value) {
	have := len(c.aside) - base
	switch {
	case have == 0 || have == n:
	case v.Exists():
		c.repetition(-1)
		c.fail(fault.WrongJSONType, v, "the array has ", strconv.Itoa(n), " entries and that of the extensions ", strconv.Itoa(have), ": fill the gaps with null")
	default:
		for i := range have {
			c.repetition(i)
			if e := c.entry(base, i); e.Exists() {
				c.sibling(false, e)
			} else {
				c.fail(fault.NullValue, c.aside[base+i], "neither a value nor an extension stands at this place")
			}
			if c.Stopped() {
				break
			}
		}
	}
	c.repetition(-1)
}

func (c *Checker) unknown(t Type, name jsonscan.Value) {
	c.enterMember(name)
	why := article(t.String()) + " has no element " + Excerpt(name.Raw())
	if c.Release != 0 {
		why += " in " + c.Release.String()
	}
	c.fail(fault.UnknownElement, name, why)
	c.Leave()
}

// missing reports the required elements that no member was found for. Without
// a release only those are due that every release asks for.
func (c *Checker) missing(t Type, rows []element, seen uint64, v jsonscan.Value) {
	for i := range rows {
		row := &rows[i]
		if !row.card.due() || !row.in.has(c.Release) || seen&(1<<i) != 0 || c.Release == 0 && row.in != always {
			continue
		}
		name := row.name
		if row.typ == tChoice {
			name += "[x]"
		}
		c.Enter(row.name)
		c.fail(fault.MissingElement, v, article(t.String()), " needs the element ", name)
		c.Leave()
	}
}

// extensionContent is the invariant ext-1.
func (c *Checker) extensionContent(valued, extended bool, v jsonscan.Value) {
	switch {
	case valued && extended:
		c.fail(fault.InvariantFailed, v, "an Extension has a value or extensions, not both (ext-1)")
	case !valued && !extended:
		c.fail(fault.InvariantFailed, v, "an Extension needs a value or extensions (ext-1)")
	}
}
