package main

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/wsbind/wsbind/schemas/vectors"
)

// The vectors are the contract of the command too: every one goes through a
// stream, and the answer is compared with the verdict. Every engine must print
// the same.

// object is a line to send.
type object map[string]any

// reply is a line that was answered, of any kind.
type reply struct {
	ID      string
	Error   string
	Valid   *bool
	Issues  []replyIssue
	Loaded  *bool
	Repairs []replyIssue
	OK      *bool
	Code    string
	Claims  any
	Payload *string
}

type replyIssue struct {
	Severity, Code, Type, Diagnostics string
	Expression                        []string
	Position                          struct{ Byte, Line, Column, Length int }
}

// exchange streams lines through a command and returns the answers.
func exchange(t *testing.T, command string, lines []object) []reply {
	t.Helper()
	var in strings.Builder
	encoder := json.NewEncoder(&in)
	encoder.SetEscapeHTML(false)
	for _, line := range lines {
		if err := encoder.Encode(line); err != nil {
			t.Fatal(err)
		}
	}
	out, stderr, status := wsbindOnAll(t, in.String(), command, "--jsonl")
	if status != exitGood || stderr != "" {
		t.Fatalf("exit status %d: %s", status, stderr)
	}
	var replies []reply
	for line := range strings.Lines(out) {
		var r reply
		decoder := json.NewDecoder(strings.NewReader(line))
		decoder.UseNumber()
		if err := decoder.Decode(&r); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		replies = append(replies, r)
	}
	if len(replies) != len(lines) {
		t.Fatalf("%d answers to %d lines", len(replies), len(lines))
	}
	return replies
}

// sameIssues compares what the contract fixes, and looks at the rest.
func sameIssues(t *testing.T, document []byte, got []replyIssue, want []vectors.Issue) {
	t.Helper()
	var issues []vectors.Issue
	for _, i := range got {
		expression := ""
		if len(i.Expression) > 0 {
			expression = i.Expression[0]
		}
		issues = append(issues, vectors.Issue{Severity: i.Severity, Code: i.Code, Expression: expression})
		p := i.Position
		if i.Type == "" || i.Diagnostics == "" || p.Line < 1 || p.Column < 1 || p.Byte < 0 || p.Byte+p.Length > len(document) {
			t.Errorf("issue %+v is not complete", i)
		}
	}
	if !slices.Equal(issues, want) {
		t.Errorf("issues:\n got %v\nwant %v", issues, want)
	}
}

func TestValidationVectors(t *testing.T) {
	requests, err := vectors.Requests()
	if err != nil {
		t.Fatal(err)
	}
	responses, err := vectors.Responses()
	if err != nil {
		t.Fatal(err)
	}
	var lines []object
	var sent []vectors.Validation
	for _, c := range append(requests, responses...) {
		if !utf8.Valid(c.Document) {
			continue // see TestVectorsThatAreNoText
		}
		line := object{"id": c.Name, "use": c.Use, "level": c.Level, "fhir": c.FHIR, "document": string(c.Document), "definition": c.Definition}
		if c.DefinitionDocument != nil {
			line["definition"] = json.RawMessage(c.DefinitionDocument)
		}
		lines, sent = append(lines, line), append(sent, c)
	}
	for i, r := range exchange(t, "validate", lines) {
		c := sent[i]
		t.Run(c.Use+"/"+c.Name, func(t *testing.T) {
			if r.ID != c.Name || r.Valid == nil || *r.Valid != c.Valid {
				t.Fatalf("answered %+v, want valid %v", r, c.Valid)
			}
			sameIssues(t, c.Document, r.Issues, c.Issues)
		})
	}
}

func TestNotificationVectors(t *testing.T) {
	cases, err := vectors.Notifications()
	if err != nil {
		t.Fatal(err)
	}
	var lines []object
	var sent []vectors.Notification
	for _, c := range cases {
		if utf8.Valid(c.Document) {
			lines, sent = append(lines, object{"id": c.Name, "fhir": c.FHIR, "document": string(c.Document)}), append(sent, c)
		}
	}
	for i, r := range exchange(t, "notification", lines) {
		c := sent[i]
		t.Run(c.Name, func(t *testing.T) {
			if r.ID != c.Name || r.Valid == nil || *r.Valid != c.Valid {
				t.Fatalf("answered %+v, want valid %v", r, c.Valid)
			}
			sameIssues(t, c.Document, r.Issues, c.Issues)
		})
	}
}

