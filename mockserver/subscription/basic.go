package subscription

import (
	"bytes"
	"strconv"
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
		i := 0
		for x := range e.Value.Get(member).Elements() {
			if names(x.Get("url").Bytes(nil), name) { // few are, and only those are named
				list = append(list, orValue(element{x, e.path + "." + member + "[" + strconv.Itoa(i) + "]"}))
			}
			i++
		}
	}
	return list
}

// names reports whether the URL of an extension stands for an element.
func names(url []byte, element string) bool {
	if name, ok := bytes.CutPrefix(url, []byte(artifact)); ok {
		return string(name) == element
	}
	prefix, path, ok := bytes.Cut(url, []byte(crossVersionTopic))
	if !ok {
		return string(url) == element
	}
	return bytes.HasPrefix(prefix, []byte("http://hl7.org/fhir/")) && string(path[bytes.LastIndexByte(path, '.')+1:]) == element
}

// orValue returns the value[x] of an extension, or the extension where it has none.
func orValue(x element) element {
	for name, v := range x.Members() {
		if strings.HasPrefix(name.Text(), "value") {
			return element{v, x.path + ".value"}
		}
	}
	return x
}

// onlyStatusModifies refuses a modifierExtension other than the topic's status.
func (r *topicReader) onlyStatusModifies(root element) {
	for _, x := range root.items("modifierExtension") {
		if !names(x.Get("url").Bytes(nil), "status") {
			r.refuse(fault.BusinessRule, x, "the server understands no modifierExtension here but the topic's status")
		}
	}
}
