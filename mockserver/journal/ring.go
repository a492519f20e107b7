package journal

// ring is a queue of entries. Once it is as long as it will be, adding one and
// dropping the oldest takes neither memory nor copies: there is an entry for each
// frame, and tenants may have thousands of sockets.
type ring struct {
	slots        []Entry
	first, count int
}

// at returns the entry at a place, 0 being the oldest. It is to be read only.
func (r *ring) at(i int) *Entry {
	if i += r.first; i >= len(r.slots) {
		i -= len(r.slots)
	}
	return &r.slots[i]
}

// push adds an entry; most is how many there will be at a time.
func (r *ring) push(e *Entry, most int) {
	if r.count == len(r.slots) {
		slots := make([]Entry, min(max(16, 2*len(r.slots)), most))
		n := copy(slots, r.slots[r.first:])
		copy(slots[n:], r.slots[:r.first])
		r.slots, r.first = slots, 0
	}
	r.count++
	*r.at(r.count - 1) = *e
}

// drop forgets the oldest entry, its strings too.
func (r *ring) drop() {
	*r.at(0) = Entry{}
	r.count--
	if r.first++; r.first == len(r.slots) {
		r.first = 0
	}
}
