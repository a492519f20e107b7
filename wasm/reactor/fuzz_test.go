package main

import (
	"encoding/json"
	"testing"
)

// FuzzEnvelopesAreAnswered: whatever the bytes, every operation answers, with
// JSON or nothing, never with internal, and leaves no buffer behind.
func FuzzEnvelopesAreAnswered(f *testing.F) {
	exports := []func(at, length int32) int64{
		exportDefine, exportValidateRequest, exportValidateResponse, exportValidateNotification,
		exportParseBind, exportReadKeys, exportIssueBegin, exportVerifyBegin, exportInspectToken,
		func(at, length int32) int64 { return exportIssueEnd(1, at, length) },
		exportWriteResponse, exportReadSubscription, exportReadFrame, exportWriteNotification, exportWriteStatuses,
	}
	for i, text := range [][]byte{
		envelope(`{"url":"x"}`, ""), envelope(`{"query":true}`, "id=a"), envelope(`{"read":true}`, validResponse),
		envelope(`{"fhir":"R5","read":true}`, handshake), envelope("", "bind-with-token t"), envelope("", `{"keys":[]}`),
		envelope(`{"alg":"ES256"}`, claimsSet), envelope(policyOf, "a.b.c"), envelope(`{"now":1,"verified":true}`, "e30.e30.AA"), []byte("x"),
		envelope("", `{"token":"t","expiration":1,"subscriptions":["a"],"websocketUrl":"wss://h"}`), envelope(`{"fhir":"R5"}`, `{"resourceType":"Subscription","id":"a"}`),
		envelope(`{"dialect":"legacy"}`, "ping a"), envelope(`{"from":"resource","content":"full-resource",`+draftOptions+`}`, somePatient),
		envelope(`{"base":"http://h"}`, `[{"id":"63c28e8a-f402-43e4-beb2-75b1c0f6833f","subscription":"a","status":"active"}]`),
	} {
		f.Add(i, text)
	}
	f.Fuzz(func(t *testing.T, which int, text []byte) {
		current = new(instance)
		at, length := input(t, text)
		answer := exports[uint(which)%uint(len(exports))](at, length)
		var failed struct{ Error struct{ Code string } }
		if got := output(t, answer); got != "" && json.Unmarshal([]byte(got), &failed) == nil && failed.Error.Code == "internal" {
			t.Errorf("%s", got)
		}
		if n := exportBufferLive(); n != 0 {
			t.Errorf("%d buffers are live", n)
		}
	})
}