func TestDefinitionVectors(t *testing.T) {
	cases, err := vectors.Definitions()
	if err != nil {
		t.Fatal(err)
	}
	var lines []object
	var sent []vectors.Definition
	for _, c := range cases {
		if !utf8.Valid(c.Document) {
			continue
		}
		line := object{"id": c.Name, "definition": string(c.Document), "strict": c.Strict}
		if c.FHIR != "" {
			line["fhir"] = c.FHIR
		}
		lines, sent = append(lines, line), append(sent, c)
	}
	for i, r := range exchange(t, "definition", lines) {
		c := sent[i]
		t.Run(c.Name, func(t *testing.T) {
			if r.ID != c.Name || r.Loaded == nil || *r.Loaded != c.Loaded {
				t.Fatalf("answered %+v, want loaded %v", r, c.Loaded)
			}
			var repairs []vectors.Issue
			for _, want := range c.Repairs {
				repairs = append(repairs, vectors.Issue{Severity: "warning", Code: want.Code, Expression: want.Expression})
			}
			sameIssues(t, c.Document, r.Repairs, repairs)
			sameIssues(t, c.Document, r.Issues, c.Issues)
		})
	}
}

func TestTokenVectors(t *testing.T) {
	cases, err := vectors.Tokens()
	if err != nil {
		t.Fatal(err)
	}
	var lines []object
	for _, c := range cases {
		line := object{"id": c.Name, "token": c.Token, "keys": c.Keys, "now": c.Now, "raw": c.Raw}
		if c.Algorithms != nil {
			line["algorithms"] = c.Algorithms
		}
		for name, value := range map[string]string{"issuer": c.Issuer, "audience": c.Audience} {
			if value != "" {
				line[name] = value
			}
		}
		if c.Typ != nil {
			line["typ"] = *c.Typ
		}
		if c.ClockTolerance != nil {
			line["clockTolerance"] = *c.ClockTolerance
		}
		lines = append(lines, line)
	}
	for i, r := range exchange(t, "verify", lines) {
		c := cases[i]
		t.Run(c.Name, func(t *testing.T) {
			if r.ID != c.Name || r.OK == nil || *r.OK != c.OK || r.Code != c.Code {
				t.Fatalf("answered %+v, want ok %v, code %q", r, c.OK, c.Code)
			}
			switch {
			case !c.OK:
				if r.Claims != nil || r.Payload != nil {
					t.Error("a refused token shows what it says")
				}
			case c.Raw:
				if r.Payload == nil || *r.Payload != c.Payload {
					t.Errorf("payload %v, want %q", r.Payload, c.Payload)
				}
			default:
				var want any
				decoder := json.NewDecoder(bytes.NewReader(c.Claims))
				decoder.UseNumber()
				if err := decoder.Decode(&want); err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(r.Claims, want) {
					t.Errorf("claims %v, want %v", r.Claims, want)
				}
			}
		})
	}
}

// TestVectorsThatAreNoText gives what is not UTF-8, and cannot be in a line,
// as a file is given.
func TestVectorsThatAreNoText(t *testing.T) {
	tried := 0
	check := func(name string, document []byte, valid bool, args ...string) {
		if utf8.Valid(document) {
			return
		}
		tried++
		if _, stderr, status := wsbindOnAll(t, string(document), args...); (status == exitGood) != valid || stderr != "" {
			t.Errorf("%s: exit status %d, want valid %v; %s", name, status, valid, stderr)
		}
	}
	requests, err := vectors.Requests()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range requests {
		check(c.Name, c.Document, c.Valid, "validate", "--use", c.Use, "--level", c.Level, "--fhir", c.FHIR, "--definition", c.Definition)
	}
	notifications, err := vectors.Notifications()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range notifications {
		check(c.Name, c.Document, c.Valid, "notification", "--fhir", c.FHIR)
	}
	definitions, err := vectors.Definitions()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range definitions {
		check(c.Name, c.Document, c.Loaded, "definition", "--fhir", c.FHIR)
	}
	if tried == 0 {
		t.Error("no vector is other than UTF-8")
	}
}
