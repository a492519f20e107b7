package subscription

import (
	"strings"

	"github.com/wsbind/wsbind/core/fault"
)

// crossVersion is a Basic of R4 that stands for a SubscriptionTopic: each
// element is an extension, at the top by the URL of its cross-version
// extension, within another by its bare name or by such a URL. The guide's own
// example mixes the prefixes of 4.3 and 5.0: both are read. Its next edition
// takes url and status from FHIR's extensions for artifacts: so may each element.
type crossVersion struct{}

const (
	crossVersionTopic = "/StructureDefinition/extension-SubscriptionTopic."
	artifact          = "http://hl7.org/fhir/StructureDefinition/artifact-"
)

func (crossVersion) all(e element, name string) []element {
	var list []element
	for _, member := range []string{"extension", "modifierExtension"} {
		for _, x := range e.items(member) {
			if !names(x.Get("url").Text(), name) {
				continue
			}
			if v := value(x); v.Exists() {
				x = v
			}
			list = append(list, x)
		}
	}
	return list
}

// names reports whether the URL of an extension stands for an element.
func names(url, element string) bool {
	if name, ok := strings.CutPrefix(url, artifact); ok {
		return name == element
	}
	prefix, path, ok := strings.Cut(url, crossVersionTopic)
	if !ok {
		return url == element
	}
	return strings.HasPrefix(prefix, "http://hl7.org/fhir/") && path[strings.LastIndexByte(path, '.')+1:] == element
}

// value returns the value[x] of an extension.
func value(x element) element {
	for name, v := range x.Members() {
		if strings.HasPrefix(name.Text(), "value") {
			return element{v, x.path + ".value"}
		}
	}
	return element{}
}

// onlyStatusModifies refuses a modifierExtension other than the topic's status.
func (r *topicReader) onlyStatusModifies(root element) {
	for _, x := range root.items("modifierExtension") {
		if !names(x.Get("url").Text(), "status") {
			r.refuse(fault.BusinessRule, x, "the server understands no modifierExtension here but the topic's status")
		}
	}
}
