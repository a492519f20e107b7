// Package roll keeps lists of many, in order, that anything leaves in constant
// time.
//
// Call [List.Add] to put a value at the end and [List.Remove] with the place
// that Add returned. A list may be changed while it is walked: what is removed
// meanwhile is not met, nor is what is added. It has no lock of its own.
package roll

import "iter"

// List is a list. Its zero value is empty and ready.
type List[T any] struct {
	places []*Place[T]
	left   int // how many of the places are vacant
}

// Place is where a value stands in a list.
type Place[T any] struct {
	value  T
	vacant bool
}

// Add puts a value at the end.
func (l *List[T]) Add(value T) *Place[T] {
	p := &Place[T]{value: value}
	l.places = append(l.places, p)
	return p
}

// Remove takes out what stands at a place of the list. Doing so again does
// nothing.
func (l *List[T]) Remove(p *Place[T]) {
	if p.vacant {
		return
	}
	*p = Place[T]{vacant: true}
	if l.left++; l.left > len(l.places)/2 {
		l.close()
	}
}

// close closes the gaps. Half of the list left since the last time, which is
// what makes this cheap; whoever walks the list now has the old one.
func (l *List[T]) close() {
	if l.Len() == 0 {
		*l = List[T]{}
		return
	}
	places := make([]*Place[T], 0, l.Len())
	for _, p := range l.places {
		if !p.vacant {
			places = append(places, p)
		}
	}
	*l = List[T]{places: places}
}

// Len returns how many values there are.
func (l *List[T]) Len() int { return len(l.places) - l.left }

// All yields the values in the order in which they were added.
func (l *List[T]) All() iter.Seq[T] {
	return func(yield func(T) bool) {
		for _, p := range l.places {
			if !p.vacant && !yield(p.value) {
				return
			}
		}
	}
}
