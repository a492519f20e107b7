package review

// Tally counts facts that are chosen, each once, however many there are. It is for
// one goroutine. Create one with [Reviewer.Tally].
type Tally struct {
	reviewer *Reviewer
	chosen   func(*Fact) bool
	resets   int   // of the reviewer, when it was asked last
	seen     int64 // how many facts there had been
	count    int
}

// Tally begins to count the facts that are chosen, those that are kept first.
func (r *Reviewer) Tally(chosen func(*Fact) bool) *Tally {
	return &Tally{reviewer: r, chosen: chosen}
}

// Count returns how many there were until now, or since the reviewer was reset.
// What is kept no more when it looks is not counted, if it was not before.
func (t *Tally) Count() int {
	for _, k := range t.news() {
		if f := k.fact(); t.chosen(&f) {
			t.count++
		}
	}
	return t.count
}

// news returns what has been noted since it was asked last.
func (t *Tally) news() []kept {
	r := t.reviewer
	r.mu.Lock()
	defer r.mu.Unlock()
	if t.resets != r.resets {
		t.resets, t.seen, t.count = r.resets, 0, 0
	}
	news := int(min(r.noted-t.seen, int64(r.facts.count)))
	t.seen = r.noted
	return r.facts.values(r.facts.count - news)
}
