package subscription

import (
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/mockserver/search"
)

// BuiltinURL begins the canonical of every built-in topic; the name of a
// resource type or encounter-complete follows. The host is reserved for
// examples (RFC 2606) and never resolves.
const BuiltinURL = "http://wsbind.example/SubscriptionTopic/"

// EncounterComplete is the name of the built-in topic that fires when an
// Encounter has ended: its status becomes finished in R4 and R4B, completed in
// R5.
const EncounterComplete = "encounter-complete"

// Builtin is a built-in topic as the resource that defines it: a
// SubscriptionTopic in R4B and R5, a Basic in R4.
type Builtin struct {
	Type, ID string
	Body     []byte
}

// Builtins returns the built-in topics of a release: one for each resource
// type, which fires for every interaction, in the alphabetical order of the
// types, and encounter-complete. Each can be filtered by every search
// parameter that mockserver/search knows for its type.
func Builtins(r fhir.Release) []Builtin {
	var list []Builtin
	for _, typ := range fhir.ResourceTypes(r) {
		list = append(list, builtin(r, typ, "Any change of "+typ, typ, ""))
	}
	status := "finished"
	if r == fhir.R5 {
		status = "completed"
	}
	return append(list, builtin(r, EncounterComplete, "Encounter complete", "Encounter", status))
}

// builtin describes one topic; with a status it fires when the resource gets it.
func builtin(r fhir.Release, name, title, typ, status string) Builtin {
	trigger := part{name: "resourceTrigger", parts: []part{{name: "resource", typ: "Uri", value: typ}}}
	if status != "" {
		trigger.parts = append(trigger.parts,
			part{name: "supportedInteraction", typ: "Code", value: "create"},
			part{name: "supportedInteraction", typ: "Code", value: "update"},
			part{name: "queryCriteria", parts: []part{
				{name: "previous", typ: "String", value: "status:not=" + status},
				{name: "resultForCreate", typ: "Code", value: "test-passes"},
				{name: "current", typ: "String", value: "status=" + status},
				{name: "resultForDelete", typ: "Code", value: "test-fails"},
				{name: "requireBoth", typ: "Boolean", value: "true"},
			}})
	}
	topic := []part{
		{name: "url", typ: "Uri", value: BuiltinURL + name},
		{name: "title", typ: "String", value: title},
		{name: "status", typ: "Code", value: "active"},
		trigger,
	}
	for _, p := range search.Parameters(r, typ) {
		topic = append(topic, part{name: "canFilterBy", parts: []part{
			{name: "resource", typ: "Uri", value: typ},
			{name: "filterParameter", typ: "String", value: p.Name},
		}})
	}
	b := Builtin{Type: "SubscriptionTopic", ID: "topic-" + name}
	if r == fhir.R4 {
		b.Type = "Basic"
		b.Body = asBasic(b.ID, topic)
	} else {
		b.Body = asTopic(b.ID, topic)
	}
	return b
}

// part is an element of a topic: a primitive of the type, or one with parts.
// Repetitions stand next to each other.
type part struct {
	name, typ, value string
	parts            []part
}

func (p *part) repeats() bool {
	return p.name == "resourceTrigger" || p.name == "supportedInteraction" || p.name == "canFilterBy"
}

func (p *part) appendValue(dst []byte) []byte {
	if p.typ == "Boolean" {
		return append(dst, p.value...)
	}
	return jsonscan.AppendString(dst, p.value)
}

// asTopic writes a SubscriptionTopic.
func asTopic(id string, topic []part) []byte {
	dst := append([]byte(`{"resourceType":"SubscriptionTopic","id":"`), id...)
	dst = appendMembers(append(dst, `",`...), topic)
	return append(dst, '}')
}

func appendMembers(dst []byte, parts []part) []byte {
	for i := range parts {
		p := &parts[i]
		again := i > 0 && parts[i-1].name == p.name
		if i > 0 {
			dst = append(dst, ',')
		}
		if !again {
			dst = append(jsonscan.AppendString(dst, p.name), ':')
			if p.repeats() {
				dst = append(dst, '[')
			}
		}
		if p.typ != "" {
			dst = p.appendValue(dst)
		} else {
			dst = append(appendMembers(append(dst, '{'), p.parts), '}')
		}
		if p.repeats() && (i+1 == len(parts) || parts[i+1].name != p.name) {
			dst = append(dst, ']')
		}
	}
	return dst
}

// asBasic writes a Basic with the cross-version extensions of R5.
func asBasic(id string, topic []part) []byte {
	const prefix = "http://hl7.org/fhir/5.0" + crossVersionTopic
	var status, others []part
	for _, p := range topic {
		if p.name == "status" {
			status = append(status, p)
		} else {
			others = append(others, p)
		}
	}
	dst := append(make([]byte, 0, 512+160*len(topic)), `{"resourceType":"Basic","id":"`...)
	dst = append(dst, id...)
	dst = append(dst, `","extension":[`...)
	dst = appendExtensions(dst, prefix, others)
	dst = append(dst, `],"modifierExtension":[`...)
	dst = appendExtensions(dst, prefix, status)
	return append(dst, `],"code":{"coding":[{"system":"http://hl7.org/fhir/fhir-types","code":"SubscriptionTopic"}]}}`...)
}

func appendExtensions(dst []byte, prefix string, parts []part) []byte {
	for i := range parts {
		p := &parts[i]
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = jsonscan.AppendString(append(dst, `{"url":`...), prefix+p.name)
		if p.typ != "" {
			dst = p.appendValue(append(dst, `,"value`+p.typ+`":`...))
		} else {
			dst = appendExtensions(append(dst, `,"extension":[`...), "", p.parts)
			dst = append(dst, ']')
		}
		dst = append(dst, '}')
	}
	return dst
}
