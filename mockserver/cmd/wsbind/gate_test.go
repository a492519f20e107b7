package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/mockserver/gate"
)

// placed is the first line of gate --json.
type placed struct{ Base, Websocket, JWKS, Management, Local, Upstream, Dialect, Replay string }

func startGate(t *testing.T, flags ...string) (*process, placed) {
	t.Helper()
	p := start(t, append([]string{"gate", "--listen", "127.0.0.1:0", "--management", "127.0.0.1:0", "--json"}, flags...)...)
	var w placed
	if err := json.Unmarshal([]byte(p.line()), &w); err != nil {
		t.Fatal(err)
	}
	return p, w
}

// TestGate listens through a gate to a mock server, with a credential of the gate's
// own, and is told of the end.
func TestGate(t *testing.T) {
	server, at := startServer(t, "--require-auth")
	secret := filepath.Join(t.TempDir(), "secret.txt")
	if err := os.WriteFile(secret, []byte("Bearer me\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	g, through := startGate(t, "--upstream", at.FHIR["R4"], "--upstream-authorization-file", secret)
	if through.Base != through.Local+"/fhir/R4" || through.Dialect != "spec" || through.Replay != "isolate" || !strings.HasPrefix(through.Websocket, "ws://") {
		t.Errorf("%+v", through)
	}
	request, _ := http.NewRequest("PUT", through.Base+"/Subscription/s1", strings.NewReader(strings.Replace(exampleSubscription, `"resourceType"`, `"id":"s1","resourceType"`, 1)))
	request.Header.Set("Content-Type", "application/fhir+json")
	request.Header.Set("Authorization", "Bearer me")
	answer, err := http.DefaultClient.Do(request)
	if err != nil || answer.StatusCode != http.StatusCreated {
		t.Fatal(answer, err)
	}
	answer.Body.Close()
	l := start(t, "listen", "--bearer", "me", "--base", through.Base, "--subscription", "s1")
	if line := l.line(); line != "handshake s1" {
		t.Errorf("got %q", line)
	}
	for path, status := range map[string]int{"/healthz": 204, "/state": 200, "/metrics": 200} {
		answer, err := http.Get(through.Management + path)
		if err != nil || answer.StatusCode != status {
			t.Fatal(path, answer, err)
		}
		answer.Body.Close()
	}
	l.stop(exitGood)
	g.stop(exitGood)
	server.stop(exitGood)
	for _, secret := range []string{"Bearer", "eyJ"} {
		if strings.Contains(g.stderr.String(), secret) {
			t.Errorf("the log has %q", secret)
		}
	}
	if !strings.Contains(g.stderr.String(), `"msg":"`+string(gate.BoundEvent)+`"`) {
		t.Errorf("the log is %s", g.stderr)
	}
}

// TestGateSession: the lines for a person are a session to paste, and say where
// everything is.
func TestGateSession(t *testing.T) {
	p := start(t, "gate", "--listen", "127.0.0.1:0", "--management", "127.0.0.1:0", "--upstream", "http://127.0.0.1:1/fhir",
		"--dialect", "legacy", "--upstream-websocket", "ws://127.0.0.1:1/ws", "--store", filepath.Join(t.TempDir(), "gate.db"))
	for _, begins := range []string{"curl -sS -H 'Authorization: Bearer me' -X POST 'http://127.0.0.1:", "wsbind listen --bearer me --base http://127.0.0.1:", "", "The lines above", "listen through", "",
		"upstream    http://127.0.0.1:1/fhir, which speaks legacy", "base        http://127.0.0.1:", "websocket   ws://127.0.0.1:", "keys        http://127.0.0.1:", "remembers   isolate", "management  http://127.0.0.1:"} {
		if line := p.line(); !strings.HasPrefix(line, begins) {
			t.Errorf("got %q, want %q", line, begins)
		}
	}
	p.stop(exitGood)
}
