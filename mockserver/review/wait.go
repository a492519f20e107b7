package review

// Count returns how many of the facts that are kept are chosen.
func (r *Reviewer) Count(chosen func(*Fact) bool) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for i := range r.facts {
		if chosen(&r.facts[i]) {
			n++
		}
	}
	return n
}

// SetClock says whether the clock is not the wall's from now on, and whether
// clients follow it all the same.
func (r *Reviewer) SetClock(virtual, shared bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cfg.Virtual, r.cfg.Shared = virtual, shared
}
