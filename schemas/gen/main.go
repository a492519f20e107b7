// Command gen writes the JSON Schemas and TypeScript types of the embedded
// OperationDefinitions. Run it at the root of the repository after a change of
// a definition:
//
//	go run ./schemas/gen
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/wsbind/wsbind/schemas/gen/contract"
)

func main() {
	dir := flag.String("dir", "schemas", "the folder to write below")
	flag.Parse()
	if err := write(*dir); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func write(dir string) error {
	files, err := contract.Files()
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
