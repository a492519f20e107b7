// Native runs the conformance suite on core itself.
package main

import (
	"runtime"

	"github.com/wsbind/wsbind/wasm/js/test/conformance"
)

func main() { conformance.Main(runtime.Version(), conformance.Native) }
