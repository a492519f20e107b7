package journal

// Totals are how many entries of some kinds there ever were: they outlast those that
// are dropped, and [Journal.Reset].
type Totals struct {
	Opened   uint64    // websockets
	Received uint64    // frames
	Sent     uint64    // frames
	Withheld uint64    // frames
	Tokens   uint64    // issued by $get-ws-binding-token
	Answers  [6]uint64 // requests by the first digit of the status
}

// Totals returns how many entries there ever were.
func (j *Journal) Totals() Totals {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.totals
}

// count adds an entry to the totals.
func (t *Totals) count(e *Entry) {
	switch e.Kind {
	case Request:
		t.Answers[min(max(e.Status/100, 0), len(t.Answers)-1)]++
		if e.Interaction == "$get-ws-binding-token" && e.Status == 200 {
			t.Tokens++
		}
	case Open:
		if e.Status == 101 {
			t.Opened++
		}
	case Received:
		t.Received++
	case Sent:
		t.Sent++
	case Withheld:
		t.Withheld++
	}
}
