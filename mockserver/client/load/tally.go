package load

// tally counts what came of the events of one Subscription. The lock of its socket's
// shard guards it, until the reading has ended.
type tally struct {
	id    string
	group int

	seen    []uint64 // a bit for each event of the group
	arrived int      // how many bits are set
	frames  int      // events that came, duplicates too: their number where frames carry nothing
	last    int64    // when the latest request was sent whose event has come
	number  int      // the highest event number

	// twice are the events that came while there were two links, once so far.
	twice map[int]struct{}

	duplicate, reordered, numbersOff int
}

func newTally(id string, group, events int) *tally {
	return &tally{id: id, group: group, seen: make([]uint64, (events+63)/64)}
}

// first sets the bit of the n-th event of the group, and reports whether it was
// clear.
func (t *tally) first(n int) bool {
	word, bit := n/64, uint64(1)<<(n%64)
	if t.seen[word]&bit != 0 {
		return false
	}
	t.seen[word] |= bit
	t.arrived++
	return true
}

// excused reports whether the n-th event may come for a second time, which it may once.
func (t *tally) excused(n int) bool {
	_, twice := t.twice[n]
	delete(t.twice, n)
	return twice
}

// has reports whether the n-th event of the group has come.
func (t *tally) has(n int) bool { return t.seen[n/64]&(1<<(n%64)) != 0 }

// count notes an event number, 0 for none, and reports whether it is below one
// that came before. Where events may come on two links, neither is anything odd.
func (t *tally) count(number int, loose bool) (below bool) {
	if number == 0 || loose {
		t.number = max(t.number, number)
		return false
	}
	if t.number != 0 && number != t.number+1 {
		t.numbersOff++
	}
	below = number < t.number
	t.number = max(t.number, number)
	return below
}
