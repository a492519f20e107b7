package main

import (
	"bufio"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/schemas"
)

// answers streams lines through a command and returns what was answered.
func answers(t *testing.T, run func(t *testing.T, stdin string, args ...string) (string, string, int), command, in string) []string {
	t.Helper()
	out, stderr, status := run(t, in, command, "--jsonl")
	if status != exitGood || stderr != "" {
		t.Fatalf("exit status %d: %s", status, stderr)
	}
	return strings.Split(strings.TrimSuffix(out, "\n"), "\n")
}

// TestEveryLineIsAnswered gives what goes wrong with a line, and what must
// stand in its answer.
func TestEveryLineIsAnswered(t *testing.T) {
	const good = `"document":"{\"resourceType\":\"Parameters\"}"`
	sent := map[string]string{} // by command
	for _, c := range []struct{ name, command, line, answer string }{
		{"a number is echoed as it is written", "validate", `{"id":1.50e2,"use":"in",` + good + `}`, `{"id":1.50e2,"valid":true,"issues":[]}`},
		{"a string is echoed as it is written", "validate", `{"id":"\u0041\n","use":"in",` + good + `}`, `{"id":"\u0041\n","valid":true,"issues":[]}`},
		{"no id", "validate", `{"use":"in",` + good + `}`, `{"id":null,"valid":true,"issues":[]}`},
		{"a null counts as absent", "validate", `{"id":null,"definition":null,"use":"in","level":null,"fhir":null,` + good + `}`, `{"id":null,"valid":true,"issues":[]}`},
		{"an id of another kind", "validate", `{"id":[1],` + good + `}`, `{"id":null,"error":"malformed-request: member id is an array`},
		{"white space and CR", "validate", " { \"id\" : 1 , \"use\":\"in\"," + good + "} \r", `{"id":1,"valid":true,"issues":[]}`},
		{"an empty line", "validate", ``, `{"id":null,"error":"invalid-json`},
		{"no JSON", "notification", `{"id":1`, `{"id":null,"error":"invalid-json`},
		{"no object", "notification", `"x"`, `{"id":null,"error":"malformed-request: the line is a string`},
		{"a name twice", "notification", `{"id":1,"id":2}`, `{"id":null,"error":"duplicate-name`},
		{"two values", "notification", `{"id":1} {}`, `{"id":null,"error":"trailing-data`},
		{"half a pair", "notification", `{"id":1,"document":"\ud800"}`, `{"id":null,"error":"lone-surrogate`},
		{"no UTF-8", "notification", "{\"id\":1,\"document\":\"\xff\"}", `{"id":null,"error":"invalid-utf8`},
		{"an unknown member", "notification", `{"id":1,"documents":"{}"}`, `{"id":1,"error":"malformed-request: `},
		{"an unknown member beside", "verify", `{"id":1,"token":"","keys":{"keys":[]},"audiance":"x"}`, `{"id":1,"error":"malformed-request: member \"audiance\" is not known here"}`},
		{"no document", "notification", `{"id":1}`, `{"id":1,"error":"malformed-request: member document is missing`},
		{"a document of another kind", "notification", `{"id":1,"document":{}}`, `{"id":1,"error":"malformed-request: member document is an object, a string is due"}`},
		{"an unknown release", "notification", `{"id":1,"fhir":"R6","document":"{}"}`, `{"id":1,"error":"malformed-request: member fhir: \"R6\"`},
		{"an unknown use", "validate", `{"id":1,"use":"both",` + good + `}`, `{"id":1,"error":"malformed-request: member use: \"both\"`},
		{"an unknown level", "validate", `{"id":1,"level":"server",` + good + `}`, `{"id":1,"error":"malformed-request: member level: \"server\"`},
		{"an unknown definition", "validate", `{"id":1,"definition":"http://example.org/x",` + good + `}`, `{"id":1,"error":"not-found`},
		{"a built-in definition by an equal version", "validate", `{"id":1,"definition":"` + schemas.GetWSBindingToken + `|1.1.0","use":"in",` + good + `}`, `{"id":1,"valid":true,"issues":[]}`},
		{"a built-in definition by another version", "validate", `{"id":1,"definition":"` + schemas.GetWSBindingToken + `|0.1.0","use":"in",` + good + `}`, `{"id":1,"error":"not-found`},
		{"a built-in definition as url", "validate", `{"id":1,"url":"http://hl7.org/fhir/OperationDefinition/Subscription-events","use":"in","level":"instance","fhir":"R5",` + good + `}`, `{"id":1,"valid":true,"issues":[]}`},
		{"an unknown url", "validate", `{"id":1,"url":"http://example.org/x",` + good + `}`, `{"id":1,"error":"not-found`},
		{"a url of another kind", "validate", `{"id":1,"url":{},` + good + `}`, `{"id":1,"error":"malformed-request: member url is an object, a string is due"}`},
		{"a definition and a url", "validate", `{"id":1,"definition":{},"url":"http://example.org/x",` + good + `}`, `{"id":1,"error":"malformed-request: definition and url`},
		{"a definition as text", "validate", `{"id":1,"definition":"{\"resourceType\":\"OperationDefinition\",\"name\":\"A\",\"status\":\"draft\",\"kind\":\"operation\",\"code\":\"a\",\"system\":false,\"type\":true,\"instance\":false}","use":"in",` + good + `}`, `{"id":1,"valid":true,"issues":[]}`},
		{"a definition as text that does not load", "validate", `{"id":1,"definition":"{}",` + good + `}`, `{"id":1,"valid":false,"issues":[{"severity":"error","code":"wrong-resource-type"`},
		{"a definition that does not load", "validate", `{"id":1,"definition":{"resourceType":"Patient"},` + good + `}`,
			`{"id":1,"valid":false,"issues":[{"severity":"error","code":"wrong-resource-type"`},
		{"a definition with a name twice", "validate", `{"id":1,"definition":{"resourceType":"OperationDefinition","resourceType":"Patient"},` + good + `}`,
			`{"id":1,"valid":false,"issues":[{"severity":"fatal","code":"duplicate-name"`},
		{"a definition that is deep", "validate", `{"id":1,"definition":` + strings.Repeat(`{"part":`, 600) + `{}` + strings.Repeat("}", 600) + `,` + good + `}`,
			`{"id":1,"valid":false,"issues":[{"severity":"fatal","code":"too-deep"`},
		{"a deep line", "validate", strings.Repeat("[", 1000) + strings.Repeat("]", 1000), `{"id":null,"error":"too-deep`},
		{"a wrong strict", "definition", `{"id":1,"definition":"","strict":"yes"}`, `{"id":1,"error":"malformed-request: member strict is a string, true or false is due"}`},
		{"no definition", "definition", `{"id":1}`, `{"id":1,"error":"malformed-request: member definition is missing`},
		{"no keys", "verify", `{"id":1,"token":"a.b.c"}`, `{"id":1,"error":"malformed-request: member keys is missing`},
		{"keys of another kind", "verify", `{"id":1,"token":"a.b.c","keys":[]}`, `{"id":1,"error":"malformed-request: member keys is an array`},
		{"keys that cannot be read", "verify", `{"id":1,"token":"a.b.c","keys":{"keys":{}}}`, `{"id":1,"ok":false,"code":"invalid-key"`},
		{"keys with a name twice", "verify", `{"id":1,"token":"a.b.c","keys":{"keys":[],"keys":[]}}`, `{"id":1,"ok":false,"code":"invalid-key"`},
		{"a token that is none", "verify", `{"id":1,"token":"","keys":{"keys":[]}}`, `{"id":1,"ok":false,"code":"malformed-token"`},
		{"an algorithm that is no name", "verify", `{"id":1,"token":"","keys":{"keys":[]},"algorithms":[1]}`, `{"id":1,"error":"malformed-request: member algorithms holds a number`},
		{"a list that is none", "verify", `{"id":1,"token":"","keys":{"keys":[]},"algorithms":"ES256"}`, `{"id":1,"error":"malformed-request: member algorithms is a string`},
		{"a time that is none", "verify", `{"id":1,"token":"","keys":{"keys":[]},"now":-1}`, `{"id":1,"error":"malformed-request: member now is -1`},
		{"a time in a string", "verify", `{"id":1,"token":"","keys":{"keys":[]},"now":"1"}`, `{"id":1,"error":"malformed-request: member now is a string`},
		{"a tolerance below nothing", "verify", `{"id":1,"token":"","keys":{"keys":[]},"clockTolerance":-1}`, `{"id":1,"error":"malformed-request: member clockTolerance`},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := c.line + "\n" + `{"id":"after","document":"x"}` + "\n"
			sent[c.command] += in
			got := answers(t, wsbind, c.command, in)
			if len(got) != 2 || !strings.HasPrefix(got[0], c.answer) {
				t.Errorf("answered %q\nwant %s", got, c.answer)
			}
			if !strings.HasPrefix(got[1], `{"id":"after",`) {
				t.Errorf("the line after it was answered %s", got[1])
			}
		})
	}
	for command, in := range sent {
		answers(t, wsbindOnAll, command, in)
	}
}

