package world_test

import (
	"fmt"
	"strings"

	"github.com/wsbind/wsbind/core/fhir"
)

// Wishes and things as JSON of each release.

func (x *thing) text(r fhir.Release) string {
	members := []string{`"resourceType":"` + x.kind + `"`}
	add := func(name, value string) {
		if value != "" {
			members = append(members, name+":"+value)
		}
	}
	quoted := func(s string) string {
		if s == "" {
			return ""
		}
		return `"` + s + `"`
	}
	add(`"gender"`, quoted(x.gender))
	add(`"status"`, quoted(x.status))
	if x.subject != "" {
		add(`"subject"`, `{"reference":"`+x.subject+`"}`)
	}
	switch {
	case x.date == "":
	case x.kind == "Patient":
		add(`"birthDate"`, quoted(x.date))
	case x.kind == "Observation":
		add(`"effectiveDateTime"`, quoted(x.date))
	case r == fhir.R5:
		add(`"actualPeriod"`, `{"start":"`+x.date+`","end":"`+x.date+`"}`)
	default:
		add(`"period"`, `{"start":"`+x.date+`","end":"`+x.date+`"}`)
	}
	return "{" + strings.Join(members, ",") + "}"
}

func (w wish) text(r fhir.Release) string {
	o := order{}
	switch {
	case w.topic == nil:
		var list []string
		for _, f := range w.filters {
			list = append(list, f.query())
		}
		o.criteria = w.kind
		if len(list) > 0 {
			o.criteria += "?" + strings.Join(list, "&")
		}
		return subscriptionOf(r, o)
	case w.version != "":
		o.topic = w.topic.url + "|" + w.version
	default:
		o.topic = w.topic.url
	}
	if r == fhir.R5 {
		return strings.Replace(subscriptionOf(r, o), `"channelType"`, w.filterBy()+`"channelType"`, 1)
	}
	for _, f := range w.filters {
		filter := f.query()
		switch {
		case f.kind == "" && w.grammar == 3:
			filter = "?" + filter
		case f.kind != "" && w.grammar%2 == 0:
			filter = f.kind + "." + filter
		case f.kind != "":
			filter = f.kind + "?" + filter
		}
		o.filters = append(o.filters, filter)
	}
	if len(o.filters) == 2 && w.grammar == 2 { // two conditions in one extension
		o.filters = []string{strings.Join(o.filters, "&")}
	}
	return subscriptionOf(r, o)
}

// filterBy writes the filters of R5, with the comparator as an element of its
// own or, by grammar, as a prefix of the value.
func (w wish) filterBy() string {
	var list []string
	for _, f := range w.filters {
		text := fmt.Sprintf(`"filterParameter":%q`, f.parameter)
		switch f.kind {
		case "":
		case "Encounter":
			text += `,"resourceType":"http://hl7.org/fhir/StructureDefinition/Encounter"`
		default:
			text += fmt.Sprintf(`,"resourceType":%q`, f.kind)
		}
		values := f.values
		switch {
		case isModifier(f.operator):
			text += fmt.Sprintf(`,"modifier":%q`, f.operator)
		case f.operator == "":
		case w.grammar%2 == 0:
			text += fmt.Sprintf(`,"comparator":%q`, f.operator)
		default:
			values = nil
			for _, v := range f.values {
				values = append(values, f.operator+v)
			}
		}
		list = append(list, fmt.Sprintf(`{%s,"value":%q}`, text, strings.Join(values, ",")))
	}
	if len(list) == 0 {
		return ""
	}
	return `"filterBy":[` + strings.Join(list, ",") + `],`
}

// element is an element of a topic: a primitive of the type, or one with parts.
type element struct {
	name, typ, value string
	parts            []element
}

func (t *topicWish) elements(r fhir.Release) []element {
	list := []element{{name: "url", typ: "Uri", value: t.url}, {name: "version", typ: "String", value: "1"}}
	for _, g := range t.triggers {
		parts := []element{{name: "resource", typ: "Uri", value: g.kind}}
		for _, i := range g.interactions {
			parts = append(parts, element{name: "supportedInteraction", typ: "Code", value: i})
		}
		var criteria []element
		if g.previous != nil {
			criteria = append(criteria, element{name: "previous", typ: "String", value: g.previous.query()})
		}
		if g.forCreate != "" {
			criteria = append(criteria, element{name: "resultForCreate", typ: "Code", value: g.forCreate})
		}
		if g.current != nil {
			criteria = append(criteria, element{name: "current", typ: "String", value: g.kind + "?" + g.current.query()})
		}
		if g.forDelete != "" {
			criteria = append(criteria, element{name: "resultForDelete", typ: "Code", value: g.forDelete})
		}
		if g.both {
			criteria = append(criteria, element{name: "requireBoth", typ: "Boolean", value: "true"})
		}
		if criteria != nil {
			parts = append(parts, element{name: "queryCriteria", parts: criteria})
		}
		if g.path {
			parts = append(parts, element{name: "fhirPathCriteria", typ: "String", value: "true"})
		}
		list = append(list, element{name: "resourceTrigger", parts: parts})
	}
	for _, a := range t.allowed {
		parts := []element{{name: "filterParameter", typ: "String", value: a.parameter}}
		if a.kind != "" {
			parts = append(parts, element{name: "resource", typ: "Uri", value: a.kind})
		}
		for _, isOne := range []bool{false, true} { // comparators first: repetitions stand together
			for _, o := range a.operators {
				name := "modifier"
				if r == fhir.R5 && !isModifier(o) {
					name = "comparator"
				}
				if isModifier(o) == isOne {
					parts = append(parts, element{name: name, typ: "Code", value: o})
				}
			}
		}
		list = append(list, element{name: "canFilterBy", parts: parts})
	}
	return list
}

func (t *topicWish) text(r fhir.Release) string {
	if r == fhir.R4 {
		return `{"resourceType":"Basic","code":{"coding":[{"system":"http://hl7.org/fhir/fhir-types","code":"SubscriptionTopic"}]},"extension":[` +
			extensions("http://hl7.org/fhir/5.0/StructureDefinition/extension-SubscriptionTopic.", t.elements(r)) + `]}`
	}
	return `{"resourceType":"SubscriptionTopic","status":"active",` + members(t.elements(r)) + `}`
}

func (e element) quoted() string {
	if e.typ == "Boolean" {
		return e.value
	}
	return fmt.Sprintf("%q", e.value)
}

func extensions(prefix string, list []element) string {
	var texts []string
	for _, e := range list {
		text := fmt.Sprintf(`{"url":%q,`, prefix+e.name)
		if e.typ != "" {
			text += fmt.Sprintf(`"value%s":%s}`, e.typ, e.quoted())
		} else {
			text += `"extension":[` + extensions("", e.parts) + `]}`
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, ",")
}

func members(list []element) string {
	var names []string
	values := map[string][]string{}
	for _, e := range list {
		if values[e.name] == nil {
			names = append(names, e.name)
		}
		text := e.quoted()
		if e.typ == "" {
			text = "{" + members(e.parts) + "}"
		}
		values[e.name] = append(values[e.name], text)
	}
	var texts []string
	for _, name := range names {
		text := strings.Join(values[name], ",")
		switch name {
		case "resourceTrigger", "canFilterBy", "supportedInteraction", "modifier", "comparator":
			text = "[" + text + "]"
		}
		texts = append(texts, fmt.Sprintf("%q:%s", name, text))
	}
	return strings.Join(texts, ",")
}
