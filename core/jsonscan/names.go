package jsonscan

import (
	"bytes"
	"unicode/utf8"

	"github.com/wsbind/wsbind/core/fault"
)

// fewNames is the number of members up to which comparing each with each is
// quicker than sorting.
const fewNames = 16

// A nameFilter tells without comparing them that the names of an object differ,
// for nearly every object that there is.
type nameFilter struct {
	met   uint64 // one bit for each name, chosen by its length and two letters
	again bool   // two names have the same bit, or a name is escaped
}

// add notes a name, with its quotes.
func (f *nameFilter) add(name []byte, escaped bool) {
	first, last := name[1], name[len(name)-2]
	bit := uint64(1) << ((uint(len(name)) + 7*uint(first) + 27*uint(last)) % 64)
	f.again = f.again || escaped || f.met&bit != 0
	f.met |= bit
}

// namesDiffer reports whether the members of the object at index have different
// names, and notes the failure where they do not. It sorts rather than hashes:
// a Go map would be seeded publicly in a pre-initialised module, and a sender
// could choose colliding names.
func (d *Document) namesDiffer(index, members int) bool {
	d.names = d.names[:0]
	for i, n := uint32(index+1), 0; n < members; n++ {
		d.names = append(d.names, i)
		i = d.nodes[i+1].next
	}
	names := d.names
	if members > fewNames {
		Order(names, d.compareNames) // equal ones as they stand: the later member is the one reported
		for i := 1; i < len(names); i++ {
			if d.compareNames(names[i-1], names[i]) == 0 {
				return d.duplicate(names[i])
			}
		}
		return true
	}
	for i, a := range names {
		for _, b := range names[:i] {
			if d.sameName(a, b) {
				return d.duplicate(a)
			}
		}
	}
	return true
}

func (d *Document) duplicate(index uint32) bool {
	n := &d.nodes[index]
	d.refuse(fault.DuplicateName, int(n.start), int(n.end-n.start),
		"the object has two members named "+excerpt(d.src[n.start:n.end])+": keep one")
	return false
}

func (d *Document) sameName(a, b uint32) bool {
	x, y := &d.nodes[a], &d.nodes[b]
	if !x.escaped && !y.escaped {
		return bytes.Equal(d.src[x.start:x.end], d.src[y.start:y.end])
	}
	return d.compareNames(a, b) == 0
}

func (d *Document) compareNames(a, b uint32) int {
	var bufA, bufB [64]byte
	return bytes.Compare(d.unescaped(a, bufA[:0]), d.unescaped(b, bufB[:0]))
}

// unescaped returns the text of the string at index, in scratch if it must.
func (d *Document) unescaped(index uint32, scratch []byte) []byte {
	n := &d.nodes[index]
	quoted := d.src[n.start:n.end]
	if !n.escaped {
		return quoted[1 : len(quoted)-1]
	}
	return appendUnescaped(scratch, quoted)
}

// excerpt shortens a token for a diagnostic.
func excerpt(token []byte) string {
	const most = 40
	if len(token) <= most {
		return string(token)
	}
	end := most
	for !utf8.RuneStart(token[end]) {
		end--
	}
	return string(token[:end]) + "…"
}
