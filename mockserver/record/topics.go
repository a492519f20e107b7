package record

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/mockserver/scenario"
	"github.com/wsbind/wsbind/mockserver/search"
	"github.com/wsbind/wsbind/mockserver/subscription"
)

// topicURL begins the canonicals that stand in for those of others.
const topicURL = "http://wsbind.example/recorded/"

// topic is one that Subscriptions were recorded to.
type topic struct {
	url     string // as it is written
	short   string // the name of a built-in one
	types   []string
	filters []filter // of all Subscriptions to it
	id      string
}

// element is a part of a topic: a primitive, or one with parts.
type element struct {
	name, typ, value string
	parts            []element
}

// builtin reports whether the mock server has a topic by itself.
func builtin(release fhir.Release, canonical string) (name, typ string, ok bool) {
	name, ok = strings.CutPrefix(canonical, subscription.BuiltinURL)
	switch {
	case !ok:
		return "", "", false
	case name == subscription.EncounterComplete:
		return name, "Encounter", true
	}
	return name, name, fhir.IsResourceType(release, name)
}

// public reports whether a canonical is one of HL7's, which says nothing of
// anybody.
func public(canonical string) bool {
	u, err := url.Parse(canonical)
	return err == nil && u.Scheme == "http" && u.Host == "hl7.org" && u.RawQuery == "" && u.Fragment == "" && u.User == nil
}

// topics names the topics of all Subscriptions. types are those that the server
// has told, foci those that events were about.
func (w *writer) findTopics(subs []subscribed, types map[string][]string) {
	w.topics = map[string]*topic{}
	for _, s := range subs {
		if s.topic == "" {
			continue
		}
		t := w.topics[s.topic]
		if t == nil {
			t = w.newTopic(s.topic, types[s.topic])
			w.topics[s.topic] = t
			w.order = append(w.order, s.topic)
		}
		for _, typ := range w.focusTypes(s.id) {
			if t.short == "" && types[s.topic] == nil && !slices.Contains(t.types, typ) {
				t.types = append(t.types, typ)
			}
		}
		t.filters = append(t.filters, s.filters...)
	}
	for _, t := range w.topics {
		if len(t.types) == 0 {
			t.types = []string{"Patient"}
			w.play.note("what one of the topics is about was not seen: Patient stands there")
		}
	}
}

func (w *writer) newTopic(canonical string, types []string) *topic {
	if name, typ, ok := builtin(w.release, canonical); ok {
		return &topic{url: canonical, short: name, types: []string{typ}}
	}
	n := strconv.Itoa(len(w.topics) + 1)
	t := &topic{url: topicURL + "t" + n, types: types, id: "recorded-t" + n}
	if w.keepURLs || public(canonical) {
		t.url = canonical
	}
	return t
}

// focusTypes lists the types of what events of a Subscription were about.
func (w *writer) focusTypes(id string) (types []string) {
	for i := range w.play.moments {
		m := &w.play.moments[i]
		if m.kind != event || m.subs[0] != id {
			continue
		}
		if typ, _, ok := strings.Cut(m.focus.reference, "/"); ok && !slices.Contains(types, typ) {
			types = append(types, typ)
		}
	}
	return types
}

// resource writes a topic: a SubscriptionTopic, or in R4 the Basic that stands for
// one. It fires for every change of its types: what a scenario makes happen asks
// no topic.
func (t *topic) resource(release fhir.Release) scenario.Resource {
	list := []element{{name: "url", typ: "Uri", value: t.url}, {name: "title", typ: "String", value: "A recorded topic"}}
	for _, typ := range t.types {
		list = append(list, element{name: "resourceTrigger", parts: []element{{name: "resource", typ: "Uri", value: typ}}})
	}
	seen := map[string]bool{}
	for _, f := range t.filters {
		for _, typ := range t.types {
			if seen[typ+"?"+f.parameter] || search.Lookup(release, typ, f.parameter) == nil {
				continue
			}
			seen[typ+"?"+f.parameter] = true
			list = append(list, element{name: "canFilterBy", parts: []element{
				{name: "resource", typ: "Uri", value: typ}, {name: "filterParameter", typ: "String", value: f.parameter},
			}})
		}
	}
	if release == fhir.R4 {
		return scenario.Resource{Type: "Basic", ID: t.id, Body: asBasic(t.id, list)}
	}
	return scenario.Resource{Type: "SubscriptionTopic", ID: t.id, Body: asTopic(t.id, list)}
}

func asTopic(id string, list []element) []byte {
	w := new(jsonscan.Writer)
	w.Object("")
	w.String("resourceType", "SubscriptionTopic")
	w.String("id", id)
	w.String("status", "active")
	for i, e := range list {
		if e.parts == nil {
			w.String(e.name, e.value)
			continue
		}
		if list[i-1].name != e.name {
			w.Array(e.name)
		}
		w.Object("")
		for _, part := range e.parts {
			w.String(part.name, part.value)
		}
		w.EndObject()
		if i+1 == len(list) || list[i+1].name != e.name {
			w.EndArray()
		}
	}
	w.EndObject()
	return w.Text
}

// asBasic writes the cross-version extensions of R5.
func asBasic(id string, list []element) []byte {
	const prefix = "http://hl7.org/fhir/5.0/StructureDefinition/extension-SubscriptionTopic."
	w := new(jsonscan.Writer)
	w.Object("")
	w.String("resourceType", "Basic")
	w.String("id", id)
	w.Array("extension")
	for _, e := range list {
		w.Object("")
		w.String("url", prefix+e.name)
		if e.parts == nil {
			w.String("value"+e.typ, e.value)
		} else {
			w.Array("extension")
			for _, part := range e.parts {
				w.Object("")
				w.String("url", part.name)
				w.String("value"+part.typ, part.value)
				w.EndObject()
			}
			w.EndArray()
		}
		w.EndObject()
	}
	w.EndArray()
	w.Raw("modifierExtension", `[{"url":"`+prefix+`status","valueCode":"active"}]`)
	w.Raw("code", `{"coding":[{"system":"http://hl7.org/fhir/fhir-types","code":"SubscriptionTopic"}]}`)
	w.EndObject()
	return w.Text
}

// empty writes a resource with nothing in it but its pseudonym.
func empty(reference string) scenario.Resource {
	typ, id, _ := strings.Cut(reference, "/")
	body, _ := json.Marshal(struct {
		ResourceType string `json:"resourceType"`
		ID           string `json:"id"`
	}{typ, id}) // two strings
	return scenario.Resource{Type: typ, ID: id, Body: body}
}
