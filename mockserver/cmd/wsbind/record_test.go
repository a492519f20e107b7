package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/mockserver/scenario"
	"github.com/wsbind/wsbind/mockserver/subscription"
)

// recorded are the two lines of record --json.
type recorded struct {
	Base, FHIR, Software, File, Name string
	Steps, Faults                    int
}

func (p *process) recorded() (r recorded) {
	p.t.Helper()
	if err := json.Unmarshal([]byte(p.line()), &r); err != nil {
		p.t.Fatal(err)
	}
	return r
}

// TestRecordAndServe records a server with a client, and has another server play that
// to the same client.
func TestRecordAndServe(t *testing.T) {
	server, w := startServer(t)
	base := w.FHIR["R4"]
	send(t, "PUT", base+"/Subscription/secret-id", strings.Replace(subscriptions["R4"], `{`, `{"id":"secret-id",`, 1))
	file := filepath.Join(t.TempDir(), "My Lesson.yaml")
	recorder := start(t, "record", "--upstream", base, "-o", file, "--json")
	r := recorder.recorded()
	if r.FHIR != "R4" || r.Software != "wsbind mock server" || !strings.HasPrefix(r.Base, "http://127.0.0.1:") {
		t.Errorf("the first line is %+v", r)
	}
	listener := start(t, "listen", "--base", r.Base, "--subscription", "secret-id", "--json")
	listener.notification("handshake")
	send(t, "POST", base+"/Encounter", encounters["R4"])
	listener.notification("event-notification", 1)
	listener.stop(exitGood)
	recorder.cancel()
	if r = recorder.recorded(); r.File != file || r.Name != "my-lesson" || r.Steps != 1 || r.Faults != 0 {
		t.Errorf("the last line is %+v", r)
	}
	recorder.ended(exitGood)
	server.stop(exitGood)

	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := scenario.Read(file, text); err != nil || s.Name != "my-lesson" || strings.Contains(string(text), "secret") {
		t.Errorf("%v\n%s", err, text)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others can read it: %v %v", info, err)
	}
	again, w := startServer(t, "--scenario", file)
	listener = start(t, "listen", "--base", w.FHIR["R4"], "--json") // whatever there is
	listener.notification("handshake")
	listener.notification("event-notification", 1)
	listener.stop(exitGood)
	again.cancel()
	if last := again.line(); !strings.Contains(last, `"scenario":{"name":"my-lesson","passed":true`) {
		t.Errorf("the last line is %s", last)
	}
	again.ended(exitGood)
}

// TestRecordForAPerson proves what is printed without --json.
func TestRecordForAPerson(t *testing.T) {
	_, w := startServer(t)
	file := filepath.Join(t.TempDir(), "!.yaml")
	p := start(t, "record", "--upstream", w.FHIR["R5"]+"/", "-o", file)
	if base := p.line(); !strings.HasSuffix(base, "/fhir/R5") {
		t.Errorf("the first line is %q", base)
	}
	p.line()
	if hint := p.line(); !strings.Contains(hint, "Ctrl-C writes "+file) {
		t.Errorf("the hint is %q", hint)
	}
	p.cancel()
	if last := p.line(); last != file+": 0 steps, and 0 faults from the start" {
		t.Errorf("the last line is %q", last)
	}
	p.ended(exitGood)
	for _, said := range []string{"warning: the recorder carries real traffic", "nothing was seen about Subscriptions"} {
		if !strings.Contains(p.stderr.String(), said) {
			t.Errorf("%q is missing in %s", said, p.stderr)
		}
	}
	if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), "name: recorded\n") {
		t.Errorf("%v\n%s", err, text)
	}
}

// TestRecordRefuses says what cannot be carried out, and leaves no file behind.
func TestRecordRefuses(t *testing.T) {
	dir := t.TempDir()
	there := filepath.Join(dir, "there.yaml")
	if err := os.WriteFile(there, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	fresh := filepath.Join(dir, "fresh.yaml")
	for _, c := range []struct{ args, says string }{
		{"--upstream http://127.0.0.1:1/fhir -o " + there, "is there already"},
		{"--upstream http://127.0.0.1:1/fhir -o " + dir + "/none/x.yaml", "hint: -o is a file that can be written"},
		{"--upstream http://127.0.0.1:1/fhir -o " + fresh, "cannot be reached"},
		{"--upstream host -o " + fresh, "hint: --upstream is a FHIR base"},
		{"--upstream http://127.0.0.1:1/fhir -o " + fresh + " --fhir R3", `"R3" is no FHIR release`},
		{"--upstream http://127.0.0.1:1/fhir -o " + fresh + " --listen x", `--listen "x" is no address`},
		{"--upstream http://127.0.0.1:1/fhir", `required flag(s) "output" not set`},
	} {
		_, stderr, status := wsbind(t, "", append([]string{"record"}, strings.Fields(c.args)...)...)
		if status != exitUsage || !strings.Contains(stderr, c.says) {
			t.Errorf("record %s: status %d, %s", c.args, status, stderr)
		}
	}
	if text, _ := os.ReadFile(there); string(text) != "mine" {
		t.Errorf("the file is %q now", text)
	}
	if _, err := os.Stat(fresh); err == nil {
		t.Error("a file was left behind")
	}
}

// TestRecordKeepsURLs and forces its file.
func TestRecordKeepsURLs(t *testing.T) {
	_, w := startServer(t)
	base := w.FHIR["R5"]
	const canonical = "http://topics.example/t"
	send(t, "PUT", base+"/SubscriptionTopic/t", fmt.Sprintf(`{"resourceType":"SubscriptionTopic","id":"t","url":%q,"status":"active","resourceTrigger":[{"resource":"Encounter"}]}`, canonical))
	file := filepath.Join(t.TempDir(), "lesson.yaml")
	if err := os.WriteFile(file, []byte(strings.Repeat("old\n", 10_000)), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, "record", "--upstream", base, "-o", file, "--json", "--keep-urls", "--force")
	r := p.recorded()
	send(t, "PUT", base+"/Subscription/1", strings.NewReplacer(`{"resourceType"`, `{"id":"1","resourceType"`, subscription.BuiltinURL+"Encounter", canonical).Replace(subscriptions["R5"]))
	listener := start(t, "listen", "--base", r.Base, "--subscription", "1", "--json")
	listener.notification("handshake")
	listener.stop(exitGood)
	p.cancel()
	p.recorded()
	p.ended(exitGood)
	text, err := os.ReadFile(file)
	if _, bad := scenario.Read(file, text); err != nil || bad != nil || !strings.Contains(string(text), canonical) {
		t.Errorf("%v %v\n%s", err, bad, text)
	}
}
