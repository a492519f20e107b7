package record

import (
	"slices"
	"strings"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/mockserver/scenario"
	"github.com/wsbind/wsbind/mockserver/search"
	"github.com/wsbind/wsbind/mockserver/subscription"
)

// Bearer is the bearer token by which a client that plays against a scenario is
// taken for the one that was recorded, where that one had shown any.
const Bearer = "recorded"

// writer writes the parts of a scenario that are not its timeline.
type writer struct {
	release  fhir.Release
	keepURLs bool
	play     *composer
	topics   map[string]*topic // by the canonical that was recorded
	order    []string
}

// subscription writes a recorded Subscription: in the short form where that holds
// everything, and where a bearer token has to be named, for which there is no other.
func (w *writer) subscription(s *subscribed) scenario.Subscription {
	short := scenario.Subscription{ID: s.id, Content: s.content, HeartbeatPeriod: s.beat}
	if s.bearer {
		short.Bearer = Bearer
	}
	t := w.topics[s.topic]
	switch {
	case t == nil && s.criteria.typ != "":
		short.Criteria = w.criteria(s)
	case t == nil:
		short.Topic = w.fallback(s)
	case t.short != "":
		short.Topic = t.short
	default:
		short.Topic = t.url
	}
	if short.Content == "id-only" {
		short.Content = "" // the default
	}
	if t == nil || len(s.filters) == 0 {
		return short
	}
	if s.bearer {
		w.play.note("%s has filters, which the short form cannot hold; what happens here asks no filter", s.id)
		return short
	}
	full := w.full(s, t)
	if !w.accepted(full, t) {
		w.play.note("%s has filters that the mock server does not understand: they are left out", s.id)
		return short
	}
	return scenario.Subscription{Resource: &full}
}

// fallback is the topic of a Subscription that was not seen as a resource.
func (w *writer) fallback(s *subscribed) string {
	w.play.note("what %s is about was not seen: it is guessed", s.id)
	if types := w.focusTypes(s.id); len(types) > 0 {
		return types[0]
	}
	return "Patient"
}

// criteria writes classic criteria, without the values that were asked for.
func (w *writer) criteria(s *subscribed) string {
	typ := s.criteria.typ
	if !fhir.IsResourceType(w.release, typ) {
		return w.fallback(s)
	}
	var terms []string
	for _, f := range s.criteria.filters {
		if filled, ok := f.filled(w.release, typ); ok {
			terms = append(terms, filled.term())
		}
	}
	if len(terms) == 0 {
		return typ
	}
	return typ + "?" + strings.Join(terms, "&")
}

// full writes a Subscription out, with its filters.
func (w *writer) full(s *subscribed, t *topic) scenario.Resource {
	var filters []filter
	for _, f := range s.filters {
		for _, typ := range t.types {
			if f.typ != "" && f.typ != typ {
				continue
			}
			if filled, ok := f.filled(w.release, typ); ok {
				if f.typ != "" || len(t.types) > 1 {
					filled.typ = typ
				}
				filters = append(filters, filled)
			}
		}
	}
	if w.release == fhir.R5 {
		return scenario.Resource{Type: "Subscription", ID: s.id, Body: asR5(s, t, filters)}
	}
	return scenario.Resource{Type: "Subscription", ID: s.id, Body: asGuide(s, t, filters)}
}

func asR5(s *subscribed, t *topic, filters []filter) []byte {
	w := new(jsonscan.Writer)
	w.Object("")
	w.String("resourceType", "Subscription")
	w.String("id", s.id)
	w.String("status", "requested")
	w.String("topic", t.url)
	if len(filters) > 0 {
		w.Array("filterBy")
		for _, f := range filters {
			w.Object("")
			member(w, "resourceType", f.typ)
			w.String("filterParameter", f.parameter)
			member(w, "comparator", f.comparator)
			member(w, "modifier", f.modifier)
			w.String("value", f.value)
			w.EndObject()
		}
		w.EndArray()
	}
	w.Raw("channelType", `{"system":"http://terminology.hl7.org/CodeSystem/subscription-channel-type","code":"websocket"}`)
	if s.beat > 0 {
		w.Int("heartbeatPeriod", int64(s.beat))
	}
	w.String("contentType", "application/fhir+json")
	w.String("content", s.content)
	w.EndObject()
	return w.Text
}

func member(w *jsonscan.Writer, name, value string) {
	if value != "" {
		w.String(name, value)
	}
}

func asGuide(s *subscribed, t *topic, filters []filter) []byte {
	w := new(jsonscan.Writer)
	w.Object("")
	w.String("resourceType", "Subscription")
	w.String("id", s.id)
	w.Raw("meta", `{"profile":["`+backport+`subscription"]}`)
	w.String("status", "requested")
	w.String("reason", "a recording")
	w.String("criteria", t.url)
	if len(filters) > 0 {
		w.Object("_criteria")
		w.Array("extension")
		for _, f := range filters {
			text := f.term()
			if f.typ != "" {
				text = f.typ + "?" + text
			}
			w.Object("")
			w.String("url", backport+"filter-criteria")
			w.String("valueString", text)
			w.EndObject()
		}
		w.EndArray()
		w.EndObject()
	}
	w.Object("channel")
	if s.beat > 0 {
		w.Array("extension")
		w.Object("")
		w.String("url", backport+"heartbeat-period")
		w.Int("valueUnsignedInt", int64(s.beat))
		w.EndObject()
		w.EndArray()
	}
	w.String("type", "websocket")
	w.String("payload", "application/fhir+json")
	w.Raw("_payload", `{"extension":[{"url":"`+backport+`payload-content","valueCode":"`+s.content+`"}]}`)
	w.EndObject()
	w.EndObject()
	return w.Text
}

// accepted reports whether the mock server takes a Subscription to a topic.
func (w *writer) accepted(full scenario.Resource, t *topic) bool {
	var doc, topicDoc jsonscan.Document
	body := t.resource(w.release).Body
	if t.short != "" {
		list := subscription.Builtins(w.release)
		i := slices.IndexFunc(list, func(b subscription.Builtin) bool { return b.ID == "topic-"+t.short })
		if i < 0 {
			return false
		}
		body = list[i].Body
	}
	if doc.Parse(full.Body, jsonscan.Limits{}) != nil || topicDoc.Parse(body, jsonscan.Limits{}) != nil {
		return false
	}
	compiler := search.Compiler{Release: w.release}
	read, _ := subscription.ReadTopic(compiler, topicDoc.Root())
	asked, _ := subscription.Read(w.release, doc.Root())
	if read == nil || asked == nil {
		return false
	}
	var catalog subscription.Catalog
	catalog.Put("t", read)
	compiled, _ := subscription.Compile(asked, &catalog, compiler, nil)
	return compiled != nil
}
