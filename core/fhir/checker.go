package fhir

import (
	"strconv"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// Checker walks a document and gathers issues. It keeps the path of the
// element it is at and builds a FHIRPath of it only for an issue, so that valid
// input costs no allocation once the memory has grown. The zero value is ready
// for Reset; one goroutine at a time may use it.
type Checker struct {
	// Release is the release whose rules hold. The zero Release knows what any
	// release knows, and asks for what all of them ask for.
	Release Release
	// Issues is what was found since Reset, in the order of the finding.
	Issues fault.List
	// Mend, if set, is asked about every primitive that is written with the
	// wrong JSON type, but for codes of a closed list. The code that it returns is reported as a warning in
	// place of the error; "" leaves the error.
	Mend func(due Type, v jsonscan.Value) fault.Code
	// Brief, if set, is for those who ask whether the document is valid and not
	// why: the first error stops the checker, and of it only the code is kept.
	Brief bool

	broken  bool // in brief: there is an error
	root    string
	path    []step
	scratch []byte           // text of strings with escapes
	text    []byte           // a member name with escapes
	aside   []jsonscan.Value // entries of _name arrays, as a stack
	pairs   []pair           // _name members of the open objects, as a stack
	order   []uint32         // their indices, sorted by name
}

// A step leads from an element to a child of it. The name is known to a table,
// or stands in the document.
type step struct {
	name   string
	member jsonscan.Value
	index  int // -1 for an element that does not repeat
}

// Reset begins a document whose paths start with root, such as "Parameters".
// Issues found before are gone.
func (c *Checker) Reset(r Release, root string) {
	c.Release, c.root = r, root
	c.path, c.aside, c.pairs, c.order = c.path[:0], c.aside[:0], c.pairs[:0], c.order[:0]
	c.Issues.Reset()
	c.broken = false
}

// Enter goes down to the child element name; every Enter needs its Leave.
func (c *Checker) Enter(name string) { c.path = append(c.path, step{name: name, index: -1}) }

// EnterIndex goes down to the repetition i, from 0, of the child element name.
func (c *Checker) EnterIndex(name string, i int) {
	c.path = append(c.path, step{name: name, index: i})
}

// enterMember is Enter by the name of a member of the document.
func (c *Checker) enterMember(name jsonscan.Value) {
	c.path = append(c.path, step{member: name, index: -1})
}

// repetition says which repetition of the element just entered is meant.
func (c *Checker) repetition(i int) { c.path[len(c.path)-1].index = i }

// Leave goes back up from the element last entered.
func (c *Checker) Leave() { c.path = c.path[:len(c.path)-1] }

// Path returns the FHIRPath of the element that the checker is at, in the
// simple form that OperationOutcome.issue.expression allows. Names that are
// longer than any of FHIR's are shortened.
func (c *Checker) Path() string {
	dst := append(make([]byte, 0, 64), c.root...)
	for i := range c.path {
		s := &c.path[i]
		if len(dst) > 0 {
			dst = append(dst, '.')
		}
		dst = appendIdentifier(dst, s.name, s.member)
		if s.index >= 0 {
			dst = append(dst, '[')
			dst = strconv.AppendInt(dst, int64(s.index), 10)
			dst = append(dst, ']')
		}
	}
	return string(dst)
}

// appendIdentifier appends the name of a step: between backticks where FHIRPath
// has no other way to write it.
func appendIdentifier(dst []byte, name string, member jsonscan.Value) []byte {
	if member.Exists() {
		name = Excerpt(member.Bytes(nil))
	}
	if isIdentifier(name) {
		return append(dst, name...)
	}
	dst = append(dst, '`')
	for i := 0; i < len(name); i++ {
		if name[i] == '`' || name[i] == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, name[i])
	}
	return append(dst, '`')
}

func isIdentifier(name string) bool {
	for i := 0; i < len(name); i++ {
		if c := name[i]; !isLetter(c) && c != '_' && (i == 0 || !isDigit(c)) {
			return false
		}
	}
	return name != ""
}

// Report adds an issue about the element that the checker is at. The position
// is that of at, which may be another value than the element's own. The
// diagnostics come in parts, which are put together if the issue is listed.
func (c *Checker) Report(sev fault.Severity, code fault.Code, at jsonscan.Value, diagnostics ...string) {
	if c.Brief && sev.Invalidates() {
		if !c.broken {
			c.broken = true
			c.Issues.Add(fault.Issue{Severity: sev, Code: code})
		}
		return
	}
	issue := fault.Issue{Severity: sev, Code: code, Offset: at.Offset(), Length: at.Length()}
	if !c.Issues.Full() {
		issue.Expression = c.Path()
		issue.Diagnostics = strings.Join(diagnostics, "")
	}
	c.Issues.Add(issue)
}

// Stopped reports that nothing more can change the verdict or the list: the
// list is full, and what was found makes the document invalid. In brief the
// latter is enough.
func (c *Checker) Stopped() bool {
	return c.broken || c.Issues.Full() && !fault.Valid(c.Issues.Issues)
}

// fail reports an error.
func (c *Checker) fail(code fault.Code, at jsonscan.Value, diagnostics ...string) {
	c.Report(fault.Err, code, at, diagnostics...)
}

// Type checks v, an element of the named type, and all within it. The sibling
// is the member of the same name with an underscore, which only primitives
// have; either of the two may be absent. An element that repeats is to be
// checked repetition by repetition. A type that the tables do not hold is
// checked by the generic rules, a resource type by those of [Checker.Resource].
func (c *Checker) Type(typ string, v, sibling jsonscan.Value) {
	if t := FindType(typ); t != noType {
		c.Value(t, v, sibling)
		return
	}
	if IsResourceType(c.Release, typ) || IsAbstractResource(c.Release, typ) {
		c.Resource(v)
		return
	}
	if v.Kind() == jsonscan.Array || sibling.Kind() == jsonscan.Array {
		c.fail(fault.WrongJSONType, v, "the element does not repeat: write its value without the array")
		return
	}
	c.generic(v, sibling)
}

