package review

import (
	"cmp"
	"iter"
	"slices"
)

// table is a map that forgets what was not used for longest when it is full.
//
// A use is a number on the row and no more, for there are several with every frame
// that is sent. The order is made when something has to be forgotten: all rows are
// sorted by their last use, and are forgotten from the front for as long as they
// were not used since. So each time the table is sorted, everything in it is either
// forgotten or was used.
type table[K comparable, V any] struct {
	limit  int
	forget func(*V) // told of what is forgotten, may be nil
	byKey  map[K]*row[K, V]
	rows   []*row[K, V]  // in no order
	uses   uint64        // ever
	queue  []aging[K, V] // the least recently used first, as it was when it was made
}

// row is what a table holds. Who keeps one asks [table.still] before using it.
type row[K comparable, V any] struct {
	key   K
	used  uint64 // by which use of the table; 0: it was removed
	at    int    // in rows
	value V
}

// aging is a row and its last use at the time.
type aging[K comparable, V any] struct {
	row  *row[K, V]
	used uint64
}

func newTable[K comparable, V any](limit int, forget func(*V)) *table[K, V] {
	return &table[K, V]{limit: limit, forget: forget, byKey: map[K]*row[K, V]{}}
}

// get returns what the table holds, or nil.
func (t *table[K, V]) get(key K) *V { return t.still(t.byKey[key]) }

// still returns what a row holds, or nil where it is in the table no more.
func (t *table[K, V]) still(r *row[K, V]) *V {
	if r == nil || r.used == 0 {
		return nil
	}
	t.uses++
	r.used = t.uses
	return &r.value
}

// need returns what the table holds, which is a zero value if nothing was there.
// What another call of need makes it forget must not be used any more.
func (t *table[K, V]) need(key K) (value *V, fresh bool) {
	r, fresh := t.row(key)
	return &r.value, fresh
}

// row is need for who wants to come back to the row.
func (t *table[K, V]) row(key K) (r *row[K, V], fresh bool) {
	if r := t.byKey[key]; t.still(r) != nil {
		return r, false
	}
	for len(t.rows) >= t.limit {
		oldest := t.oldest()
		t.drop(oldest)
		if t.forget != nil {
			t.forget(&oldest.value)
		}
		var none V
		oldest.value = none // somebody may have kept the row
	}
	t.uses++
	r = &row[K, V]{key: key, used: t.uses, at: len(t.rows)}
	t.rows = append(t.rows, r)
	t.byKey[key] = r
	return r, true
}

// oldest returns what was not used for longest.
func (t *table[K, V]) oldest() *row[K, V] {
	for {
		for i, a := range t.queue {
			if a.row.used == a.used {
				t.queue = t.queue[i+1:]
				return a.row
			}
		}
		t.queue = t.byAge(nil)
	}
}

// byAge lists the chosen rows, all for nil, the least recently used first.
func (t *table[K, V]) byAge(chosen func(K, *V) bool) []aging[K, V] {
	var list []aging[K, V]
	if chosen == nil {
		list = make([]aging[K, V], 0, len(t.rows))
	}
	for _, r := range t.rows {
		if chosen == nil || chosen(r.key, &r.value) {
			list = append(list, aging[K, V]{r, r.used})
		}
	}
	slices.SortFunc(list, func(a, b aging[K, V]) int { return cmp.Compare(a.used, b.used) })
	return list
}

func (t *table[K, V]) remove(key K) {
	if r := t.byKey[key]; r != nil {
		t.drop(r)
	}
}

// drop takes a row out. What it holds stays for who uses it at the moment.
func (t *table[K, V]) drop(r *row[K, V]) {
	delete(t.byKey, r.key)
	last := len(t.rows) - 1
	t.rows[r.at] = t.rows[last]
	t.rows[r.at].at = r.at
	t.rows[last] = nil
	t.rows = t.rows[:last]
	r.used = 0
}

// chosen ranges over what is chosen, the least recently used first. That is no use.
func (t *table[K, V]) chosen(chosen func(K, *V) bool) iter.Seq2[K, *V] {
	return func(yield func(K, *V) bool) {
		for _, a := range t.byAge(chosen) {
			if !yield(a.row.key, &a.row.value) {
				return
			}
		}
	}
}
