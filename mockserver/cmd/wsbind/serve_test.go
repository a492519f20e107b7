package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/wsbind/wsbind/mockserver/internal/testkit"
	"github.com/wsbind/wsbind/mockserver/subscription"
	opinion "github.com/wsbind/wsbind/schemas/check"
)

// process is a command that runs until it is stopped.
type process struct {
	t      *testing.T
	lines  chan string
	stderr *testkit.Log
	cancel context.CancelFunc
	status chan int
}

// start runs a command line beside the test.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	read, write := io.Pipe()
	p := &process{t, make(chan string, 64), new(testkit.Log), cancel, make(chan int, 1)}
	go func() {
		p.status <- run(ctx, args, streams{strings.NewReader(""), write, p.stderr})
		write.Close()
	}()
	go func() {
		defer close(p.lines)
		scanner := bufio.NewScanner(read)
		scanner.Buffer(nil, 1<<20)
		for scanner.Scan() {
			p.lines <- scanner.Text()
		}
	}()
	t.Cleanup(cancel)
	return p
}

// line returns the next line of stdout.
func (p *process) line() string {
	p.t.Helper()
	select {
	case line, ok := <-p.lines:
		if !ok {
			p.t.Fatalf("the command ended: %s", p.stderr)
		}
		return line
	case <-time.After(testkit.Patience):
		p.t.Fatalf("the command printed nothing: %s", p.stderr)
		return ""
	}
}

// stop does what Ctrl-C does, and expects the exit status.
func (p *process) stop(want int) {
	p.t.Helper()
	p.cancel()
	p.ended(want)
}

func (p *process) ended(want int) {
	p.t.Helper()
	for range p.lines {
	}
	select {
	case status := <-p.status:
		if status != want {
			p.t.Errorf("exit status %d, want %d: %s", status, want, p.stderr)
		}
	case <-time.After(testkit.Patience):
		p.t.Error("the command did not end")
	}
}

// where is the first line of serve --json.
type where struct {
	Base, Management, JWKS string
	FHIR                   map[string]string
}

func startServer(t *testing.T, flags ...string) (*process, where) {
	t.Helper()
	p := start(t, append([]string{"serve", "--listen", "127.0.0.1:0", "--management", "127.0.0.1:0", "--json"}, flags...)...)
	var w where
	if err := json.Unmarshal([]byte(p.line()), &w); err != nil {
		t.Fatal(err)
	}
	return p, w
}

// send sends a resource and returns the answer's status.
func send(t *testing.T, method, url, body string) int {
	t.Helper()
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/fhir+json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(answer.Body)
	answer.Body.Close()
	if answer.StatusCode >= 400 {
		t.Logf("%s %s: %s", method, url, text)
	}
	return answer.StatusCode
}

// subscriptions are Subscriptions to any change of an Encounter.
var subscriptions = map[string]string{
	"R4":  exampleSubscription,
	"R4B": exampleSubscription,
	"R5": `{"resourceType":"Subscription","status":"requested","topic":"` + subscription.BuiltinURL + `Encounter",
		"channelType":{"system":"http://terminology.hl7.org/CodeSystem/subscription-channel-type","code":"websocket"},
		"contentType":"application/fhir+json","content":"full-resource"}`,
}

var encounters = map[string]string{
	"R4":  `{"resourceType":"Encounter","status":"planned","class":{"code":"AMB"}}`,
	"R4B": `{"resourceType":"Encounter","status":"planned","class":{"code":"AMB"}}`,
	"R5":  `{"resourceType":"Encounter","status":"planned","class":[{"coding":[{"code":"AMB"}]}]}`,
}

// printed is a line of listen --json.
type printed struct {
	Type, Subscription string
	Events             []int64
	Valid              bool
	Issues             []replyIssue
	Frame              string
}

func (p *process) notification(kind string, events ...int64) printed {
	p.t.Helper()
	var n printed
	line := p.line()
	if err := json.Unmarshal([]byte(line), &n); err != nil {
		p.t.Fatalf("%s: %v", line, err)
	}
	if n.Type != kind || !n.Valid || fmt.Sprint(n.Events) != fmt.Sprint(events) {
		p.t.Fatalf("printed %s\nwant a valid %s with events %v\n%s", line, kind, events, p.stderr)
	}
	return n
}