// Value is [Checker.Type] for a type that was looked up by [FindType].
func (c *Checker) Value(t Type, v, sibling jsonscan.Value) {
	if t.Primitive() {
		c.primitive(t, "", v, sibling)
		return
	}
	c.noSibling(sibling)
	if v.Exists() {
		c.complex(t, v)
	}
}

// noSibling reports the sibling of what is no primitive.
func (c *Checker) noSibling(sibling jsonscan.Value) {
	if sibling.Exists() {
		c.fail(fault.UnknownElement, sibling, "only a primitive has a member of its name with an underscore")
	}
}

// primitive checks one primitive with its sibling; codes is "" or the list
// that the value is bound to.
func (c *Checker) primitive(t Type, codes string, v, sibling jsonscan.Value) {
	switch v.Kind() {
	case jsonscan.Absent:
	case jsonscan.Null:
		c.fail(fault.NullValue, v, "null stands where ", article(t.String()), " is due: leave the element out instead")
	default:
		var b breach
		if b, c.scratch = checkPrimitive(c.Release, t, v, c.scratch); b.code != "" {
			c.problem(b, t, codes, v)
		} else if codes != "" && !hasWord(codes, v.Bytes(c.scratch[:0])) {
			c.fail(fault.InvalidCode, v, Excerpt(v.Raw()), " is not one of the codes ", codes)
		}
	}
	if sibling.Exists() {
		c.sibling(v.Exists(), sibling)
	}
}

func (c *Checker) problem(b breach, t Type, codes string, v jsonscan.Value) {
	if c.Mend != nil && b.code == fault.WrongJSONType && codes == "" {
		if code := c.Mend(t, v); code != "" {
			c.Report(fault.Warning, code, v, b.text(t, v))
			return
		}
	}
	if c.Brief {
		c.fail(b.code, v)
		return
	}
	c.fail(b.code, v, b.text(t, v))
}

// sibling checks the object that holds the id and the extensions of a
// primitive.
func (c *Checker) sibling(hasValue bool, v jsonscan.Value) {
	if !c.object(v) {
		return
	}
	extended := false
	c.Each(v, func(name []byte, at, member, sibling jsonscan.Value) {
		extended = extended || string(name) == "extension"
		if !elementMember(c, name, member, sibling) {
			c.enterMember(at)
			c.fail(fault.UnknownElement, at, "a primitive has only id and extension")
			c.Leave()
		}
	})
	if !hasValue && !extended {
		c.fail(fault.InvariantFailed, v, "a primitive without a value needs an extension (ele-1)")
	}
}

// object reports a value that is no object, or an empty one.
func (c *Checker) object(v jsonscan.Value) bool {
	switch {
	case v.Kind() == jsonscan.Null:
		c.fail(fault.NullValue, v, "null stands where an object is due: leave the element out instead")
	case v.Kind() != jsonscan.Object:
		c.fail(fault.WrongJSONType, v, "the value is ", v.Kind().String(), ", an object is due")
	case v.Empty():
		c.fail(fault.EmptyValue, v, "the object is empty: leave the element out instead")
	default:
		return true
	}
	return false
}

// content is ele-1 for an element that is an object: it has more than an id.
func (c *Checker) content(v jsonscan.Value) {
	for m := v.FirstMember(); m.Exists(); m = m.Next() {
		if !m.Name().Is("id") {
			return
		}
	}
	c.fail(fault.InvariantFailed, v, "an element with an id needs a value, children or an extension too (ele-1)")
}

// array reports a value that is no array, or an empty one.
func (c *Checker) array(v jsonscan.Value) bool {
	switch {
	case v.Kind() == jsonscan.Null:
		c.fail(fault.NullValue, v, "null stands where an array is due: leave the element out instead")
	case v.Kind() != jsonscan.Array:
		c.fail(fault.WrongJSONType, v, "the value is ", v.Kind().String(), ", an element that repeats is written as an array")
	case v.Empty():
		c.fail(fault.EmptyValue, v, "the array is empty: leave the element out instead")
	default:
		return true
	}
	return false
}

// elementID checks the id of an element, which unlike that of a resource is
// any string without white space.
func (c *Checker) elementID(v jsonscan.Value) {
	if !v.Exists() {
		return
	}
	c.Enter("id")
	c.primitive(tString, "", v, jsonscan.Value{})
	if v.Kind() == jsonscan.String && !v.Empty() && checkURI(v.Bytes(c.scratch[:0])) != "" {
		c.fail(fault.InvalidPrimitive, v, Excerpt(v.Raw()), " is not the id of an element: white space is not allowed")
	}
	c.Leave()
}

// extensions checks the array of extensions in the member name.
func (c *Checker) extensions(name string, v, sibling jsonscan.Value) {
	c.Enter(name)
	c.noSibling(sibling)
	if v.Exists() {
		c.repeated(tExtension, v)
	}
	c.Leave()
}

// repeated checks an array of one complex type at the element entered last.
func (c *Checker) repeated(t Type, v jsonscan.Value) {
	if !c.array(v) {
		return
	}
	i := 0
	for e := v.First(); e.Exists(); e = e.Next() {
		c.repetition(i)
		c.complex(t, e.Value)
		if i++; c.Stopped() {
			return
		}
	}
	c.repetition(-1)
}
