package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/wsbind/wsbind/mockserver"
)

const (
	readmeFile     = "../../../README.md"
	mockReadmeFile = "../../README.md"
)

// servedAt and managedAt are where the READMEs say that make run serves, gateAt and
// gateManagedAt where wsbind gate does.
const (
	servedAt      = "http://127.0.0.1:8080"
	managedAt     = "http://127.0.0.1:8081"
	gateAt        = "127.0.0.1:8090"
	gateManagedAt = "127.0.0.1:8091"
)

func readme(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestReadmeSessions types every console session of the READMEs into a shell,
// and holds what comes out to what they show. In what is shown, … stands for any
// text within a line, and alone on a line for any lines.
func TestReadmeSessions(t *testing.T) {
	t.Run("project", func(t *testing.T) { typeSessions(t, readmeFile, 3) }) // one per audience
	t.Run("mock", func(t *testing.T) { typeSessions(t, mockReadmeFile, 2) })
}

// typeSessions runs the sessions of one README, of which there are some, on a
// server of its own.
func typeSessions(t *testing.T, file string, some int) {
	sessions := regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(readme(t, file), -1)
	if len(sessions) < some {
		t.Fatalf("%d sessions, at least %d are due", len(sessions), some)
	}
	server, err := mockserver.Run(mockserver.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	gate, management := freeAddress(t), freeAddress(t)
	here := strings.NewReplacer(servedAt, server.URL(), managedAt, server.ManagementURL(), gateAt, gate, gateManagedAt, management,
		"$ wsbind gate ", "$ wsbind gate --listen "+gate+" --management "+management+" ")
	for i, s := range sessions {
		t.Run(fmt.Sprint(i+1), func(t *testing.T) { typeSession(t, here.Replace(s[1])) })
	}
}

// freeAddress returns a loopback address where nobody listens.
func freeAddress(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// typeSession runs the commands of a session, the lines after a dollar sign.
func typeSession(t *testing.T, session string) {
	shell := startShell(t)
	for command := range strings.SplitSeq(session, "$ ") {
		if command == "" {
			continue
		}
		lines := strings.Split(strings.TrimSuffix(command, "\n"), "\n")
		shell.run(lines[0], lines[1:])
	}
}

// shell is a bash that is fed one command at a time.
type shell struct {
	t     *testing.T
	in    io.Writer
	lines chan string
}

// done is what the shell prints after each command.
const done = "-- done --"

func startShell(t *testing.T) *shell {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	cmd := exec.CommandContext(ctx, "bash", "--norc")
	cmd.Dir = t.TempDir()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that its jobs end with it
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, feed, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = feed, feed
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	feed.Close()
	s := &shell{t, in, make(chan string)}
	go func() {
		defer close(s.lines)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			s.lines <- lines.Text()
		}
	}()
	t.Cleanup(func() {
		cancel()
		for range s.lines { // until every process of the session has ended
		}
		cmd.Wait()
	})
	return s
}

// run types a command and reads until the shell has ended it and every line
// that is shown has come. Lines of a job in the background may come between
// those of the command, so the order is left open.
func (s *shell) run(command string, shown []string) {
	s.t.Helper()
	fmt.Fprintf(s.in, "%s\necho '%s'\n", command, done)
	anything := slices.Contains(shown, "…")
	shown = slices.DeleteFunc(slices.Clone(shown), func(l string) bool { return l == "…" })
	for ended := false; !ended || len(shown) > 0; {
		line, ok := <-s.lines
		if !ok {
			s.t.Fatalf("$ %s\nthe session ended, or took too long, before it printed %q", command, shown)
		}
		if line == done {
			ended = true
			continue
		}
		i := slices.IndexFunc(shown, func(l string) bool { return looksLike(l, line) })
		switch {
		case i >= 0:
			shown = slices.Delete(shown, i, i+1)
		case !anything:
			s.t.Fatalf("$ %s\nprinted %q, the README shows %q", command, line, shown)
		}
	}
}

// looksLike matches a line with what is shown of it.
func looksLike(shown, line string) bool {
	pattern := strings.ReplaceAll(regexp.QuoteMeta(shown), "…", ".*")
	return regexp.MustCompile("^" + pattern + "$").MatchString(line)
}

// TestReadmeGo holds the README's Go to the example that runs as a test.
func TestReadmeGo(t *testing.T) {
	example, err := os.ReadFile("../../example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(readme(t, readmeFile), -1)
	if len(blocks) == 0 {
		t.Fatal("the README has no Go")
	}
	for _, block := range blocks {
		for line := range strings.Lines(block[1]) {
			if !strings.Contains(string(example), "\t"+line) {
				t.Errorf("mockserver/example_test.go has no line %q", line)
			}
		}
	}
}
