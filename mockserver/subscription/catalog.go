package subscription

import (
	"slices"
	"strings"
)

// Catalog holds topics by the resource that defines them. Its zero value is
// empty and ready. It has no lock of its own.
type Catalog struct{ entries []catalogEntry }

type catalogEntry struct {
	key   string
	topic *Topic
}

// Put adds a topic under a key of the caller's, or replaces the one that has
// the key. A topic that was put last is found first.
func (c *Catalog) Put(key string, t *Topic) {
	c.Remove(key)
	c.entries = append(c.entries, catalogEntry{key, t})
}

// Remove removes the topic with the key, if there is one.
func (c *Catalog) Remove(key string) {
	c.entries = slices.DeleteFunc(c.entries, func(e catalogEntry) bool { return e.key == key })
}

// Get returns the topic with the key, or nil.
func (c *Catalog) Get(key string) *Topic {
	for _, e := range c.entries {
		if e.key == key {
			return e.topic
		}
	}
	return nil
}

// Holder returns the key of the topic with the same url and version, or "".
func (c *Catalog) Holder(t *Topic) string {
	for _, e := range c.entries {
		if e.topic.URL == t.URL && e.topic.Version == t.Version {
			return e.key
		}
	}
	return ""
}

// Resolve returns the topic that a canonical means. With a version it is that
// one; without, the one put last that is not retired, or a retired one if there
// is no other. It is nil where none has the url.
func (c *Catalog) Resolve(canonical string) *Topic {
	url, version, exact := strings.Cut(canonical, "|")
	var retired *Topic
	for _, e := range slices.Backward(c.entries) {
		t := e.topic
		switch {
		case t.URL != url || exact && t.Version != version:
		case exact || t.Status != "retired":
			return t
		case retired == nil:
			retired = t
		}
	}
	return retired
}

// All yields keys and topics in the order in which they were put.
func (c *Catalog) All() func(yield func(string, *Topic) bool) {
	return func(yield func(string, *Topic) bool) {
		for _, e := range c.entries {
			if !yield(e.key, e.topic) {
				return
			}
		}
	}
}
