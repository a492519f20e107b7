package subscription

import (
	"strconv"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// member is an element that a type has.
type member struct {
	name string
	// typ is the name of a primitive type, or "" for an object, whose inside
	// is described by inner or known by the generic rules only.
	typ   string
	min   int
	many  bool
	r5    bool // only in R5
	inner []member
	// value says that extensions cannot stand in for the value, as they can
	// for other primitives: it decides what fires.
	value bool
}

// Every resource and every backbone element has these.
var (
	ofResources = []member{
		{name: "resourceType", typ: "code"}, {name: "id", typ: "id"}, {name: "meta"},
		{name: "implicitRules", typ: "uri"}, {name: "language", typ: "code"}, {name: "text"},
		{name: "contained", many: true}, {name: "extension", many: true}, {name: "modifierExtension", many: true},
	}
	ofElements = []member{
		{name: "id", typ: "string"}, {name: "extension", many: true}, {name: "modifierExtension", many: true},
	}
)

// guideMembers are the elements of Subscription in R4 and R4B.
var guideMembers = []member{
	{name: "status", typ: "code", min: 1, value: true},
	{name: "contact", many: true},
	{name: "end", typ: "instant", value: true},
	{name: "reason", typ: "string", min: 1},
	{name: "criteria", typ: "string", min: 1, value: true},
	{name: "error", typ: "string"},
	{name: "channel", min: 1, inner: []member{
		{name: "type", typ: "code", min: 1, value: true},
		{name: "endpoint", typ: "url"},
		{name: "payload", typ: "code"},
		{name: "header", typ: "string", many: true},
	}},
}

// r5Members are the elements of Subscription in R5.
var r5Members = []member{
	{name: "identifier", many: true},
	{name: "name", typ: "string"},
	{name: "status", typ: "code", min: 1, value: true},
	{name: "topic", typ: "canonical", min: 1, value: true},
	{name: "contact", many: true},
	{name: "end", typ: "instant", value: true},
	{name: "managingEntity"},
	{name: "reason", typ: "string"},
	{name: "filterBy", many: true, inner: []member{
		{name: "resourceType", typ: "uri", value: true},
		{name: "filterParameter", typ: "string", min: 1, value: true},
		{name: "comparator", typ: "code", value: true},
		{name: "modifier", typ: "code", value: true},
		{name: "value", typ: "string", min: 1, value: true},
	}},
	{name: "channelType", min: 1},
	{name: "endpoint", typ: "url"},
	{name: "parameter", many: true, inner: []member{
		{name: "name", typ: "string", min: 1},
		{name: "value", typ: "string", min: 1},
	}},
	{name: "heartbeatPeriod", typ: "unsignedInt", value: true},
	{name: "timeout", typ: "unsignedInt"},
	{name: "contentType", typ: "code", value: true},
	{name: "content", typ: "code", value: true},
	{name: "maxCount", typ: "positiveInt", value: true},
}

// topicMembers are the elements of SubscriptionTopic in R4B and R5.
var topicMembers = []member{
	{name: "url", typ: "uri", min: 1, value: true},
	{name: "identifier", many: true},
	{name: "version", typ: "string", value: true},
	{name: "versionAlgorithmString", typ: "string", r5: true},
	{name: "versionAlgorithmCoding", r5: true},
	{name: "name", typ: "string", r5: true},
	{name: "title", typ: "string"},
	{name: "derivedFrom", typ: "canonical", many: true},
	{name: "status", typ: "code", min: 1, value: true},
	{name: "experimental", typ: "boolean"},
	{name: "date", typ: "dateTime"},
	{name: "publisher", typ: "string"},
	{name: "contact", many: true},
	{name: "description", typ: "markdown"},
	{name: "useContext", many: true},
	{name: "jurisdiction", many: true},
	{name: "purpose", typ: "markdown"},
	{name: "copyright", typ: "markdown"},
	{name: "copyrightLabel", typ: "string", r5: true},
	{name: "approvalDate", typ: "date"},
	{name: "lastReviewDate", typ: "date"},
	{name: "effectivePeriod"},
	{name: "resourceTrigger", many: true, inner: []member{
		{name: "description", typ: "markdown"},
		{name: "resource", typ: "uri", min: 1, value: true},
		{name: "supportedInteraction", typ: "code", many: true, value: true},
		{name: "queryCriteria", inner: []member{
			{name: "previous", typ: "string", value: true},
			{name: "resultForCreate", typ: "code", value: true},
			{name: "current", typ: "string", value: true},
			{name: "resultForDelete", typ: "code", value: true},
			{name: "requireBoth", typ: "boolean", value: true},
		}},
		{name: "fhirPathCriteria", typ: "string"},
	}},
	{name: "eventTrigger", many: true, inner: []member{
		{name: "description", typ: "markdown"},
		{name: "event", min: 1},
		{name: "resource", typ: "uri", min: 1, value: true},
	}},
	{name: "canFilterBy", many: true, inner: []member{
		{name: "description", typ: "markdown"},
		{name: "resource", typ: "uri", value: true},
		{name: "filterParameter", typ: "string", min: 1, value: true},
		{name: "filterDefinition", typ: "uri"},
		{name: "comparator", typ: "code", many: true, r5: true, value: true},
		{name: "modifier", typ: "code", many: true, value: true},
	}},
	{name: "notificationShape", many: true, inner: []member{
		{name: "resource", typ: "uri", min: 1, value: true},
		{name: "include", typ: "string", many: true},
		{name: "revInclude", typ: "string", many: true},
	}},
}

// shape refuses the elements of a resource that its type does not have, those
// of the wrong JSON type or cardinality, and primitives that break their rule.
func (r *reader) shape(resource element, members []member) {
	r.members(resource, ofResources, members)
}

func (r *reader) members(e element, common, members []member) {
	if e.Kind() != jsonscan.Object {
		r.refuse(fault.WrongJSONType, e, "the value is "+e.Kind().String()+", an object is due")
		return
	}
	for name, value := range e.Members() {
		text := name.Text()
		m, sibling := r.find(text, common, members)
		at := element{value, e.path + "." + strings.TrimPrefix(text, "_")}
		switch {
		case m == nil:
			r.refuse(fault.UnknownElement, element{name, at.path}, r.release.String()+" has no element "+fault.Quote(text)+" here")
		case sibling && m.value && !e.Value.Get(m.name).Exists():
			r.refuse(fault.MissingElement, at, "the element "+m.name+" has extensions but no value, which decides what fires")
		case sibling && (m.many && value.Kind() != jsonscan.Array || !m.many && value.Kind() != jsonscan.Object):
			r.refuse(fault.WrongJSONType, at, "the value of "+text+" is "+value.Kind().String()+": id and extensions of a primitive are an object, of a repeating one an array")
		case !sibling:
			r.member(at, m)
		}
	}
	for i := range members {
		m := &members[i]
		if m.min > 0 && !e.Value.Get(m.name).Exists() && !e.sibling(m.name).Exists() {
			r.refuse(fault.MissingElement, element{e.Value, e.path + "." + m.name}, "the element "+m.name+" is required here")
		}
	}
}

// find returns the member with a name, or the primitive that _name belongs to.
func (r *reader) find(name string, lists ...[]member) (m *member, sibling bool) {
	base, sibling := strings.CutPrefix(name, "_")
	for _, list := range lists {
		for i := range list {
			m := &list[i]
			if m.name == base && !(m.r5 && r.release != fhir.R5) && !(sibling && m.typ == "") {
				return m, sibling
			}
		}
	}
	return nil, false
}

func (r *reader) member(at element, m *member) {
	if !m.many {
		r.single(at, m)
		return
	}
	if at.Kind() != jsonscan.Array {
		r.refuse(fault.WrongJSONType, at, "the value is "+at.Kind().String()+": a repeating element is an array, also with one value")
		return
	}
	i := 0
	for v := range at.Elements() {
		// A null stands for a value that has only extensions.
		if item := (element{v, at.path + "[" + strconv.Itoa(i) + "]"}); m.typ == "" || m.value || v.Kind() != jsonscan.Null {
			r.single(item, m)
		}
		i++
	}
}

func (r *reader) single(at element, m *member) {
	switch {
	case m.typ != "":
		r.primitive(at, m.typ)
	case m.inner != nil:
		r.members(at, ofElements, m.inner)
	case at.Kind() != jsonscan.Object:
		r.refuse(fault.WrongJSONType, at, "the value is "+at.Kind().String()+", an object is due")
	}
}
