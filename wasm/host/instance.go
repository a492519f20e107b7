package host

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/tetratelabs/wazero/api"

	"github.com/wsbind/wsbind/core/fault"
)

// maxBuffer is what buffer_new gives at most (wasm/ABI.md).
const maxBuffer = 32 << 20

// instance is one running copy of the module. It is for one goroutine at a
// time.
type instance struct {
	engine    *Engine
	module    api.Module
	memory    api.Memory
	functions map[string]api.Function
	handles   handles
	dead      bool // in an unknown state: not to be used again
}

func wrap(e *Engine, m api.Module) *instance {
	i := &instance{engine: e, module: m, memory: m.Memory(), functions: map[string]api.Function{}}
	for name := range exports {
		i.functions[name] = m.ExportedFunction(name)
	}
	for _, name := range exportsJose {
		if f := m.ExportedFunction(name); f != nil {
			i.functions[name] = f
		}
	}
	return i
}

// answered is what the answer of an operation is read into.
type answered interface{ failed() error }

// failure is the member error, which any answer may have in place of others.
type failure struct {
	Error *struct{ Code, Diagnostics, Expression string }
}

func (f *failure) failed() error {
	if f.Error == nil {
		return nil
	}
	return fault.At(fault.Code(f.Error.Code), f.Error.Expression, f.Error.Diagnostics)
}

// call calls an operation with an envelope and reads the answer into out, which
// stays as it is where a validation finds nothing.
func (i *instance) call(ctx context.Context, operation string, options, document []byte, out answered) error {
	if !fits(options, document) {
		return fault.New(fault.TooLarge, "the document has "+strconv.Itoa(len(document))+" bytes, more than the module takes")
	}
	var head [4]byte
	binary.LittleEndian.PutUint32(head[:], uint32(len(options)))
	return i.bounded(ctx, func(ctx context.Context) error {
		address, length, err := i.buffer(ctx, head[:], options, document)
		if err != nil {
			return err
		}
		return i.operate(ctx, operation, out, address, length)
	})
}

// fits reports whether an envelope is small enough for a buffer.
func fits(options, document []byte) bool { return 4+len(options)+len(document) <= maxBuffer }

// finish calls an operation that takes numbers, such as the end of what was
// begun.
func (i *instance) finish(ctx context.Context, operation string, out answered, params ...uint64) error {
	return i.bounded(ctx, func(ctx context.Context) error { return i.operate(ctx, operation, out, params...) })
}

// bounded runs a part of a call within the engine's bounds.
func (i *instance) bounded(ctx context.Context, part func(context.Context) error) error {
	if err := i.engine.over(ctx); err != nil {
		return err
	}
	ctx, cancel := i.engine.bound(ctx)
	defer cancel()
	return part(ctx)
}

// buffer copies parts into a new buffer of the module.
func (i *instance) buffer(ctx context.Context, parts ...[]byte) (address, length uint64, err error) {
	for _, part := range parts {
		length += uint64(len(part))
	}
	if address, err = i.invoke(ctx, "buffer_new", length); err != nil {
		return 0, 0, err
	}
	if address == 0 {
		i.dead = true
		return 0, 0, fault.New(fault.LimitReached, "the module has no buffer of "+strconv.FormatUint(length, 10)+" bytes to give")
	}
	at := uint32(address)
	for _, part := range parts {
		if !i.memory.Write(at, part) {
			return 0, 0, i.broke("a buffer is outside of its memory")
		}
		at += uint32(len(part))
	}
	return address, length, nil
}

// operate calls an operation, and reads and frees its answer.
func (i *instance) operate(ctx context.Context, operation string, out answered, params ...uint64) error {
	result, err := i.invoke(ctx, operation, params...)
	switch {
	case err != nil:
		return err
	case result == 0 && strings.HasPrefix(operation, "validate_"):
		return nil // valid, and nothing to say about it
	case result == 0:
		return i.broke(operation + " gives no answer")
	}
	view, ok := i.memory.Read(uint32(result>>32), uint32(result))
	if !ok {
		return i.broke("an answer is outside of its memory")
	}
	if err := json.Unmarshal(view, out); err != nil {
		return i.broke("the answer of " + operation + " cannot be read: " + err.Error())
	}
	// The answer is there: what goes wrong from here on costs the instance only.
	if freed, err := i.invoke(ctx, "buffer_free", result>>32); err != nil || freed != 1 {
		i.dead = true
	}
	err = out.failed()
	switch fault.CodeOf(err) {
	case fault.Internal, fault.InvalidCall, fault.UnknownHandle:
		i.dead = true // what is kept here and what is kept there may differ
	}
	return err
}

// invoke calls an export with one result at most.
func (i *instance) invoke(ctx context.Context, name string, params ...uint64) (uint64, error) {
	f := i.functions[name]
	if f == nil {
		return 0, fault.New(fault.IncompatibleModule, "the module does not export "+name+": give wsbind-jose.wasm, which has its own cryptography")
	}
	results, err := f.Call(ctx, params...)
	switch {
	case err == nil:
		// wazero stops an instance whose context ends, and where that is just
		// when the call returns, perhaps later, in the middle of another call.
		i.dead = i.dead || !i.engine.config.Unbounded && ctx.Err() != nil
		return results[0], nil
	case ctx.Err() != nil:
		i.dead = true
		return 0, interrupted(ctx)
	}
	i.dead = true
	return 0, fault.New(fault.Trapped, "the module stopped in "+name+": "+firstLine(err.Error()))
}

// broke is the error of a module that does not keep to its ABI.
func (i *instance) broke(why string) error {
	i.dead = true
	return incompatible(why)
}

// firstLine leaves out wazero's stack traces.
func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// description is the answer of describe, as far as it is used.
type description struct {
	failure
	Module string
	Limits struct{ DocumentBytes, FrameBytes int }
}

// describe asks a module what it is.
func (e *Engine) describe(ctx context.Context, i *instance) error {
	return i.bounded(ctx, func(ctx context.Context) error {
		version, err := i.invoke(ctx, "abi_version")
		if err != nil {
			return err
		}
		if err := checkVersion(uint32(version)); err != nil {
			return err
		}
		return i.operate(ctx, "describe", &e.about)
	})
}
