package search

import (
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// target is what a reference points to: a resource of this server by type and
// id, or anything else by its URL.
type target struct {
	resourceType, id string // type is "" for a bare id
	url              string // "" for a resource of this server
}

// parseTarget reads a reference, without its version. It reports false for a
// fragment, which points into its own resource and can be searched by no one.
func (c Compiler) parseTarget(s string) (target, bool) {
	if s == "" || s[0] == '#' {
		return target{}, false
	}
	if c.Base != "" {
		s = strings.TrimPrefix(s, c.Base+"/")
	}
	s, _, _ = strings.Cut(s, "/_history/")
	if isAbsolute(s) {
		return target{url: s}, true
	}
	if resourceType, id, ok := strings.Cut(s, "/"); ok {
		return target{resourceType: resourceType, id: id}, true
	}
	return target{id: s}, true
}

// isAbsolute reports whether s begins with a scheme, as URLs and URNs do.
func isAbsolute(s string) bool {
	scheme, _, ok := strings.Cut(s, ":")
	return ok && scheme != "" && !strings.ContainsAny(scheme, "/?#")
}

// pointsTo reports whether a reference is to a resource of that type: by the
// last segment but one of its path, or else by Reference.type.
func pointsTo(reference jsonscan.Value, resourceType string) bool {
	text, _, _ := strings.Cut(reference.Get("reference").Text(), "/_history/")
	return typeInPath(text) == resourceType || reference.Get("type").Is(resourceType)
}

func typeInPath(s string) string {
	segments := strings.Split(s, "/")
	if len(segments) < 2 {
		return ""
	}
	return segments[len(segments)-2]
}

// meets reports whether a reference to element is what a search for t finds.
func (t target) meets(element target) bool {
	if t.url != "" {
		return sameCanonical(t.url, element.url)
	}
	return element.url == "" && element.id == t.id && (t.resourceType == "" || t.resourceType == element.resourceType)
}

func (c Compiler) referenceTest(t Term, value string) (test, error) {
	if t.Modifier == "identifier" {
		tok, err := parseToken(t, value)
		if err != nil {
			return nil, err
		}
		return func(p *path, element jsonscan.Value) bool { return tok.test(p, element.Get("identifier")) }, nil
	}
	want, ok := c.parseTarget(unescape(value))
	if !ok || want.url == "" && !c.isID(want.id) || want.resourceType != "" && !fhir.IsResourceType(c.Release, want.resourceType) {
		return nil, refuse(t, "has the value "+fault.Quote(value)+", expected is an id, Type/id or an absolute URL")
	}
	if t.Modifier != "" {
		if want.url == "" && want.resourceType == "" {
			want.resourceType = t.Modifier
		}
		if want.resourceType != t.Modifier && typeInPath(want.url) != t.Modifier {
			return nil, refuse(t, "has the value "+fault.Quote(value)+", which is no "+t.Modifier)
		}
	}
	return func(_ *path, element jsonscan.Value) bool {
		text := element
		if element.Kind() == jsonscan.Object {
			text = element.Get("reference")
		}
		got, ok := c.parseTarget(text.Text())
		return ok && want.meets(got)
	}, nil
}

func (c Compiler) isID(s string) bool { return fhir.CheckText(c.Release, "id", s).Code == "" }
