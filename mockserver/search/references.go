package search

import "github.com/wsbind/wsbind/core/jsonscan"

// Ref names a resource of this server.
type Ref struct{ ResourceType, ID string }

// References returns the resources of this server that a resource refers to by
// a reference parameter of its type, as _include follows them. It is empty for
// a parameter that does not exist or is of another kind.
func (c Compiler) References(resourceType, parameter string, resource jsonscan.Value) []Ref {
	p := Lookup(c.Release, resourceType, parameter)
	if p == nil || p.Type != Reference {
		return nil
	}
	var refs []Ref
	p.elements(resource, func(_ *path, element jsonscan.Value) bool {
		text := element
		if element.Kind() == jsonscan.Object {
			text = element.Get("reference")
		}
		if t, ok := c.parseTarget(text.Text()); ok && t.url == "" && t.resourceType != "" {
			refs = append(refs, Ref{t.resourceType, t.id})
		}
		return true
	})
	return refs
}
