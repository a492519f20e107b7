package search

import (
	"cmp"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/wsbind/wsbind/core/fhir"
)

// Kind is a search parameter's type, as FHIR spells it.
type Kind string

// The kinds of parameter that are understood.
const (
	String    Kind = "string"
	Token     Kind = "token"
	Reference Kind = "reference"
	Date      Kind = "date"
	Number    Kind = "number"
	Quantity  Kind = "quantity"
	URI       Kind = "uri"
)

// Parameter is a search parameter of one resource type in one release.
type Parameter struct {
	Name string
	Type Kind

	paths []path
}

// The table's text. Its head says how it is written.
//
//go:embed parameters.txt
var parametersText string

var releases = []fhir.Release{fhir.R4, fhir.R4B, fhir.R5}

// anyType is the heading, in the table, of what all resource types have.
const anyType = "Resource"

// section holds what one type adds to the parameters of all types.
type section struct {
	resourceType string
	parameters   []Parameter // sorted by name
}

// tables holds the sections of each release, sorted by type.
var tables = sync.OnceValue(func() map[fhir.Release][]section {
	t, err := parseTable(parametersText)
	if err != nil {
		panic("search: parameters.txt: " + err.Error()) // a test reads it too
	}
	return t
})

// Types returns the resource types that have parameters of their own in the
// release, in alphabetical order. Every other type has those of all types.
func Types(r fhir.Release) []string {
	var types []string
	for _, s := range tables()[r] {
		if s.resourceType != anyType {
			types = append(types, s.resourceType)
		}
	}
	return types
}

// Parameters returns the search parameters of a resource type in the release,
// sorted by name: its own and those of all types.
func Parameters(r fhir.Release, resourceType string) []Parameter {
	all := slices.Concat(own(r, anyType), own(r, resourceType))
	slices.SortFunc(all, func(a, b Parameter) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Lookup returns one search parameter, or nil where the type has none of that
// name in the release.
func Lookup(r fhir.Release, resourceType, name string) *Parameter {
	for _, heading := range []string{resourceType, anyType} {
		parameters := own(r, heading)
		i, found := slices.BinarySearchFunc(parameters, name, func(p Parameter, n string) int { return strings.Compare(p.Name, n) })
		if found {
			return &parameters[i]
		}
	}
	return nil
}

func own(r fhir.Release, heading string) []Parameter {
	sections := tables()[r]
	i, found := slices.BinarySearchFunc(sections, heading, func(s section, h string) int { return strings.Compare(s.resourceType, h) })
	if !found {
		return nil
	}
	return sections[i].parameters
}

// parseTable reads the text of parameters.txt.
func parseTable(text string) (map[fhir.Release][]section, error) {
	t := map[fhir.Release][]section{}
	resourceType := ""
	for i, line := range strings.Split(text, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		if line[0] != ' ' {
			resourceType = line
			continue
		}
		p, in, err := parseRow(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		for _, r := range in {
			sections := t[r]
			if n := len(sections); n == 0 || sections[n-1].resourceType != resourceType {
				sections = append(sections, section{resourceType: resourceType})
			}
			last := &sections[len(sections)-1]
			last.parameters = append(last.parameters, p)
			t[r] = sections
		}
	}
	for _, sections := range t {
		slices.SortFunc(sections, func(a, b section) int { return strings.Compare(a.resourceType, b.resourceType) })
		for _, s := range sections {
			slices.SortFunc(s.parameters, func(a, b Parameter) int { return strings.Compare(a.Name, b.Name) })
		}
	}
	return t, nil
}

func parseRow(line string) (Parameter, []fhir.Release, error) {
	fields := strings.Fields(line)
	if len(fields) < 4 {
		return Parameter{}, nil, fmt.Errorf("%d columns, at least 4 are due", len(fields))
	}
	p := Parameter{Name: fields[0], Type: Kind(fields[1])}
	if _, known := modifiers[p.Type]; !known {
		return p, nil, fmt.Errorf("unknown type %s", fields[1])
	}
	for _, f := range fields[3:] {
		p.paths = append(p.paths, parsePath(f))
	}
	in := releases
	if fields[2] != "all" {
		in = nil
		for name := range strings.SplitSeq(fields[2], ",") {
			r, ok := fhir.ParseRelease(name)
			if !ok {
				return p, nil, fmt.Errorf("unknown release %s", name)
			}
			in = append(in, r)
		}
	}
	return p, in, nil
}

// Table renders the table of parameters as Markdown, one row for each type. A
// parameter that not all releases of its type have is followed by those that do.
func Table() string {
	var b strings.Builder
	b.WriteString("| type | search parameters |\n|---|---|\n")
	fmt.Fprintf(&b, "| every type | %s |\n", row(anyType))
	var types []string
	for _, r := range releases {
		types = append(types, Types(r)...)
	}
	slices.Sort(types)
	for _, t := range slices.Compact(types) {
		fmt.Fprintf(&b, "| %s | %s |\n", t, row(t))
	}
	return b.String()
}

func row(heading string) string {
	type entry struct{ name, releases string }
	var entries []entry
	everywhere := ""
	for _, r := range releases {
		parameters := own(r, heading)
		if len(parameters) > 0 {
			everywhere += " " + r.String()
		}
		for _, p := range parameters {
			i := slices.IndexFunc(entries, func(e entry) bool { return e.name == p.Name })
			if i < 0 {
				i = len(entries)
				entries = append(entries, entry{name: p.Name})
			}
			entries[i].releases += " " + r.String()
		}
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.name, b.name) })
	var cells []string
	for _, e := range entries {
		cell := "`" + e.name + "`"
		if e.releases != everywhere {
			cell += " (" + strings.TrimSpace(e.releases) + ")"
		}
		cells = append(cells, cell)
	}
	return strings.Join(cells, ", ")
}
