package client

import "slices"

// maxSubscriptions bounds the ledger against a server that invents ids.
const maxSubscriptions = 10_000

// ledger knows the last event that was seen of each Subscription. Numbers grow
// by one per event within a Subscription, whatever the socket, so that one
// number tells duplicates, gaps and news apart.
type ledger struct {
	seen map[string]int64
}

// entry is what a status means to the ledger.
type entry struct {
	counts bool    // false: nothing was counted yet, and there is no last
	last   int64   // the last number seen once this is handled
	news   []int64 // numbers not seen before, growing
	gaps   []Range // numbers that were counted and not sent
}

// read compares a status with what was seen, and notes nothing yet. The first
// counter told of a Subscription is its beginning: what came before it was
// another listener's.
func (l *ledger) read(s status) entry {
	numbers := slices.Compact(slices.Sorted(slices.Values(s.events)))
	last, known := l.seen[s.subscription]
	if !known {
		last = beginning(s, numbers)
	}
	e := entry{last: last, counts: known || len(numbers) > 0 || s.counted || s.kind == Handshake}
	for _, n := range numbers {
		if n > e.last {
			e.skipTo(n)
			e.news, e.last = append(e.news, n), n
		}
	}
	// The counter of a notification without events tells what was missed. One
	// with events counts them, and that of a query-event counts all there are.
	if len(numbers) == 0 && s.counted && s.count > e.last {
		e.skipTo(s.count + 1)
		e.last = s.count
	}
	return e
}

// skipTo notes a gap where number is not the next one.
func (e *entry) skipTo(number int64) {
	if number > e.last+1 {
		e.gaps = append(e.gaps, Range{e.last + 1, number - 1})
	}
}

// beginning is the last event before a Subscription's first status. A handshake
// may leave the counter of a new Subscription out.
func beginning(s status, numbers []int64) int64 {
	switch {
	case len(numbers) > 0:
		return numbers[0] - 1
	case s.counted:
		return s.count
	}
	return 0
}

// note records that everything up to the entry's last number was seen or is
// missed. A counter that goes down is a server's mistake and changes nothing.
func (l *ledger) note(subscription string, e entry) {
	last, known := l.seen[subscription]
	if !e.counts || known && e.last <= last || !known && len(l.seen) >= maxSubscriptions {
		return
	}
	if l.seen == nil {
		l.seen = map[string]int64{}
	}
	l.seen[subscription] = e.last
}
