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
	work := make(chan int)
	all := make(chan struct{})
	go func() {
		defer close(all)
		inParallel(context.Background(), r.config.Parallel, r.config.Parallel, func(int) {
			var body []byte
			for k := range work {
				body = r.patient(body[:0], k)
				r.change(soon, k, body)
			}
		})
	}()
	pace(ctx, r.config.Clock, begin, r.config.Events, r.config.Rate, func(k int) bool {
		if r.flying.Add(1) > int64(r.config.Parallel) {
			r.held.Add(1)
		}
		select {
		case work <- k:
			return true
		case <-ctx.Done():
			return false
		}
	})
	close(work)
	<-all
}

// change makes the request of event k.
func (r *run) change(ctx context.Context, k int, body []byte) {
	defer r.flying.Add(-1)
	c := &r.changes[k]
	sent := r.since(r.config.Clock.Now())
	c.sent.Store(sent)
	r.asked.Add(1)
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
	r.calls.record(answered-r.due(k), sent-r.due(k))
}
