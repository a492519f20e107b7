package opdef

import (
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// Limits of what loads; beyond them a definition is [fault.DefinitionTooComplex].
const (
	MaxPartDepth  = 16   // parts within parts, the parameter itself counted
	MaxParameters = 1000 // parameters and parts together
)

// maxLoadDepth stands in for a Limits.MaxDepth of zero: deep enough for what is
// nested too deeply to be named as that.
const maxLoadDepth = 512

// maxLoadIssues bounds the list of what is wrong with a definition.
const maxLoadIssues = 1000

// Options says how to load. The zero value loads leniently.
type Options struct {
	// Strict refuses a definition that needs a repair, or of which any member
	// breaks a rule of FHIR.
	Strict bool
	// Release is the release whose types and elements are known. The zero
	// Release knows those of all.
	Release fhir.Release
	// Limits bounds the text; a depth of zero means 512 here.
	Limits jsonscan.Limits
}

// Loaded is what came of loading. The positions in it are those of the text
// that was given.
type Loaded struct {
	// Definition is nil when the definition was refused.
	Definition *Definition
	// Repairs lists what lenient loading mended, in the order of the text;
	// every one has severity warning.
	Repairs []fault.Issue
	// Issues lists what stands against the definition, in the order of the
	// text: errors if it was refused, warnings about what does not keep it from
	// being used.
	Issues []fault.Issue
}

// Load reads an OperationDefinition.
//
// Mended are: text around the JSON (a page it was copied from), null members,
// booleans, numbers and strings of the wrong JSON type, members that no
// OperationDefinition has, entries that stand twice in a list, mailto: in
// e-mail addresses, and parameters of one name, use and overlapping scope, of
// which the first is kept. The cardinality is what a contract is made of: a min
// that is a string or a max that is a number is refused, not guessed at.
//
// Refused are: what is not JSON, another resource, code, name, kind, use, min
// or max missing or wrong, types that no parameter of the release can have, a
// parameter with neither type nor part, a scope, search type or resource that
// is none, a search type of what is no string (opd-2), and what is beyond the
// limits.
// Anything wrong with the members that only describe (publisher, contact,
// date …), or with a status or a level that is missing, is a warning. Strict
// loading makes errors of all these but one: a parameter with type and part
// loads with a warning.
func Load(text []byte, o Options) Loaded {
	if o.Limits.MaxDepth == 0 {
		o.Limits.MaxDepth = maxLoadDepth
	}
	l := loader{options: o}
	l.checker.Issues.Max = maxLoadIssues
	l.checker.Reset(o.Release, "OperationDefinition")
	l.checker.Mend = mend
	d := l.load(text)
	return l.finish(d)
}

// A loader reads one definition.
type loader struct {
	options Options
	doc     jsonscan.Document
	checker fhir.Checker // gathers what the datatypes and the loader find
	start   int          // where the JSON begins in the text
	count   int          // parameters and parts met
}

func (l *loader) load(text []byte) *Definition {
	root, ok := l.parse(text)
	if !ok {
		return nil
	}
	if typ, at := fhir.ResourceType(root); typ != "OperationDefinition" {
		if !at.Exists() {
			at = root
		}
		l.report(fault.WrongResourceType, at, "the document is no OperationDefinition: its resourceType is "+orNone(at.Raw()))
		return nil
	}
	l.checker.Resource(root)
	l.repeatedEntries(root)
	l.telecoms(root)
	return l.definition(root)
}

func orNone(raw []byte) string {
	if len(raw) == 0 || raw[0] == '{' {
		return "missing"
	}
	return fhir.Excerpt(raw)
}

// report adds an error about the element that the checker is at.
func (l *loader) report(code fault.Code, at jsonscan.Value, diagnostics string) {
	l.checker.Report(fault.Err, code, at, diagnostics)
}

// finish sorts what was found into repairs, warnings and errors, and decides.
func (l *loader) finish(d *Definition) Loaded {
	var out Loaded
	for _, i := range l.checker.Issues.Issues {
		rename(&i, l.doc.Source())
		i.Offset += l.start
		switch {
		case saidBetter(&i):
			continue
		case isRepair(i.Code):
			if i.Severity = fault.Warning; l.options.Strict {
				i.Severity = fault.Err
				break
			}
			out.Repairs = append(out.Repairs, i)
			continue
		case i.Severity == fault.Err && !l.options.Strict && descriptive(&i):
			i.Severity = fault.Warning
		}
		out.Issues = append(out.Issues, i)
	}
	out.Repairs, out.Issues = inOrder(out.Repairs), inOrder(out.Issues)
	if fault.Valid(out.Issues) {
		out.Definition = d
	}
	return out
}

// saidBetter reports whether the loader has an issue of its own in place of one
// that the datatypes found.
func saidBetter(i *fault.Issue) bool {
	switch i.Code {
	case fault.InvalidPrimitive, fault.WrongJSONType, fault.EmptyValue, fault.StringForNumber, fault.NumberForString:
		return strings.HasSuffix(i.Expression, "].min") || strings.HasSuffix(i.Expression, "].max")
	}
	return false
}

// inOrder returns issues in the order of the text.
func inOrder(issues []fault.Issue) []fault.Issue {
	order := indices(len(issues))
	jsonscan.Order(order, func(a, b uint32) int { return issues[a].Offset - issues[b].Offset })
	var sorted []fault.Issue
	for _, i := range order {
		sorted = append(sorted, issues[i])
	}
	return sorted
}

// indices returns 0 to n-1.
func indices(n int) []uint32 {
	all := make([]uint32, n)
	for i := range all {
		all[i] = uint32(i)
	}
	return all
}

// descriptive reports whether an issue is about what the contract does not
// need.
func descriptive(i *fault.Issue) bool {
	path, ok := strings.CutPrefix(i.Expression, "OperationDefinition.")
	if !ok || i.Code == fault.UnknownType {
		return false
	}
	for {
		name, rest, more := strings.Cut(path, ".")
		name, _, _ = strings.Cut(name, "[")
		switch name {
		case "parameter", "part":
			if !more {
				return false
			}
			path = rest
		case "system", "type", "instance":
			return i.Code == fault.MissingElement
		case "resourceType", "url", "code", "name", "kind", "affectsState", "resource",
			"use", "min", "max", "scope", "allowedType", "searchType":
			return false
		default:
			return true
		}
	}
}
