package scenario

import (
	"strconv"
	"strings"

	"github.com/wsbind/wsbind/core/jsonscan"
)

// node is a value of a file, whichever of the two languages it is written in.
type node struct {
	kind     jsonscan.Kind
	text     string // of a string, or of a number as it was written
	at       int    // byte offset in the file
	members  []member
	elements []*node
}

// member is one of an object.
type member struct {
	name  string
	at    int // of the name
	value *node
}

// absent stands in for what is not there, so that a search can go on.
var absent = &node{kind: jsonscan.Absent}

func (n *node) exists() bool { return n.kind != jsonscan.Absent }

// get returns a member, or absent.
func (n *node) get(name string) *node {
	for _, m := range n.members {
		if m.name == name {
			return m.value
		}
	}
	return absent
}

func (n *node) has(name string) bool { return n.get(name).exists() }

// str returns the text of a string, "" for anything else.
func (n *node) str() string {
	if n.kind != jsonscan.String {
		return ""
	}
	return n.text
}

// find follows a JSON Pointer, and returns the path in the form that people
// read too: timeline[2].emit.count.
func (n *node) find(pointer string) (*node, string) {
	if pointer == "" {
		return n, ""
	}
	var path string
	for name := range strings.SplitSeq(pointer[1:], "/") {
		name = strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
		if n.kind == jsonscan.Array {
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(n.elements) {
				return absent, path
			}
			n, path = n.elements[i], index(path, i)
			continue
		}
		n, path = n.get(name), within(path, name)
	}
	return n, path
}

// within is the path of a member, and index that of an element.
func within(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func index(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// appendJSON writes the value as JSON, numbers as they were written.
func (n *node) appendJSON(dst []byte) []byte {
	switch n.kind {
	case jsonscan.Object:
		dst = append(dst, '{')
		for i, m := range n.members {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(jsonscan.AppendString(dst, m.name), ':')
			dst = m.value.appendJSON(dst)
		}
		return append(dst, '}')
	case jsonscan.Array:
		dst = append(dst, '[')
		for i, e := range n.elements {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = e.appendJSON(dst)
		}
		return append(dst, ']')
	case jsonscan.String:
		return jsonscan.AppendString(dst, n.text)
	case jsonscan.Number:
		return append(dst, n.text...)
	case jsonscan.True:
		return append(dst, "true"...)
	case jsonscan.False:
		return append(dst, "false"...)
	}
	return append(dst, "null"...)
}
