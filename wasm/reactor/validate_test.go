package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// TestValidCostsNothing: once memory has grown, a valid document allocates
// nothing, from the buffer that is asked for to the answer.
func TestValidCostsNothing(t *testing.T) {
	fresh(t)
	for name, c := range map[string]struct {
		export            func(at, length int32) int64
		options, document string
	}{
		"response":                {exportValidateResponse, "", validResponse},
		"response with options":   {exportValidateResponse, `{"level":"type","fhir":"R4B","maxIssues":10}`, validResponse},
		"request":                 {exportValidateRequest, "", `{"resourceType":"Parameters","parameter":[{"name":"id","valueId":"a"}]}`},
		"request without a body":  {exportValidateRequest, `{"level":"instance"}`, ""},
		"notification":            {exportValidateNotification, `{"fhir":"R5"}`, handshake},
		"response of 200 kB":      {exportValidateResponse, "", largeResponse(200 << 10)},
		"response with a handle":  {exportValidateResponse, `{"handle":` + define(t) + `}`, validResponse},
		"response, other options": {exportValidateResponse, `{"level":"instance"}`, validResponse},
	} {
		text := envelope(c.options, c.document)
		n := testing.AllocsPerRun(20, func() {
			at := exportBufferNew(int32(len(text)))
			for i := len(buffers.live) - 1; i >= 0; i-- {
				if address(buffers.live[i]) == at {
					copy(buffers.live[i], text)
				}
			}
			if answer := c.export(at, int32(len(text))); answer != 0 {
				t.Fatal(output(t, answer))
			}
		})
		if n != 0 {
			t.Errorf("%s: %v allocations, want 0", name, n)
		}
	}
}

const handshake = `{"resourceType":"Bundle","type":"subscription-notification","entry":[{"fullUrl":"urn:uuid:6b4e0d52-6d6c-4a0c-8f0f-0d3c5b9a7e11","resource":
 {"resourceType":"SubscriptionStatus","id":"6b4e0d52-6d6c-4a0c-8f0f-0d3c5b9a7e11","status":"requested","type":"handshake","eventsSinceSubscriptionStart":"0","subscription":{"reference":"https://example.org/fhir/Subscription/a"}}}]}`

// largeResponse is a valid response of about the given size.
func largeResponse(size int) string {
	ids := strings.Repeat(`{"name":"subscription","valueString":"0123456789"},`, size/51)
	return strings.Replace(validResponse, `{"name":"subscription"`, ids+`{"name":"subscription"`, 1)
}

// define defines an operation and returns its handle.
func define(t *testing.T) string {
	t.Helper()
	var defined struct{ Handle json.Number }
	got := ask(t, exportDefine, `{"url":"http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-get-ws-binding-token"}`, "")
	if err := json.Unmarshal([]byte(got), &defined); err != nil || defined.Handle == "0" {
		t.Fatal(got)
	}
	return defined.Handle.String()
}

