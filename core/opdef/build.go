package opdef

import (
	"strconv"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// definition reads the contract out of a document that the datatypes were
// checked in already: what they report is not reported here again.
func (l *loader) definition(root jsonscan.Value) *Definition {
	d := &Definition{
		URL:      text(root.Get("url")),
		Version:  text(root.Get("version")),
		Code:     text(root.Get("code")),
		Name:     text(root.Get("name")),
		Title:    text(root.Get("title")),
		Kind:     text(root.Get("kind")),
		System:   boolean(root.Get("system")) == True,
		Type:     boolean(root.Get("type")) == True,
		Instance: boolean(root.Get("instance")) == True,

		AffectsState: boolean(root.Get("affectsState")),
	}
	l.needed(root, "code", "name", "kind")
	i := 0
	for r := root.Get("resource").First(); r.Exists(); r = r.Next() {
		if name := text(r.Value); name != "" && !fhir.IsResourceType(0, name) && !fhir.IsAbstractResource(0, name) {
			l.checker.EnterIndex("resource", i)
			l.report(fault.UnknownResource, r.Value, strconv.Quote(name)+" is no resource type of any release")
			l.checker.Leave()
		} else if name != "" {
			d.Resources = append(d.Resources, name)
		}
		i++
	}
	d.Parameters = l.parameters("parameter", root.Get("parameter"), 1)
	return d
}

// needed reports members that are null: absent ones were reported before, and
// null alone would have been mended.
func (l *loader) needed(v jsonscan.Value, names ...string) {
	for _, name := range names {
		if m := v.Get(name); m.Kind() == jsonscan.Null {
			l.checker.Enter(name)
			l.report(fault.MissingElement, m, name+" is null, a value is needed")
			l.checker.Leave()
		}
	}
}

// text reads a string that may have been written as a number.
func text(v jsonscan.Value) string {
	if v.Kind() == jsonscan.Number {
		return string(v.Raw())
	}
	return v.Text()
}

// boolean reads a boolean that may have been written as a string.
func boolean(v jsonscan.Value) Tristate {
	switch {
	case v.Kind() == jsonscan.True, v.Is("true"):
		return True
	case v.Kind() == jsonscan.False, v.Is("false"):
		return False
	}
	return Absent
}

// parameters reads the list in the member name, the first of each name, use
// and scope.
func (l *loader) parameters(name string, list jsonscan.Value, depth int) []Parameter {
	var params []Parameter
	i := 0
	for v := list.First(); v.Exists(); v = v.Next() {
		l.checker.EnterIndex(name, i)
		if v.Kind() == jsonscan.Object && l.affordable(v.Value, depth) {
			p := l.parameter(v.Value, depth)
			if twin := overlapping(params, &p); twin >= 0 {
				l.report(fault.DuplicateParameter, v.Value, strconv.Quote(p.Name)+" stands before with the same use and an overlapping scope: only the first counts")
			} else {
				params = append(params, p)
			}
		}
		l.checker.Leave()
		if i++; l.count > MaxParameters {
			break
		}
	}
	return params
}

// affordable reports what is beyond the limits, once.
func (l *loader) affordable(v jsonscan.Value, depth int) bool {
	l.count++
	switch {
	case l.count == MaxParameters+1:
		l.report(fault.DefinitionTooComplex, v, "the definition has more than "+strconv.Itoa(MaxParameters)+" parameters and parts")
		return false
	case depth == MaxPartDepth+1:
		l.report(fault.DefinitionTooComplex, v, "parts are nested more than "+strconv.Itoa(MaxPartDepth)+" deep")
		return false
	}
	return l.count <= MaxParameters
}

// overlapping returns the index of a parameter that p cannot be told from, or
// -1.
func overlapping(params []Parameter, p *Parameter) int {
	for i := range params {
		if q := &params[i]; q.Name == p.Name && p.Name != "" && q.Use == p.Use && q.Scope&p.Scope != 0 {
			return i
		}
	}
	return -1
}

func (l *loader) parameter(v jsonscan.Value, depth int) Parameter {
	p := Parameter{
		Name:       text(v.Get("name")),
		Type:       text(v.Get("type")),
		SearchType: text(v.Get("searchType")),
		Doc:        text(v.Get("documentation")),
		Scope:      allLevels,
	}
	if l.options.Release == 0 || l.options.Release == fhir.R5 { // before R5 it is a foreign member
		p.Scope = scope(v.Get("scope"))
	}
	p.Use, _ = ParseUse(text(v.Get("use")))
	l.needed(v, "name", "use", "min", "max")
	l.cardinality(&p, v)
	l.types(&p, v)
	p.Parts = l.parameters("part", v.Get("part"), depth+1)
	part := v.Get("part")
	switch {
	case p.Type == "" && part.Kind() != jsonscan.Array:
		l.report(fault.TypeOrPartMissing, v, "parameter "+strconv.Quote(p.Name)+" has neither a type nor parts (opd-1)")
	case p.Type != "" && len(p.Parts) > 0:
		l.checker.Report(fault.Warning, fault.TypeAndPart, v, "parameter "+strconv.Quote(p.Name)+" has a type and parts: a value and parts are both accepted")
	}
	if p.SearchType != "" && p.Type != "string" {
		l.checker.Enter("searchType")
		l.report(fault.InvariantFailed, v.Get("searchType"), "a searchType goes with the type string, not "+strconv.Quote(p.Type)+" (opd-2)")
		l.checker.Leave()
	}
	return p
}

// scope reads R5's list of levels; none means all.
func scope(list jsonscan.Value) (s Level) {
	for e := list.First(); e.Exists(); e = e.Next() {
		l, _ := ParseLevel(text(e.Value))
		s |= l
	}
	if s == 0 {
		return allLevels
	}
	return s
}

// cardinality reads min, a JSON number, and max, a JSON string, which the
// datatypes let be any integer and any string.
func (l *loader) cardinality(p *Parameter, v jsonscan.Value) {
	low, high := v.Get("min"), v.Get("max")
	okLow, okHigh := false, false
	if p.Min, okLow = count(low, jsonscan.Number); !okLow {
		l.badCount("min", low, "a whole number from 0 to 2147483647 is due, without quotes")
	}
	if high.Is("*") {
		p.Max, okHigh = Unbounded, true
	} else if p.Max, okHigh = count(high, jsonscan.String); !okHigh {
		l.badCount("max", high, "* or a whole number from 0 to 2147483647 is due, in quotes")
	}
	if okLow && okHigh && p.Max < p.Min {
		l.badCount("max", high, "it is below min, "+strconv.Itoa(p.Min))
	}
}

func (l *loader) badCount(name string, v jsonscan.Value, rule string) {
	if k := v.Kind(); k == jsonscan.Absent || k == jsonscan.Null {
		return // reported as missing
	}
	l.checker.Enter(name)
	l.report(fault.InvalidCardinality, v, name+" is "+fhir.Excerpt(v.Raw())+": "+rule)
	l.checker.Leave()
}

// count reads digits without sign or leading zeros, at most 31 bits.
func count(v jsonscan.Value, due jsonscan.Kind) (int, bool) {
	s := text(v)
	if v.Kind() != due || s == "" || len(s) > 10 || s[0] == '0' && len(s) > 1 {
		return 0, false
	}
	n := 0
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, n <= 1<<31-1
}

// allowedTypeURL is the extension by which R4 and R4B narrow an abstract type.
const allowedTypeURL = "http://hl7.org/fhir/StructureDefinition/operationdefinition-allowed-type"

// types reads the allowed types of R5 and of the extension, and checks that
// every type can be had.
func (l *loader) types(p *Parameter, v jsonscan.Value) {
	if p.Type != "" {
		l.checker.Enter("type")
		l.known(p.Type, v.Get("type"))
		l.checker.Leave()
	}
	i := 0
	for e := v.Get("allowedType").First(); e.Exists(); e = e.Next() {
		if r := l.options.Release; r == fhir.R4 || r == fhir.R4B {
			break // before R5 it is a foreign member
		}
		l.checker.EnterIndex("allowedType", i)
		l.allow(p, text(e.Value), e.Value)
		l.checker.Leave()
		i++
	}
	i = 0
	for e := v.Get("extension").First(); e.Exists(); e = e.Next() {
		if e.Get("url").Is(allowedTypeURL) {
			l.checker.EnterIndex("extension", i)
			for m := e.FirstMember(); m.Exists(); m = m.Next() {
				if strings.HasPrefix(m.Name().Text(), "value") {
					l.allow(p, strings.TrimPrefix(text(m.Value()), "http://hl7.org/fhir/StructureDefinition/"), m.Value())
				}
			}
			l.checker.Leave()
		}
		i++
	}
}

func (l *loader) allow(p *Parameter, name string, at jsonscan.Value) {
	if name != "" && l.known(name, at) {
		p.AllowedTypes = append(p.AllowedTypes, name)
	}
}

// known reports a type that no parameter of the release can have.
func (l *loader) known(name string, at jsonscan.Value) bool {
	r := l.options.Release
	if fhir.FindType(name).IsValueType(r) || fhir.IsResourceType(r, name) ||
		fhir.IsAbstractType(r, name) || fhir.IsAbstractResource(r, name) {
		return true
	}
	in := "any release"
	if r != 0 {
		in = r.String()
	}
	l.report(fault.UnknownType, at, strconv.Quote(name)+" is no type that a parameter can have in "+in)
	return false
}
