// Package store keeps the versions of resources in memory.
//
// Call [New], then [Store.Put] and [Store.Delete] to write, [Store.Current],
// [Store.Version] and [Store.All] to read. Whoever owns a store guards it: it
// has no lock of its own. It validates nothing and decides no policy, but it
// promises that a body keeps every byte its client sent, save for id,
// meta.versionId and meta.lastUpdated, which are the server's: 1.50,
// 9007199254740993 and a fraction of seven digits come back as they went in.
//
// A deleted resource leaves a tombstone, a version without a body, so that it
// can be told from one that never was. Putting it again continues its version
// ids and starts a new ownership.
package store

import (
	"iter"
	"slices"
	"time"

	"github.com/wsbind/wsbind/core/jsonscan"
)

// DefaultMaxVersions is the bound of a store made with New(0).
const DefaultMaxVersions = 100

// Version is one version of one resource. Its body is shared: do not change it.
type Version struct {
	Type, ID    string
	VersionID   int       // counts from 1 and never repeats for a type and id
	LastUpdated time.Time // UTC, to the millisecond, as the body says it
	Body        []byte    // the resource as JSON; nil in a tombstone
	Deleted     bool      // a tombstone
	Owner       string    // who created the resource
}

// Store holds resources by type and id.
type Store struct {
	maxVersions int
	types       map[string]*collection
}

// collection holds the resources of one type.
type collection struct {
	byID  map[string]*record
	order []*record // in the order in which the ids were first used
	live  int
}

// record holds the versions of one resource, oldest first, the last current.
type record struct{ versions []Version }

func (r *record) current() Version { return r.versions[len(r.versions)-1] }

// New returns an empty store that keeps at most maxVersions versions of each
// resource (0: [DefaultMaxVersions]) and forgets the oldest first.
func New(maxVersions int) *Store {
	if maxVersions <= 0 {
		maxVersions = DefaultMaxVersions
	}
	return &Store{maxVersions: maxVersions, types: map[string]*collection{}}
}

// Put writes a version of the resource and returns it with the version before:
// the zero Version when there was none, a tombstone when it was deleted. It
// creates or updates alike. The owner counts only when the resource is created
// (or created again): an update keeps the one it has.
//
// The resource must be a JSON object, and its meta, if any, an object too: see
// [Stamp].
func (s *Store) Put(resourceType, id, owner string, at time.Time, resource jsonscan.Value) (now, before Version) {
	c := s.types[resourceType]
	if c == nil {
		c = &collection{byID: map[string]*record{}}
		s.types[resourceType] = c
	}
	r := c.byID[id]
	if r == nil {
		r = &record{}
		c.byID[id] = r
		c.order = append(c.order, r)
	} else {
		before = r.current()
	}
	if before.Body != nil {
		owner = before.Owner
	} else {
		c.live++
	}
	at = at.UTC().Truncate(time.Millisecond)
	now = Version{
		Type: resourceType, ID: id, VersionID: before.VersionID + 1, LastUpdated: at, Owner: owner,
		Body: Stamp(resource, id, before.VersionID+1, at),
	}
	s.add(r, now)
	return now, before
}

// Delete writes a tombstone and returns the version that was current. It
// reports false, and writes nothing, where there is nothing to delete.
func (s *Store) Delete(resourceType, id string, at time.Time) (before Version, ok bool) {
	c := s.types[resourceType]
	if c == nil {
		return Version{}, false
	}
	r := c.byID[id]
	if r == nil || r.current().Deleted {
		return Version{}, false
	}
	before = r.current()
	s.add(r, Version{
		Type: resourceType, ID: id, VersionID: before.VersionID + 1,
		LastUpdated: at.UTC().Truncate(time.Millisecond), Deleted: true, Owner: before.Owner,
	})
	c.live--
	return before, true
}

func (s *Store) add(r *record, v Version) {
	if len(r.versions) == s.maxVersions {
		r.versions = slices.Delete(r.versions, 0, 1)
	}
	r.versions = append(r.versions, v)
}

// Current returns the current version, which may be a tombstone. It reports
// false for an id that was never used.
func (s *Store) Current(resourceType, id string) (Version, bool) {
	if c := s.types[resourceType]; c != nil {
		if r := c.byID[id]; r != nil {
			return r.current(), true
		}
	}
	return Version{}, false
}

// Version returns one version by its number, which may be a tombstone. It
// reports false for a version that never was or is no longer kept.
func (s *Store) Version(resourceType, id string, versionID int) (Version, bool) {
	if c := s.types[resourceType]; c != nil {
		if r := c.byID[id]; r != nil {
			for _, v := range r.versions {
				if v.VersionID == versionID {
					return v, true
				}
			}
		}
	}
	return Version{}, false
}

// All yields the current versions of a type in the order in which their ids
// were first used, tombstones left out. Writing while it yields is not allowed.
func (s *Store) All(resourceType string) iter.Seq[Version] {
	return func(yield func(Version) bool) {
		c := s.types[resourceType]
		if c == nil {
			return
		}
		for _, r := range c.order {
			if v := r.current(); !v.Deleted && !yield(v) {
				return
			}
		}
	}
}

// Types yields, in alphabetical order, the types that have resources, each with
// how many there are.
func (s *Store) Types() iter.Seq2[string, int] {
	return func(yield func(string, int) bool) {
		var names []string
		for name, c := range s.types {
			if c.live > 0 {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		for _, name := range names {
			if !yield(name, s.types[name].live) {
				return
			}
		}
	}
}