func TestServeAndListen(t *testing.T) {
	server, at := startServer(t)
	for release, base := range at.FHIR {
		t.Run(release, func(t *testing.T) {
			if base != at.Base+"/fhir/"+release {
				t.Errorf("the base is %s", base)
			}
			subscription := strings.Replace(subscriptions[release], "{", `{"id":"one",`, 1)
			if status := send(t, "PUT", base+"/Subscription/one", subscription); status != 201 {
				t.Fatalf("creating the Subscription was answered %d", status)
			}
			listener := start(t, "listen", "--base", base, "--subscription", "one", "--json")
			listener.notification("handshake")
			for n := range int64(2) {
				if status := send(t, "POST", base+"/Encounter", encounters[release]); status != 201 {
					t.Fatalf("creating the Encounter was answered %d", status)
				}
				got := listener.notification("event-notification", n+1)
				if got.Subscription != "one" || !strings.Contains(got.Frame, `"planned"`) || len(got.Issues) > 0 {
					t.Errorf("printed %+v", got)
				}
			}
			listener.stop(exitGood)

			human := start(t, "listen", "--base", base)
			if line := human.line(); line != "handshake one" {
				t.Errorf("printed %s", line)
			}
			send(t, "POST", base+"/Encounter", encounters[release])
			if line := human.line(); line != "event-notification one event 3" {
				t.Errorf("printed %s", line)
			}
			human.stop(exitGood)

			_, stderr, status := wsbind(t, "", "listen", "--base", base, "--subscription", "two")
			if status != exitBad || !strings.Contains(stderr, "wsbind: gave up: not-found: ") {
				t.Errorf("listening to nothing: exit status %d, %s", status, stderr)
			}
		})
	}
	server.stop(exitGood)
	for line := range strings.Lines(server.stderr.String()) {
		if !strings.HasPrefix(line, "{") {
			t.Errorf("the log has a line that is no JSON: %s", line)
		}
		if strings.Contains(line, "eyJ") {
			t.Errorf("the log has a token: %s", line)
		}
	}
}

func TestServeEndsOnSIGTERM(t *testing.T) {
	server, _ := startServer(t)
	syscall.Kill(os.Getpid(), syscall.SIGTERM)
	server.ended(exitGood)
}

func TestServeOnATakenAddress(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, flag := range []string{"--listen", "--management"} {
		_, stderr, status := wsbind(t, "", "serve", "--listen", "127.0.0.1:0", "--management", "127.0.0.1:0", flag, taken.Addr().String())
		if status != exitUsage || !strings.Contains(stderr, "wsbind: "+taken.Addr().String()+" is taken by another program\n") ||
			!strings.Contains(stderr, "wsbind: hint: choose another address") {
			t.Errorf("%s: exit status %d, %s", flag, status, stderr)
		}
	}
}

func TestServeWarnsOfTheNetwork(t *testing.T) {
	p := start(t, "serve", "--listen", "0.0.0.0:0", "--management", "127.0.0.1:0")
	if line := p.line(); !strings.HasPrefix(line, "curl -sS http") {
		t.Errorf("the first line is %s", line)
	}
	p.stop(exitGood)
	if stderr := p.stderr.String(); !strings.Contains(stderr, "wsbind: warning: 0.0.0.0:0 can be reached from other machines") ||
		strings.Contains(stderr, "127.0.0.1:0 can be") || !strings.Contains(stderr, "wsbind: warning: the signing key is fresh") {
		t.Errorf("said %s", stderr)
	}
}

func TestServeSelfSigned(t *testing.T) {
	server, at := startServer(t, "--tls", "self-signed")
	if !strings.HasPrefix(at.Base, "https://127.0.0.1:") {
		t.Fatalf("the base is %s", at.Base)
	}
	_, stderr, status := wsbind(t, "", "listen", "--insecure", "--base", at.FHIR["R5"])
	if status != exitBad || !strings.Contains(stderr, "gave up: ") || !strings.Contains(stderr, "warning: certificates are not checked") {
		t.Errorf("exit status %d, %s", status, stderr)
	}
	server.stop(exitGood)
}

// TestServeWithAKey issues a token with the key of the server, which the
// server's public keys verify.
func TestServeWithAKey(t *testing.T) {
	key := t.TempDir() + "/private.jwk"
	if _, stderr, status := wsbind(t, "", "keys", "--alg", "EdDSA", "-o", key); status != exitGood {
		t.Fatal(stderr)
	}
	server, at := startServer(t, "--key", key)
	answer, err := http.Get(at.JWKS)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	got, _ := io.ReadAll(answer.Body)
	want, _, _ := wsbind(t, "", "keys", "--public", key)
	if strings.TrimSpace(string(got)) != strings.TrimSpace(want) {
		t.Errorf("the server publishes %s, want %s", got, want)
	}
	server.stop(exitGood)
}

