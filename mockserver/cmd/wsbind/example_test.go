package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/mockserver/client/load"
	"github.com/wsbind/wsbind/mockserver/internal/testkit"
	"github.com/wsbind/wsbind/schemas"
)

// TestExamplesOfTheHelp types every example of every help text into a shell, in
// a folder that holds the files they name. Each must succeed. Those that go on
// until Ctrl-C must print a line, and end well with it.
func TestExamplesOfTheHelp(t *testing.T) {
	server, at := startServer(t)
	for release, resource := range subscriptions {
		if status := send(t, "PUT", at.FHIR[release]+"/Subscription/1", strings.Replace(resource, "{", `{"id":"1",`, 1)); status != 201 {
			t.Fatalf("creating the Subscription was answered %d", status)
		}
	}
	for _, c := range commands() {
		t.Run(c.Name(), func(t *testing.T) {
			dir := t.TempDir()
			if c.Name() != "keys" { // whose examples make what the others need
				writeExampleFiles(t, dir)
			}
			for line := range strings.Lines(c.Example) {
				line = strings.TrimSpace(line)
				switch c.Name() {
				case "serve": // on ports that are free for sure
					line += " --listen 127.0.0.1:0 --management 127.0.0.1:0"
					if strings.Contains(line, "--scenario") { // to which no client comes
						b := inBackground(t, dir, line)
						b.line()
						b.endWith(exitBad)
						continue
					}
					untilCtrlC(t, dir, line)
				case "gate":
					if strings.Contains(line, "nats://") {
						continue // which needs a server: package natsstore tests with one
					}
					untilCtrlC(t, dir, line+" --listen 127.0.0.1:0 --management 127.0.0.1:0")
				case "record":
					if strings.Contains(line, "serve") {
						continue // what the line before it has left, see TestRecord
					}
					untilCtrlC(t, dir, strings.ReplaceAll(line, "https://fhir.example.org/fhir", at.FHIR["R4"]))
				case "listen":
					untilCtrlC(t, dir, strings.ReplaceAll(line, "http://127.0.0.1:8080", at.Base))
				case "load": // as it is, but small and near
					line = strings.NewReplacer("http://127.0.0.1:8080", at.Base, "https://fhir.example.org/r4", at.FHIR["R4"]).Replace(line) +
						" --sockets 30 --events 10 --rate 100 --topic " + load.DefaultTopic
					fallthrough
				default:
					if out, err := typed(t, dir, line).CombinedOutput(); err != nil {
						t.Errorf("%s: %v\n%s", line, err, out)
					}
				}
			}
		})
	}
	server.stop(exitGood)
}

// typed prepares a line for sh.
func typed(t *testing.T, dir, line string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(t.Context(), testkit.Patience)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, "sh", "-c", line)
	cmd.Dir = dir
	return cmd
}

// background is a line in a shell that goes on.
type background struct {
	t      *testing.T
	cmd    *exec.Cmd
	out    *bufio.Reader
	stderr bytes.Buffer
}

func inBackground(t *testing.T, dir, line string) *background {
	t.Helper()
	b := &background{t: t, cmd: typed(t, dir, "exec "+line)}
	stdout, err := b.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	b.out, b.cmd.Stderr = bufio.NewReader(stdout), &b.stderr
	b.cmd.WaitDelay = time.Second
	if err := b.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *background) line() string {
	b.t.Helper()
	line, err := b.out.ReadString('\n')
	if err != nil {
		b.cmd.Wait()
		b.t.Fatalf("%v printed nothing: %s", b.cmd.Args, &b.stderr)
	}
	return strings.TrimSuffix(line, "\n")
}

// end presses Ctrl-C.
func (b *background) end() {
	b.t.Helper()
	b.endWith(exitGood)
}

// endWith is end with an exit status.
func (b *background) endWith(status int) {
	b.t.Helper()
	b.cmd.Process.Signal(syscall.SIGINT)
	io.Copy(io.Discard, b.out)
	if err := b.cmd.Wait(); b.cmd.ProcessState.ExitCode() != status {
		b.t.Errorf("%v: %v\n%s", b.cmd.Args, err, &b.stderr)
	}
}

func untilCtrlC(t *testing.T, dir, line string) {
	t.Helper()
	b := inBackground(t, dir, line)
	b.line()
	b.end()
}

// TestSessionThatServePrints pastes the first lines of serve into a shell.
func TestSessionThatServePrints(t *testing.T) {
	for name, flags := range map[string][]string{
		"as it is":  nil,
		"with auth": {"--require-auth"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			server := start(t, append([]string{"serve", "--listen", "127.0.0.1:0", "--management", "127.0.0.1:0"}, flags...)...)
			paste := func(line, says string) {
				t.Helper()
				out, err := typed(t, dir, line).CombinedOutput()
				if err != nil || !strings.Contains(string(out), says) {
					t.Fatalf("%s\nprinted %s (%v), want %s", line, out, err, says)
				}
			}
			paste(server.line(), `"status":"active"`)
			paste(server.line(), `"name":"websocket-url"`)
			listener := inBackground(t, dir, server.line())
			if line := listener.line(); !strings.HasPrefix(line, "handshake ") {
				t.Errorf("printed %s", line)
			}
			paste(server.line(), `"resourceType":"Encounter"`)
			if line := listener.line(); !strings.HasPrefix(line, "event-notification ") || !strings.HasSuffix(line, " event 1") {
				t.Errorf("printed %s", line)
			}
			listener.end()
			server.stop(exitGood)
		})
	}
}

// writeExampleFiles writes every file that an example reads.
func writeExampleFiles(t *testing.T, dir string) {
	t.Helper()
	definition, _ := schemas.Lookup(schemas.GetWSBindingToken)
	for name, text := range map[string][]byte{
		"request.json":  []byte(`{"resourceType":"Parameters"}`),
		"response.json": []byte(exampleResponse),
		"secret.txt":    []byte("Bearer secret\n"),
		// What the definition needs no repair for.
		"definition.json":   definition.Bytes(),
		"handshake.json":    exampleHandshake(t, fhir.R4),
		"handshake-r5.json": exampleHandshake(t, fhir.R5),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out, err := typed(t, dir, `wsbind keys -o private.jwk && wsbind keys --public private.jwk > jwks.json &&
		wsbind issue --key private.jwk --issuer http://127.0.0.1:8080/fhir/R4 --audience ws://127.0.0.1:8080/ws --subscription 1 > token.txt`).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

const exampleResponse = `{"resourceType":"Parameters","parameter":[{"name":"token","valueString":"abc"},
	{"name":"expiration","valueDateTime":"2026-03-01T12:00:00Z"},{"name":"websocket-url","valueUrl":"wss://example.org/ws"}]}`

func exampleHandshake(t *testing.T, r fhir.Release) []byte {
	t.Helper()
	text, err := notification.Append(nil, notification.Notification{Release: r, Status: notification.Status{
		ID: "01234567-89ab-4cde-8f01-23456789abcd", Type: notification.Handshake, State: "active",
		Subscription: "http://example.org/fhir/Subscription/1",
	}})
	if err != nil {
		t.Fatal(err)
	}
	return text
}
