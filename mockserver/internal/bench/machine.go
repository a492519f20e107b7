//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
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

// write leaves the report where it belongs.
func (b *bench) write(results []result) error {
	sizes := fmt.Sprintf("A Bundle has %s bytes, and the peers\n  send as many.", grouped(float64(b.size)))
	text := page(results, machine(), versions(), sizes, strings.Join(b.notes, ";\n  "))
	if err := os.WriteFile("mockserver/BENCHMARKS.md", []byte(text), 0o644); err != nil {
		return err
	}
	return os.WriteFile("mockserver/benchmarks.svg", []byte(chart(results)), 0o644)
}
