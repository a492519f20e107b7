package opdef

import (
	"bytes"
	"strings"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// A rule is a parameter made ready for checking in one release.
type rule struct {
	*Parameter
	member    string    // the one member that it takes, such as "valueId"; or ""
	only      fhir.Type // and its type
	values    typeSet   // the types of value[x] that it takes
	resources []string  // the resource types that it takes, abstract ones too
	label     string    // how a diagnostic calls it
	expects   string    // and what it says the parameter takes
	parts     []rule    // sorted by name
}

// typeSet holds types of core/fhir.
type typeSet [4]uint64

func (s *typeSet) add(t fhir.Type)      { s[t/64] |= 1 << (t % 64) }
func (s *typeSet) has(t fhir.Type) bool { return s[t/64]&(1<<(t%64)) != 0 }
func (s *typeSet) empty() bool          { return *s == typeSet{} }

// compile makes rules of the parameters with a use, sorted by name; the zero
// Use takes all.
func compile(params []Parameter, r fhir.Release, u Use) []rule {
	order := indices(len(params))
	jsonscan.Order(order, func(a, b uint32) int { return strings.Compare(params[a].Name, params[b].Name) })
	var rules []rule
	for _, i := range order {
		p := &params[i]
		if u != 0 && p.Use != u {
			continue
		}
		rules = append(rules, rule{Parameter: p, parts: compile(p.Parts, r, 0)})
		last := &rules[len(rules)-1]
		last.accept(r)
		last.label, last.expects = quoted(p.Name), last.describe()
	}
	return rules
}

// accept works out what the parameter takes.
func (p *rule) accept(r fhir.Release) {
	if len(p.AllowedTypes) == 0 {
		p.acceptType(r, p.Type)
		if t := fhir.FindType(p.Type); t.IsValueType(r) {
			p.member, p.only = valueMember(t), t
		}
		return
	}
	for _, name := range p.AllowedTypes {
		p.acceptType(r, name)
	}
}

func (p *rule) acceptType(r fhir.Release, name string) {
	switch name {
	case "":
	case "Any":
		p.resources = append(p.resources, "Resource")
	case "Base":
		p.resources = append(p.resources, "Resource")
		p.acceptValues(r, anyType)
	case "Element", "Type", "DataType":
		p.acceptValues(r, anyType)
	case "BackboneElement", "BackboneType":
		p.values.add(typeDosage)
		p.values.add(typeTiming)
	case "PrimitiveType":
		p.acceptValues(r, fhir.Type.Primitive)
	default:
		if t := fhir.FindType(name); t != 0 {
			p.values.add(t)
		} else {
			p.resources = append(p.resources, name)
		}
	}
}

// The value types that are a BackboneElement in R4 and a BackboneType in R5.
var typeDosage, typeTiming = fhir.FindType("Dosage"), fhir.FindType("Timing")

func anyType(fhir.Type) bool { return true }

func (p *rule) acceptValues(r fhir.Release, want func(fhir.Type) bool) {
	for t := fhir.Type(1); t.String() != ""; t++ {
		if t.IsValueType(r) && want(t) {
			p.values.add(t)
		}
	}
}

// valueMember returns the name of value[x] for a type.
func valueMember(t fhir.Type) string {
	name := t.String()
	return "value" + string(name[0]&^0x20) + name[1:]
}

// takesResource reports whether the parameter takes a resource of that type.
func (p *rule) takesResource(typ string) bool {
	for _, name := range p.resources {
		if typ == name || fhir.IsResourceOf(typ, name) {
			return true
		}
	}
	return false
}

// find returns the index of the rule for a name at a level, or -1: of one that
// is in scope, or else of the first. A rule with a searchType also stands for
// its name with a modifier.
func find(rules []rule, name []byte, l Level) int {
	if i := findExact(rules, name, l); i >= 0 {
		return i
	}
	colon := bytes.IndexByte(name, ':')
	if colon < 0 || colon == len(name)-1 {
		return -1
	}
	if i := findExact(rules, name[:colon], l); i >= 0 && rules[i].SearchType != "" {
		return i
	}
	return -1
}

// fewRules is how many are quicker searched from the first on.
const fewRules = 16

func findExact(rules []rule, name []byte, l Level) int {
	low, high := 0, len(rules)
	if high <= fewRules {
		for low < high && rules[low].Name != string(name) {
			low++
		}
		high = low
	}
	for low < high {
		mid := (low + high) / 2
		if rules[mid].Name < string(name) {
			low = mid + 1
		} else {
			high = mid
		}
	}
	first := -1
	for ; low < len(rules) && rules[low].Name == string(name); low++ {
		if rules[low].Scope&l != 0 {
			return low
		}
		if first < 0 {
			first = low
		}
	}
	return first
}

// describe says for a diagnostic what the parameter takes.
func (p *rule) describe() string {
	var what []string
	switch {
	case len(p.AllowedTypes) > 0:
		what = append(what, "a value of type "+strings.Join(p.AllowedTypes, " or "))
	case p.Type == "Base":
		what = append(what, "any value or resource")
	case p.Type == "Any", p.Type == "Resource":
		what = append(what, "any resource")
	case len(p.resources) > 0:
		what = append(what, "a resource of type "+p.Type)
	case p.Type == "BackboneElement", p.Type == "BackboneType":
		what = append(what, "valueDosage or valueTiming")
	case p.Type == "PrimitiveType":
		what = append(what, "a primitive value")
	case fhir.FindType(p.Type) != 0:
		what = append(what, valueMember(fhir.FindType(p.Type)))
	case p.Type != "":
		what = append(what, "any value")
	}
	if len(p.parts) > 0 {
		what = append(what, "parts")
	}
	return strings.Join(what, ", or ")
}
