package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// sumsName is the file that sha256sum -c reads.
const sumsName = "SHA256SUMS"

// writeSums writes the checksums of every file of the release in the folder.
func writeSums(folder string, r release) error {
	files, err := os.ReadDir(folder) // sorted by name
	if err != nil {
		return err
	}
	var b bytes.Buffer
	for _, f := range files {
		if !strings.HasPrefix(f.Name(), r.prefix()) || strings.HasSuffix(f.Name(), ".part") {
			continue
		}
		body, err := os.ReadFile(filepath.Join(folder, f.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%x  %s\n", sha256.Sum256(body), f.Name())
	}
	return write(folder, sumsName, b.Bytes())
}
