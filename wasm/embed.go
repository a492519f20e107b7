// Package wasm holds the built modules: Lean is wsbind.wasm, for hosts that
// compute signatures themselves, and Jose is wsbind-jose.wasm, for those that do
// not. Package wasm/host runs either.
//
//	module, err := wasm.Lean()
//	engine, err := host.New(ctx, module, host.Config{})
//
// # What it promises
//
// The bytes are those that make wasm left in wasm/dist when the program was
// built, and the same that the npm package ships. A program that was built
// without them, by go install or by go build in a fresh clone, compiles all the
// same: both functions then fail with [ErrNotBuilt].
package wasm

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// ErrNotBuilt is that of a program built where no module lay in wasm/dist.
var ErrNotBuilt = errors.New("this program was built without WebAssembly modules; run make build")

// Lean returns the bytes of wsbind.wasm, a copy that is the caller's, or
// [ErrNotBuilt].
func Lean() ([]byte, error) { return read(dist, "wsbind.wasm") }

// Jose returns the bytes of wsbind-jose.wasm, a copy that is the caller's, or
// [ErrNotBuilt].
func Jose() ([]byte, error) { return read(dist, "wsbind-jose.wasm") }

func read(from fs.FS, name string) ([]byte, error) {
	module, err := fs.ReadFile(from, "dist/"+name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", name, ErrNotBuilt)
	}
	return module, err
}
