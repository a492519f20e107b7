package host

import (
	"context"
	"slices"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/wsbind/wsbind/wasm"
)

// TestMeteredModules: both modules can be metered, and little is added. That
// they do what they did is what all other tests show.
func TestMeteredModules(t *testing.T) {
	for name, module := range map[string]func() ([]byte, error){"lean": wasm.Lean, "jose": wasm.Jose} {
		text, err := module()
		if err != nil {
			t.Fatal(err)
		}
		metered, err := meter(text)
		if err != nil || len(metered) <= len(text) || len(metered) > len(text)*11/10 {
			t.Errorf("%s: %d bytes of %d, %v", name, len(metered), len(text), err)
		}
	}
}

// TestMeterCountsLoops runs loops of as many turns as there are looks.
func TestMeterCountsLoops(t *testing.T) {
	const turns = 3*turnsPerLook + 1
	// p = turns; do { p = p - 1 } while (p != 0), where p is the first parameter
	body := slices.Concat(appendConst(nil, turns), []byte{0x21, 0},
		[]byte{loop, noResult, 0x20, 0, i32Const, 1, i32Sub, 0x22, 0, 0x0d, 0, end}, opI64(0))
	e := fakeEngine(t, fake{bodies: map[string][]byte{"validate_notification": body}})
	ctx := &countingContext{Context: t.Context()}
	if _, err := e.idle[0].functions["validate_notification"].Call(ctx, 0, 0); err != nil || ctx.looks != 3 {
		t.Errorf("%d looks, %v", ctx.looks, err)
	}
}

// countingContext counts how often it is asked whether it ended.
type countingContext struct {
	context.Context
	looks int
}

func (c *countingContext) Err() error {
	c.looks++
	return c.Context.Err()
}

// TestMeterKeepsModulesValid changes or cuts a module at each byte: what compiles must
// compile when it is metered, and nothing may panic.
func TestMeterKeepsModulesValid(t *testing.T) {
	r := wazero.NewRuntimeWithConfig(t.Context(), wazero.NewRuntimeConfigInterpreter())
	defer r.Close(t.Context())
	compiles := func(module []byte) bool {
		m, err := r.CompileModule(t.Context(), module)
		if err == nil {
			m.Close(t.Context())
		}
		return err == nil
	}
	valid := 0
	check := func(module []byte) {
		metered, err := meter(module)
		if err != nil || !compiles(module) {
			return
		}
		if valid++; !compiles(metered) {
			t.Fatalf("compiles, but not when it is metered: %x", module)
		}
	}
	module := fake{bodies: map[string][]byte{"parse_bind": opForever}}.module()
	for i := range module {
		check(module[:i])
		for _, change := range []byte{1, 0x80, 0xff} {
			changed := slices.Clone(module)
			changed[i] ^= change
			check(changed)
		}
	}
	if valid < 100 {
		t.Errorf("%d changed modules are valid", valid)
	}
}
