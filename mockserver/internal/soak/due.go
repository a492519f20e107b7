package main

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/wsbind/wsbind/mockserver/client"
)

// due is what is due to one seat: the next event of each of its Subscriptions. It
// outlives the clients of the seat, so that one that comes back is held to what
// happened while it was away.
type due struct {
	seat string

	mu      sync.Mutex
	last    map[string]int64 // by Subscription id, the number of the latest event
	yielded int64            // events ever
}

func newDue(seat string, ids ...string) *due {
	d := &due{seat: seat, last: map[string]int64{}}
	for _, id := range ids {
		d.last[id] = 0
	}
	return d
}

// take takes what was yielded, and says what is wrong with it.
func (d *due) take(n client.Notification) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	last, mine := d.last[n.Subscription]
	if !mine {
		if len(n.Events)+len(n.Missed) > 0 {
			return fmt.Errorf("%s was given events %v of Subscription %q, which it did not ask for: %.300s", d.seat, n.Events, n.Subscription, n.Text)
		}
		return nil
	}
	if len(n.Missed) > 0 {
		return fmt.Errorf("lost: %s of Subscription %s is told that events %v are missed, after event %d: %.300s", d.seat, n.Subscription, n.Missed, last, n.Text)
	}
	for _, number := range n.Events {
		switch {
		case number <= last:
			return fmt.Errorf("yielded twice: %s of Subscription %s was given event %d after event %d: %.300s", d.seat, n.Subscription, number, last, n.Text)
		case number > last+1:
			return fmt.Errorf("lost: %s of Subscription %s was given event %d after event %d: %.300s", d.seat, n.Subscription, number, last, n.Text)
		}
		last = number
		d.yielded++
	}
	d.last[n.Subscription] = last
	return nil
}

// seen is what a client that goes on has to know.
func (d *due) seen() map[string]int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.last)
}

// renew begins anew with a Subscription that was made anew.
func (d *due) renew(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, mine := d.last[id]; mine {
		d.last[id] = 0
	}
}

// behind says which events up to a total have not come, "" if none.
func (d *due) behind(totals map[string]int64) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(d.last)) {
		if total, told := totals[id]; told && d.last[id] < total {
			return fmt.Sprintf("%s has event %d of Subscription %s, %d were made", d.seat, d.last[id], id, total)
		}
	}
	return ""
}

func (d *due) count() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.yielded
}
