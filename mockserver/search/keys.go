package search

import (
	"slices"
	"strings"

	"github.com/wsbind/wsbind/core/jsonscan"
)

// Anchor is a condition of a query that an index can hold on to: what the query
// matches has at least one of the keys at the parameter.
type Anchor struct {
	Parameter *Parameter
	Keys      []string
}

// Anchors returns the conditions of the query that have keys: those that ask a
// token (by its code), a reference, a uri or the beginning of a string to be one
// of the values listed.
func (q *Query) Anchors() []Anchor {
	var anchors []Anchor
	for i := range q.criteria {
		if cr := &q.criteria[i]; len(cr.keys) > 0 {
			anchors = append(anchors, Anchor{cr.param, cr.keys})
		}
	}
	return anchors
}

// Keys hands every key that a resource has at a parameter to visit, some of
// them perhaps repeatedly. A key may be there that matches nothing, for keys
// leave out systems, modifiers and more; but where an [Anchor] has keys and
// visit meets none of them, [Query.Match] is false.
func (c Compiler) Keys(p *Parameter, resource jsonscan.Value, visit func(key string)) {
	p.elements(resource, func(_ *path, element jsonscan.Value) bool {
		switch p.Type {
		case Token:
			tokenKeys(element, visit)
		case Reference:
			c.referenceKeys(element, visit)
		case URI:
			canonicalKeys(element.Text(), visit)
		case String:
			eachText(element, func(v jsonscan.Value) bool {
				prefixKeys(fold(v.Text()), visit)
				return true
			})
		}
		return true
	})
}

// keys returns the keys of the values of a term, one for each, or none where
// a match need not have one of them.
func (c Compiler) keys(p *Parameter, t Term, values []string) []string {
	var keys []string
	for _, v := range values {
		key := c.key(p, t, v)
		if key == "" {
			return nil
		}
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// key returns the key that every element has that the value matches, or "".
// The value is one that compiled.
func (c Compiler) key(p *Parameter, t Term, value string) string {
	switch {
	case p.Type == Token && t.Modifier == "" && !p.anyCase():
		if tok, err := parseToken(t, value); err == nil {
			return tok.code // "" where any code does
		}
	case p.Type == Reference && t.Modifier != "identifier":
		if want, ok := c.parseTarget(unescape(value)); ok {
			return want.key()
		}
	case p.Type == URI && t.Modifier == "":
		return unescape(value)
	case p.Type == String && t.Modifier != "contains":
		folded := fold(unescape(value))
		return folded[:min(len(folded), maxPrefix)]
	}
	return ""
}

// anyCase reports whether an element of the parameter is compared whatever its
// case.
func (p *Parameter) anyCase() bool {
	return slices.ContainsFunc(p.paths, func(p path) bool { return p.anyCase })
}

// tokenKeys yields the codes that [token.test] compares, without their systems.
func tokenKeys(element jsonscan.Value, visit func(string)) {
	switch element.Kind() {
	case jsonscan.True, jsonscan.False:
		visit(string(element.Raw()))
	case jsonscan.String:
		visit(element.Text())
	case jsonscan.Object:
		if coding := element.Get("coding"); coding.Exists() {
			for c := range coding.Elements() {
				visit(c.Get("code").Text())
			}
			return
		}
		visit(element.Get("value").Text())
		visit(element.Get("code").Text())
	}
}

// key is that of a search for the target. A bare id is no Type/id.
func (t target) key() string {
	switch {
	case t.url != "":
		return t.url
	case t.resourceType != "":
		return t.resourceType + "/" + t.id
	}
	return t.id
}

// referenceKeys yields the keys of the targets that [target.meets] may find.
func (c Compiler) referenceKeys(element jsonscan.Value, visit func(string)) {
	text := element
	if element.Kind() == jsonscan.Object {
		text = element.Get("reference")
	}
	got, ok := c.parseTarget(text.Text())
	switch {
	case !ok:
	case got.url != "":
		canonicalKeys(got.url, visit)
	default:
		visit(got.id)
		if got.resourceType != "" {
			visit(got.key())
		}
	}
}

// canonicalKeys yields what [sameCanonical] finds the text by.
func canonicalKeys(text string, visit func(string)) {
	visit(text)
	if url, _, versioned := strings.Cut(text, "|"); versioned {
		visit(url)
	}
}

// maxPrefix bounds the key of a string, and with it how many keys a string has:
// its beginnings, one for each length in bytes.
const maxPrefix = 40

func prefixKeys(folded string, visit func(string)) {
	for n := range min(len(folded), maxPrefix) {
		visit(folded[:n+1])
	}
}
