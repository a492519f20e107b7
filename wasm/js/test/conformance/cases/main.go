// Cases writes cases.json, what every runner of the conformance suite reads:
//
//	go run ./wasm/js/test/conformance/cases bin/cases.json
package main

import (
	"encoding/json"
	"log"
	"os"

	"github.com/wsbind/wsbind/wasm/js/test/conformance"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: cases FILE")
	}
	suite, err := conformance.Cases()
	if err != nil {
		log.Fatal(err)
	}
	text, err := json.Marshal(suite)
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(os.Args[1], text, 0o644); err != nil {
		log.Fatal(err)
	}
}
