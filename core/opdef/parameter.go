package opdef

import (
	"bytes"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// contents is what was met of the one thing that a parameter has (inv-1).
type contents struct{ values, resources, parts int }

// parameter judges entry i of a list, of which the tallies begin at base.
func (v *Validator) parameter(rules []rule, base, i int, p jsonscan.Value) {
	if !v.object(p) {
		return
	}
	var found *rule
	if n := v.named(rules, p); n >= 0 {
		v.tally(&rules[n], &v.tallies[base+n], i, p)
		if rules[n].Scope&v.level != 0 { // what is out of scope only has to be FHIR
			found = &rules[n]
		}
	}
	var c contents
	v.checker.Each(p, func(name []byte, at, member, sibling jsonscan.Value) {
		v.member(found, &c, name, at, member, sibling)
	})
	v.inv1(found, c, p)
}

// usual judges a parameter that is written as nearly all are: a name that has a
// rule, then the one primitive value that the rule takes, valid and without
// escapes. It counts the parameter and returns the index of its rule. Of
// anything else it thinks nothing and returns -1; last is a guess at the index.
func (v *Validator) usual(rules []rule, base, last int, p jsonscan.Value) int {
	first := p.FirstMember()
	if !first.Exists() {
		return -1
	}
	if key, _ := first.Name().Plain(); string(key) != "name" {
		return -1
	}
	second := first.Next()
	if !second.Exists() || second.Next().Exists() {
		return -1
	}
	name, ok := first.Value().Plain()
	if !ok {
		return -1
	}
	if last >= len(rules) || string(name) != rules[last].Name {
		if last = find(rules, name, v.level); last < 0 {
			return -1
		}
	}
	found, t := &rules[last], &v.tallies[base+last]
	if found.Scope&v.level == 0 || t.count >= found.Max {
		return -1
	}
	member, _ := second.Name().Plain()
	if string(member) != found.member || !v.checker.Accepts(found.only, second.Value()) {
		return -1
	}
	t.count++
	return last
}

// object reports an entry that is no object, or an empty one.
func (v *Validator) object(p jsonscan.Value) bool {
	switch {
	case p.Kind() == jsonscan.Null:
		v.fail(fault.NullValue, p, "null stands where a parameter is due")
	case p.Kind() != jsonscan.Object:
		v.fail(fault.WrongJSONType, p, "the parameter is ", p.Kind().String(), ", an object is due")
	case p.Empty():
		v.fail(fault.EmptyValue, p, "the parameter is an empty object")
	default:
		return true
	}
	return false
}

// named returns the index of the rule for a parameter by its name, or reports
// that there is none and returns -1.
func (v *Validator) named(rules []rule, p jsonscan.Value) int {
	name := p.Get("name")
	switch {
	case !name.Exists():
		v.checker.Enter("name")
		v.fail(fault.MissingName, p, "the parameter has no name")
		v.checker.Leave()
		return -1
	case name.Kind() != jsonscan.String || name.Empty():
		return -1 // reported with the member
	}
	var scratch [64]byte
	found := find(rules, name.Bytes(scratch[:0]), v.level)
	if found < 0 {
		v.fail(fault.UnknownParameter, name, "the operation has no parameter ", fhir.Excerpt(name.Raw()), " here")
	}
	return found
}

// tally counts a parameter, and reports one that should not be there at all.
func (v *Validator) tally(found *rule, t *tally, i int, p jsonscan.Value) {
	if found.Scope&v.level == 0 {
		v.outOfScope(found, p)
		return
	}
	if found.Max == 0 {
		v.fail(fault.ProhibitedParameter, p, found.label, " is prohibited: its max is 0")
		return
	}
	if t.count++; t.count == found.Max+1 {
		t.excess, t.at = i, p
	}
}

func (v *Validator) outOfScope(found *rule, at jsonscan.Value) {
	v.checker.Report(fault.Warning, fault.OutOfScope, at, found.label, " is not meant for ", v.level.String(), " level and is ignored there")
}

// member judges one member of a parameter; found is nil where anything goes.
func (v *Validator) member(found *rule, c *contents, name []byte, at, member, sibling jsonscan.Value) {
	switch {
	case string(name) == "name":
		v.checker.Enter("name")
		v.checker.Value(typeString, member, sibling)
		v.checker.Leave()
	case string(name) == "resource" && !sibling.Exists():
		c.resources++
		v.checker.Enter("resource")
		v.resource(found, member)
		v.checker.Leave()
	case string(name) == "part" && !sibling.Exists():
		c.parts++
		v.part(found, member, at)
	case bytes.HasPrefix(name, []byte("value")):
		v.value(found, c, name, at, member, sibling)
	case v.checker.ElementMember(name, member, sibling):
	default:
		v.unknown(at, "a parameter has no element "+fhir.Excerpt(at.Raw()))
	}
}

// typeString is looked up once.
var typeString = fhir.FindType("string")

func (v *Validator) unknown(at jsonscan.Value, why string) {
	v.checker.Enter(fhir.Excerpt(at.Bytes(nil)))
	v.fail(fault.UnknownElement, at, why)
	v.checker.Leave()
}

// value judges a member such as valueString.
func (v *Validator) value(found *rule, c *contents, name []byte, at, member, sibling jsonscan.Value) {
	t, ok := fhir.Type(0), true
	if found != nil && found.member == string(name) {
		t = found.only // what is nearly always there is not looked up
	} else {
		t, ok = fhir.ValueType(v.release, name[len("value"):])
	}
	if !ok {
		v.unknown(at, "a parameter has no element "+fhir.Excerpt(at.Raw())+" in "+v.release.String())
		c.values++ // one thing was meant, if in vain
		return
	}
	c.values++
	v.checker.Enter("value")
	switch {
	case c.values == 2:
		v.fail(fault.SeveralChoices, at, "a parameter has one value, a second stands here as ", fhir.Excerpt(at.Raw()))
	case found != nil && c.values == 1 && !found.values.has(t):
		v.fail(fault.WrongValueType, at, found.label, " has ", fhir.Excerpt(at.Raw()), ", ", found.expects, " is due")
	}
	if member.Kind() == jsonscan.Array {
		v.fail(fault.WrongJSONType, member, "a parameter has one value: write several parameters of one name for several values")
	} else {
		v.checker.Value(t, member, sibling)
	}
	v.checker.Leave()
}

func (v *Validator) resource(found *rule, member jsonscan.Value) {
	v.checker.Resource(member)
	typ, at := fhir.ResourceType(member)
	switch {
	case found == nil:
	case len(found.resources) == 0:
		v.fail(fault.WrongValueType, member, found.label, " has a resource, ", found.expects, " is due")
	case fhir.IsResourceType(v.release, typ) && !found.takesResource(typ):
		v.fail(fault.WrongResourceType, at, found.label, " has a ", typ, ", ", found.expects, " is due")
	}
}

// part judges the parts of a parameter.
func (v *Validator) part(found *rule, member, at jsonscan.Value) {
	switch {
	case found == nil:
		v.anyParts(member)
	case len(found.parts) == 0:
		v.checker.Enter("part")
		v.fail(fault.WrongValueType, at, found.label, " has parts, ", found.expects, " is due")
		v.checker.Leave()
		v.array("part", member)
	default:
		v.list(found.parts, "part", member, member)
	}
}

// anyParts judges the parts of a parameter that has no rule. Their names are
// not asked for.
func (v *Validator) anyParts(member jsonscan.Value) {
	if !v.array("part", member) {
		return
	}
	i := 0
	for p := member.First(); p.Exists(); p = p.Next() {
		v.checker.EnterIndex("part", i)
		if v.object(p.Value) {
			if !p.Get("name").Exists() {
				v.checker.Enter("name")
				v.fail(fault.MissingName, p.Value, "the part has no name")
				v.checker.Leave()
			}
			var c contents
			v.checker.Each(p.Value, func(name []byte, at, member, sibling jsonscan.Value) {
				v.member(nil, &c, name, at, member, sibling)
			})
			v.inv1(nil, c, p.Value)
		}
		v.checker.Leave()
		if i++; v.checker.Stopped() {
			return
		}
	}
}

// inv1 is the invariant that a parameter has one value, resource or list of
// parts.
func (v *Validator) inv1(found *rule, c contents, p jsonscan.Value) {
	kinds := min(c.values, 1) + c.resources + c.parts
	switch {
	case kinds > 1:
		v.fail(fault.AmbiguousValue, p, "a parameter has a value, a resource or parts, only one of these (inv-1)")
	case kinds == 0 && found != nil:
		v.fail(fault.MissingValue, p, found.label, " is empty, ", found.expects, " is due")
	case kinds == 0:
		v.fail(fault.MissingValue, p, "the parameter has neither a value nor a resource nor parts (inv-1)")
	}
}
