package scenario

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// parseYAML reads the one document of the text. The library builds nodes only:
// it resolves no alias and makes no value of a scalar.
func (p *parser) parseYAML() (n *node) {
	d := yaml.NewDecoder(bytes.NewReader(p.text))
	doc, err := next(d)
	switch {
	case errors.Is(err, io.EOF):
		p.add(0, "", "the file is empty: a scenario has a name at least")
		return nil
	case err != nil:
		p.syntax(err)
		return nil
	}
	p.place = place{text: p.text, line: 1, column: 1}
	n = p.fromYAML(doc.Content[0], "", 1)
	switch more, err := next(d); {
	case err == nil:
		p.add(p.place.offset(more.Line, more.Column), "", "a second document begins here: a file holds one scenario")
	case !errors.Is(err, io.EOF):
		p.syntax(err)
	}
	return n
}

// next reads a document. The library has known panics behind it; a file that
// finds another must not take the server down.
func next(d *yaml.Decoder) (doc *yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: %v", r)
		}
	}()
	doc = new(yaml.Node)
	if err := d.Decode(doc); err != nil {
		return nil, err
	}
	if len(doc.Content) == 0 {
		return nil, io.EOF
	}
	return doc, nil
}

// yamlError is what the library says: a line, unless it is the first, and a
// phrase.
var yamlError = regexp.MustCompile(`(?s)^yaml: (?:line ([0-9]+): )?(.*)$`)

// syntax adds an error of the library, with the line that it is about.
func (p *parser) syntax(err error) {
	line, why := 1, err.Error()
	if m := yamlError.FindStringSubmatch(why); m != nil {
		line, _ = strconv.Atoi(m[1])
		line, why = max(line, 1), m[2]
	}
	start := place{text: p.text, line: 1, column: 1}
	at := start.offset(line, 1)
	rest := string(p.text[at:])
	at += len(rest) - len(strings.TrimLeft(rest, " "))
	if strings.HasPrefix(strings.TrimLeft(rest, " "), "\t") {
		why = "a tab stands here, and lines are indented with spaces"
	}
	p.add(at, "", "this is no YAML: %s", why)
}

// fromYAML makes a tree of a node. What is refused becomes null.
func (p *parser) fromYAML(y *yaml.Node, path string, depth int) *node {
	n := &node{kind: jsonscan.Null, at: p.place.offset(y.Line, y.Column)}
	switch {
	case !p.count(n.at):
		return n
	case depth > maxDepth:
		p.add(n.at, path, "values are nested more than %d deep", maxDepth)
		return n
	case y.Kind == yaml.AliasNode:
		p.add(n.at, path, "*%s is an alias, which is not read: write the value out", y.Value)
		return n
	case y.Anchor != "":
		p.add(n.at, path, "&%s is an anchor, which is not read: leave it out", y.Anchor)
	case y.Style&yaml.TaggedStyle != 0:
		p.add(n.at, path, "%s is a tag, which is not read: leave it out", fault.Quote(y.Tag))
	}
	switch y.Kind {
	case yaml.MappingNode:
		p.mapping(n, y, path, depth)
	case yaml.SequenceNode:
		n.kind = jsonscan.Array
		for i, e := range y.Content {
			n.elements = append(n.elements, p.fromYAML(e, index(path, i), depth+1))
		}
	case yaml.ScalarNode:
		n.kind, n.text = scalar(y)
		if n.kind == jsonscan.Number {
			p.checkNumber(n, path)
		}
	}
	return n
}

// mapping reads an object. Of a name that stands there twice the first is kept.
func (p *parser) mapping(n *node, y *yaml.Node, path string, depth int) {
	n.kind = jsonscan.Object
	seen := map[string]bool{}
	for i := 0; i+1 < len(y.Content); i += 2 {
		name := y.Content[i]
		key := p.fromYAML(name, path, depth+1)
		value := p.fromYAML(y.Content[i+1], within(path, name.Value), depth+1)
		switch {
		case key.kind == jsonscan.Null && name.Kind == yaml.AliasNode: // said already
		case name.Kind != yaml.ScalarNode:
			p.add(key.at, path, "%s stands where a name is due", key.kind)
		case key.kind != jsonscan.String:
			p.add(key.at, within(path, name.Value), "the name %s is %s: put it in quotes", fault.Quote(name.Value), key.kind)
		case seen[name.Value]:
			p.add(key.at, within(path, name.Value), "%s stands here a second time: keep one", fault.Quote(name.Value))
		default:
			seen[name.Value] = true
			n.members = append(n.members, member{name.Value, key.at, value})
		}
	}
}

// scalar says what a scalar is. Only what JSON would write the same way is a
// number: 0x10, 1_000 and 1:30 are text, as no, yes, on and dates are.
func scalar(y *yaml.Node) (jsonscan.Kind, string) {
	const quoted = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	if y.Style&quoted != 0 {
		return jsonscan.String, y.Value
	}
	switch y.Value {
	case "", "~", "null", "Null", "NULL":
		return jsonscan.Null, ""
	case "true", "True", "TRUE":
		return jsonscan.True, ""
	case "false", "False", "FALSE":
		return jsonscan.False, ""
	}
	if number.MatchString(y.Value) {
		return jsonscan.Number, y.Value
	}
	return jsonscan.String, y.Value
}

// number is RFC 8259's.
var number = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// place walks over a text by lines and columns as YAML counts them, in
// characters. Nodes come in the order of the text, nearly: going on from the last
// one makes a file of one long line as quick as any.
type place struct {
	text         []byte
	at           int
	line, column int
}

// offset returns the byte offset of a line and column.
func (p *place) offset(line, column int) int {
	if line < p.line || line == p.line && column < p.column {
		*p = place{text: p.text, line: 1, column: 1}
	}
	for p.at < len(p.text) && (p.line < line || p.line == line && p.column < column) {
		r, size := utf8.DecodeRune(p.text[p.at:])
		p.at += size
		switch {
		case r == '\r' && p.at < len(p.text) && p.text[p.at] == '\n': // the line feed ends the line
		case r == '\n', r == '\r', r == '\u0085', r == '\u2028', r == '\u2029':
			p.line, p.column = p.line+1, 1
		default:
			p.column++
		}
	}
	return p.at
}
