package notification

import (
	"github.com/wsbind/wsbind/core/fault"
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
	for item := v.Get(member).First(); item.Exists(); item = item.Next() {
		c.fhir.EnterIndex(member, i)
		p := c.parameter(item.Value)
		p.index = i
		if row := findSlice(rows, p.name); row >= 0 {
			counts[row]++
			if counts[row] == 2 && !rows[row].repeats {
				c.report(fault.Err, fault.TooManyValues, p.name, quote(p.name)+" stands twice, at most 1 allowed")
			}
			c.slice(&rows[row], item.Value, p, visit)
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
		s.counterValue, s.counterAt, s.counter = p.value, p.index, c.bare(p.value)
	}
	c.fhir.Leave()
}

// eventSlice reads a part of a notification-event.
func (c *Checker) eventSlice(row *slice, p parameter) {
	event := &c.events[len(c.events)-1]
	switch row.name {
	case "event-number":
		c.fhir.Enter("value")
		event.numberValue, event.numberAt, event.number = p.value, p.index, c.bare(p.value)
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
