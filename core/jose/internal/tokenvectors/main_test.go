package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestFilesAreFresh(t *testing.T) {
	n := 0
	for _, f := range files() {
		want, err := f.encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "schemas", "vectors", "token", f.name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is stale: go generate ./core/jose/internal/tokenvectors", f.name)
		}
		n += len(f.Cases)
	}
	if n < 90 {
		t.Errorf("%d cases, at least 90 are due", n)
	}
}
