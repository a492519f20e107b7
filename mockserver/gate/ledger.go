package gate

import (
	"context"

	"github.com/wsbind/wsbind/core/bridge"
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/notification"
)

// ledger counts the events of a Subscription in the store, and writes the
// notifications that bear their numbers. One goroutine has it.
type ledger struct {
	cfg     *upstreamConfig
	counter string
	highest int64 // that was seen here
}

func newLedger(cfg *upstreamConfig, id string) ledger {
	return ledger{cfg: cfg, counter: "events." + id}
}

// next is a new number.
func (l *ledger) next(ctx context.Context) (int64, error) { return l.ask(ctx, l.cfg.store.Increment) }

// count is how many events there were.
func (l *ledger) count(ctx context.Context) (int64, error) { return l.ask(ctx, l.cfg.store.Count) }

// ask asks the store, which gets as long as a request of the FHIR server does.
func (l *ledger) ask(ctx context.Context, what func(context.Context, string) (int64, error)) (int64, error) {
	limited, cancel := context.WithTimeout(ctx, l.cfg.timeout)
	defer cancel()
	n, err := what(limited, l.counter)
	switch {
	case err != nil && ctx.Err() != nil:
		return 0, ctx.Err()
	case err != nil:
		l.cfg.observe(Event{Name: StoreFailed, Code: fault.StoreUnavailable, Detail: fault.DetailOf(err)})
		return 0, fault.StoreUnavailable
	}
	l.highest = max(l.highest, n)
	return n, nil
}

// event writes an event by its number.
func (l *ledger) event(s *bridge.Subscription, number int64, focus notification.Resource) ([]byte, error) {
	return l.write(s, bridge.Draft{Type: notification.EventNotification, Number: number, EventsSinceStart: number, Focus: focus})
}

func (l *ledger) handshake(s *bridge.Subscription, count int64) ([]byte, error) {
	return l.write(s, bridge.Draft{Type: notification.Handshake, EventsSinceStart: count})
}

// heartbeat writes one with the count that the clients of this gate know: another
// gate that shares the store numbers the same event anew, and nobody here has missed
// that.
func (l *ledger) heartbeat(s *bridge.Subscription) ([]byte, error) {
	return l.write(s, bridge.Draft{Type: notification.Heartbeat, EventsSinceStart: l.highest})
}

// write writes a notification of a Subscription, which is active for those who are
// bound to it: a server that says "requested" fires all the same.
func (l *ledger) write(s *bridge.Subscription, d bridge.Draft) ([]byte, error) {
	d.Release, d.Base, d.Subscription = l.cfg.release, l.cfg.publicBase, *s
	d.Subscription.Status = "active"
	d.ID, d.Timestamp = l.cfg.ids(), l.cfg.clock.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	return bridge.Append(nil, d)
}
