package opdef

import (
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// body returns the input that a request at the level can be in whole, or nil:
// the one that takes a resource. One beyond its scope counts where none is
// within.
func (v *Validator) body(l Level) *rule {
	var within, beyond *rule
	nWithin, nBeyond := 0, 0
	for i := range v.in {
		switch p := &v.in[i]; {
		case len(p.resources) == 0 || len(p.parts) > 0 || p.Max == 0:
		case p.Scope&l == 0:
			beyond, nBeyond = p, nBeyond+1
		default:
			within, nWithin = p, nWithin+1
		}
	}
	switch {
	case nWithin == 1:
		return within
	case nWithin == 0 && nBeyond == 1:
		return beyond
	}
	return nil
}

// reply returns the output that the response at the level is in whole, or nil:
// the only one, if it is called return and takes a resource.
func (v *Validator) reply(l Level) (reply *rule) {
	for i := range v.out {
		p := &v.out[i]
		switch {
		case p.Scope&l == 0:
		case reply != nil || p.Name != "return" || len(p.resources) == 0:
			return nil
		default:
			reply = p
		}
	}
	return reply
}

// mayBeSilent reports whether a response may have no body.
func (v *Validator) mayBeSilent() bool {
	reply := v.reply(v.level)
	return len(v.out) == 0 || reply != nil && reply.Min == 0
}

// mayBeWrapped reports whether a Parameters may hold the lone output: a value,
// and one resource of several, are no body.
func (p *rule) mayBeWrapped() bool { return !p.values.empty() || p.Max > 1 }

// bare judges a document that is the value of its one parameter.
func (v *Validator) bare(p *rule, root jsonscan.Value) {
	typ, at := fhir.ResourceType(root)
	name := typ
	if name == "" || len(name) > 60 {
		name = p.resources[0] // what stands there is none
	}
	v.begin(name, v.level)
	v.read = true
	v.checker.Resource(root)
	switch {
	case p.Scope&v.level == 0:
		v.outOfScope(p, root)
	case fhir.IsResourceType(v.release, typ) && !p.takesResource(typ):
		v.fail(fault.WrongResourceType, at, "the document is a ", typ, ", ", p.expects, " is due")
	}
}
