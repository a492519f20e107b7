// Package jsonscan reads JSON as strictly as a security product must: one pass
// over the bytes, RFC 8259 to the letter, and nothing that two readers could
// understand differently.
//
// Call [Document.Parse], then walk from [Document.Root]:
//
//	var doc jsonscan.Document // reuse it: parsing then allocates nothing
//	if err := doc.Parse(text, jsonscan.Limits{}); err != nil { … }
//	kind := doc.Root().Get("resourceType").Text()
//
// Refused are, each with its own code of core/fault and the byte offset:
// duplicate member names, also when one is spelled with escapes; invalid UTF-8
// and lone surrogates; a byte order mark; anything after the value; and
// documents beyond the [Limits]. Numbers keep their text, so 9007199254740993
// and trailing zeros survive.
//
// A document holds byte offsets only. [Locate] computes line and column when an
// issue is written.
//
// # Why not encoding/json
//
// It accepts duplicate names and replaces invalid UTF-8, keeps no positions,
// and its reflection weighs a quarter of a megabyte in WebAssembly.
package jsonscan

import (
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/wsbind/wsbind/core/fault"
)

// The limits that stand in for the zero values of [Limits].
const (
	DefaultMaxBytes = 16 << 20
	DefaultMaxDepth = 128
)

// Limits bounds what is read.
type Limits struct {
	MaxBytes int // size of the text in bytes, at most 2 GiB; 0 means DefaultMaxBytes
	MaxDepth int // objects and arrays within one another; 0 means DefaultMaxDepth
}

// Document is a parsed JSON text. The zero value is ready for Parse, which may
// be called again and then reuses the memory. A Document keeps the text it was
// given: neither may change while values are in use.
type Document struct {
	src   []byte
	nodes []node
	names []uint32 // scratch of the search for duplicate names
	depth int
	limit int
	fail  *fault.Issue
}

// node is one token of the text: a value or a member name. The nodes of a
// container follow it directly, names and values in turn.
type node struct {
	start, end uint32 // span in the text, quotes and brackets included
	next       uint32 // index of the node after this one and all within it
	kind       Kind
	escaped    bool // a string with at least one escape
}

// Parse reads text as one JSON value. The error is a *[fault.Issue] of severity
// fatal with the byte offset of what was wrong, and no value is then to be had.
func (d *Document) Parse(text []byte, limits Limits) error {
	d.src, d.nodes, d.fail, d.depth = text, d.nodes[:0], nil, 0
	d.limit = limits.MaxDepth
	if d.limit == 0 {
		d.limit = DefaultMaxDepth
	}
	maxBytes := limits.MaxBytes
	if maxBytes == 0 {
		maxBytes = DefaultMaxBytes
	}
	maxBytes = min(maxBytes, math.MaxInt32) // offsets have 32 bits
	d.room(1, 0)
	if len(text) > maxBytes {
		d.refuse(fault.TooLarge, maxBytes, 0, "the document has "+strconv.Itoa(len(text))+" bytes, at most "+strconv.Itoa(maxBytes)+" are read")
	} else if end := d.value(d.space(0)); end >= 0 {
		if end = d.space(end); end < len(text) {
			d.refuse(fault.TrailingData, end, 1, "the JSON value ends before "+d.describe(end)+": remove what follows it")
		}
	}
	if d.fail != nil {
		d.nodes = d.nodes[:0]
		return d.fail
	}
	return nil
}

// refuse notes the failure and returns -1, which every scanning function hands
// upwards in place of an offset.
//
//go:noinline
func (d *Document) refuse(code fault.Code, offset, length int, why string) int {
	d.fail = &fault.Issue{Severity: fault.Fatal, Code: code, Diagnostics: why, Offset: offset, Length: length}
	return -1
}

// space returns the offset of the next byte that is no white space.
//
//go:noinline
func (d *Document) space(i int) int {
	for i < len(d.src) {
		switch d.src[i] {
		case ' ', '\n', '\r', '\t':
			i++
		default:
			return i
		}
	}
	return i
}

// spaced reports whether white space may stand at i. Texts mostly have none,
// and then space need not be called.
func (d *Document) spaced(i int) bool { return i < len(d.src) && d.src[i] <= ' ' }

// value reads the value at i and returns the offset behind it, or -1.
func (d *Document) value(i int) int {
	if i >= len(d.src) {
		return d.refuse(fault.InvalidJSON, i, 0, "the text ends where a JSON value is due")
	}
	switch c := d.src[i]; {
	case c == '"':
		return d.string(i)
	case c == '{':
		return d.object(i)
	case c == '[':
		return d.array(i)
	case c == '-' || isDigit(c):
		return d.number(i)
	case c == 't':
		return d.literal(i, "true", True)
	case c == 'f':
		return d.literal(i, "false", False)
	case c == 'n':
		return d.literal(i, "null", Null)
	}
	return d.refuse(fault.InvalidJSON, i, 1, d.describe(i)+" cannot start a JSON value")
}

