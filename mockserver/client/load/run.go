package load

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/draw"
)

// run is one load, from the first request to the last.
type run struct {
	config Config
	server *server
	random *draw.Source
	names  names
	prefix []byte // of every marker

	epoch   time.Time // times of changes and frames are nanoseconds since
	shards  [shards]shard
	readers sync.WaitGroup
	renewal chan *socket // whose token is to be renewed
	pulse   *pulse

	begin                     atomic.Int64 // when the first event is due
	framesBefore, bytesBefore int64        // what came until then
	changes                   []change
	calls                     calls
	held                      int          // events that had to wait for the bound
	asked                     atomic.Int64 // events that were sent

	phase   atomic.Value // string
	step    atomic.Int64 // of what the phase does
	steps   atomic.Int64
	bound   time.Duration // how long binding took
	renewed atomic.Int64

	mu       sync.Mutex
	sockets  []*socket // that are bound, or were
	created  []string  // ids of Subscriptions
	failures failures
}

func newRun(c Config) *run {
	r := &run{
		config: c, server: newServer(c), random: draw.New(c.Seed, "load"),
		epoch: c.Clock.Now(), changes: make([]change, c.Events),
		renewal: make(chan *socket, c.Sockets), failures: failures{},
	}
	r.names = names{r.random.ID("run", "")[:8]}
	r.prefix = []byte(r.names.prefix())
	for i := range r.shards {
		r.shards[i].latency = newLatency()
	}
	r.calls.took, r.calls.late = newLatency(), newLatency()
	r.pulse = newPulse(c.Clock)
	r.phase.Store(Binding)
	return r
}

// since is a time on the scale of [change].
func (r *run) since(t time.Time) int64 { return int64(t.Sub(r.epoch)) + 1 }

// due is when event k is due, on the same scale.
func (r *run) due(k int) int64 { return r.begin.Load() + int64(dueAt(k, r.config.Rate)) }

// fail counts a failure. What was cut off by the end of ctx is none.
func (r *run) fail(call string, err error) {
	f := Failure{Call: call}
	var answered *callError
	var upgraded *upgradeError
	switch {
	case errors.As(err, &answered):
		f.Status, f.Code = answered.status, answered.code
	case errors.As(err, &upgraded):
		f.Status = upgraded.status
	default:
		if f.Code = string(fault.CodeOf(err)); f.Code == string(fault.Internal) {
			f.Code = reason(err)
		}
	}
	if f.Code == "interrupted" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures.add(f)
}

// startBeside begins what goes on beside binding and load, until ctx ends.
func (r *run) startBeside(ctx context.Context, all *sync.WaitGroup) {
	for range renewers {
		all.Go(func() { r.renewAll(ctx) })
	}
	if r.config.Dialect == Medplum {
		all.Go(func() { r.keepAlive(ctx) })
	}
	if r.config.Progress != nil {
		all.Go(func() {
			for wait(ctx, r.config.Clock, progressPeriod) {
				r.tell()
			}
		})
	}
}

// begins a phase of a number of steps.
func (r *run) begins(phase string, steps int) {
	r.step.Store(0)
	r.steps.Store(int64(steps))
	r.phase.Store(phase)
}

// prepare creates the Subscriptions and binds the sockets. The first one alone: what
// is wrong with it is wrong with all of them, and is said before there are
// thousands. Of the others those that fail are counted.
func (r *run) prepare(ctx context.Context) error {
	start := r.config.Clock.Now()
	defer func() { r.bound = r.config.Clock.Now().Sub(start) }()
	r.begins(Binding, r.config.Sockets)
	if err := r.server.prepare(ctx); err != nil {
		return err
	}
	soon, cancel := linger(ctx)
	defer cancel()
	if err := r.open(soon, 0); err != nil {
		return err
	}
	r.step.Add(1)
	inParallel(ctx, r.config.Sockets-1, r.config.Parallel, func(i int) {
		if err := r.open(soon, i+1); err == nil {
			r.step.Add(1)
		}
	})
	return nil
}

