package client

import (
	"context"
	"time"

	"github.com/wsbind/wsbind/core/fault"
)

// listener is one ranging over Notifications. Everything in it belongs to the
// goroutine that ranges.
type listener struct {
	config Config
	server server
	ledger ledger
	yield  func(Notification, error) bool

	stopped  bool // the caller does not want more
	attempts int  // sessions on end that came to nothing
	refusals int  // of these, how many the server is to blame for

	hold time.Time // the server asked not to be asked for a token before
}

// run holds one session after the other.
func (l *listener) run(ctx context.Context) error {
	for {
		s := session{listener: l}
		err := s.run(ctx)
		if l.stopped || ctx.Err() != nil {
			return nil
		}
		wait, err := l.judge(err, s.good())
		if err != nil {
			return err
		}
		if !l.sleep(ctx, wait) {
			return nil
		}
	}
}

// judge decides, from why a session ended and whether it had been a good one,
// how long to wait for the next, or that there is none.
func (l *listener) judge(err error, good bool) (time.Duration, error) {
	f := asFailure(err)
	if f.final {
		return 0, f.err
	}
	if good {
		l.attempts, l.refusals = 0, 0
	}
	if f.refusal {
		if l.refusals++; l.refusals >= maxRefusals {
			return 0, f.err
		}
	}
	l.heed(f)
	wait := max(l.backoff(), l.held())
	l.attempts++
	l.config.Log.Warn("trying again", "reason", f.err.Error(), "wait", wait, "attempt", l.attempts)
	return wait, nil
}

// heed notes until when a failure asks to wait. That holds whatever happens to the
// connection meanwhile.
func (l *listener) heed(f *failure) {
	if until := l.config.Clock.Now().Add(f.after); f.after > 0 && until.After(l.hold) {
		l.hold = until
	}
}

// held is how long the server wants to be left alone.
func (l *listener) held() time.Duration { return max(0, l.hold.Sub(l.config.Clock.Now())) }

// backoff doubles with each attempt, and is spread over its upper half so that
// the clients of a server that restarts do not return all at once.
func (l *listener) backoff() time.Duration {
	wait := longestWait
	if l.attempts < 16 {
		wait = min(firstWait<<l.attempts, longestWait)
	}
	return wait/2 + time.Duration(l.config.Random()*float64(wait/2))
}

// sleep reports whether the time was slept through.
func (l *listener) sleep(ctx context.Context, d time.Duration) bool {
	awake := make(chan struct{})
	timer := l.config.Clock.AfterFunc(d, func() { close(awake) })
	defer timer.Stop()
	select {
	case <-awake:
		return true
	case <-ctx.Done():
		return false
	}
}

// give yields a notification and reports whether the caller wants more.
func (l *listener) give(n Notification) bool {
	if !l.stopped && !l.yield(n, nil) {
		l.stopped = true
	}
	return !l.stopped
}

// give ends the sequence by this error, which no caller sees.
var errStopped = fault.New(fault.GoingAway, "the caller stopped")
