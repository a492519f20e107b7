//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// machine describes where it was measured.
func machine() string {
	model := "unknown"
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			model = strings.TrimSpace(value)
			break
		}
	}
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return fmt.Sprintf("%d × %s, Linux %s, %s", runtime.NumCPU(), model, strings.TrimSpace(string(kernel)), runtime.Version())
}

// versions are those of the peers.
func versions() string {
	var list []string
	for _, module := range []string{"github.com/coder/websocket", "github.com/nats-io/nats-server/v2", "github.com/centrifugal/centrifuge", "github.com/go-jose/go-jose/v4"} {
		out, err := exec.Command("go", "list", "-m", "-f", "{{.Version}}", module).Output()
		if err != nil {
			out = []byte("?")
		}
		name := strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(module, "github.com/"), "/v2"), "/v4")
		list = append(list, name+" "+strings.TrimPrefix(strings.TrimSpace(string(out)), "v"))
	}
	return strings.Join(list, ", ")
}

// write leaves the report in a folder.
func (b *bench) write(folder string, results []result) error {
	how := facts{machine: machine(), versions: versions(), limited: b.limited, size: b.size, tried: strings.Join(b.tried, ",\n  ")}
	if err := os.WriteFile(filepath.Join(folder, "BENCHMARKS.md"), []byte(page(results, how)), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "benchmarks.svg"), []byte(chart(results)), 0o644)
}
