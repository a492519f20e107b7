package world

import (
	"strconv"
	"strings"
	"sync"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/mockserver/search"
	"github.com/wsbind/wsbind/mockserver/subscription"
)

// Topic names one usable topic, for metadata.
type Topic struct {
	URL, Version, Title string
	// Resource is the topic's resource, such as SubscriptionTopic/topic-Patient
	// or, in R4, Basic/topic-Patient.
	Resource string
	BuiltIn  bool
}

// Topics returns the topics that a new Subscription may name, built-in ones
// first.
func (w *World) Topics() []Topic {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []Topic
	for key, t := range w.topics.All() {
		if t.Status != "retired" {
			list = append(list, Topic{t.URL, t.Version, t.Title, key, w.builtin[key]})
		}
	}
	return list
}

// builtin is a built-in topic, read.
type builtin struct {
	subscription.Builtin
	root  jsonscan.Value
	topic *subscription.Topic
}

// builtins holds the built-in topics, which are the same in every world of a
// release: none of them refers to a base. There may be hundreds of worlds.
var builtins = map[fhir.Release]func() []builtin{
	fhir.R4:  sync.OnceValue(func() []builtin { return readBuiltins(fhir.R4) }),
	fhir.R4B: sync.OnceValue(func() []builtin { return readBuiltins(fhir.R4B) }),
	fhir.R5:  sync.OnceValue(func() []builtin { return readBuiltins(fhir.R5) }),
}

func readBuiltins(r fhir.Release) (list []builtin) {
	for _, b := range subscription.Builtins(r) {
		root := parsed(b.Body)
		t, issues := subscription.ReadTopic(search.Compiler{Release: r}, root)
		if t == nil {
			panic("world: built-in topic " + b.ID + ": " + issues[0].Error()) // a test makes every world
		}
		list = append(list, builtin{b, root, t})
	}
	return list
}

// seedTopics stores the built-in topics.
func (w *World) seedTopics() {
	for _, b := range builtins[w.cfg.Release]() {
		key := b.Type + "/" + b.ID
		w.topics.Put(key, b.topic)
		w.builtin[key] = true
		w.resources.Put(b.Type, b.ID, "", w.cfg.Clock.Now(), b.root)
	}
}

// putTopic makes the topic that a resource defines usable, if it does define
// one, and takes away the one that it defined before.
func (w *World) putTopic(key string, in *incoming) error {
	if in.topic == nil {
		return w.dropTopic(key)
	}
	if holder := w.topics.Holder(in.topic); holder != "" && holder != key {
		return invalid(fault.BusinessRule, in.resourceType, in.root,
			"the topic "+fault.Quote(in.topic.Canonical())+" is defined by "+holder+": choose another url or version")
	}
	type renewal struct {
		s        *live
		compiled *subscription.Compiled
	}
	var renewals []renewal
	for _, s := range w.using(key) {
		if !in.topic.Named(s.compiled.Topic) {
			return w.inUse(key, in, "their topic "+fault.Quote(s.compiled.Topic)+" would be gone")
		}
		compiled, issues := subscription.Compile(s.compiled.Subscription, &w.topics, w.search, in.topic)
		if compiled == nil {
			return w.inUse(key, in, issues[0].Diagnostics)
		}
		renewals = append(renewals, renewal{s, compiled})
	}
	w.topics.Put(key, in.topic)
	for _, r := range renewals {
		w.index(r.s, r.compiled)
	}
	return nil
}

// dropTopic takes away the topic with the key, if there is one.
func (w *World) dropTopic(key string) error {
	if w.builtin[key] {
		return fault.New(fault.Forbidden, key+" is a built-in topic, which cannot be changed")
	}
	if len(w.using(key)) > 0 {
		return w.inUse(key, nil, "their topic would be gone")
	}
	w.topics.Remove(key)
	return nil
}

// using lists the Subscriptions to the topic with the key.
func (w *World) using(key string) []*live {
	t := w.topics.Get(key)
	if t == nil {
		return nil
	}
	var list []*live
	for s := range w.order.All() {
		if s.compiled.Source == t {
			list = append(list, s)
		}
	}
	return list
}

// inUse refuses a change of a topic. The Subscriptions may be somebody else's
// and are not named.
func (w *World) inUse(key string, in *incoming, why string) error {
	detail := strconv.Itoa(len(w.using(key))) + " Subscriptions use " + key + ", and " + why + ": retire the topic, or write a new one"
	if in == nil {
		return fault.At(fault.BusinessRule, key[:strings.IndexByte(key, '/')], detail)
	}
	return invalid(fault.BusinessRule, in.resourceType, in.root, detail)
}