func TestFlagsAreWhatAbsentMembersMean(t *testing.T) {
	const line = `{"id":1,"document":"{\"resourceType\":\"Parameters\"}"}`
	for _, c := range []struct {
		args  []string
		valid string
	}{
		{nil, `"valid":false`},
		{[]string{"--use", "in"}, `"valid":true`},
		{[]string{"--use", "in", "--level", "system"}, `"code":"wrong-level"`},
		{[]string{"--definition", "http://hl7.org/fhir/OperationDefinition/Subscription-events", "--use", "in", "--level", "instance", "--fhir", "R5"}, `"valid":true`},
	} {
		out, _, status := wsbind(t, line, append([]string{"validate", "--jsonl"}, c.args...)...)
		if status != exitGood || !strings.Contains(out, c.valid) {
			t.Errorf("%v: %s", c.args, out)
		}
	}
}

// TestAnswersDoNotWaitForMoreInput speaks to the command as a program does that
// sends the next line when it has read an answer.
func TestAnswersDoNotWaitForMoreInput(t *testing.T) {
	in, send := io.Pipe()
	receive, out := io.Pipe()
	done := make(chan int)
	go func() { done <- run(t.Context(), []string{"notification", "--jsonl"}, streams{in, out, io.Discard}) }()
	answers := bufio.NewReader(receive)
	for _, id := range []string{"1", "2", "3"} {
		if _, err := io.WriteString(send, `{"id":`+id+`,"document":"{}"}`+"\n"); err != nil {
			t.Fatal(err)
		}
		answer, err := answers.ReadString('\n')
		if err != nil || !strings.HasPrefix(answer, `{"id":`+id+`,"valid":false`) {
			t.Fatalf("answered %s (%v)", answer, err)
		}
	}
	send.Close()
	if status := <-done; status != exitGood {
		t.Errorf("exit status %d", status)
	}
}

