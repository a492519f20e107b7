package host

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
)

// TestEndlessCalls stops a module that never answers in each way there is.
func TestEndlessCalls(t *testing.T) {
	f := fake{bodies: map[string][]byte{"parse_bind": opForever}}
	for _, interpreter := range []bool{false, true} {
		e, err := New(t.Context(), f.module(), Config{NoCache: true, Interpreter: interpreter, MaxInstances: 2, CallTimeout: -1})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		started := make(chan struct{})
		go func() { <-started; cancel() }()
		close(started)
		if _, err := e.ParseBind(ctx, nil); !errors.Is(err, fault.Interrupted) || !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		ctx, cancel = context.WithTimeout(t.Context(), time.Millisecond)
		if _, err := e.ParseBind(ctx, nil); !errors.Is(err, fault.Interrupted) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("timed out: %v", err)
		}
		cancel()
		failed := make(chan error)
		for range 4 { // two that run, and two that wait
			go func() {
				_, err := e.ParseBind(context.Background(), nil)
				failed <- err
			}()
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		for range 4 {
			if err := <-failed; !errors.Is(err, fault.Interrupted) {
				t.Errorf("closed: %v", err)
			}
		}
	}
}

func TestCallTimeout(t *testing.T) {
	f := fake{bodies: map[string][]byte{"parse_bind": opForever}}
	for _, interpreter := range []bool{false, true} {
		e, err := New(t.Context(), f.module(), Config{NoCache: true, Interpreter: interpreter, CallTimeout: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		e.config.CallTimeout = time.Millisecond // New calls the module, too, and takes its time where the machine is busy
		if _, err := e.ParseBind(t.Context(), nil); !errors.Is(err, fault.Interrupted) || !errors.Is(err, errTimeout) || !strings.Contains(err.Error(), "1m0s") {
			t.Errorf("%v", err)
		}
	}
}

// TestUnbounded: a call that has begun is not stopped, but none begins in vain.
func TestUnbounded(t *testing.T) {
	e, err := New(t.Context(), fake{}.module(), Config{NoCache: true, Unbounded: true, CallTimeout: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if issues, err := e.NewChecker().Check(t.Context(), nil, fhir.R4); err != nil || len(issues) != 1 {
		t.Errorf("%v, %v", issues, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.NewChecker().Check(ctx, nil, fhir.R4); !errors.Is(err, fault.Interrupted) {
		t.Errorf("%v", err)
	}
}

// TestContextThatEnded: such a call costs no instance.
func TestContextThatEnded(t *testing.T) {
	e := fakeEngine(t, fake{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.NewChecker().Check(ctx, nil, fhir.R4); !errors.Is(err, fault.Interrupted) || len(e.idle) != 1 {
		t.Errorf("%v, %d idle instances", err, len(e.idle))
	}
	if _, err := New(ctx, fake{}.module(), Config{NoCache: true}); !errors.Is(err, fault.Interrupted) {
		t.Errorf("New: %v", err)
	}
}

// endedContext ends when nobody looks: its channel is never closed.
type endedContext struct{ context.Context }

func (endedContext) Done() <-chan struct{} { return nil }
func (endedContext) Err() error            { return context.Canceled }

// TestContextThatEndsWithTheCall: wazero may stop an instance some time after
// the call returned then, so that it is not lent again.
func TestContextThatEndsWithTheCall(t *testing.T) {
	for _, unbounded := range []bool{false, true} {
		e, err := New(t.Context(), fake{}.module(), Config{NoCache: true, Unbounded: unbounded})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		i := e.takeIdle()
		version, err := i.invoke(endedContext{t.Context()}, "abi_version")
		if err != nil || version != 1<<16 {
			t.Errorf("%d, %v", version, err)
		}
		if i.dead == unbounded {
			t.Errorf("dead is %v, unbounded %v", i.dead, unbounded)
		}
	}
}

// TestCauseWithACode: why a context ended is no verdict.
func TestCauseWithACode(t *testing.T) {
	e := fakeEngine(t, fake{})
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := fault.New(fault.ExpiredToken, "the session is over")
	cancel(cause)
	if _, err := e.ParseBind(ctx, nil); fault.CodeOf(err) != fault.Interrupted || !errors.Is(err, cause) {
		t.Errorf("%v", err)
	}
}
