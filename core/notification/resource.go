package notification

import (
	"bytes"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// status is what was read of a status resource.
type status struct {
	entry        int // index of its entry
	value        jsonscan.Value
	typ          Type           // 0 where it is missing or wrong
	typeCode     jsonscan.Value // where typ stands
	typeAt       int            // index of its parameter, in R4
	state        jsonscan.Value
	subscription jsonscan.Value // the reference, a string
	topic        jsonscan.Value
	topicAt      int   // index of its parameter, in R4
	counter      int64 // or Unknown
	counterValue jsonscan.Value
	counterAt    int  // index of its parameter, in R4
	from, to     int  // its events: c.events[from:to]
	parameters   bool // written as Parameters
}

// event is what was read of one event of a status.
type event struct {
	value       jsonscan.Value
	index       int   // in notificationEvent, or in parameter
	number      int64 // or Unknown
	numberValue jsonscan.Value
	numberAt    int // index of its part, in R4
	timestamp   jsonscan.Value
	focus       jsonscan.Value // the Reference
	focusAt     int            // index of its part, in R4
	from, to    int            // its additional contexts: c.contexts[from:to]
}

// resource checks the resource of the entry i: as a status where one is due or
// looks out of place, else by the rules for any resource.
func (c *Checker) resource(i int, v jsonscan.Value) {
	kind := v.Get("resourceType")
	due := i == 0 || c.search
	switch {
	case kind.Is("SubscriptionStatus"):
		c.statusEntry(i, v, c.release != fhir.R4, "SubscriptionStatus", (*Checker).subscriptionStatus)
	case kind.Is("Parameters") && (due && c.release == fhir.R4 || isStatus(v)):
		c.statusEntry(i, v, c.release == fhir.R4, "Parameters", (*Checker).parameters)
	case due && v.Kind() == jsonscan.Object:
		c.report(fault.Err, fault.MissingStatus, kind, c.statusDue()+" is due here, the resource is "+quote(kind))
		c.fhir.Resource(v)
	default:
		c.fhir.Resource(v)
	}
}

// isStatus tells the status of R4 from other Parameters.
func isStatus(v jsonscan.Value) bool {
	subscription, typ := false, false
	for p := v.Get("parameter").First(); p.Exists(); p = p.Next() {
		name := p.Get("name")
		subscription = subscription || name.Is("subscription")
		typ = typ || name.Is("type")
	}
	return subscription && typ
}

// statusDue names the resource that states the status in the release.
func (c *Checker) statusDue() string {
	if c.release == fhir.R4 {
		return "the status, a Parameters,"
	}
	return "the status, a SubscriptionStatus,"
}

// statusEntry checks a status, in the shape of its release or not.
func (c *Checker) statusEntry(i int, v jsonscan.Value, fits bool, name string, check func(*Checker, *status)) {
	if !fits {
		c.report(fault.Err, fault.StatusShape, v.Get("resourceType"), "the status is written as "+name+": in "+c.release.String()+" "+c.statusDue()+" is due")
	}
	c.entries[i].status = true
	c.statuses = append(c.statuses, status{entry: i, value: v, counter: Unknown,
		from: len(c.events), parameters: name == "Parameters"})
	s := &c.statuses[len(c.statuses)-1]
	check(c, s)
	s.to = len(c.events)
	c.statusRules(s)
}

// subscriptionStatus checks the status of R4B and R5.
func (c *Checker) subscriptionStatus(s *status) {
	c.object("SubscriptionStatus", s.value, statusElements, (*Checker).statusMember)
}

func (c *Checker) statusMember(e *element, v, sibling jsonscan.Value) {
	s := &c.statuses[len(c.statuses)-1]
	switch e.name {
	case "status":
		s.state = v
		c.stateCode(v)
	case "type":
		s.typeCode, s.typ = v, c.typeOf(v)
	case "eventsSinceSubscriptionStart":
		s.counterValue, s.counter = v, c.counter(v, sibling)
	case "subscription":
		s.subscription = v.Get("reference")
		c.subscriptionReference(s.subscription)
	case "topic":
		s.topic = v
	case "notificationEvent":
		c.addEvent(v)
		c.object("notificationEvent", v, eventElements, (*Checker).eventMember)
		c.endEvent()
	}
}

func (c *Checker) eventMember(e *element, v, sibling jsonscan.Value) {
	event := &c.events[len(c.events)-1]
	switch e.name {
	case "eventNumber":
		event.numberValue, event.number = v, c.counter(v, sibling)
	case "timestamp":
		event.timestamp = v
	case "focus":
		event.focus = v
	case "additionalContext":
		c.contexts = append(c.contexts, v)
	}
}

// addEvent begins an event of the status being read.
func (c *Checker) addEvent(v jsonscan.Value) {
	index := len(c.events) - c.statuses[len(c.statuses)-1].from
	c.events = append(c.events, event{value: v, index: index, number: Unknown, from: len(c.contexts)})
}

func (c *Checker) endEvent() { c.events[len(c.events)-1].to = len(c.contexts) }

// stateCode closes the list of a Subscription's status.
func (c *Checker) stateCode(v jsonscan.Value) {
	if v.Kind() != jsonscan.String || v.Empty() {
		return
	}
	var scratch [32]byte
	if !isState(c.release, string(v.Bytes(scratch[:0]))) {
		c.report(fault.Err, fault.InvalidCode, v, quote(v)+" is no status of a Subscription: one of "+states(c.release)+" is due")
	}
}

// typeOf reads a notification type; 0 where there is none.
func (c *Checker) typeOf(v jsonscan.Value) Type {
	for t := Handshake; t <= QueryEvent; t++ {
		if v.Is(t.String()) {
			return t
		}
	}
	if v.Kind() == jsonscan.String && !v.Empty() {
		c.report(fault.Err, fault.InvalidCode, v, quote(v)+" is no notification type: one of handshake, heartbeat, event-notification, query-status and query-event is due")
	}
	return 0
}

// subscriptionReference: the reference, where there is one, is to a
// Subscription.
func (c *Checker) subscriptionReference(v jsonscan.Value) {
	if v.Kind() != jsonscan.String || v.Empty() {
		return
	}
	kind, _, ok := bytes.Cut(tail(c.bytes(v)), []byte("/"))
	if ok && string(kind) != "Subscription" && fhir.IsResourceType(c.release, string(kind)) {
		c.fhir.Enter("reference")
		c.report(fault.Err, fault.WrongResourceType, v, quote(v)+" names a resource of type "+string(kind)+": the status speaks for a Subscription")
		c.fhir.Leave()
	}
}
