package fhir

import (
	"bytes"
	"sort"

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
	for i := base; i < end; i++ {
		c.order = append(c.order, uint32(i))
	}
	jsonscan.Order(c.order[base:], c.comparePairs)
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
		if p := c.pairs[c.order[i]]; !p.met {
			visit(c.unescaped(p.name)[1:], p.name, jsonscan.Value{}, p.value)
		}
	}
	c.pairs, c.order = c.pairs[:base], c.order[:base]
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
	compare := func(i int) int {
		var scratch [64]byte
		return bytes.Compare(c.pairs[c.order[base+i]].name.Bytes(scratch[:0])[1:], name)
	}
	i := sort.Search(end-base, func(i int) bool { return compare(i) >= 0 })
	if i == end-base || compare(i) != 0 {
		return jsonscan.Value{}
	}
	p := &c.pairs[c.order[base+i]]
	p.met = true
	return p.value
}

func isSibling(name jsonscan.Value) bool {
	var scratch [64]byte
	text := name.Bytes(scratch[:0])
	return len(text) > 0 && text[0] == '_'
}

func (c *Checker) comparePairs(a, b uint32) int {
	var bufA, bufB [64]byte
	return bytes.Compare(c.pairs[a].name.Bytes(bufA[:0]), c.pairs[b].name.Bytes(bufB[:0]))
}
