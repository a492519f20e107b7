package jsonscan

import "iter"

// Kind tells the JSON types apart. The zero Kind belongs to an absent value.
type Kind uint8

// The kinds of value.
const (
	Absent Kind = iota
	Null
	False
	True
	Number
	String
	Array
	Object
)

// String names the kind as a diagnostic does.
func (k Kind) String() string {
	switch k {
	case Null:
		return "null"
	case False, True:
		return "a boolean"
	case Number:
		return "a number"
	case String:
		return "a string"
	case Array:
		return "an array"
	case Object:
		return "an object"
	}
	return "nothing"
}

// Value is a value within a [Document], or absent. It is valid until the next
// Parse of its document. Every method answers for an absent value too, so that
// lookups can be chained.
type Value struct {
	doc   *Document
	index uint32
}

// Root returns the document's value; it is absent before a successful Parse.
func (d *Document) Root() Value {
	if len(d.nodes) == 0 {
		return Value{}
	}
	return Value{d, 0}
}

// Source returns the text that was parsed.
func (d *Document) Source() []byte { return d.src }

func (v Value) node() *node { return &v.doc.nodes[v.index] }

// Kind returns the value's kind.
func (v Value) Kind() Kind {
	if v.doc == nil {
		return Absent
	}
	return v.node().kind
}

// Exists reports whether the value is present.
func (v Value) Exists() bool { return v.doc != nil }

// Offset returns the byte offset of the value in the text.
func (v Value) Offset() int {
	if v.doc == nil {
		return 0
	}
	return int(v.node().start)
}

// Length returns the number of bytes of the value in the text.
func (v Value) Length() int {
	if v.doc == nil {
		return 0
	}
	return int(v.node().end - v.node().start)
}

// Raw returns the bytes of the value as they stand in the text.
func (v Value) Raw() []byte {
	if v.doc == nil {
		return nil
	}
	n := v.node()
	return v.doc.src[n.start:n.end]
}

// Text returns the text of a string, unescaped, and "" for other kinds.
func (v Value) Text() string { return string(v.Bytes(nil)) }

// Bytes returns the text of a string, unescaped. Without escapes it is a part
// of the document; otherwise it is appended to scratch. It is nil for other
// kinds.
func (v Value) Bytes(scratch []byte) []byte {
	if v.Kind() != String {
		return nil
	}
	return v.doc.unescaped(v.index, scratch)
}

// Is reports whether the value is the string s. It allocates nothing.
func (v Value) Is(s string) bool {
	if v.Kind() != String {
		return false
	}
	n := v.node()
	if !n.escaped {
		return string(v.doc.src[n.start+1:n.end-1]) == s
	}
	var scratch [64]byte
	return string(v.doc.unescaped(v.index, scratch[:0])) == s
}

// Empty reports whether the value is an array, object or string with nothing
// in it.
func (v Value) Empty() bool {
	switch v.Kind() {
	case Array, Object:
		return v.node().next == v.index+1
	case String:
		return v.Length() == 2
	}
	return false
}

// Len returns the number of elements of an array or members of an object.
func (v Value) Len() int {
	n := 0
	switch v.Kind() {
	case Array:
		for range v.Elements() {
			n++
		}
	case Object:
		for range v.Members() {
			n++
		}
	}
	return n
}

// Elements yields the elements of an array; none for other kinds.
func (v Value) Elements() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		if v.Kind() != Array {
			return
		}
		for i, end := v.index+1, v.node().next; i < end; i = v.doc.nodes[i].next {
			if !yield(Value{v.doc, i}) {
				return
			}
		}
	}
}

// Members yields the names (as strings) and values of an object, in the order
// of the text; none for other kinds.
func (v Value) Members() iter.Seq2[Value, Value] {
	return func(yield func(name, value Value) bool) {
		if v.Kind() != Object {
			return
		}
		for i, end := v.index+1, v.node().next; i < end; i = v.doc.nodes[i+1].next {
			if !yield(Value{v.doc, i}, Value{v.doc, i + 1}) {
				return
			}
		}
	}
}

// Get returns the member of an object with the given name, or an absent value.
func (v Value) Get(name string) Value {
	for n, member := range v.Members() {
		if n.Is(name) {
			return member
		}
	}
	return Value{}
}

// At returns the element of an array with the given index from 0, or an absent
// value.
func (v Value) At(index int) Value {
	for e := range v.Elements() {
		if index == 0 {
			return e
		}
		index--
	}
	return Value{}
}
