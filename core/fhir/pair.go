package fhir

import (
	"bytes"
	"slices"

	"github.com/wsbind/wsbind/core/jsonscan"
)

// A pair is a member whose name begins with an underscore: what belongs to the
// primitive of the same name without it.
type pair struct {
	name, value jsonscan.Value
	met         bool // the primitive stood in the object too
}

// A visitor is called with each member of an object: name is what it means,
// without the underscore of a sibling and valid until the next call of Each, at
// the name as it stands in the text.
type visitor = func(name []byte, at, member, sibling jsonscan.Value)

// Each calls visit for every member of an object, a primitive and its sibling
// at once. A sibling without its primitive comes last, with an absent member.
func (c *Checker) Each(v jsonscan.Value, visit visitor) {
	for m := v.FirstMember(); m.Exists(); m = m.Next() {
		if name, plain := m.Name().Plain(); !plain || len(name) > 0 && name[0] == '_' {
			c.eachPair(v, visit)
			return
		}
	}
	for m := v.FirstMember(); m.Exists(); m = m.Next() {
		name, _ := m.Name().Plain()
		if visit(name, m.Name(), m.Value(), jsonscan.Value{}); c.Stopped() {
			return
		}
	}
}

// eachPair is Each for an object that may have siblings. They are sorted, so
// that an object of any size costs no more than n log n.
func (c *Checker) eachPair(v jsonscan.Value, visit visitor) {
	base := len(c.pairs)
	for m := v.FirstMember(); m.Exists(); m = m.Next() {
		name, member := m.Name(), m.Value()
		if raw := name.Raw(); raw[1] == '_' || raw[1] == '\\' && isSibling(name) {
			c.pairs = append(c.pairs, pair{name: name, value: member})
		}
	}
	end := len(c.pairs)
	if end-base > 1 {
		slices.SortFunc(c.pairs[base:], comparePairs)
	}
	for m := v.FirstMember(); m.Exists(); m = m.Next() {
		name, member := m.Name(), m.Value()
		if raw := name.Raw(); end > base && (raw[1] == '_' || raw[1] == '\\' && isSibling(name)) {
			continue
		}
		plain := c.unescaped(name)
		visit(plain, name, member, c.partner(base, end, plain))
		if c.Stopped() {
			break
		}
	}
	for i := base; i < end && !c.Stopped(); i++ {
		if p := c.pairs[i]; !p.met {
			visit(c.unescaped(p.name)[1:], p.name, jsonscan.Value{}, p.value)
		}
	}
	c.pairs = c.pairs[:base]
}

// unescaped returns the text of a member name.
func (c *Checker) unescaped(name jsonscan.Value) []byte {
	text := name.Bytes(c.text[:0])
	if name.Length() != len(text)+2 {
		c.text = text
	}
	return text
}

// partner returns the sibling of the member name and marks it.
func (c *Checker) partner(base, end int, name []byte) jsonscan.Value {
	if base == end {
		return jsonscan.Value{}
	}
	i, ok := slices.BinarySearchFunc(c.pairs[base:end], name, func(p pair, name []byte) int {
		var scratch [64]byte
		return bytes.Compare(p.name.Bytes(scratch[:0])[1:], name)
	})
	if !ok {
		return jsonscan.Value{}
	}
	c.pairs[base+i].met = true
	return c.pairs[base+i].value
}

func isSibling(name jsonscan.Value) bool {
	var scratch [64]byte
	text := name.Bytes(scratch[:0])
	return len(text) > 0 && text[0] == '_'
}

func comparePairs(a, b pair) int {
	var bufA, bufB [64]byte
	return bytes.Compare(a.name.Bytes(bufA[:0]), b.name.Bytes(bufB[:0]))
}