// await waits until everything that is due has come and nothing follows, or until
// nothing has come for a while.
func (r *run) await(ctx context.Context) {
	const settled, period = 200 * time.Millisecond, 20 * time.Millisecond
	ctx, cancel := linger(ctx)
	defer cancel()
	due := r.expected()
	r.begins(Waiting, int(due))
	ended := r.since(r.config.Clock.Now())
	unsure := int64(r.answeredEvents()) < r.asked.Load() // the others may have happened all the same
	for ctx.Err() == nil && r.listening() {
		delivered, last := r.delivered()
		r.step.Store(delivered)
		quiet := time.Duration(r.since(r.config.Clock.Now()) - max(ended, last))
		if quiet >= r.config.Wait || !unsure && delivered >= due && quiet >= min(settled, r.config.Wait) {
			return
		}
		wait(ctx, r.config.Clock, period)
	}
}

// listening reports whether a socket is still read.
func (r *run) listening() bool {
	return slices.ContainsFunc(r.sockets, func(s *socket) bool { return s.reading.Load() > 0 })
}

// hangUp closes the sockets as a client should, and waits for their readers.
func (r *run) hangUp() {
	inParallel(context.Background(), len(r.sockets), r.config.Parallel, func(i int) {
		r.sockets[i].close()
	})
	r.readers.Wait()
}

// cleanUp deletes what was created, within a bounded time, also after Ctrl-C. The
// Subscriptions go first, so that nobody is told of the Patients.
func (r *run) cleanUp(ctx context.Context) {
	if r.config.Keep {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTimeout)
	defer cancel()
	patients := r.patients()
	r.begins(CleaningUp, len(r.created)+len(patients))
	r.remove(ctx, "Subscription", r.created)
	r.remove(ctx, "Patient", patients)
	if left := r.steps.Load() - r.step.Load(); left > 0 {
		r.failures[Failure{Call: callDelete, Code: "not deleted within " + cleanUpTimeout.String()}] += left
	}
}

// patients returns the ids of all that may be there, also of those whose creation
// was not answered.
func (r *run) patients() (ids []string) {
	for k := range r.changes {
		switch c := &r.changes[k]; {
		case c.id != "":
			ids = append(ids, c.id)
		case !r.config.Post && c.sent.Load() != 0:
			ids = append(ids, r.names.event(k))
		}
	}
	return ids
}

func (r *run) remove(ctx context.Context, typ string, ids []string) {
	inParallel(ctx, len(ids), r.config.Parallel, func(i int) {
		err := r.server.remove(ctx, typ, ids[i])
		if ctx.Err() != nil {
			return // it is too late for all of them
		}
		if err != nil && !errors.Is(err, fault.NotFound) {
			r.fail(callDelete, err)
		}
		r.step.Add(1)
	})
}

// linger returns a context that outlives another by a short while: a request that is
// cut off may be carried out all the same, and leave behind what nobody deletes.
func linger(ctx context.Context) (context.Context, context.CancelFunc) {
	const grace = 2 * time.Second
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })
	return longer, func() {
		stop()
		cancel()
	}
}

// inParallel calls f with 0 to n-1 on some goroutines, until ctx ends.
func inParallel(ctx context.Context, n, width int, f func(int)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(width, n) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	all.Wait()
}

// wait returns false when ctx ends before d has passed.
func wait(ctx context.Context, c clock.Clock, d time.Duration) bool {
	return waitUntil(ctx, c, c.Now().Add(d))
}

func waitUntil(ctx context.Context, c clock.Clock, at time.Time) bool {
	if !c.Now().Before(at) {
		return ctx.Err() == nil
	}
	rings := make(chan struct{})
	timer := clock.At(c, at, func() { close(rings) })
	defer timer.Stop()
	select {
	case <-rings:
		return true
	case <-ctx.Done():
		return false
	}
}
