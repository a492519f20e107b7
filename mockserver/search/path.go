package search

import (
	"strings"

	"github.com/wsbind/wsbind/core/jsonscan"
)

// path leads from a resource to the elements that a parameter looks at.
type path struct {
	steps []string
	// contact keeps only the ContactPoints of that system.
	contact string
	// target keeps only references to that resource type.
	target string
	// code says that the element is a code or string, never a Coding or the
	// like, and system what the codes' system is; "" where there is none.
	code   bool
	system string
	// anyCase says that the element is a string, whose case does not matter.
	anyCase bool
	// boolean says that the element is true or false, and presence that the
	// question is whether it is there and not false.
	boolean  bool
	presence bool
}

// parsePath reads a path as parameters.txt writes it.
func parsePath(s string) path {
	var p path
	s, p.presence = strings.CutSuffix(s, "?")
	s, p.boolean = strings.CutSuffix(s, "!")
	p.boolean = p.boolean || p.presence
	if text, ok := strings.CutSuffix(s, "~"); ok {
		s, p.code, p.anyCase = text, true, true
	} else if s, p.system, p.code = strings.Cut(s, "@"); p.code && p.system != "" && !strings.Contains(p.system, ":") {
		p.system = "http://hl7.org/fhir/" + p.system
	}
	s, p.target, _ = strings.Cut(s, ":")
	if before, system, ok := strings.Cut(s, "["); ok {
		s, p.contact = before, strings.TrimSuffix(system, "]")
	}
	p.steps = strings.Split(s, ".")
	return p
}

// elements hands every element that the parameter looks at to visit, until it
// returns false.
func (p *Parameter) elements(resource jsonscan.Value, visit func(*path, jsonscan.Value) bool) {
	if p.paths[0].presence {
		visit(&p.paths[0], p.presence(resource))
		return
	}
	for i := range p.paths {
		path := &p.paths[i]
		if !walk(resource, path.steps, func(v jsonscan.Value) bool {
			if path.contact != "" && !v.Get("system").Is(path.contact) || path.target != "" && !pointsTo(v, path.target) {
				return true
			}
			return visit(path, v)
		}) {
			return
		}
	}
}

// walk hands the elements at the steps to visit, those within arrays one by
// one, and reports false once visit has.
func walk(v jsonscan.Value, steps []string, visit func(jsonscan.Value) bool) bool {
	if v.Kind() == jsonscan.Array {
		for e := range v.Elements() {
			if !walk(e, steps, visit) {
				return false
			}
		}
		return true
	}
	if v.Kind() == jsonscan.Absent || v.Kind() == jsonscan.Null {
		return true
	}
	if len(steps) == 0 {
		return visit(v)
	}
	return walk(v.Get(steps[0]), steps[1:], visit)
}

// The elements that stand for the answers of a parameter about presence.
var yes, no = constant("true"), constant("false")

func constant(text string) jsonscan.Value {
	var doc jsonscan.Document
	if err := doc.Parse([]byte(text), jsonscan.Limits{}); err != nil {
		panic(err)
	}
	return doc.Root()
}

// presence answers a parameter such as Patient's deceased, which is true for a
// date of death as well, and false where nothing is said.
func (p *Parameter) presence(resource jsonscan.Value) jsonscan.Value {
	there := no
	for i := range p.paths {
		walk(resource, p.paths[i].steps, func(v jsonscan.Value) bool {
			if v.Kind() != jsonscan.False {
				there = yes
			}
			return true
		})
	}
	return there
}
