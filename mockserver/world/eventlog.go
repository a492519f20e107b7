package world

import "github.com/wsbind/wsbind/core/notification"

// eventLog keeps the latest events of a Subscription and counts them all. What
// happened is shared with the other Subscriptions that it concerned: a log has a
// pointer, and the number follows from its place.
type eventLog struct {
	max   int
	total int64                 // eventsSinceSubscriptionStart
	ring  []*notification.Event // at most max; the oldest is at total%max once full
}

// add counts an event, keeps it and returns its number. The event is not to be
// changed any more.
func (l *eventLog) add(e *notification.Event) (number int64) {
	l.total++
	if len(l.ring) < l.max {
		l.ring = append(l.ring, e)
	} else {
		l.ring[(l.total-1)%int64(l.max)] = e
	}
	return l.total
}

// oldest returns the number of the oldest event that is kept; total+1 where
// there is none.
func (l *eventLog) oldest() int64 { return l.total - int64(len(l.ring)) + 1 }

// between returns the kept events with numbers from since to until.
func (l *eventLog) between(since, until int64) []notification.Event {
	var list []notification.Event
	for n := max(since, l.oldest()); n <= min(until, l.total); n++ {
		list = append(list, numbered(l.ring[(n-1)%int64(l.max)], n))
	}
	return list
}

// numbered is an event as one Subscription has it.
func numbered(e *notification.Event, number int64) notification.Event {
	own := *e
	own.Number = number
	return own
}
