package opdef

import (
	"strconv"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// Validator judges the documents of one definition in one release. It is to be
// reused; one goroutine at a time may use it.
type Validator struct {
	// Limits bounds what is read; the zero Limits are those of core/jsonscan.
	Limits jsonscan.Limits
	// MaxIssues bounds what is reported; 0 means [fault.DefaultMaxIssues].
	MaxIssues int
	// Brief, if set, makes Validate stop at the first error, of which it says
	// nothing but the code: for those who ask whether, and not why.
	Brief bool

	definition *Definition
	release    fhir.Release
	in, out    []rule

	doc     jsonscan.Document
	read    bool // doc holds what was validated last
	checker fhir.Checker
	level   Level
	tallies []tally // of the open parameters and parts, as a stack
	pairs   []pair  // what ValidateQuery read
	decoded []byte  // the names and values of pairs
}

// A tally counts the repetitions of one parameter within one parent.
type tally struct {
	count  int
	excess int            // index in the parent's list of the first beyond max
	at     jsonscan.Value // and where it stands
}

// NewValidator returns a validator for the documents of d in the release. The
// zero Release checks against all releases at once, which is seldom wanted.
func NewValidator(d *Definition, r fhir.Release) *Validator {
	return &Validator{
		definition: d,
		release:    r,
		in:         compile(d.Parameters, r, In),
		out:        compile(d.Parameters, r, Out),
	}
}

// Definition returns the definition that the validator was made from.
func (v *Validator) Definition() *Definition { return v.definition }

// Validate judges a request (In) or a response (Out) of the operation invoked
// at a level. The issues are in the order of the text, but for those of
// cardinality, which end the list of their parent; they are valid until the
// next call. The document is valid if [fault.Valid] says so of them.
//
// A text of no bytes is a request without parameters, or the response of an
// operation without outputs, or without the resource that it may return.
func (v *Validator) Validate(text []byte, u Use, l Level) []fault.Issue {
	v.begin("Parameters", l)
	if len(text) == 0 && (u == In || v.mayBeSilent()) {
		v.list(v.rules(u), "parameter", jsonscan.Value{}, jsonscan.Value{})
		return v.checker.Issues.Issues
	}
	err := v.doc.Parse(text, v.Limits)
	v.read = err == nil
	if err != nil {
		if issue, ok := err.(*fault.Issue); ok {
			v.checker.Issues.Add(*issue)
		}
		return v.checker.Issues.Issues
	}
	v.document(u)
	return v.checker.Issues.Issues
}

// begin forgets the last call.
func (v *Validator) begin(root string, l Level) {
	v.level = l
	v.read = false
	v.tallies = v.tallies[:0]
	v.pairs, v.decoded = v.pairs[:0], v.decoded[:0]
	v.checker.Issues.Max = v.MaxIssues
	v.checker.Brief = v.Brief
	v.checker.Reset(v.release, root)
	if !v.definition.At(l) {
		v.checker.Issues.Add(fault.Issue{
			Severity:    fault.Err,
			Code:        fault.WrongLevel,
			Diagnostics: "$" + v.definition.Code + " cannot be invoked at " + l.String() + " level, " + v.definition.levels(),
		})
	}
}

// levels says where the operation can be invoked.
func (d *Definition) levels() string {
	s := ""
	for _, l := range []Level{SystemLevel, TypeLevel, InstanceLevel} {
		if d.At(l) {
			if s != "" {
				s += ", "
			}
			s += l.String()
		}
	}
	if s == "" {
		return "nor at any other"
	}
	return "only at: " + s
}

func (v *Validator) rules(u Use) []rule {
	if u == Out {
		return v.out
	}
	return v.in
}

// document judges the parsed document.
func (v *Validator) document(u Use) {
	root := v.doc.Root()
	whole := v.body(v.level)
	if u == Out {
		whole = v.reply(v.level)
	}
	isParameters := root.Get("resourceType").Is("Parameters")
	if whole != nil && !(isParameters && (u == In || whole.mayBeWrapped())) {
		v.bare(whole, root)
		return
	}
	if isParameters {
		v.parameters(v.rules(u), root)
		return
	}
	v.notParameters(root)
}

// notParameters says what stands where Parameters is due.
func (v *Validator) notParameters(root jsonscan.Value) {
	at := root.Get("resourceType")
	switch {
	case root.Kind() != jsonscan.Object:
		v.fail(fault.WrongJSONType, root, "the document is ", root.Kind().String(), ", a resource of type Parameters is due")
	case !at.Exists():
		v.fail(fault.WrongResourceType, root, "the document has no resourceType, Parameters is due")
	default:
		v.fail(fault.WrongResourceType, at, "the document is ", fhir.Excerpt(at.Raw()), ", a resource of type Parameters is due")
	}
}

// parameters judges a Parameters resource. It is no DomainResource: it has
// neither text nor extensions.
func (v *Validator) parameters(rules []rule, root jsonscan.Value) {
	var list jsonscan.Value
	v.checker.Each(root, func(name []byte, at, member, sibling jsonscan.Value) {
		switch {
		case string(name) == "parameter" && !sibling.Exists():
			list = member
		case string(name) == "resourceType" && !sibling.Exists():
		case v.checker.ResourceMember(name, member, sibling):
		default:
			v.checker.Enter(fhir.Excerpt(at.Bytes(nil)))
			v.fail(fault.UnknownElement, at, "Parameters has no element ", fhir.Excerpt(at.Raw()))
			v.checker.Leave()
		}
	})
	v.list(rules, "parameter", list, root)
}

// list judges the parameters of a document, or the parts of a parameter.
func (v *Validator) list(rules []rule, name string, list, parent jsonscan.Value) {
	base := v.push(rules)
	if list.Exists() && v.array(name, list) {
		i, last := 0, 0
		for p := list.First(); p.Exists(); p = p.Next() {
			if n := v.usual(rules, base, last, p.Value); n >= 0 {
				i, last = i+1, n
				continue
			}
			v.checker.EnterIndex(name, i)
			v.parameter(rules, base, i, p.Value)
			v.checker.Leave()
			if i++; v.checker.Stopped() {
				break
			}
		}
	}
	if !v.Brief || !v.checker.Stopped() {
		v.cardinalities(rules, base, name, parent)
	}
	v.tallies = v.tallies[:base]
}

// array reports a list that is none, or an empty one.
func (v *Validator) array(name string, list jsonscan.Value) bool {
	code, why := fault.Code(""), ""
	switch {
	case list.Kind() == jsonscan.Null:
		code, why = fault.NullValue, name+" is null: leave it out instead"
	case list.Kind() != jsonscan.Array:
		code, why = fault.WrongJSONType, name+" is "+list.Kind().String()+", an array is due"
	case list.Empty():
		code, why = fault.EmptyValue, name+" is an empty array: leave it out instead"
	default:
		return true
	}
	v.checker.Enter(name)
	v.fail(code, list, why)
	v.checker.Leave()
	return false
}

// push opens tallies for the rules of a parent and returns where they begin.
func (v *Validator) push(rules []rule) (base int) {
	base = len(v.tallies)
	for range rules {
		v.tallies = append(v.tallies, tally{})
	}
	return base
}

// cardinalities judges the tallies of a parent.
func (v *Validator) cardinalities(rules []rule, base int, name string, parent jsonscan.Value) {
	for i := range rules {
		p, t := &rules[i], &v.tallies[base+i]
		if p.Scope&v.level == 0 {
			continue
		}
		if t.count < p.Min {
			v.checker.Enter(name)
			v.fail(fault.MissingParameter, parent, p.label, ": ", values(t.count), ", at least ", strconv.Itoa(p.Min), " due")
			v.checker.Leave()
		}
		if t.count > p.Max && p.Max > 0 {
			v.checker.EnterIndex(name, t.excess)
			v.fail(fault.TooManyParameters, t.at, p.label, ": ", values(t.count), ", at most ", strconv.Itoa(p.Max), " allowed")
			v.checker.Leave()
		}
	}
}

func (v *Validator) fail(code fault.Code, at jsonscan.Value, diagnostics ...string) {
	v.checker.Report(fault.Err, code, at, diagnostics...)
}

func quoted(name string) string { return "parameter " + strconv.Quote(name) }

func values(n int) string {
	if n == 1 {
		return "1 value"
	}
	return strconv.Itoa(n) + " values"
}
