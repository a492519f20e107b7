package host

import (
	"context"
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero"

	"github.com/wsbind/wsbind/core/fault"
)

// with lends an instance to use, for it alone. An instance that trapped, or
// whose use panicked, is not lent again.
func (e *Engine) with(ctx context.Context, use func(*instance) error) error {
	i, err := e.take(ctx)
	if err != nil {
		return err
	}
	used := false
	defer func() { e.put(i, used) }()
	err = use(i)
	used = true
	return err
}

// take waits for a slot, and takes an idle instance or makes one.
func (e *Engine) take(ctx context.Context) (*instance, error) {
	select {
	case e.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, interrupted(ctx)
	case <-e.closing.Done():
		return nil, errClosed
	}
	i, err := e.instance(ctx)
	if err != nil {
		<-e.slots
	}
	return i, err
}

func (e *Engine) instance(ctx context.Context) (*instance, error) {
	if err := e.over(ctx); err != nil {
		return nil, err
	}
	if i := e.takeIdle(); i != nil {
		return i, nil
	}
	return e.newInstance(ctx)
}

// over returns the error of a call that need not begin: an instance would be
// lost on it.
func (e *Engine) over(ctx context.Context) error {
	switch {
	case e.closing.Err() != nil:
		return errClosed
	case ctx.Err() != nil:
		return interrupted(ctx)
	}
	return nil
}

// takeIdle takes the one that was used last, whose memory is warm.
func (e *Engine) takeIdle() *instance {
	e.mu.Lock()
	defer e.mu.Unlock()
	last := len(e.idle) - 1
	if last < 0 {
		return nil
	}
	i := e.idle[last]
	e.idle[last] = nil // its memory may be large, and is to go if it is dropped
	e.idle = e.idle[:last]
	return i
}

// maxIdleMemory is what an idle instance may hold, in bytes. WebAssembly memory
// never shrinks, and the largest documents take three times as much.
const maxIdleMemory = 64 << 20

// put gives an instance back, or closes it.
func (e *Engine) put(i *instance, used bool) {
	if used && !i.dead && !i.module.IsClosed() && i.memory.Size() <= maxIdleMemory {
		e.mu.Lock()
		e.idle = append(e.idle, i)
		e.mu.Unlock()
	} else {
		i.module.Close(context.Background())
	}
	<-e.slots
}

// newInstance makes an instance. No start function is called: the module is
// initialised already.
func (e *Engine) newInstance(ctx context.Context) (*instance, error) {
	ctx, cancel := e.bound(ctx)
	defer cancel()
	m, err := e.runtime.InstantiateModule(ctx, e.compiled, wazero.NewModuleConfig().WithName("").WithStartFunctions())
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, interrupted(ctx)
	case err != nil:
		return nil, incompatible("it cannot be instantiated: " + firstLine(err.Error()))
	}
	return wrap(e, m), nil
}

// errTimeout is the cause of a call that took longer than Config.CallTimeout.
var errTimeout = errors.New("CallTimeout is over")

// bound returns a context that ends with ctx, with the engine, and after the
// time that a call may take.
func (e *Engine) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if e.config.Unbounded {
		return ctx, func() {}
	}
	ctx, unlink := e.untilClosed(ctx)
	release := context.CancelFunc(func() {})
	if d := e.config.CallTimeout; d > 0 {
		ctx, release = context.WithTimeoutCause(ctx, d, e.slow)
	}
	return ctx, func() {
		release()
		unlink()
	}
}

// untilClosed returns a context that ends with ctx and with the engine.
func (e *Engine) untilClosed(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	unlink := context.AfterFunc(e.closing, func() { cancel(errClosed) })
	return ctx, func() {
		unlink()
		cancel(nil)
	}
}

// ask calls a function of the caller's in the middle of a call. Close does not
// wait for what such a function waits for.
func (e *Engine) ask(ctx context.Context, helper func(context.Context) error) error {
	ctx, cancel := e.untilClosed(ctx)
	defer cancel()
	err := helper(ctx)
	if err != nil && e.closing.Err() != nil {
		return errClosed
	}
	return err
}

// interrupted is the error of a call that its context ended. It also is what
// the context says, such as context.Canceled or context.DeadlineExceeded.
func interrupted(ctx context.Context) error {
	cause := context.Cause(ctx)
	if errors.Is(cause, errClosed) {
		return errClosed
	}
	return fmt.Errorf("%w: %w", fault.New(fault.Interrupted, "the call was stopped before it ended"), cause)
}
