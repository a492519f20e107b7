package wasm

import (
	"bytes"
	"errors"
	"testing"
	"testing/fstest"
)

func TestWithoutModules(t *testing.T) {
	fresh := fstest.MapFS{"dist/.gitkeep": {}}
	if _, err := read(fresh, "wsbind.wasm"); !errors.Is(err, ErrNotBuilt) {
		t.Errorf("a fresh clone yields %v, want ErrNotBuilt", err)
	}
}

func TestWithModules(t *testing.T) {
	built := fstest.MapFS{"dist/wsbind.wasm": {Data: []byte("\x00asm")}}
	if module, err := read(built, "wsbind.wasm"); err != nil || !bytes.Equal(module, []byte("\x00asm")) {
		t.Errorf("got %q, %v", module, err)
	}
	if _, err := read(built, "wsbind-jose.wasm"); !errors.Is(err, ErrNotBuilt) {
		t.Errorf("a module that is missing yields %v, want ErrNotBuilt", err)
	}
}
