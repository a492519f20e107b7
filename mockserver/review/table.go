package review

import "container/list"

// table is a map that forgets what was not used for longest when it is full.
type table[K comparable, V any] struct {
	limit  int
	forget func(*V) // told of what is forgotten, may be nil
	byKey  map[K]*list.Element
	order  *list.List // the least recently used first
}

// row is an element of a table's order.
type row[K comparable, V any] struct {
	key   K
	value V
}

func newTable[K comparable, V any](limit int, forget func(*V)) *table[K, V] {
	return &table[K, V]{limit: limit, forget: forget, byKey: map[K]*list.Element{}, order: list.New()}
}

// get returns what the table holds, or nil.
func (t *table[K, V]) get(key K) *V {
	e, ok := t.byKey[key]
	if !ok {
		return nil
	}
	t.order.MoveToBack(e)
	return &e.Value.(*row[K, V]).value
}

// need returns what the table holds, which is a zero value if nothing was there.
// What another call of need makes it forget must not be used any more.
func (t *table[K, V]) need(key K) (value *V, fresh bool) {
	if v := t.get(key); v != nil {
		return v, false
	}
	for t.order.Len() >= t.limit {
		oldest := t.order.Front().Value.(*row[K, V])
		t.remove(oldest.key)
		if t.forget != nil {
			t.forget(&oldest.value)
		}
	}
	e := t.order.PushBack(&row[K, V]{key: key})
	t.byKey[key] = e
	return &e.Value.(*row[K, V]).value, true
}

func (t *table[K, V]) remove(key K) {
	if e, ok := t.byKey[key]; ok {
		delete(t.byKey, key)
		t.order.Remove(e)
	}
}

// each calls f for everything, the least recently used first.
func (t *table[K, V]) each(f func(K, *V)) {
	for e := t.order.Front(); e != nil; e = e.Next() {
		r := e.Value.(*row[K, V])
		f(r.key, &r.value)
	}
}

// ring keeps the latest values, up to a limit.
type ring[V any] struct {
	limit   int
	values  []V
	dropped bool // whether any was ever pushed out
}

func (r *ring[V]) push(v V) {
	if len(r.values) < r.limit {
		r.values = append(r.values, v)
		return
	}
	copy(r.values, r.values[1:])
	r.values[len(r.values)-1] = v
	r.dropped = true
}
