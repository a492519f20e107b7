package load

import (
	"context"
	"net/http"
	"time"

	"github.com/wsbind/wsbind/mockserver/clock"
)

// pace gives each of n events away when it is due, or as soon after as give
// returns from the one before. It never waits for what give has begun.
func pace(ctx context.Context, c clock.Clock, begin time.Time, n int, rate float64, give func(k int) bool) {
	for k := range n {
		if !waitUntil(ctx, c, begin.Add(dueAt(k, rate))) || !give(k) {
			return
		}
	}
}

// cause makes the events.
func (r *run) cause(ctx context.Context) {
	r.begins(Loading, r.config.Events)
	r.countBefore()
	begin := r.config.Clock.Now()
	r.begin.Store(r.since(begin))
	soon, cancel := linger(ctx)
	defer cancel()
	q := newQueue(r.config.Parallel)
	all := make(chan struct{})
	go func() {
		defer close(all)
		inParallel(context.Background(), r.config.Parallel, r.config.Parallel, func(int) {
			var body []byte
			for k := range q.work {
				body = r.patient(body[:0], k)
				r.change(soon, k, body)
				q.free <- struct{}{}
			}
		})
	}()
	pace(ctx, r.config.Clock, begin, r.config.Events, r.config.Rate, func(k int) bool {
		return q.give(ctx, r.config.Clock, k, begin.Add(dueAt(k, r.config.Rate)))
	})
	close(q.work)
	<-all
	r.held = q.held
}

// queue hands events to those who make the requests, no more at a time than are free.
type queue struct {
	work chan int
	free chan struct{}

	held   int       // events that had to wait for somebody
	waited time.Time // until when the last one did
}

func newQueue(width int) *queue {
	q := &queue{work: make(chan int, width), free: make(chan struct{}, width)}
	for range width {
		q.free <- struct{}{}
	}
	return q
}

// give waits until somebody is free. An event that was due while an earlier one still
// waited has waited too.
func (q *queue) give(ctx context.Context, c clock.Clock, k int, due time.Time) bool {
	select {
	case <-q.free:
		if due.Before(q.waited) {
			q.held++
		}
	default:
		q.held++
		select {
		case <-q.free:
			q.waited = c.Now()
		case <-ctx.Done():
			return false
		}
	}
	q.work <- k
	return true
}

// change makes the request of event k.
func (r *run) change(ctx context.Context, k int, body []byte) {
	c := &r.changes[k]
	sent := r.since(r.config.Clock.Now())
	c.sent.Store(sent)
	r.asked.Add(1)
	r.calls.sent(sent - r.due(k))
	var err error
	if r.config.Post {
		c.id, err = r.server.create(ctx, callEvent, "Patient", body)
	} else {
		_, _, err = r.server.exchange(ctx, callEvent, http.MethodPut, "/Patient/"+r.names.event(k), body, false)
	}
	answered := r.since(r.config.Clock.Now())
	r.step.Add(1)
	if err != nil {
		r.fail(callEvent, err)
		return
	}
	c.answered.Store(answered)
	r.calls.answered(answered - r.due(k))
}
