package scenario

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// What is read of a file at most.
const (
	MaxBytes = 1 << 20
	maxDepth = 64
	maxNodes = 100_000
)

// parser makes a tree of a file.
type parser struct {
	problems
	nodes int
	place place // of what is read of YAML
}

// parse reads the text: a value in braces is JSON, anything else YAML. It
// returns nil where nothing can be made of it.
func (p *parser) parse(text []byte) *node {
	p.text = bytes.TrimPrefix(text, []byte("\ufeff")) // Windows' editors like to write it
	if len(p.text) > MaxBytes {
		p.add(0, "", "the file has %d bytes, at most %d are read", len(p.text), MaxBytes)
		return nil
	}
	if at := invalidUTF8(p.text); at >= 0 {
		p.add(at, "", "the file is not UTF-8 here: save it as UTF-8")
		return nil
	}
	root := p.parseText()
	if p.nodes > maxNodes {
		return nil
	}
	return root
}

func (p *parser) parseText() *node {
	if bytes.HasPrefix(bytes.TrimLeft(p.text, " \t\r\n"), []byte("{")) {
		return p.parseJSON()
	}
	return p.parseYAML()
}

// invalidUTF8 returns where a text stops being UTF-8, or -1.
func invalidUTF8(text []byte) int {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

func (p *parser) parseJSON() *node {
	var doc jsonscan.Document
	err := doc.Parse(p.text, jsonscan.Limits{MaxBytes: MaxBytes, MaxDepth: maxDepth})
	if issue, ok := errors.AsType[*fault.Issue](err); ok {
		p.add(issue.Offset, "", "%s", issue.Diagnostics)
		return nil
	}
	return p.fromJSON(doc.Root(), "")
}

func (p *parser) fromJSON(v jsonscan.Value, path string) *node {
	n := &node{kind: v.Kind(), at: v.Offset()}
	if !p.count(n.at) {
		return n
	}
	switch n.kind {
	case jsonscan.Object:
		for name, value := range v.Members() {
			text := name.Text()
			n.members = append(n.members, member{text, name.Offset(), p.fromJSON(value, within(path, text))})
		}
	case jsonscan.Array:
		for e := range v.Elements() {
			n.elements = append(n.elements, p.fromJSON(e, index(path, len(n.elements))))
		}
	case jsonscan.String:
		n.text = v.Text()
	case jsonscan.Number:
		n.text = string(v.Raw())
		p.checkNumber(n, path)
	}
	return n
}

// count counts a node, and reports whether there may still be more.
func (p *parser) count(at int) bool {
	if p.nodes++; p.nodes == maxNodes+1 {
		p.add(at, "", "the file has more than %d values, names included", maxNodes)
	}
	return p.nodes <= maxNodes
}

// checkNumber bounds numbers, whose sizes the schema compares exactly: an
// exponent of a billion must not be carried out.
func (p *parser) checkNumber(n *node, path string) {
	_, exponent, _ := strings.Cut(strings.ToLower(n.text), "e")
	if e, err := strconv.Atoi(exponent); len(n.text) > 100 || exponent != "" && (err != nil || e < -999 || e > 999) {
		p.add(n.at, path, "%s is out of bounds: a number has at most 100 characters, and an exponent of at most 999", fault.Quote(n.text))
		n.text = "0"
	}
}
