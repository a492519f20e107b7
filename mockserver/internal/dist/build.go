package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// platform is what a binary runs on, in Go's words, which are OCI's too.
type platform struct {
	Architecture string `json:"architecture"`
	OS           string `json:"os"`
}

func (p platform) String() string { return p.OS + "/" + p.Architecture }

// platforms are those there are archives for.
var platforms = []platform{
	{"amd64", "linux"}, {"arm64", "linux"},
	{"amd64", "darwin"}, {"arm64", "darwin"},
	{"amd64", "windows"}, {"arm64", "windows"},
}

// build returns the static binary for a platform.
func build(r release, p platform) ([]byte, error) {
	dir, err := os.MkdirTemp("", "wsbind-dist")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "wsbind")
	if err := buildCommand(r, p, file).Run(); err != nil {
		return nil, fmt.Errorf("go build for %s: %w", p, err)
	}
	return os.ReadFile(file)
}

// buildCommand leaves nothing in the binary of where it was built, and takes
// nothing from the settings of who builds it. What Go itself would say of the
// commit depends on the kind of work tree, so the version is stamped instead.
func buildCommand(r release, p platform, file string) *exec.Cmd {
	c := exec.Command("go", "build", "-trimpath", "-buildvcs=false",
		"-ldflags=-s -w -buildid= -X main.stamped="+r.version, "-o", file, "./mockserver/cmd/wsbind")
	c.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+p.OS, "GOARCH="+p.Architecture,
		"GOFLAGS=", "GOEXPERIMENT=", "GOAMD64=v1", "GOARM64=v8.0", "GOFIPS140=off")
	c.Stdout, c.Stderr = os.Stderr, os.Stderr
	return c
}
