// Package host runs the WebAssembly module of wsbind in a Go program, on wazero.
//
// [New] compiles a module and [Engine.Close] ends it; between the two, an Engine
// judges and reads what core does, with the same names and the same answers:
//
//	engine, err := host.New(ctx, module, host.Config{})
//	defer engine.Close()
//	loaded, err := engine.Load(ctx, definition, opdef.Options{})
//	issues, err := engine.NewValidator(loaded.Definition, fhir.R4).Validate(ctx, body, opdef.Out, opdef.TypeLevel)
//
// [Engine.NewChecker] is for notification Bundles, [Engine.ParseBind] for bind
// frames, [Engine.NewVerifier] and [Engine.NewIssuer] for binding tokens, of
// which the policy is applied in the module and the signature computed by the
// caller. With the self-contained module, [Engine.NewKeyVerifier] and
// [Engine.NewKeyIssuer] need no caller's help.
//
// A Go program that only wants the answers imports core, which is quicker. This
// package is for those who want the very bytes that run in browsers and at the
// edge, a sandbox around what strangers send, or a bound on its time and memory.
//
// # What is promised
//
// Whatever core answers, the module answers: verdicts, codes, expressions,
// diagnostics, positions and claims. An invalid document is a list of issues,
// as in core; an error means that the call itself failed, or that a token was
// refused, and carries a code of core/fault.
//
// An Engine, and all that is made from it, may be used by any number of
// goroutines. Each call has an instance of the module for itself, of which
// there are [Config.MaxInstances] at most; further calls wait.
//
// A call ends when its context does, and after [Config.CallTimeout] at the
// latest, with [fault.Interrupted]. A call in which the module traps fails with
// [fault.Trapped] and is not repeated. In both cases the instance is dropped and
// the next call has another: nothing that was loaded is lost, since definitions
// are kept here and defined again where they are missing.
//
// # What is not promised
//
// Documents are bounded by the module, not by core's Limits: [fault.TooLarge] is
// an issue above 16 MiB. The time a token is checked at is cut to microseconds,
// and one beyond the year 9999, or a policy that lets tokens live or clocks
// differ for more than a century, is refused with [fault.InvalidOption].
// Whoever needs more than is here finds the module's interface in wasm/ABI.md.
package host

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/tetratelabs/wazero"

	"github.com/wsbind/wsbind/core/fault"
)

// Config says how to run the module. The zero value is a good one.
type Config struct {
	// CacheDir is where compiled modules are kept from one process to the
	// next: compiling takes seconds, reading what was compiled some tens of
	// milliseconds. "" means the folder wsbind in [os.UserCacheDir]. A folder
	// that cannot be used is done without, silently. Whoever can write there
	// chooses what code this process runs.
	CacheDir string
	// NoCache compiles anew and writes nothing.
	NoCache bool
	// Interpreter runs the module without compiling it: no start-up cost and
	// no executable memory, but calls that take many times as long.
	Interpreter bool
	// MaxInstances bounds the instances, and with them the calls at a time;
	// 0 means GOMAXPROCS. An instance has its own memory: a few MiB, and after
	// a document of 1 MB perhaps twelve. One that needed more than 64 MiB is
	// given up after its call.
	MaxInstances int
	// MaxMemory bounds the memory of one instance in bytes, rounded down to
	// whole pages of 64 KiB; 0 means 1 GiB. A call that needs more traps.
	MaxMemory int64
	// CallTimeout bounds one call of the module besides its context; 0 means a
	// minute, below 0 no bound. What a caller's own function takes in the
	// middle of a verification is not counted.
	CallTimeout time.Duration
	// Unbounded lets calls run to their end: neither their context, nor
	// CallTimeout, nor Close stops one that has begun. By default wazero leaves
	// the compiled code at each turn of each loop to see whether the call is
	// over, and that takes several times as long as the work itself (see
	// BenchmarkWazero). The module's own bound is its input: at most 16 MiB, of
	// which no more than n log n steps are made. Go's garbage collector waits
	// for such a call, and with it every goroutine.
	Unbounded bool
}

// What stands in for the zero values of [Config].
const (
	defaultMaxMemory   = 1 << 30
	defaultCallTimeout = time.Minute
)

func (c Config) withDefaults() Config {
	if c.MaxInstances <= 0 {
		c.MaxInstances = runtime.GOMAXPROCS(0)
	}
	if c.MaxMemory <= 0 {
		c.MaxMemory = defaultMaxMemory
	}
	if c.CallTimeout == 0 {
		c.CallTimeout = defaultCallTimeout
	}
	return c
}

// Engine is a compiled module and its instances.
type Engine struct {
	config   Config
	runtime  wazero.Runtime
	cache    wazero.CompilationCache // nil without one
	compiled wazero.CompiledModule
	about    description

	closing context.Context // done when Close was called
	stop    context.CancelFunc
	slow    error         // of a call that took longer than it may
	slots   chan struct{} // one element for each instance in use
	once    sync.Once     // of Close

	mu   sync.Mutex
	idle []*instance
}

// New compiles a module, wsbind.wasm or wsbind-jose.wasm, and makes its first
// instance. The context bounds that, and nothing later. The error has the code
// [fault.IncompatibleModule] if the module is none of wsbind's or has another
// major version of the ABI.
func New(ctx context.Context, module []byte, config Config) (*Engine, error) {
	e := &Engine{config: config.withDefaults()}
	if err := e.compile(ctx, module); err != nil {
		return nil, err
	}
	e.closing, e.stop = context.WithCancel(context.Background())
	e.slots = make(chan struct{}, e.config.MaxInstances)
	e.slow = fmt.Errorf("%w: a call may take %v", errTimeout, e.config.CallTimeout)
	err := e.with(ctx, func(i *instance) error { return e.describe(ctx, i) })
	if err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

// Close ends the engine. Calls that are under way fail with
// [fault.Interrupted], and Close waits for them; later calls fail with it too.
// It may be called twice.
func (e *Engine) Close() error {
	var err error
	e.once.Do(func() {
		e.stop()
		for range cap(e.slots) {
			e.slots <- struct{}{} // every call has ended when all slots are ours
		}
		err = e.closeRuntime()
	})
	return err
}

// SelfContained reports whether the module signs and verifies by itself, as
// wsbind-jose.wasm does.
func (e *Engine) SelfContained() bool { return e.about.Module == "jose" }

var errClosed = fault.New(fault.Interrupted, "the engine was closed")
