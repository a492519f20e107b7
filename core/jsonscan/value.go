package jsonscan

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
//
//go:noinline
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
//
//go:noinline
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
	if v.doc == nil {
		return false
	}
	switch n := v.node(); {
	case n.kind != String:
		return false
	case n.escaped:
		var scratch [64]byte
		return string(v.doc.unescaped(v.index, scratch[:0])) == s
	default:
		return string(v.doc.src[n.start+1:n.end-1]) == s
	}
}

// Plain returns the text of a string that is written without escapes, as a part
// of the document; ok is false for anything else.
func (v Value) Plain() (text []byte, ok bool) {
	if v.doc == nil {
		return nil, false
	}
	n := v.node()
	if n.kind != String || n.escaped {
		return nil, false
	}
	return v.doc.src[n.start+1 : n.end-1], true
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
	for e := v.First(); e.Exists(); e = e.Next() {
		n++
	}
	for m := v.FirstMember(); m.Exists(); m = m.Next() {
		n++
	}
	return n
}

// Get returns the member of an object with the given name, or an absent value.
func (v Value) Get(name string) Value {
	for m := v.FirstMember(); m.Exists(); m = m.Next() {
		if m.Name().Is(name) {
			return m.Value()
		}
	}
	return Value{}
}

// At returns the element of an array with the given index from 0, or an absent
// value.
func (v Value) At(index int) Value {
	for e := v.First(); e.Exists(); e = e.Next() {
		if index == 0 {
			return e.Value
		}
		index--
	}
	return Value{}
}
