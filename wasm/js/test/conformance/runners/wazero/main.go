// Wazero runs the conformance suite on a module: wazero compiler FILE.wasm CASES
package main

import (
	"os"

	"github.com/wsbind/wsbind/wasm/js/test/conformance"
)

func main() {
	conformance.Main(conformance.WazeroVersion(), func(s *conformance.Suite) (conformance.Engine, error) {
		return conformance.Wazero(s, os.Args[2], os.Args[1])
	})
}
