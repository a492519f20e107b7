package gate

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/clock"
)

// storeTimeout bounds one call to a store, in wall time.
const storeTimeout = 5 * time.Second

// revocations keeps up with what is revoked, once for all sockets of a gate: the
// store tells of it where it can, and is asked at each interval besides, in case that
// it has fallen silent. Nothing is done where the level is stateless.
type revocations struct {
	store    Store // nil where nothing is remembered
	clock    clock.Clock
	observe  Observer
	interval time.Duration
	patience time.Duration // beyond the interval, while the store cannot be read
	open     bool          // nothing ends because the store cannot be read
	news     func() int    // there are revocations that were not known; it returns how many bindings they end
	blind    func(error)   // the store could not be read for too long
	*known

	reading chan struct{} // holds the right to read the store: one at a time does
	cursor  string        // guarded by reading

	mu     sync.Mutex
	readAt time.Time // when everything that was revoked until then was known
	once   bool      // it was read at all; until then readAt is the start
	timer  clock.Timer
	done   bool

	cancel  context.CancelFunc
	ctx     context.Context
	running sync.WaitGroup
}

func newRevocations(cfg *Config, store Store) *revocations {
	r := &revocations{
		store: store, clock: cfg.Clock, observe: cfg.Observe, interval: cfg.PollInterval, patience: cfg.StorePatience,
		open: cfg.StoreOpen, known: newKnown(), reading: make(chan struct{}, 1),
	}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r
}

// start begins to follow the store.
func (r *revocations) start() {
	if r.store == nil {
		return
	}
	r.readAt = r.clock.Now() // nobody was blind before
	r.running.Go(r.watch)
	r.running.Go(r.tick)
}

// stop ends it, and returns when that is over.
func (r *revocations) stop() {
	r.cancel()
	r.mu.Lock()
	r.done = true
	clock.Stop(&r.timer)
	r.mu.Unlock()
	r.running.Wait()
}

// later runs f on a goroutine of its own when a while has passed, unless it is over
// by then.
func (r *revocations) later(d time.Duration, f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.done {
		return
	}
	r.timer = r.clock.AfterFunc(d, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if !r.done {
			r.running.Go(f)
		}
	})
}

// watch takes what the store tells by itself. It tries again for as long as it is
// only out of reach, with the interval between.
func (r *revocations) watch() {
	for r.ctx.Err() == nil {
		err := r.store.Watch(r.ctx, func(record Record) { r.take([]Record{record}) })
		if r.ctx.Err() != nil || errors.Is(err, ErrNoWatch) {
			return
		}
		r.fail("the store tells of no revocations any more", err)
		if !r.wait(r.interval) {
			return
		}
	}
}

// wait waits for a while, and reports false where it is over before that.
func (r *revocations) wait(d time.Duration) bool {
	passed := make(chan struct{})
	timer := r.clock.AfterFunc(d, func() { close(passed) })
	defer timer.Stop()
	select {
	case <-passed:
		return true
	case <-r.ctx.Done():
		return false
	}
}

// tick reads the store, and judges what it means if that fails.
func (r *revocations) tick() {
	if err := r.read(r.ctx); err != nil && r.ctx.Err() == nil && !r.open && r.age() >= r.interval+r.patience {
		r.blind(err)
	}
	r.later(r.interval, r.tick)
}

// age is how long ago everything was known.
func (r *revocations) age() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.clock.Now().Sub(r.readAt)
}

// wasRead reports whether the store was ever read.
func (r *revocations) wasRead() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.once
}

// fresh returns when everything is known that was revoked until an interval ago. The
// error is [fault.StoreUnavailable].
func (r *revocations) fresh(ctx context.Context) error {
	if r.store == nil {
		return nil
	}
	if r.wasRead() && r.age() < r.interval {
		return nil
	}
	return r.read(ctx)
}

// read reads what is new. Those that come while it is read wait for their own turn,
// and find that nothing is.
func (r *revocations) read(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	select {
	case r.reading <- struct{}{}:
		defer func() { <-r.reading }()
	case <-ctx.Done():
		return storeUnavailable(ctx.Err())
	}
	began := r.clock.Now()
	records, cursor, err := r.store.Revoked(ctx, r.cursor)
	if err != nil {
		r.fail("the revocations cannot be read", err)
		return storeUnavailable(err)
	}
	r.cursor = cursor
	r.take(records)
	r.mu.Lock()
	r.readAt, r.once = began, true
	r.mu.Unlock()
	return nil
}

// take notes revocations and tells if any is news. It returns how many bindings have
// ended.
func (r *revocations) take(records []Record) int {
	news, now := false, r.clock.Now()
	for _, record := range records {
		news = r.note(record, now) || news
	}
	if !news {
		return 0
	}
	return r.news()
}

// revoke makes a revocation, and returns how many bindings of this gate it has ended.
func (r *revocations) revoke(ctx context.Context, what Revocation) (ended int, err error) {
	if err := what.check(); err != nil {
		return 0, err
	}
	if r.store == nil {
		return 0, fault.New(fault.BusinessRule, "this gate remembers nothing (stateless): a token is good until it expires")
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	record := Record{what, r.clock.Now()}
	ended = r.take([]Record{record})
	if err := r.store.Revoke(ctx, record); err != nil {
		r.fail("a revocation cannot be kept", err)
		return ended, storeUnavailable(err)
	}
	return ended, nil
}

func (r *revocations) fail(what string, err error) {
	detail := what
	if err != nil {
		detail += ": " + err.Error()
	}
	r.observe(Event{Name: StoreFailed, Code: fault.StoreUnavailable, Detail: detail})
}

func storeUnavailable(err error) error {
	return fault.New(fault.StoreUnavailable, "the store cannot be reached: "+err.Error())
}
