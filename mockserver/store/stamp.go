package store

import (
	"bytes"
	"slices"
	"strconv"
	"time"

	"github.com/wsbind/wsbind/core/jsonscan"
)

// Instant is the layout of meta.lastUpdated, a FHIR instant in UTC.
const Instant = "2006-01-02T15:04:05.000Z"

// Stamp returns the text of a resource with id, meta.versionId and
// meta.lastUpdated set, and every other byte as it was. What the client sent
// in their places is replaced, together with their _versionId and _lastUpdated,
// whose extensions spoke of the client's values. The resource must be an
// object, and its meta, if any, an object; at is written in UTC to the
// millisecond.
func Stamp(resource jsonscan.Value, id string, versionID int, at time.Time) []byte {
	version := strconv.Quote(strconv.Itoa(versionID))
	updated := at.UTC().AppendFormat([]byte{'"'}, Instant)
	updated = append(updated, '"')
	stamped := []member{{"versionId", []byte(version)}, {"lastUpdated", updated}}

	meta := splice(resource.Get("meta"), stamped, "_versionId", "_lastUpdated")
	return splice(resource, []member{
		{"id", jsonscan.AppendString(nil, id)},
		{"meta", meta},
	})
}

// member is a member to be set, its value as JSON text.
type member struct {
	name  string
	value []byte
}

// splice returns the text of an object with the members set and those named in
// drop left out. Members that are there keep their place; the others go behind
// resourceType where that comes first, and to the front otherwise. An absent
// object is made of the members alone.
func splice(object jsonscan.Value, set []member, drop ...string) []byte {
	out := []byte{'{'}
	put := func(parts ...[]byte) {
		if len(out) > 1 {
			out = append(out, ',')
		}
		for _, p := range parts {
			out = append(out, p...)
		}
	}
	putMissing := func() {
		for _, m := range set {
			if !object.Get(m.name).Exists() {
				put(jsonscan.AppendString(nil, m.name), []byte{':'}, m.value)
			}
		}
	}
	src, base := object.Raw(), object.Offset()
	end := min(1, len(src)) // behind the brace, then behind each member
	afterType := firstName(object).Is("resourceType")
	if !afterType {
		putMissing()
	}
	for name, value := range object.Members() {
		start, colon := name.Offset()-base, value.Offset()-base
		space := src[end:start]
		space = space[bytes.IndexByte(space, ',')+1:]
		end = colon + value.Length()
		if slices.ContainsFunc(drop, name.Is) {
			continue
		}
		put(space, src[start:colon], valueOf(name, value, set))
		if afterType {
			putMissing()
			afterType = false
		}
	}
	if !object.Exists() {
		return append(out, '}')
	}
	return append(out, src[end:]...)
}

func firstName(object jsonscan.Value) jsonscan.Value {
	for name := range object.Members() {
		return name
	}
	return jsonscan.Value{}
}

// valueOf returns the text that the member is to have.
func valueOf(name, value jsonscan.Value, set []member) []byte {
	for _, m := range set {
		if name.Is(m.name) {
			return m.value
		}
	}
	return value.Raw()
}
