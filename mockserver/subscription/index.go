package subscription

import (
	"cmp"
	"slices"
	"unique"

	"github.com/wsbind/wsbind/mockserver/roll"
	"github.com/wsbind/wsbind/mockserver/search"
)

// Index finds what a change is an event of among many Subscriptions, without
// asking each. It has no lock of its own.
//
// Subscriptions with equal criteria are a class and asked once. A class stands
// under the keys of one of its conditions (see [search.Anchor]) and is asked
// only about resources that have one of them: of ten thousand Subscriptions to
// as many patients, a change meets those to its own. Classes that have no such
// condition are asked about every change of their types.
type Index[T comparable] struct {
	search  search.Compiler
	entries map[T]*entry[T]
	classes map[unique.Handle[criteria]]*class[T]
	types   map[string]*typeIndex[T]
	next    uint64 // the number of the entry that comes next
	round   uint64 // counts the changes: see bucket and class
}

// entry is a Subscription in the index.
type entry[T comparable] struct {
	item   T
	number uint64 // tells which came first
	class  *class[T]
	place  *roll.Place[*entry[T]]
}

// class holds the Subscriptions with the same criteria.
type class[T comparable] struct {
	compiled *Compiled // one of them
	members  roll.List[*entry[T]]
	stands   []stand[T]
	round    uint64 // of the change that it was asked about last
}

// stand is a place of a class in the index: under a key of a parameter, or with
// those that have none.
type stand[T comparable] struct {
	typ       string
	parameter *search.Parameter // nil where there is no key
	key       string
	place     *roll.Place[*class[T]]
}

// typeIndex holds the classes that are about one resource type.
type typeIndex[T comparable] struct {
	keyed map[*search.Parameter]map[string]*bucket[T]
	loose bucket[T]
}

// bucket holds the classes under one key, or those without.
type bucket[T comparable] struct {
	classes roll.List[*class[T]]
	round   uint64 // of the change that led here last: a resource may have a key often
}

// NewIndex returns an empty index for Subscriptions that the compiler compiled.
func NewIndex[T comparable](c search.Compiler) *Index[T] {
	return &Index[T]{
		search: c, entries: map[T]*entry[T]{},
		classes: map[unique.Handle[criteria]]*class[T]{}, types: map[string]*typeIndex[T]{},
	}
}

// Put adds a Subscription, behind all others. One that is there already loses
// its place.
func (x *Index[T]) Put(item T, c *Compiled) {
	x.Remove(item)
	of := x.classes[c.criteria]
	if of == nil {
		of = &class[T]{compiled: c}
		x.classes[c.criteria] = of
		for i := range c.rules {
			x.stand(of, &c.rules[i])
		}
	}
	x.next++
	e := &entry[T]{item: item, number: x.next, class: of}
	e.place = of.members.Add(e)
	x.entries[item] = e
}

// Remove takes a Subscription out, if it is there.
func (x *Index[T]) Remove(item T) {
	e := x.entries[item]
	if e == nil {
		return
	}
	delete(x.entries, item)
	e.class.members.Remove(e.place)
	if e.class.members.Len() == 0 {
		delete(x.classes, e.class.compiled.criteria)
		for _, s := range e.class.stands {
			x.types[s.typ].remove(s)
		}
	}
}

// Hears reports whether a change of a type may be an event of anything: else the
// change need not even be read.
func (x *Index[T]) Hears(resourceType string) bool {
	t := x.types[resourceType]
	return t != nil && (len(t.keyed) > 0 || t.loose.classes.Len() > 0)
}

// Fired returns the Subscriptions that the change is an event of, in the order
// in which they were put.
func (x *Index[T]) Fired(ch Change) []T {
	t := x.types[ch.Type]
	if t == nil {
		return nil
	}
	var fired []*entry[T]
	asked := 0
	x.round++
	ask := func(b *bucket[T]) {
		if b == nil || b.round == x.round {
			return
		}
		b.round = x.round
		for c := range b.classes.All() {
			if c.round == x.round {
				continue // another key led here
			}
			c.round = x.round
			if c.compiled.Fires(ch) {
				fired = slices.AppendSeq(fired, c.members.All())
				asked++
			}
		}
	}
	ask(&t.loose)
	for parameter, keyed := range t.keyed {
		x.search.Keys(parameter, ch.focus(), func(key string) {
			ask(keyed[key])
		})
	}
	if asked > 1 { // one class alone is in order
		slices.SortFunc(fired, func(a, b *entry[T]) int { return cmp.Compare(a.number, b.number) })
	}
	items := make([]T, len(fired))
	for i, e := range fired {
		items[i] = e.item
	}
	return items
}

// stand puts a class where changes that one of its rules is about find it.
func (x *Index[T]) stand(c *class[T], r *rule) {
	t := x.types[r.typ]
	if t == nil {
		t = &typeIndex[T]{keyed: map[*search.Parameter]map[string]*bucket[T]{}}
		x.types[r.typ] = t
	}
	anchor, found := t.choose(r)
	if !found {
		c.stands = append(c.stands, stand[T]{typ: r.typ, place: t.loose.classes.Add(c)})
		return
	}
	keyed := t.keyed[anchor.Parameter]
	if keyed == nil {
		keyed = map[string]*bucket[T]{}
		t.keyed[anchor.Parameter] = keyed
	}
	for _, key := range anchor.Keys {
		b := keyed[key]
		if b == nil {
			b = &bucket[T]{}
			keyed[key] = b
		}
		c.stands = append(c.stands, stand[T]{r.typ, anchor.Parameter, key, b.classes.Add(c)})
	}
}

// choose returns the anchor of a rule under whose keys the fewest classes
// stand: a code that all of them ask for soon is no choice beside an id.
func (t *typeIndex[T]) choose(r *rule) (best search.Anchor, found bool) {
	fewest := 0
	for _, q := range r.filters {
		for _, a := range q.Anchors() {
			n := 0
			for _, key := range a.Keys {
				if b := t.keyed[a.Parameter][key]; b != nil {
					n += b.classes.Len()
				}
			}
			if !found || n < fewest {
				best, fewest, found = a, n, true
			}
		}
	}
	return best, found
}

func (t *typeIndex[T]) remove(s stand[T]) {
	if s.parameter == nil {
		t.loose.classes.Remove(s.place)
		return
	}
	keyed := t.keyed[s.parameter]
	b := keyed[s.key]
	if b.classes.Remove(s.place); b.classes.Len() == 0 {
		delete(keyed, s.key)
	}
	if len(keyed) == 0 {
		delete(t.keyed, s.parameter)
	}
}
