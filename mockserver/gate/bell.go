package gate

import (
	"context"
	"errors"
	"sync"
)

// bell wakes those in this process that watch a store for revocations. Its zero
// value is ready to use.
type bell struct {
	mu    sync.Mutex
	rung  chan struct{} // closed when it rings next
	ended bool
}

// errClosed is the end of a watch whose store was closed.
var errClosed = errors.New("the store was closed")

// wait returns what is closed when the bell rings, false where it does not ring
// any more.
func (b *bell) wait() (<-chan struct{}, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.rung == nil {
		b.rung = make(chan struct{})
	}
	return b.rung, !b.ended
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.rung != nil {
		close(b.rung)
		b.rung = nil
	}
}

// end rings for the last time.
func (b *bell) end() {
	b.mu.Lock()
	b.ended = true
	b.mu.Unlock()
	b.ring()
}

// follow tells what a store has of revocations, and what comes to it while ctx is
// not done.
func (b *bell) follow(ctx context.Context, revoked func(ctx context.Context, since string) ([]Record, string, error), tell func(Record)) error {
	for cursor := ""; ; {
		rung, open := b.wait()
		if !open {
			return errClosed
		}
		records, next, err := revoked(ctx, cursor)
		if err != nil {
			return err
		}
		for _, r := range records {
			tell(r)
		}
		cursor = next
		select {
		case <-rung:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
