package review

import "slices"

// maxDeliveries is how many of a Subscription's events are remembered.
const maxDeliveries = 128

// deliveries are the latest events that were sent, on whichever sockets. Events
// come one after the other, so that runs of them are kept.
type deliveries struct {
	runs  ring[run]
	count int // of events in all of them
}

// run is a series of events on a socket, each with the next number.
type run struct {
	from, to int64
	socket   uint64
}

func newDeliveries() deliveries { return deliveries{runs: ring[run]{limit: maxDeliveries}} }

// push notes that an event was sent.
func (d *deliveries) push(number int64, socket uint64) {
	if d.count == maxDeliveries {
		d.forgetOldest()
	}
	d.count++
	if last := d.runs.last(); last != nil && last.socket == socket && number > last.to && number-1 == last.to {
		last.to = number
		return
	}
	d.runs.push(run{number, number, socket})
}

func (d *deliveries) forgetOldest() {
	d.count--
	if oldest := d.runs.at(0); oldest.from < oldest.to {
		oldest.from++
		return
	}
	d.runs.shift()
}

// has reports whether an event came before: on the same socket, or on one that is
// gone, for two sockets get every event once each.
func (d *deliveries) has(number int64, socket uint64, live []uint64) bool {
	for _, one := range d.runs.all() {
		if one.from <= number && number <= one.to && (one.socket == socket || !slices.Contains(live, one.socket)) {
			return true
		}
	}
	return false
}
