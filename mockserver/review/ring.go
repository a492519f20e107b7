package review

import "iter"

// ring keeps the latest values, up to a limit. Once it is full, one more takes
// neither memory nor copies.
type ring[V any] struct {
	limit   int
	slots   []V
	first   int  // where the oldest is
	count   int  // how many there are
	dropped bool // whether any was ever pushed out
}

// at returns the value at a place, 0 being the oldest.
func (r *ring[V]) at(i int) *V {
	if i += r.first; i >= len(r.slots) {
		i -= len(r.slots)
	}
	return &r.slots[i]
}

// last returns the latest value, or nil.
func (r *ring[V]) last() *V {
	if r.count == 0 {
		return nil
	}
	return r.at(r.count - 1)
}

// push adds a value.
func (r *ring[V]) push(v V) { *r.next() = v }

// next adds a value for the caller to set: it holds whatever was there.
func (r *ring[V]) next() *V {
	switch {
	case r.count == r.limit:
		r.shift()
		r.dropped = true
	case r.count == len(r.slots):
		r.grow()
	}
	r.count++
	return r.last()
}

// grow makes room. There are many rings, and most stay short.
func (r *ring[V]) grow() {
	slots := make([]V, min(max(1, 2*len(r.slots)), r.limit))
	n := copy(slots, r.slots[r.first:])
	copy(slots[n:], r.slots[:r.first])
	r.slots, r.first = slots, 0
}

// shift takes the oldest value out.
func (r *ring[V]) shift() {
	r.count--
	if r.first++; r.first == len(r.slots) {
		r.first = 0
	}
}

// values returns copies, the oldest first, from a place on.
func (r *ring[V]) values(from int) []V {
	list := make([]V, 0, r.count-from)
	for i := from; i < r.count; i++ {
		list = append(list, *r.at(i))
	}
	return list
}

// clear forgets the values, but not whether any was pushed out.
func (r *ring[V]) clear() { r.slots, r.first, r.count = nil, 0, 0 }

// all ranges over the values, the oldest first. They may be changed meanwhile.
func (r *ring[V]) all() iter.Seq2[int, *V] {
	return func(yield func(int, *V) bool) {
		for i := range r.count {
			if !yield(i, r.at(i)) {
				return
			}
		}
	}
}