func (d *Document) literal(i int, word string, kind Kind) int {
	end := i + len(word)
	if end > len(d.src) || string(d.src[i:end]) != word {
		return d.refuse(fault.InvalidJSON, i, 1, "only true, false and null are written without quotes")
	}
	d.leaf(i, end, kind, false)
	return end
}

// leaf adds a node, for which whoever asked for the value has made room.
func (d *Document) leaf(start, end int, kind Kind, escaped bool) {
	n := len(d.nodes)
	d.nodes = d.nodes[:n+1]
	d.nodes[n] = node{start: uint32(start), end: uint32(end), next: uint32(n + 1), kind: kind, escaped: escaped}
}

// room makes room for n more nodes, with the text read up to the offset: for
// each value one, and for a member two. What is within makes its own.
func (d *Document) room(n, offset int) {
	if cap(d.nodes)-len(d.nodes) < n {
		d.grow(offset)
	}
}

// open starts a container and returns its index, or -1 when it is too deep.
func (d *Document) open(i int, kind Kind) int {
	if d.depth == d.limit {
		return d.tooDeep(i)
	}
	d.depth++
	d.leaf(i, i, kind, false)
	return len(d.nodes) - 1
}

func (d *Document) tooDeep(i int) int {
	return d.refuse(fault.TooDeep, i, 1, "objects and arrays are nested more than "+strconv.Itoa(d.limit)+" deep")
}

// close ends the container at index and returns the offset behind it.
func (d *Document) close(index, end int) int {
	d.depth--
	n := &d.nodes[index]
	n.end, n.next = uint32(end), uint32(len(d.nodes))
	return end
}

func (d *Document) array(i int) int {
	index := d.open(i, Array)
	if index < 0 {
		return -1
	}
	if i = d.space(i + 1); i < len(d.src) && d.src[i] == ']' {
		return d.close(index, i+1)
	}
	for {
		d.room(1, i)
		if i = d.value(i); i < 0 {
			return -1
		}
		if d.spaced(i) {
			i = d.space(i)
		}
		switch {
		case i < len(d.src) && d.src[i] == ',':
			if i++; d.spaced(i) {
				i = d.space(i)
			}
		case i < len(d.src) && d.src[i] == ']':
			return d.close(index, i+1)
		default:
			return d.expected(i, "a comma or ] is due in the array")
		}
	}
}

func (d *Document) object(i int) int {
	index := d.open(i, Object)
	if index < 0 {
		return -1
	}
	if i = d.space(i + 1); i < len(d.src) && d.src[i] == '}' {
		return d.close(index, i+1)
	}
	var met nameFilter
	for members := 1; ; members++ {
		d.room(2, i)
		name := i
		if i >= len(d.src) || d.src[i] != '"' {
			return d.expected(i, "a member name in double quotes is due")
		}
		if i = d.string(i); i < 0 {
			return -1
		}
		met.add(d.src[name:i], d.nodes[len(d.nodes)-1].escaped)
		if d.spaced(i) {
			i = d.space(i)
		}
		if i >= len(d.src) || d.src[i] != ':' {
			return d.expected(i, "a colon is due after the member name")
		}
		if i++; d.spaced(i) {
			i = d.space(i)
		}
		if i < len(d.src) && d.src[i] == '"' {
			i = d.string(i)
		} else {
			i = d.value(i)
		}
		if i < 0 {
			return -1
		}
		if d.spaced(i) {
			i = d.space(i)
		}
		switch {
		case i < len(d.src) && d.src[i] == ',':
			if i++; d.spaced(i) {
				i = d.space(i)
			}
		case i < len(d.src) && d.src[i] == '}':
			d.close(index, i+1)
			if met.again && !d.namesDiffer(index, members) {
				return -1
			}
			return i + 1
		default:
			return d.expected(i, "a comma or } is due in the object")
		}
	}
}

func (d *Document) expected(i int, what string) int {
	if i >= len(d.src) {
		return d.refuse(fault.InvalidJSON, i, 0, "the text ends where "+what)
	}
	return d.refuse(fault.InvalidJSON, i, 1, d.describe(i)+" stands where "+what)
}

// describe names the character at i for a diagnostic.
func (d *Document) describe(i int) string {
	r, size := utf8.DecodeRune(d.src[i:])
	switch {
	case r == '\uFEFF':
		return "a byte order mark"
	case r == utf8.RuneError && size <= 1, r < 0x20, r == 0x7F:
		return "byte 0x" + string(hex[d.src[i]>>4]) + string(hex[d.src[i]&15])
	}
	return strconv.QuoteRune(r)
}
