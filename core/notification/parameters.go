package notification

import (
	"bytes"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// A slice is one row of the guide's profile backport-subscription-status-r4: a
// parameter, or a part of one, by its name.
type slice struct {
	name    string
	typ     string // of the value; "" where there are parts
	least   int
	repeats bool
}

var statusSlices = []slice{
	{"subscription", "Reference", 1, false},
	{"topic", "canonical", 0, false},
	{"status", "code", 1, false},
	{"type", "code", 1, false},
	{"events-since-subscription-start", "string", 0, false},
	{"notification-event", "", 0, true},
	{"error", "CodeableConcept", 0, true},
}

// The last three are those of the guide's 1.2.0-ballot.
var eventSlices = []slice{
	{"event-number", "string", 1, false},
	{"timestamp", "instant", 0, false},
	{"focus", "Reference", 0, false},
	{"additional-context", "Reference", 0, true},
	{"related-query", "", 0, true},
	{"authorization-type", "Coding", 0, false},
	{"authorization-value", "string", 0, false},
}

var querySlices = []slice{
	{"query-type", "Coding", 0, false},
	{"query", "string", 1, false},
}

// parameter is what was read of one parameter or part.
type parameter struct {
	item            jsonscan.Value // the parameter itself
	name            jsonscan.Value
	value           jsonscan.Value
	typ             fhir.Type
	resource, part  jsonscan.Value
	contents, index int  // number of value, resource and part; index in its array
	broken          bool // what it holds cannot be told
}

// parameters checks the status of R4.
func (c *Checker) parameters(s *status) {
	if !claims(s.value, ProfileStatusR4) {
		c.report(fault.Warning, fault.MissingProfile, s.value, "meta.profile does not claim "+ProfileStatusR4)
	}
	c.object("Parameters", s.value, parametersElements, nil)
	c.slices("the status", s.value, "parameter", statusSlices, (*Checker).statusSlice)
}

// slices checks the parameters or parts in a member of v by their rows, hands
// those that fit to visit, and reports how often each stands. Slicing is open:
// a name without a row is an information.
func (c *Checker) slices(what string, v jsonscan.Value, member string, rows []slice, visit func(*Checker, *slice, parameter)) {
	var counts [8]int
	i := 0
	for item := range v.Get(member).Elements() {
		c.fhir.EnterIndex(member, i)
		p := c.parameter(item)
		p.index = i
		if row := findSlice(rows, p.name); row >= 0 {
			counts[row]++
			if counts[row] == 2 && !rows[row].repeats {
				c.report(fault.Err, fault.TooManyValues, p.name, quote(p.name)+" stands twice, at most 1 allowed")
			}
			c.slice(&rows[row], item, p, visit)
		} else if p.name.Kind() == jsonscan.String {
			c.report(fault.Information, fault.UnknownStatusPart, p.name, quote(p.name)+" is unknown to the guide's status: it is legal, and ignored")
			c.anyParts(&p)
		}
		c.fhir.Leave()
		if i++; c.fhir.Stopped() {
			return
		}
	}
	for row := range rows {
		if counts[row] < rows[row].least {
			c.report(fault.Err, fault.MissingElement, v, what+" needs the "+member+` "`+rows[row].name+`"`)
		}
	}
}

func findSlice(rows []slice, name jsonscan.Value) int {
	for i := range rows {
		if name.Is(rows[i].name) {
			return i
		}
	}
	return -1
}

// slice checks that a parameter holds what its row says.
func (c *Checker) slice(row *slice, item jsonscan.Value, p parameter, visit func(*Checker, *slice, parameter)) {
	switch {
	case p.contents != 1 || p.broken: // reported by parameter
	case row.typ == "" && !p.part.Exists(), row.typ != "" && p.typ.String() != row.typ:
		due := "parts are"
		if row.typ != "" {
			due = "a value of type " + row.typ + " is"
		}
		c.report(fault.Err, fault.WrongValueType, item, quote(p.name)+" has "+p.has()+", "+due+" due")
		c.misread(row, &p)
	default:
		visit(c, row, p)
	}
}

// misread notes what stands in a value of the wrong type, as far as it can be
// read, so that it is not taken as absent.
func (c *Checker) misread(row *slice, p *parameter) {
	s := &c.statuses[len(c.statuses)-1]
	switch row.name {
	case "subscription":
		if p.value.Kind() == jsonscan.String { // fhir-candle writes it so
			s.subscription = p.value
		}
	case "events-since-subscription-start":
		s.counterValue, s.counterAt = p.item, p.index
	case "focus":
		event := &c.events[len(c.events)-1]
		event.focus, event.focusAt = p.item, p.index
	}
}

// has says what a parameter holds.
func (p *parameter) has() string {
	switch {
	case p.part.Exists():
		return "parts"
	case p.resource.Exists():
		return "a resource"
	}
	return "a value of type " + p.typ.String()
}

// parameter checks one Parameters.parameter, without its parts, by the rules
// for any.
func (c *Checker) parameter(v jsonscan.Value) (p parameter) {
	p.item = v
	if !c.shaped(v, jsonscan.Object, "an object") {
		p.broken = true
		return p
	}
	for name, member := range v.Members() {
		var scratch [64]byte
		text := name.Bytes(scratch[:0])
		switch {
		case string(text) == "name":
			p.name = member
			c.typed("name", "string", member, siblingOf(v, "name"))
		case string(text) == "id":
			c.member(&parameterID, member, jsonscan.Value{}, nil)
		case string(text) == "extension", string(text) == "modifierExtension":
			c.extensions(string(text) == "modifierExtension", member)
		case string(text) == "resource":
			p.contents++
			p.resource = member
			c.fhir.Enter("resource")
			c.fhir.Resource(member)
			c.fhir.Leave()
		case string(text) == "part":
			p.contents++
			p.part = member
			c.fhir.Enter("part")
			c.shaped(member, jsonscan.Array, "an array")
			c.fhir.Leave()
		case c.valueOf(&p, text, v, member):
		case len(text) > 1 && text[0] == '_' && c.valueSibling(&p, text[1:], v, member):
		default:
			c.unknown("a parameter", name)
		}
		if c.fhir.Stopped() {
			break
		}
	}
	c.contents(v, &p)
	return p
}

// extensions checks the extensions of a parameter.
func (c *Checker) extensions(modify bool, v jsonscan.Value) {
	e := &parameterExtension
	if modify {
		e = &parameterModifier
	}
	c.member(e, v, jsonscan.Value{}, nil)
}

var (
	parameterID        = element{name: "id", typ: "string"}
	parameterExtension = element{name: "extension", typ: "Extension", repeats: true}
	parameterModifier  = element{name: "modifierExtension", typ: "Extension", repeats: true}
)

// contents is inv-1, and that a parameter has a name.
func (c *Checker) contents(v jsonscan.Value, p *parameter) {
	switch {
	case !p.name.Exists():
		c.report(fault.Err, fault.MissingName, v, "the parameter has no name")
	case p.broken:
	case p.contents == 0:
		c.report(fault.Err, fault.MissingValue, v, quote(p.name)+" has neither value, resource nor part (inv-1)")
	case p.contents > 1:
		c.report(fault.Err, fault.AmbiguousValue, v, quote(p.name)+" has more than one of value, resource and part (inv-1)")
	}
}

// valueOf checks a member whose name begins with value.
func (c *Checker) valueOf(p *parameter, text []byte, v, member jsonscan.Value) bool {
	suffix, ok := bytes.CutPrefix(text, []byte("value"))
	if !ok {
		return false
	}
	t, ok := fhir.ValueType(c.release, suffix)
	if !ok {
		p.broken = true
		return false
	}
	p.contents++
	p.value, p.typ = member, t
	sibling := jsonscan.Value{}
	if t.Primitive() {
		sibling = siblingOf(v, text)
	}
	c.fhir.Enter("value")
	if member.Kind() == jsonscan.Array {
		c.report(fault.Err, fault.WrongJSONType, member, "a value does not repeat: write it without the array")
	} else {
		c.fhir.Value(t, member, sibling)
	}
	c.fhir.Leave()
	return true
}

// valueSibling accepts _name and _value[x]: beside the member they belong to,
// where they were checked, and a _value[x] also alone.
func (c *Checker) valueSibling(p *parameter, base []byte, v, member jsonscan.Value) bool {
	if string(base) == "name" {
		if !v.Get("name").Exists() {
			c.typed("name", "string", jsonscan.Value{}, member)
			p.name = member
		}
		return true
	}
	suffix, ok := bytes.CutPrefix(base, []byte("value"))
	if !ok {
		return false
	}
	t, ok := fhir.ValueType(c.release, suffix)
	if !ok || !t.Primitive() {
		return false
	}
	if !v.Get(string(base)).Exists() {
		p.contents++
		p.typ = t
		c.fhir.Enter("value")
		c.fhir.Value(t, jsonscan.Value{}, member)
		c.fhir.Leave()
	}
	return true
}

func (c *Checker) typed(name, typ string, v, sibling jsonscan.Value) {
	c.fhir.Enter(name)
	c.fhir.Type(typ, v, sibling)
	c.fhir.Leave()
}

// anyParts checks the parts of a parameter that has no row.
func (c *Checker) anyParts(p *parameter) {
	i := 0
	for item := range p.part.Elements() {
		c.fhir.EnterIndex("part", i)
		part := c.parameter(item)
		c.anyParts(&part)
		c.fhir.Leave()
		if i++; c.fhir.Stopped() {
			return
		}
	}
}

// statusSlice reads a parameter of the status that fits its row.
func (c *Checker) statusSlice(row *slice, p parameter) {
	s := &c.statuses[len(c.statuses)-1]
	if row.name == "notification-event" {
		c.addEvent(p.item)
		c.events[len(c.events)-1].index = p.index
		c.slices("the event", p.item, "part", eventSlices, (*Checker).eventSlice)
		c.endEvent()
		return
	}
	c.fhir.Enter("value")
	switch row.name {
	case "subscription":
		s.subscription = p.value.Get("reference")
		c.subscriptionReference(s.subscription)
	case "topic":
		s.topic, s.topicAt = p.value, p.index
	case "status":
		s.state = p.value
		c.stateCode(p.value)
	case "type":
		s.typeCode, s.typeAt, s.typ = p.value, p.index, c.typeOf(p.value)
	case "events-since-subscription-start":
		s.counterValue, s.counterAt, s.counter = p.value, p.index, c.digits(p.value)
	}
	c.fhir.Leave()
}

// eventSlice reads a part of a notification-event.
func (c *Checker) eventSlice(row *slice, p parameter) {
	event := &c.events[len(c.events)-1]
	switch row.name {
	case "event-number":
		c.fhir.Enter("value")
		event.numberValue, event.numberAt, event.number = p.value, p.index, c.digits(p.value)
		c.fhir.Leave()
	case "timestamp":
		event.timestamp = p.value
	case "focus":
		event.focus, event.focusAt = p.value, p.index
	case "additional-context":
		c.contexts = append(c.contexts, p.value)
	case "related-query":
		c.slices("the related query", p.item, "part", querySlices, (*Checker).querySlice)
	}
}

// querySlice: the parts of a related-query hold nothing that other rules need.
func (c *Checker) querySlice(*slice, parameter) {}
