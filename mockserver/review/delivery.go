package review

import "slices"

// maxDeliveries is how many of a Subscription's events are remembered.
const maxDeliveries = 128

// deliveries are the latest events that were sent, on whichever sockets. Events
// come one after the other, so that runs of them are kept.
type deliveries struct {
	now    run       // the latest; there is hardly another
	count  int       // of events in all of them
	before ring[run] // never empty ones
}

// run is a series of events on a socket, each with the next number.
type run struct {
	from, to int64
	socket   uint64
}

func newDeliveries() deliveries { return deliveries{before: ring[run]{limit: maxDeliveries}} }

// push notes that an event was sent.
func (d *deliveries) push(number int64, socket uint64) {
	if d.count == maxDeliveries {
		d.forgetOldest()
	}
	if d.count > 0 && d.now.socket == socket && number > d.now.to && number-1 == d.now.to {
		d.now.to = number
	} else {
		if d.count > 0 {
			d.before.push(d.now)
		}
		d.now = run{number, number, socket}
	}
	d.count++
}

func (d *deliveries) forgetOldest() {
	d.count--
	oldest := &d.now
	if d.before.count > 0 {
		oldest = d.before.at(0)
	}
	if oldest.from < oldest.to {
		oldest.from++
		return
	}
	d.before.shift()
}

// has reports whether an event came before: on the same socket, or on one that is
// gone, for two sockets get every event once each.
func (d *deliveries) has(number int64, socket uint64, live []uint64) bool {
	tells := func(one *run) bool {
		return one.from <= number && number <= one.to && (one.socket == socket || !slices.Contains(live, one.socket))
	}
	if d.count > 0 && tells(&d.now) {
		return true
	}
	for _, one := range d.before.all() {
		if tells(one) {
			return true
		}
	}
	return false
}