// TestLongLines: a document beyond core's own limit is checked all the same, if
// natively: see TestDocumentsBeyondTheModule.
func TestLongLines(t *testing.T) {
	document := `"` + strings.Repeat("a", 17<<20) + `"`
	for _, command := range []string{"notification", "validate"} {
		got := answers(t, wsbind, command, `{"id":1,"document":`+strconv.Quote(document)+`}`+"\n"+`{"id":2,"document":"{}"}`)
		if len(got) != 2 || !strings.HasPrefix(got[0], `{"id":1,"valid":false,"issues":[{"severity":"error","code":"wrong-json-type"`) || !strings.HasPrefix(got[1], `{"id":2,`) {
			t.Errorf("%s answered %.200q", command, got)
		}
	}
}

func TestReadLineSkipsWhatIsTooLong(t *testing.T) {
	in := bufio.NewReaderSize(strings.NewReader("short\n"+strings.Repeat("x", 100)+"\nafter"), 16)
	for _, want := range []struct {
		text    string
		tooLong bool
		err     error
	}{{"short", false, nil}, {"", true, nil}, {"after", false, io.EOF}} {
		line, tooLong, err := readLine(in, nil, 20)
		if tooLong != want.tooLong || !tooLong && string(line) != want.text || err != want.err {
			t.Errorf("read %q, %v, %v, want %v", line, tooLong, err, want)
		}
	}
}

// broken fails after a few bytes, in either direction.
type broken struct{ left string }

func (b *broken) Read(p []byte) (int, error) {
	if b.left == "" {
		return 0, errors.New("the disk is gone")
	}
	n := copy(p, b.left)
	b.left = b.left[n:]
	return n, nil
}

func (b *broken) Write([]byte) (int, error) { return 0, errors.New("the disk is gone") }

func TestBrokenStreams(t *testing.T) {
	for name, s := range map[string]streams{
		"in":  {&broken{"{}\n"}, io.Discard, nil},
		"out": {strings.NewReader("{}\n"), &broken{}, nil},
	} {
		var stderr strings.Builder
		s.err = &stderr
		if status := run(t.Context(), []string{"notification", "--jsonl"}, s); status != exitUsage || !strings.Contains(stderr.String(), "wsbind: the disk is gone") {
			t.Errorf("%s: exit status %d, %s", name, status, stderr.String())
		}
	}
}

// FuzzEveryLineIsAnswered holds for any input: as many answers as lines, each
// one JSON object that begins with an id.
func FuzzEveryLineIsAnswered(f *testing.F) {
	f.Add("{\"id\":1,\"document\":\"{}\"}\n\n[]")
	f.Add(`{"id":"x","definition":{"a":1,"a":2},"document":""}`)
	f.Fuzz(func(t *testing.T, in string) {
		want := strings.Count(in, "\n")
		if in != "" && !strings.HasSuffix(in, "\n") {
			want++
		}
		for _, command := range []string{"validate", "notification", "definition", "verify"} {
			out, stderr, status := wsbind(t, in, command, "--jsonl")
			if status != exitGood || stderr != "" {
				t.Fatalf("%s: exit status %d, %s", command, status, stderr)
			}
			got := 0
			for line := range strings.Lines(out) {
				got++
				var r request
				if id, err := r.read([]byte(strings.TrimSuffix(line, "\n")), false); err != nil || !strings.HasPrefix(line, `{"id":`+string(id)) {
					t.Errorf("%s answered %q: %v", command, line, err)
				}
			}
			if got != want {
				t.Errorf("%s: %d answers to %d lines", command, got, want)
			}
		}
	})
}
