// Package contract turns an OperationDefinition into a JSON Schema and into
// TypeScript types.
//
// [Read] reads the definition; [Definition.Schema] gives the schema (draft
// 2020-12) of a request or a response at one level; [Definition.Types] gives
// the types. [Files] does all of it for the embedded definitions.
//
// The definition is data: names, types, cardinalities and parts come from the
// document, and nothing about any operation is written here. The output is
// deterministic. What a JSON Schema cannot see (repeated names, dates such as
// 02-30, the inside of datatypes) is listed in schemas/check.
package contract

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// A Definition is what matters here of an OperationDefinition.
type Definition struct {
	ResourceType string      `json:"resourceType"`
	URL          string      `json:"url"`
	Version      string      `json:"version"`
	Code         string      `json:"code"`
	System       bool        `json:"system"`
	Type         bool        `json:"type"`
	Instance     bool        `json:"instance"`
	Parameter    []Parameter `json:"parameter"`
}

// A Parameter is a parameter of a definition, or a part of one.
type Parameter struct {
	Name          string      `json:"name"`
	Use           string      `json:"use"` // "in" or "out"; a part's is its parent's
	Scope         []string    `json:"scope"`
	Min           int         `json:"min"`
	Max           string      `json:"max"` // a number, or "*"
	Documentation string      `json:"documentation"`
	Type          string      `json:"type"` // "" where there are parts
	AllowedType   []string    `json:"allowedType"`
	SearchType    string      `json:"searchType"`
	Part          []Parameter `json:"part"`
	ignored       bool        // beyond its scope: anything goes
	Extension     []struct {
		URL       string `json:"url"`
		ValueURI  string `json:"valueUri"`
		ValueCode string `json:"valueCode"`
	} `json:"extension"`
}

// allowedTypeURL marks, before R5, what a parameter of an abstract type takes.
const allowedTypeURL = "http://hl7.org/fhir/StructureDefinition/operationdefinition-allowed-type"

// Read reads a definition: a JSON document as the specification has it. To
// repair and to judge one is core/opdef's work.
func Read(document []byte) (*Definition, error) {
	var d Definition
	if err := json.Unmarshal(document, &d); err != nil {
		return nil, fmt.Errorf("contract: %w", err)
	}
	if d.ResourceType != "OperationDefinition" {
		return nil, fmt.Errorf("contract: resourceType is %q, want OperationDefinition", d.ResourceType)
	}
	for i := range d.Parameter {
		if err := d.Parameter[i].check(d.Parameter[i].Name); err != nil {
			return nil, err
		}
	}
	return &d, nil
}

func (p *Parameter) check(path string) error {
	if p.Name == "" {
		return fmt.Errorf("contract: a parameter below %q has no name", path)
	}
	if p.Type == "" && len(p.Part) == 0 {
		return fmt.Errorf("contract: parameter %q has neither type nor part", path)
	}
	if _, err := p.max(); err != nil {
		return fmt.Errorf("contract: parameter %q: max is %q, want a number or *", path, p.Max)
	}
	for i := range p.Part {
		if err := p.Part[i].check(path + "." + p.Part[i].Name); err != nil {
			return err
		}
	}
	return nil
}

// max returns the maximum cardinality, -1 for unbounded.
func (p *Parameter) max() (int, error) {
	if p.Max == "*" {
		return -1, nil
	}
	return strconv.Atoi(p.Max)
}

// allowed lists the types that a parameter of an abstract type is narrowed to.
func (p *Parameter) allowed() []string {
	types := slices.Clone(p.AllowedType)
	for _, e := range p.Extension {
		if e.URL == allowedTypeURL {
			types = append(types, e.ValueURI+e.ValueCode)
		}
	}
	return types
}

// Levels lists the levels at which the operation exists.
func (d *Definition) Levels() []string {
	var levels []string
	for _, l := range []struct {
		name string
		on   bool
	}{{"type", d.Type}, {"instance", d.Instance}, {"system", d.System}} {
		if l.on {
			levels = append(levels, l.name)
		}
	}
	return levels
}

// parameters lists the parameters of a use at a level. One that is scoped to
// other levels is no more than a warning there: it may stand there as anything
// that is FHIR, unless one of the same name is meant for the level.
func (d *Definition) parameters(use, level string) []Parameter {
	var meant, others []Parameter
	for _, p := range d.Parameter {
		switch {
		case p.Use != use:
		case len(p.Scope) == 0 || slices.Contains(p.Scope, level):
			meant = append(meant, p)
		default:
			others = append(others, Parameter{Name: p.Name, Max: "*", Documentation: "Not meant for this level, and ignored at it.", ignored: true})
		}
	}
	for _, p := range others {
		if !slices.ContainsFunc(meant, func(m Parameter) bool { return m.Name == p.Name }) {
			meant = append(meant, p)
		}
	}
	return meant
}
