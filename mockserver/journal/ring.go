package journal

// record is an entry as it is kept.
type record struct {
	Entry
	frame Frame // has the text, unless nil
	bytes int   // what it takes
}

// ring is a queue of entries. Once it is as long as it will be, adding one and
// dropping the oldest takes neither memory nor copies: there is an entry for each
// frame, and tenants may have thousands of sockets.
type ring struct {
	slots        []record
	first, count int
}

// at returns the entry at a place, 0 being the oldest. It is to be read only.
func (r *ring) at(i int) *record {
	if i += r.first; i >= len(r.slots) {
		i -= len(r.slots)
	}
	return &r.slots[i]
}

// push adds an entry, which is to be filled in where it is kept; most is how many
// there will be at a time.
func (r *ring) push(most int) *record {
	if r.count == len(r.slots) {
		slots := make([]record, min(max(16, 2*len(r.slots)), most))
		n := copy(slots, r.slots[r.first:])
		copy(slots[n:], r.slots[:r.first])
		r.slots, r.first = slots, 0
	}
	r.count++
	return r.at(r.count - 1)
}

// drop forgets the oldest entry, its strings too.
func (r *ring) drop() {
	*r.at(0) = record{}
	r.count--
	if r.first++; r.first == len(r.slots) {
		r.first = 0
	}
}
