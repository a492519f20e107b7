package main

import (
	"strings"
	"testing"
)

// TestPanicIsInternal: a panic is an answer, the input is gone, and handles are
// forgotten and not given out again.
func TestPanicIsInternal(t *testing.T) {
	fresh(t)
	if got := ask(t, exportDefine, `{"url":"http://hl7.org/fhir/OperationDefinition/Subscription-status"}`, ""); !strings.HasPrefix(got, `{"handle":1,`) {
		t.Fatal(got)
	}
	at, length := input(t, envelope("{}", "x"))
	got := output(t, call(at, length, func(*instance, []byte, []byte) ([]byte, error) { panic("secret") }))
	if code(t, got) != "internal" || strings.Contains(got, "secret") {
		t.Error(got)
	}
	if got := ask(t, exportValidateResponse, `{"handle":1}`, validResponse); code(t, got) != "unknown-handle" {
		t.Errorf("the definition is still there: %s", got)
	}
	if got := ask(t, exportValidateResponse, "", validResponse); got != "" {
		t.Errorf("the instance does not go on: %s", got)
	}
	if got := ask(t, exportDefine, `{"url":"http://hl7.org/fhir/OperationDefinition/Subscription-status"}`, ""); !strings.HasPrefix(got, `{"handle":2,`) {
		t.Errorf("a handle is given out again: %s", got)
	}
	got = output(t, callNumbers(func(*instance) ([]byte, error) { panic("secret") }))
	if code(t, got) != "internal" {
		t.Error(got)
	}
}

// TestPanicInRuntime: an index out of range is a panic as any other.
func TestPanicInRuntime(t *testing.T) {
	fresh(t)
	at, length := input(t, envelope("", ""))
	got := output(t, call(at, length, func(_ *instance, options, _ []byte) ([]byte, error) {
		return options[length : length+1], nil
	}))
	if code(t, got) != "internal" {
		t.Error(got)
	}
}

func TestEnvelopes(t *testing.T) {
	fresh(t)
	for name, text := range map[string]string{
		"nothing":                 "",
		"three bytes":             "\x00\x00\x00",
		"options beyond":          "\x01\x00\x00\x00",
		"options far beyond":      "\xff\xff\xff\xff{}",
		"options beyond by sign":  "\x00\x00\x00\x80{}",
		"options cut":             "\x05\x00\x00\x00{}",
		"options are no JSON":     "\x01\x00\x00\x00{",
		"options are an array":    "\x02\x00\x00\x00[]",
		"options are null":        "\x04\x00\x00\x00null",
		"options are twice":       "\x0d\x00\x00\x00{\"read\":true}x{}",
		"options are misspelt":    string(envelope(`{"maxissues":1}`, "")),
		"unknown option is null":  string(envelope(`{"maxissues":null}`, "")),
		"option is there twice":   string(envelope(`{"level":"type","level":"type"}`, "")),
		"option of wrong type":    string(envelope(`{"level":1}`, "")),
		"option of unknown value": string(envelope(`{"level":"resource"}`, "")),
		"release by version":      string(envelope(`{"fhir":"4.0.1"}`, "")),
		"release is empty":        string(envelope(`{"fhir":""}`, "")),
		"boolean as a string":     string(envelope(`{"query":"true"}`, "")),
		"number as a string":      string(envelope(`{"maxIssues":"1"}`, "")),
		"number too small":        string(envelope(`{"maxIssues":0}`, "")),
		"number too large":        string(envelope(`{"maxIssues":10001}`, "")),
		"number with a fraction":  string(envelope(`{"maxIssues":1.0}`, "")),
		"number with an exponent": string(envelope(`{"maxIssues":1e2}`, "")),
		"handle and definition":   string(envelope(`{"handle":1,"definition":"x"}`, "")),
		"handle of 0":             string(envelope(`{"handle":0}`, "")),
		"handle beyond 31 bits":   string(envelope(`{"handle":2147483648}`, "")),
	} {
		at, length := input(t, []byte(text))
		if name == "options are twice" { // the rest is the document
			if got := output(t, exportValidateResponse(at, length)); !strings.HasPrefix(got, `{"valid":false`) {
				t.Errorf("%s: %s", name, got)
			}
			continue
		}
		if got := output(t, exportValidateRequest(at, length)); code(t, got) != "invalid-call" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestOptionsOfOthers: an option of one operation is none of another's.
func TestOptionsOfOthers(t *testing.T) {
	fresh(t)
	for options, export := range map[string]func(at, length int32) int64{
		`{"read":true}`:        exportWriteResponse,
		`{"brief":true}`:       exportWriteResponse,
		`{"level":"x"}`:        exportReadSubscription,
		`{"from":"resource"}`:  exportReadFrame,
		`{"dialect":"spec"}`:   exportWriteNotification,
		`{"status":"active"}`:  exportWriteStatuses,
		`{"query":true}`:       exportValidateResponse,
		`{"level":"type"}`:     exportValidateNotification,
		`{"maxIssues":1}`:      exportParseBind,
		`{"definition":"x"}`:   exportDefine,
		`{"typ":"x"}`:          exportReadKeys,
		`{"algorithms":["x"]}`: exportIssueBegin,
		`{"alg":"x"}`:          exportVerifyBegin,
		`{"keys":{}}`:          exportVerifyBegin,
		`{"raw":true}`:         exportInspectToken,
	} {
		got := ask(t, export, options, "")
		name, _, _ := strings.Cut(options[2:], `"`)
		if code(t, got) != "invalid-call" || !strings.Contains(got, name) {
			t.Errorf("%s: %s", options, got)
		}
	}
}

func TestNullIsAbsent(t *testing.T) {
	fresh(t)
	options := `{"handle":null,"definition":null,"level":null,"fhir":null,"maxIssues":null,"read":null}`
	if got := ask(t, exportValidateResponse, options, validResponse); got != "" {
		t.Error(got)
	}
}

// TestMisuse calls with addresses and lengths that are not what they should be.
func TestMisuse(t *testing.T) {
	fresh(t)
	invalid := func(what string, answer int64) {
		t.Helper()
		if got := output(t, answer); code(t, got) != "invalid-call" {
			t.Errorf("%s: %s", what, got)
		}
	}
	for _, at := range []int32{0, 1, -1, 1 << 20, -1 << 31, 1<<31 - 1} {
		invalid("an address that is none", exportValidateResponse(at, 4))
		if exportBufferFree(at) != 0 {
			t.Errorf("%#x is freed", at)
		}
	}
	for _, by := range []int32{1, -1, 1<<31 - 4, -1 << 31} {
		at, length := input(t, envelope("", ""))
		invalid("a length that is not the buffer's", exportValidateResponse(at, length+by))
		invalid("a buffer that was taken", exportValidateResponse(at, length))
	}
	at, length := input(t, envelope("", ""))
	exportBufferFree(at)
	invalid("a buffer that was freed", exportValidateResponse(at, length))
	at, length = input(t, envelope("", "bind-with-token t"))
	invalid("an address within a buffer", exportParseBind(at+1, length-1))
	if got := output(t, exportParseBind(at, length)); got != `{"token":"t"}` {
		t.Errorf("a buffer next to misuse: %s", got)
	}
	invalid("issue_end with an address that is none", exportIssueEnd(1, 12345, 0))
}
