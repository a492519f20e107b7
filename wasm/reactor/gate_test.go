package main

import (
	"strings"
	"testing"
)

const (
	draftOptions = `"base":"https://gate.example/fhir","type":"event-notification","subscription":"s1","status":"active",` +
		`"topic":"http://example.org/topic","id":"63c28e8a-f402-43e4-beb2-75b1c0f6833f","timestamp":"2026-01-02T03:04:05Z","eventNumber":7,"eventsSinceSubscriptionStart":7`
	somePatient = `{"resourceType":"Patient","id":"p1"}`
)

func TestReadRequest(t *testing.T) {
	fresh(t)
	const status = `"definition":"http://hl7.org/fhir/OperationDefinition/Subscription-status"`
	for name, c := range map[string]struct{ options, document, want string }{
		"a body":            {`"fhir":"R5"`, `{"resourceType":"Parameters","parameter":[{"name":"id","valueId":"a"},{"name":"id","valueId":"b"},{"name":"id","valueId":"a"}]}`, `{"valid":true,"issues":[],"request":{"subscriptions":["a","b"]}}`},
		"no body":           {`"level":"instance"`, ``, `{"valid":true,"issues":[],"request":{"subscriptions":[]}}`},
		"a query":           {`"query":true`, `id=a&id=b&id=a`, `{"valid":true,"issues":[],"request":{"subscriptions":["a","b"]}}`},
		"a handle":          {`"query":true,"handle":` + define(t), `id=a`, `{"valid":true,"issues":[],"request":{"subscriptions":["a"]}}`},
		"another operation": {`"query":true,"fhir":"R5",` + status, `id=a`, `{"valid":true,"issues":[]}`},
	} {
		if got := ask(t, exportValidateRequest, `{"read":true,`+c.options+`}`, c.document); got != c.want {
			t.Errorf("%s: %s\nwant %s", name, got, c.want)
		}
	}
	for name, document := range map[string]string{
		"not valid":            `{"resourceType":"Parameters","parameter":[]}`,
		"an id of extensions":  `{"resourceType":"Parameters","parameter":[{"name":"id","_valueId":{"extension":[{"url":"http://example.org/x","valueCode":"x"}]}}]}`,
		"another resource":     `{"resourceType":"Patient"}`,
		"another parameter":    `{"resourceType":"Parameters","parameter":[{"name":"x","valueId":"a"}]}`,
		"what is no JSON":      `id=a`,
		"an id that is no id":  `{"resourceType":"Parameters","parameter":[{"name":"id","valueId":"a_b"}]}`,
		"an id of other types": `{"resourceType":"Parameters","parameter":[{"name":"id","valueString":"a"}]}`,
	} {
		if got := ask(t, exportValidateRequest, `{"read":true}`, document); !strings.HasPrefix(got, `{"valid":false,`) || strings.Contains(got, `"request"`) {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestWriteResponse(t *testing.T) {
	fresh(t)
	const answer = `{"token":"a.b.c","expiration":1767355200,"subscriptions":["a","b"],"websocketUrl":"wss://example.org/ws"}`
	const want = `{"response":"{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"token\",\"valueString\":\"a.b.c\"},` +
		`{\"name\":\"expiration\",\"valueDateTime\":\"2026-01-02T12:00:00Z\"},{\"name\":\"subscription\",\"valueString\":\"a\"},` +
		`{\"name\":\"subscription\",\"valueString\":\"b\"},{\"name\":\"websocket-url\",\"valueUrl\":\"wss://example.org/ws\"}]}"}`
	for _, options := range []string{"", `{"level":"instance"}`, `{"handle":` + define(t) + `}`, `{"fhir":"R5","definition":"http://hl7.org/fhir/OperationDefinition/Subscription-get-ws-binding-token"}`} {
		if got := ask(t, exportWriteResponse, options, answer); got != want {
			t.Errorf("%s: %s\nwant %s", options, got, want)
		}
	}
	for name, c := range map[string]struct{ options, document, code string }{
		"no members":         {"", `{}`, "invalid-call"},
		"no document":        {"", ``, "invalid-call"},
		"no object":          {"", `[]`, "invalid-call"},
		"no token":           {"", strings.Replace(answer, "a.b.c", "", 1), "invalid-call"},
		"no URL":             {"", strings.Replace(answer, "wss://example.org/ws", "a b", 1), "invalid-call"},
		"no expiration":      {"", strings.Replace(answer, "1767355200", "null", 1), "invalid-call"},
		"a fraction":         {"", strings.Replace(answer, "1767355200", "1.5", 1), "invalid-call"},
		"beyond 9999":        {"", strings.Replace(answer, "1767355200", "253402300800", 1), "invalid-call"},
		"another member":     {"", strings.Replace(answer, "token", "tokn", 1), "invalid-call"},
		"a level of none":    {`{"level":"system"}`, answer, "invalid-call"},
		"another definition": {`{"fhir":"R5","definition":"http://hl7.org/fhir/OperationDefinition/Subscription-status"}`, answer, "invalid-definition"},
		"no definition":      {`{"definition":"http://example.org/x"}`, answer, "not-found"},
	} {
		got := ask(t, exportWriteResponse, c.options, c.document)
		if code(t, got) != c.code || strings.Contains(got, "a.b.c") {
			t.Errorf("%s: %s, want %s", name, got, c.code)
		}
	}
}

// TestWriteNotificationRefuses: what the vectors cannot say.
func TestWriteNotificationRefuses(t *testing.T) {
	fresh(t)
	for name, c := range map[string]struct{ options, document, code string }{
		"nothing":                {`{}`, ``, "invalid-primitive"},
		"a document of no kind":  {`{` + draftOptions + `}`, somePatient, "invalid-call"},
		"a kind of no document":  {`{"from":"spec",` + draftOptions + `}`, somePatient, "invalid-call"},
		"a frame of no event":    {`{"from":"medplum",` + draftOptions + `}`, `{"type":"pong"}`, "upstream-refused"},
		"no resource":            {`{"from":"resource","content":"id-only",` + draftOptions + `}`, ``, "invalid-full-url"},
		"a content of none":      {`{"content":"all",` + draftOptions + `}`, ``, "invalid-call"},
		"a type of a gate's not": {strings.Replace(`{`+draftOptions+`}`, "event-notification", "query-status", 1), ``, "invalid-call"},
		"a number below 0":       {strings.Replace(`{`+draftOptions+`}`, `"eventNumber":7`, `"eventNumber":-7`, 1), ``, "invalid-call"},
		"a number as text":       {strings.Replace(`{`+draftOptions+`}`, `"eventNumber":7`, `"eventNumber":"7"`, 1), ``, "invalid-call"},
	} {
		if got := ask(t, exportWriteNotification, c.options, c.document); code(t, got) != c.code {
			t.Errorf("%s: %s, want %s", name, got, c.code)
		}
	}
	got := ask(t, exportWriteNotification, `{"from":"resource","content":"full-resource",`+draftOptions+`}`, somePatient)
	if !strings.Contains(got, `\"resource\":{\"resourceType\":\"Patient\",\"id\":\"p1\"}`) {
		t.Errorf("a resource: %s", got)
	}
}

func TestWriteStatuses(t *testing.T) {
	fresh(t)
	const options = `{"fhir":"R5","base":"https://gate.example/fhir","self":"https://gate.example/fhir/Subscription/$status","timestamp":"2026-01-02T03:04:05Z"}`
	const status = `{"id":"63c28e8a-f402-43e4-beb2-75b1c0f6833f","subscription":"s1","status":"active","topic":"http://example.org/topic","eventsSinceSubscriptionStart":7}`
	const want = `{"statuses":"{\"resourceType\":\"Bundle\",\"type\":\"searchset\",\"timestamp\":\"2026-01-02T03:04:05Z\",\"total\":1,` +
		`\"link\":[{\"relation\":\"self\",\"url\":\"https://gate.example/fhir/Subscription/$status\"}],\"entry\":[{\"fullUrl\":\"urn:uuid:63c28e8a-f402-43e4-beb2-75b1c0f6833f\",` +
		`\"resource\":{\"resourceType\":\"SubscriptionStatus\",\"id\":\"63c28e8a-f402-43e4-beb2-75b1c0f6833f\",\"status\":\"active\",\"type\":\"query-status\",\"eventsSinceSubscriptionStart\":\"7\",` +
		`\"subscription\":{\"reference\":\"https://gate.example/fhir/Subscription/s1\"},\"topic\":\"http://example.org/topic\"},\"search\":{\"mode\":\"match\"}}]}"}`
	if got := ask(t, exportWriteStatuses, options, "["+status+"]"); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if got := ask(t, exportWriteStatuses, `{}`, "[]"); got != `{"statuses":"{\"resourceType\":\"Bundle\",\"type\":\"searchset\",\"total\":0}"}` {
		t.Errorf("none: %s", got)
	}
	for name, c := range map[string]struct{ document, code string }{
		"no document":    {``, "invalid-call"},
		"no array":       {status, "invalid-call"},
		"no object":      {`["s1"]`, "invalid-call"},
		"another member": {`[{"event":1}]`, "invalid-call"},
		"no status":      {`[{"id":"63c28e8a-f402-43e4-beb2-75b1c0f6833f","subscription":"s1"}]`, "invalid-code"},
		"no id":          {`[{"subscription":"s1","status":"active"}]`, "invalid-primitive"},
	} {
		if got := ask(t, exportWriteStatuses, options, c.document); code(t, got) != c.code {
			t.Errorf("%s: %s, want %s", name, got, c.code)
		}
	}
	if got := ask(t, exportWriteStatuses, `{"fhir":"R5"}`, "[]"); code(t, got) != "invariant-failed" {
		t.Errorf("R5 without a self link: %s", got)
	}
}
