// Package opdef turns a FHIR OperationDefinition into a contract and holds
// documents to it.
//
// [Load] reads the definition, and a [Validator] made from it judges requests
// and responses:
//
//	loaded := opdef.Load(text, opdef.Options{})
//	if loaded.Definition == nil { … loaded.Issues says why … }
//	v := opdef.NewValidator(loaded.Definition, fhir.R4)
//	issues := v.Validate(body, opdef.In, opdef.TypeLevel)
//	if !fault.Valid(issues) { … }
//
// Any OperationDefinition of R4, R4B or R5 loads. Published ones are often
// damaged by the pages that show them, so loading is lenient by default: it
// mends what has one meaning only and reports each repair. Strict loading
// refuses for the same reasons.
//
// # What a validator promises
//
// It reports every issue, not the first, up to the bound of [fault.List]; the
// issues of cardinality stand behind the others of their parent. Whatever the
// input, the time is at most n log n of its size, and nothing panics. A valid
// document costs no allocation once the validator's memory has grown.
//
// # How the rules of FHIR are read
//
// A request without a body is one without parameters. A request may be a bare
// resource if the definition has exactly one input that takes a resource; its
// other inputs then stand in the URL, and are not missed here. If the only
// output is a resource named return, the response is that resource and never a
// Parameters around it, as the specification says; only where return repeats,
// or may be a value, both are read. A parameter outside its
// scope is a warning, and beyond that only has to be FHIR. A parameter with a
// searchType also matches name:modifier, and is counted with it.
//
// Types are taken literally: a url is no uri. Of the abstract ones, Any takes
// every resource and no value: "a place holder that means any kind of
// resource", says the code system abstract-types, and so R4's own $apply uses
// it. Element, Type and DataType take every type that value[x] has in the
// release, Base these and every resource, PrimitiveType the primitive ones.
// BackboneElement and its heir BackboneType take Dosage and Timing, the only
// values that are one.
//
// # What is not checked
//
// Terminology bindings, profiles (targetProfile, inputProfile, outputProfile),
// the content of search parameters' strings, and what core/fhir says that it
// leaves out: in short the inside of resources beyond FHIR's JSON.
package opdef

import "github.com/wsbind/wsbind/core/fhir"

// Use is the direction of a parameter.
type Use uint8

// The uses.
const (
	In Use = iota + 1
	Out
)

// ParseUse reads "in" or "out".
func ParseUse(s string) (Use, bool) {
	switch s {
	case "in":
		return In, true
	case "out":
		return Out, true
	}
	return 0, false
}

// String returns "in" or "out".
func (u Use) String() string {
	switch u {
	case In:
		return "in"
	case Out:
		return "out"
	}
	return "no use"
}

// Level is where an operation is invoked.
type Level uint8

// The levels.
const (
	TypeLevel     Level = 1 << iota // [base]/Subscription/$op
	InstanceLevel                   // [base]/Subscription/1/$op
	SystemLevel                     // [base]/$op
)

const allLevels = TypeLevel | InstanceLevel | SystemLevel

// ParseLevel reads "type", "instance" or "system".
func ParseLevel(s string) (Level, bool) {
	switch s {
	case "type":
		return TypeLevel, true
	case "instance":
		return InstanceLevel, true
	case "system":
		return SystemLevel, true
	}
	return 0, false
}

// String returns "type", "instance" or "system".
func (l Level) String() string {
	switch l {
	case TypeLevel:
		return "type"
	case InstanceLevel:
		return "instance"
	case SystemLevel:
		return "system"
	}
	return "no level"
}

// Tristate is a boolean that may be absent, which is not the same as false.
type Tristate uint8

// The states.
const (
	Absent Tristate = iota
	False
	True
)

// Definition is what an OperationDefinition says. It does not change after
// Load and may be used by several goroutines.
type Definition struct {
	URL     string // canonical, without a version; "" if absent
	Version string // business version; "" if absent
	Code    string // the name after the dollar sign
	Name    string // for machines
	Title   string // for people; "" if absent
	Kind    string // "operation" or "query"

	System, Type, Instance bool // the levels at which it can be invoked

	AffectsState Tristate
	Resources    []string // the types it can be invoked on
	Parameters   []Parameter
}

// Parameter is one input or output, or a part of one.
type Parameter struct {
	Name         string
	Use          Use
	Min          int
	Max          int      // [Unbounded] for "*"
	Type         string   // "" if it has parts only
	AllowedTypes []string // what an abstract type is narrowed to; empty for no limit
	SearchType   string   // "" if it is no search parameter
	Scope        Level    // the levels it is meant for, as a set; never empty
	Parts        []Parameter
	Doc          string // documentation; "" if absent
}

// Unbounded is the Max of a parameter that may repeat without end.
const Unbounded = 1<<31 - 1

// At reports whether the operation can be invoked at the level.
func (d *Definition) At(l Level) bool {
	switch l {
	case TypeLevel:
		return d.Type
	case InstanceLevel:
		return d.Instance
	case SystemLevel:
		return d.System
	}
	return false
}

// Methods returns the HTTP methods by which the operation can be invoked at the
// level, in the order of an Allow header; none where it does not exist. POST is
// always one of them. GET and HEAD are, when affectsState is present and false
// and all inputs (R4, R4B) or all required inputs (R5) are primitive.
func (d *Definition) Methods(r fhir.Release, l Level) []string {
	switch {
	case !d.At(l):
		return nil
	case d.AffectsState == False && d.simple(r, l):
		return []string{"GET", "HEAD", "POST"}
	}
	return []string{"POST"}
}

// simple reports whether the inputs of a level can be written in a URL.
func (d *Definition) simple(r fhir.Release, l Level) bool {
	for i := range d.Parameters {
		p := &d.Parameters[i]
		if p.Use != In || p.Scope&l == 0 || p.Max == 0 || r == fhir.R5 && p.Min == 0 {
			continue
		}
		if !fhir.FindType(p.Type).Primitive() || len(p.Parts) > 0 {
			return false
		}
	}
	return true
}