// TestBrief: of an invalid document nothing is said but that; one with warnings
// only is answered as ever.
func TestBrief(t *testing.T) {
	fresh(t)
	judge := func(export func(at, length int32) int64, options, document string) int64 {
		return export(input(t, envelope(options, document)))
	}
	const unknown = `{"resourceType":"Parameters","parameter":[{"name":"x","valueString":"1"}]}`
	for name, c := range map[string]struct {
		export            func(at, length int32) int64
		options, document string
		want              int64
	}{
		"invalid response": {exportValidateResponse, `{"brief":true}`, unknown, 1},
		"no JSON":          {exportValidateResponse, `{"brief":true}`, "x", 1},
		"invalid request":  {exportValidateRequest, `{"brief":true}`, unknown, 1},
		"invalid query":    {exportValidateRequest, `{"brief":true,"query":true}`, "x=1", 1},
		"valid response":   {exportValidateResponse, `{"brief":true}`, validResponse, 0},
		"wrong level":      {exportValidateResponse, `{"brief":true,"level":"system"}`, validResponse, 1},
	} {
		if got := judge(c.export, c.options, c.document); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
	if got := exportBufferLive(); got != 0 {
		t.Errorf("%d buffers are live", got)
	}
	const options = `"level":"instance","fhir":"R5","definition":"http://hl7.org/fhir/OperationDefinition/Subscription-status"`
	const warned = `{"resourceType":"Parameters","parameter":[{"name":"id","valueId":"1"}]}`
	want := ask(t, exportValidateRequest, "{"+options+"}", warned)
	if got := ask(t, exportValidateRequest, `{"brief":true,`+options+"}", warned); got != want || !strings.Contains(got, "out-of-scope") {
		t.Errorf("a warning: %s\nwant %s", got, want)
	}
	if got := ask(t, exportValidateResponse, `{"brief":true,"read":true}`, validResponse); !strings.Contains(got, `"invalid-call"`) {
		t.Errorf("brief and read: %s", got)
	}
	// The validator is the same one, which has to talk again.
	if got := ask(t, exportValidateResponse, "", unknown); !strings.Contains(got, `no parameter \"x\"`) {
		t.Errorf("not in brief: %s", got)
	}
}

func TestReadResponse(t *testing.T) {
	fresh(t)
	const want = `{"valid":true,"issues":[],"response":{"token":"abc","expiration":1767355200.25,"subscriptions":["a"],"websocketUrl":"wss://example.org/ws"}}`
	if got := ask(t, exportValidateResponse, `{"read":true}`, validResponse); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if got := ask(t, exportValidateResponse, `{"read":true,"level":"instance","handle":`+define(t)+`}`, validResponse); got != want {
		t.Errorf("with a handle, at the instance level: %s", got)
	}
	if got := ask(t, exportValidateResponse, `{"read":true}`, `{}`); !strings.HasPrefix(got, `{"valid":false,`) || strings.Contains(got, "response\"") {
		t.Errorf("of what is not valid: %s", got)
	}
	status := `{"read":true,"fhir":"R5","definition":"http://hl7.org/fhir/OperationDefinition/Subscription-status"}`
	if got := ask(t, exportValidateResponse, status, `{"resourceType":"Bundle","type":"searchset"}`); got != `{"valid":true,"issues":[]}` {
		t.Errorf("of another operation: %s", got)
	}
}

// TestPositionsAreTheDocuments: positions count from the document's first byte,
// not from the envelope's.
func TestPositionsAreTheDocuments(t *testing.T) {
	fresh(t)
	for _, options := range []string{"", `{"fhir":"R5"}`, `{"fhir":"R5","maxIssues":9}`} {
		got := ask(t, exportValidateResponse, options, "\n\"\U0001F600\"")
		if !strings.Contains(got, `"position":{"byte":1,"line":2,"column":1,"length":6}`) {
			t.Error(got)
		}
	}
}

func TestUnknownDefinitions(t *testing.T) {
	fresh(t)
	if got := ask(t, exportValidateResponse, `{"definition":"http://example.org/x"}`, ""); code(t, got) != "not-found" {
		t.Error(got)
	}
	handle := define(t)
	if got := ask(t, exportValidateResponse, `{"handle":`+handle+`}`, validResponse); got != "" {
		t.Error(got)
	}
	n := int32(json.Number(handle).String()[0] - '0')
	if exportForget(n) != 1 || exportForget(n) != 0 || exportForget(0) != 0 || exportForget(-1) != 0 {
		t.Error("it is not forgotten once")
	}
	// The options were remembered, and are not now.
	if got := ask(t, exportValidateResponse, `{"handle":`+handle+`}`, validResponse); code(t, got) != "unknown-handle" {
		t.Error(got)
	}
	if got := ask(t, exportDefine, `{"url":"http://example.org/x"}`, ""); code(t, got) != "not-found" {
		t.Error(got)
	}
	if got := ask(t, exportDefine, `{"url":"http://hl7.org/fhir/OperationDefinition/Subscription-status"}`, "{}"); code(t, got) != "invalid-call" {
		t.Error(got)
	}
}

func TestDefinitionsAreBounded(t *testing.T) {
	fresh(t)
	for range maxDefinitions {
		define(t)
	}
	url := `{"url":"http://hl7.org/fhir/OperationDefinition/Subscription-status"}`
	if got := ask(t, exportDefine, url, ""); code(t, got) != "limit-reached" {
		t.Error(got)
	}
	if got := ask(t, exportDefine, "", "{}"); !strings.HasPrefix(got, `{"handle":0,"repairs":[],"issues":[{`) {
		t.Errorf("one that is refused needs no room: %s", got)
	}
	exportForget(1)
	if got := ask(t, exportDefine, url, ""); code(t, got) != "" {
		t.Error(got)
	}
}

func TestAppendSeconds(t *testing.T) {
	for want, at := range map[string]time.Time{
		"0":                      time.Unix(0, 0),
		"1.5":                    time.Unix(1, 5e8),
		"-0.75":                  time.Unix(-1, 25e7),
		"-1.75":                  time.Unix(-2, 25e7),
		"-2":                     time.Unix(-2, 0),
		"1767355200.000000001":   time.Unix(1767355200, 1),
		"253402300799.999999999": time.Unix(253402300799, 999999999),
	} {
		if got := string(appendSeconds(nil, at.Unix(), at.Nanosecond())); got != want {
			t.Errorf("%v: %s, want %s", at, got, want)
		}
	}
}
