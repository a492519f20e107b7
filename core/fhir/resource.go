package fhir

import (
	"sort"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// IsResourceType reports whether the release has resources of the named type;
// the zero Release has those of all.
func IsResourceType(r Release, name string) bool {
	i := sort.Search(len(resources), func(i int) bool { return resources[i].name >= name })
	return i < len(resources) && resources[i].name == name && resources[i].in.has(r)
}

// ResourceTypes returns the names of the release's resource types, sorted; the
// zero Release has those of all.
func ResourceTypes(r Release) []string {
	var names []string
	for i := range resources {
		if resources[i].in.has(r) {
			names = append(names, resources[i].name)
		}
	}
	return names
}

// IsAbstractResource reports whether name stands for resources of any kind in
// the release: Resource, DomainResource, and in R5 CanonicalResource and
// MetadataResource.
func IsAbstractResource(r Release, name string) bool {
	switch name {
	case "Resource", "DomainResource":
		return true
	case "CanonicalResource", "MetadataResource":
		return r == 0 || r == R5
	}
	return false
}

// IsResourceOf reports whether a resource type is of the kind that an abstract
// resource type stands for. Whether a canonical resource is also a
// MetadataResource is not told apart.
func IsResourceOf(resource, abstract string) bool {
	switch abstract {
	case "Resource":
		return true
	case "DomainResource":
		return resource != "Bundle" && resource != "Binary" && resource != "Parameters"
	case "CanonicalResource", "MetadataResource":
		return hasWord(canonicalResources, []byte(resource))
	}
	return false
}

// canonicalResources are the resource types of R5 with the elements of
// CanonicalResource.
const canonicalResources = "ActivityDefinition ActorDefinition CapabilityStatement ChargeItemDefinition Citation CodeSystem " +
	"CompartmentDefinition ConceptMap ConditionDefinition EventDefinition Evidence EvidenceReport EvidenceVariable " +
	"ExampleScenario GraphDefinition ImplementationGuide Library Measure MessageDefinition NamingSystem " +
	"ObservationDefinition OperationDefinition PlanDefinition Questionnaire Requirements SearchParameter " +
	"SpecimenDefinition StructureDefinition StructureMap SubscriptionTopic TerminologyCapabilities TestPlan TestScript ValueSet"

// IsAbstractType reports whether name stands for datatypes of any kind in the
// release: Type, Element and BackboneElement in R4 and R4B, with Any, which
// means resources, and Base, Element, DataType, PrimitiveType, BackboneType and
// BackboneElement in R5, of which Base also means resources.
func IsAbstractType(r Release, name string) bool {
	switch name {
	case "Element", "BackboneElement":
		return true
	case "Any", "Type":
		return r != R5
	case "Base", "DataType", "PrimitiveType", "BackboneType":
		return r == 0 || r == R5
	}
	return false
}

// ResourceType returns the resourceType of v, "" if there is none, and with it
// the member, to report about. The name of a type that any release has costs no
// allocation.
func ResourceType(v jsonscan.Value) (string, jsonscan.Value) {
	member := v.Get("resourceType")
	if i := findResource(member); i >= 0 {
		return resources[i].name, member
	}
	return member.Text(), member
}

// findResource returns the index of the resource type that the string member
// names, or -1.
func findResource(member jsonscan.Value) int {
	var scratch [64]byte
	name := member.Bytes(scratch[:0])
	low, high := 0, len(resources)
	for low < high {
		mid := (low + high) / 2
		if resources[mid].name < string(name) {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low < len(resources) && resources[low].name == string(name) {
		return low
	}
	return -1
}

// Resource checks a resource: what holds for all of them, and the generic
// rules of FHIR's JSON for the rest.
func (c *Checker) Resource(v jsonscan.Value) { c.resource(v, false) }

func (c *Checker) resource(v jsonscan.Value, contained bool) {
	if !c.object(v) {
		return
	}
	typ, ok := c.resourceType(v)
	if !ok {
		return
	}
	inherited := resourceMember
	if typ != bare {
		inherited = domainMember
		if contained {
			inherited = containedMember
		}
	}
	if typ == described {
		c.members(tOperationDefinition, tOperationDefinition.elements(), v, inherited)
		return
	}
	c.anyMembers(v, inherited)
}

// A resourceKind says what is known of a resource type beyond its name.
type resourceKind uint8

const (
	bare      resourceKind = iota // Bundle, Binary, Parameters: no DomainResource
	domain                        // any other
	described                     // one that the tables hold
)

// resourceType checks the member of that name.
func (c *Checker) resourceType(v jsonscan.Value) (resourceKind, bool) {
	member := v.Get("resourceType")
	switch {
	case !member.Exists():
		c.fail(fault.MissingElement, v, "the resource has no resourceType")
	case member.Kind() != jsonscan.String:
		c.fail(fault.WrongJSONType, member, "resourceType is ", member.Kind().String(), ", a string is due")
	case !c.knowsResource(member):
		c.fail(fault.UnknownResource, member, Excerpt(member.Raw()), " is no resource type of ", c.Release.String())
	case member.Is("Bundle"), member.Is("Binary"), member.Is("Parameters"):
		return bare, true
	case member.Is("OperationDefinition"):
		return described, true
	default:
		return domain, true
	}
	return bare, false
}

// knowsResource reports whether the release has the type that member names.
func (c *Checker) knowsResource(member jsonscan.Value) bool {
	i := findResource(member)
	return i >= 0 && resources[i].in.has(c.Release)
}

// ResourceMember checks the member of a resource if it is one that every
// resource may have (id, meta, implicitRules, language), and reports whether it
// is. The arguments are those that [Checker.Each] gives.
func (c *Checker) ResourceMember(name []byte, v, sibling jsonscan.Value) bool {
	return resourceMember(c, name, v, sibling)
}

// ElementMember checks the member of an element if it is id, extension or
// modifierExtension, and reports whether it is.
func (c *Checker) ElementMember(name []byte, v, sibling jsonscan.Value) bool {
	return genericMember(c, name, v, sibling)
}

func resourceMember(c *Checker, name []byte, v, sibling jsonscan.Value) bool {
	switch string(name) {
	case "resourceType":
		c.noSibling(sibling)
	case "id":
		c.inherited("id", tId, v, sibling)
	case "meta":
		c.inherited("meta", tMeta, v, sibling)
	case "implicitRules":
		c.inherited("implicitRules", tUri, v, sibling)
	case "language":
		c.inherited("language", tCode, v, sibling)
	default:
		return false
	}
	return true
}

func (c *Checker) inherited(name string, t Type, v, sibling jsonscan.Value) {
	c.Enter(name)
	c.Value(t, v, sibling)
	c.Leave()
}

// domainMember checks what every DomainResource may have.
func domainMember(c *Checker, name []byte, v, sibling jsonscan.Value) bool {
	switch string(name) {
	case "text":
		c.inherited("text", tNarrative, v, sibling)
	case "contained":
		c.Enter("contained")
		c.noSibling(sibling)
		c.contained(v)
		c.Leave()
	case "extension":
		c.extensions("extension", v, sibling)
	default:
		return c.modifiers(name, v, sibling) || resourceMember(c, name, v, sibling)
	}
	return true
}

// containedMember is domainMember within a contained resource.
func containedMember(c *Checker, name []byte, v, sibling jsonscan.Value) bool {
	if string(name) != "contained" {
		return domainMember(c, name, v, sibling)
	}
	c.Enter("contained")
	c.fail(fault.InvariantFailed, v, "a contained resource contains no others (dom-2)")
	c.Leave()
	return true
}

func (c *Checker) contained(v jsonscan.Value) {
	if !v.Exists() || !c.array(v) {
		return
	}
	i := 0
	for e := v.First(); e.Exists(); e = e.Next() {
		c.repetition(i)
		c.resource(e.Value, true)
		if i++; c.Stopped() {
			return
		}
	}
	c.repetition(-1)
}
