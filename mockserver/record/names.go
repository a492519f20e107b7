package record

import (
	"strconv"
	"strings"

	"github.com/wsbind/wsbind/core/fhir"
)

// names gives pseudonyms. The same id has the same one throughout a recording.
type names struct {
	prefix string
	given  map[string]string
}

// of returns the pseudonym of an id, and "" where too many have one.
func (n *names) of(id string) string {
	if name, ok := n.given[id]; ok {
		return name
	}
	if len(n.given) >= maxNames {
		return ""
	}
	if n.given == nil {
		n.given = map[string]string{}
	}
	name := n.prefix + strconv.Itoa(len(n.given)+1)
	n.given[id] = name
	return name
}

// resources names resources of all types: Patient/123 becomes Patient/p1.
type resources struct {
	release fhir.Release
	byType  map[string]*names
}

// of returns the pseudonym of a reference, relative or absolute, or "" for what is
// none to a resource type of the release.
func (r *resources) of(reference string) string {
	reference, _, _ = strings.Cut(reference, "/_history/")
	parts := strings.Split(reference, "/")
	if len(parts) < 2 || strings.HasPrefix(reference, "urn:") {
		return ""
	}
	typ, id := parts[len(parts)-2], parts[len(parts)-1]
	if id == "" || !fhir.IsResourceType(r.release, typ) {
		return ""
	}
	n := r.byType[typ]
	if n == nil {
		if r.byType == nil {
			r.byType = map[string]*names{}
		}
		n = &names{prefix: strings.ToLower(typ[:1])}
		r.byType[typ] = n
	}
	name := n.of(id)
	if name == "" {
		return ""
	}
	return typ + "/" + name
}

// idOf returns the id at the end of a reference, which may be an id alone.
func idOf(reference string) string {
	reference, _, _ = strings.Cut(reference, "/_history/")
	return reference[strings.LastIndexByte(reference, '/')+1:]
}