func TestServeRefusesItsFlags(t *testing.T) {
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"--listen", "8080"}, `--listen "8080" is no address`},
		{[]string{"--management", "localhost"}, `--management "localhost" is no address`},
		{[]string{"--lifetime", "25h"}, `--lifetime 25h0m0s is not possible`},
		{[]string{"--lifetime", "1500ms"}, `--lifetime 1.5s is not possible`},
		{[]string{"--no-ids", "some"}, `--no-ids "some" is not possible`},
		{[]string{"--alg", "none"}, `--alg "none" is not known`},
		{[]string{"--tls", "yes"}, `--tls "yes" is not possible`},
		{[]string{"--tls-cert", "a.pem"}, `[tls-cert tls-key]`},
		{[]string{"--tls-cert", "nosuch.pem", "--tls-key", "nosuch.pem"}, `nosuch.pem`},
		{[]string{"--key", "nosuch.jwk"}, `there is no file "nosuch.jwk"`},
		{[]string{"--public-url", "ftp://x"}, `ftp://x`},
		{[]string{"--dialect", "hapi"}, `--dialect "hapi" is not possible`},
		{[]string{"--profile", "mean"}, `--profile "mean" is not possible`},
		{[]string{"--seed", "x"}, `invalid argument "x" for "--seed" flag: a whole number from 0 on is due`},
		{[]string{"--seed", "-1"}, `flag: a whole number from 0 on is due`},
		{[]string{"--seed", "99999999999999999999"}, `flag: the number is too large`},
		{[]string{"--json=maybe"}, `flag: true or false is due`},
		{[]string{"--seed", "0"}, `--seed 0 is not possible`},
		{[]string{"--max-events", "0"}, `--max-events 0 is not possible`},
		{[]string{"--max-sockets", "-1"}, `--max-sockets -1 is not possible`},
		{[]string{"--clock", "fast"}, `--clock "fast" is not possible`},
		{[]string{"--start", "2026-03-01T12:00:00Z"}, `--start is for a virtual clock`},
		{[]string{"--shared-clock"}, `--shared-clock is for a virtual clock`},
		{[]string{"--clock", "virtual", "--start", "noon"}, `--start "noon" is no time`},
		{[]string{"--scenario", "nosuch.yaml"}, `there is no file "nosuch.yaml"`},
		{[]string{"--fail-on", "anything"}, `--fail-on "anything" is not possible`},
		{[]string{"extra"}, `extra`},
	} {
		_, stderr, status := wsbind(t, "", append([]string{"serve"}, c.args...)...)
		if status != exitUsage || !strings.Contains(stderr, c.says) || !strings.Contains(stderr, "hint: ") {
			t.Errorf("%v: exit status %d, %s", c.args, status, stderr)
		}
	}
}

// TestServeFlagsAreTheConfiguration holds the flags against the schema that
// describes them as JSON.
func TestServeFlagsAreTheConfiguration(t *testing.T) {
	names := map[string]string{
		"listen": "listen", "management": "management", "public-url": "publicUrl", "alg": "algorithm", "key": "keyFile",
		"lifetime": "lifetime", "no-ids": "noIds", "require-auth": "requireAuth", "lenient-get": "lenientGet", "json": "json",
		"single-use": "singleUse", "dialect": "dialect", "only-space-form": "onlySpaceForm", "accept-json-bind": "acceptJsonBind",
		"profile": "profile", "clock": "clock", "start": "start", "shared-clock": "sharedClock", "scenario": "scenario", "fail-on": "failOn",
		"max-events": "maxEvents", "max-sockets": "maxSockets",
	}
	flags := serveCommand(streams{}).Flags()
	configuration := map[string]any{}
	for flag, member := range names {
		f := flags.Lookup(flag)
		if f == nil {
			t.Fatalf("no flag %s", flag)
		}
		switch {
		case f.Value.Type() == "bool":
			configuration[member] = f.DefValue == "true"
		case f.Value.Type() == "int":
			configuration[member] = json.Number(f.DefValue)
		case f.DefValue != "":
			configuration[member] = f.DefValue
		}
	}
	document, _ := json.Marshal(configuration)
	if err := opinion.Configuration(document); err != nil {
		t.Errorf("the defaults %s break the schema: %v", document, err)
	}
}
