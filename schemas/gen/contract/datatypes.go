package contract

import (
	"slices"
	"strings"
)

// A datatypes table holds what value[x] may be in a release, and the schema of
// each primitive.
type datatypes struct {
	primitives map[string]schema
	complex    []string
}

func (t *datatypes) primitive(name string) bool { _, ok := t.primitives[name]; return ok }

// all lists every type that value[x] may have, sorted.
func (t *datatypes) all() []string {
	names := t.primitiveNames()
	names = append(names, t.complex...)
	slices.Sort(names)
	return names
}

func (t *datatypes) primitiveNames() []string {
	var names []string
	for n := range t.primitives {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// typesOf returns the table of a release; R4 and R4B share one.
func typesOf(release string) *datatypes {
	if release == "R5" {
		return &r5Types
	}
	return &r4Types
}

var (
	r4Types = datatypes{primitives("R4"), append(slices.Clone(commonComplex), "Contributor")}
	r5Types = datatypes{primitives("R5"), append(slices.Clone(commonComplex),
		"Availability", "CodeableReference", "ExtendedContactDetail", "RatioRange")}
)

var commonComplex = []string{
	"Address", "Age", "Annotation", "Attachment", "CodeableConcept", "Coding", "ContactDetail", "ContactPoint",
	"Count", "DataRequirement", "Distance", "Dosage", "Duration", "Expression", "HumanName", "Identifier", "Meta",
	"Money", "ParameterDefinition", "Period", "Quantity", "Range", "Ratio", "Reference", "RelatedArtifact",
	"SampledData", "Signature", "Timing", "TriggerDefinition", "UsageContext",
}

// abstract says what an abstract type stands for: types of value[x], a
// resource, or both.
func (t *datatypes) abstract(name string) (values []string, resource, ok bool) {
	switch name {
	case "Any", "Resource", "DomainResource", "CanonicalResource", "MetadataResource":
		return nil, true, true
	case "Type", "Element", "DataType":
		return t.all(), false, true
	case "PrimitiveType":
		return t.primitiveNames(), false, true
	case "BackboneElement", "BackboneType":
		return []string{"Dosage", "Timing"}, false, true
	case "Base":
		return t.all(), true, true
	}
	return nil, false, false
}

// The pieces of dates. A month knows its length; 29 February is let through in
// every year, which is as far as a pattern goes.
const (
	year   = `([0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)`
	month  = `(0[1-9]|1[0-2])`
	day    = `((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|[12][0-9]))`
	clock  = `([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)`
	offset = `(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00))`
)

// primitives gives the schema of every primitive of a release. The patterns
// state the specification's rules, not its published regular expressions, two
// of which are wrong, and mean the same in Go and in JavaScript.
func primitives(release string) map[string]schema {
	fraction, monthOffset, dayOffset, space := `(\.[0-9]+)?`, ``, ``, `[ \t\r\n]*`
	if release == "R5" {
		fraction, monthOffset, dayOffset, space = `(\.[0-9]{1,9})?`, offset+`?`, `|`+offset, ``
	}
	text := schema{"type": "string", "minLength": 1, "maxLength": 1048576, "pattern": `^[^\x00-\x08\x0B\x0C\x0E-\x1F]+$`}
	address := pattern(`^[^\x00-\x20\x7F]+$`)
	table := map[string]schema{
		"base64Binary": pattern(base64Pattern(space)),
		"boolean":      {"type": "boolean"},
		"canonical":    address,
		"code":         pattern(`^[^\x00-\x20]+( [^\x00-\x20]+)*$`),
		"date":         pattern(`^` + year + `(-(` + month + `|` + day + `))?$`),
		"dateTime":     pattern(`^` + year + `(-` + month + monthOffset + `|-` + day + `(T` + clock + fraction + offset + dayOffset + `)?)?$`),
		"decimal":      {"type": "number"},
		"id":           pattern(`^[A-Za-z0-9.-]{1,64}$`),
		"instant":      pattern(`^` + year + `-` + day + `T` + clock + fraction + offset + `$`),
		"integer":      {"type": "integer", "minimum": -2147483648, "maximum": 2147483647},
		"markdown":     text,
		"oid":          pattern(`^urn:oid:[0-2](\.(0|[1-9][0-9]*))+$`),
		"positiveInt":  {"type": "integer", "minimum": 1, "maximum": 2147483647},
		"string":       text,
		"time":         pattern(`^` + clock + fraction + `$`),
		"unsignedInt":  {"type": "integer", "minimum": 0, "maximum": 2147483647},
		"uri":          address,
		"url":          address,
		"uuid":         pattern(`^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`),
	}
	if release == "R5" {
		table["integer64"] = pattern(`^(0|[+-]?[1-9][0-9]{0,18})$`)
	}
	return table
}

func pattern(p string) schema { return schema{"type": "string", "pattern": p} }

// base64Pattern is base64 with padding and without stray bits (RFC 4648,
// sections 3.5 and 4), with space between groups of four.
func base64Pattern(space string) string {
	const letter = `[A-Za-z0-9+/]`
	const last = `(` + letter + `{4}|` + letter + `{2}[AEIMQUYcgkosw048]=|` + letter + `[AQgw]==)`
	return `^` + space + `(` + letter + `{4}` + space + `)*` + last + space + `$`
}

// member is the name of value[x] for a type: valueString for string.
func member(typ string) string { return "value" + strings.ToUpper(typ[:1]) + typ[1:] }
