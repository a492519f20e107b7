package journal_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/mockserver/journal"
)

func TestWithoutTokens(t *testing.T) {
	for text, want := range map[string]string{
		"":                                      "",
		"name=Smith&_count=10":                  "name=Smith&_count=10",
		"code=http://loinc.org|1&token-like=no": "code=http://loinc.org|1&token-like=no",
		"access_token=opaque":                   "access_token=[token]",
		"name=a&Access_Token=opaque&_count=1":   "name=a&Access_Token=[token]&_count=1",
		"token=":                                "token=",
		`{"token":"","x":1}`:                    `{"token":"","x":1}`,
		"Authorization=Bearer%20opaque":         "Authorization=[token]",
		"id=eyJhbGci.eyJhdWQi.c2ln":             "id=[token]",
		"id=%65yJhbGci%2EeyJhdWQi%2ec2ln":       "id=[token]",
		"/Patient/eyJhbGci.eyJhdWQi.c2ln/$x":    "/Patient/[token]/$x",
		"/ws/R4/abc?token=opaque":               "/ws/R4/abc?token=[token]",
		"Authorization: Bearer opaque":          "Authorization: Bearer [token]",
		`{"token" : "opaque","a":"b"}`:          `{"token" : "[token]","a":"b"}`,
		`{"token":"o\"paque"}`:                  `{"token":"[token]"}`,
		`{"x":"\u0065yJhbGci.eyJhdWQi.c2ln"}`:   `{"x":"[token]"}`,
		"bearers of bad news":                   "bearers of bad news",
	} {
		if got := journal.WithoutTokens(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

// Whatever a client does with a token, the journal does not have it, and what the
// caller of Add has is not changed.
func TestNoEntryHasAToken(t *testing.T) {
	const token = "eyJhbGci.eyJhdWQi.c2lnbmF0dXJl"
	ids := []string{"s1", token}
	j := journal.New(journal.Config{})
	j.Add(journal.Entry{
		Path: "/fhir/R4/Patient/" + token, Query: "x=" + token, Resource: "Patient/" + token, Interaction: token,
		WebsocketURL: "ws://host/ws?token=" + token, Reason: token, Detail: "there is no " + token, Subscriptions: ids,
	})
	text, _ := json.Marshal(j.Entries(journal.Query{}))
	if strings.Contains(string(text), "eyJ") || strings.Contains(string(text), "c2lnbmF0dXJl") {
		t.Errorf("got %s", text)
	}
	if ids[1] != token {
		t.Error("the list of the caller was changed")
	}
}

// Everything that clients can make long counts, not frames alone.
func TestEveryTextCounts(t *testing.T) {
	long := strings.Repeat("a", 1000)
	for name, e := range map[string]journal.Entry{
		"path": {Path: long}, "query": {Query: long}, "detail": {Detail: long}, "resource": {Resource: long}, "caller": {Caller: long},
		"ids": {Subscriptions: make([]string, 63)}, "focus": {Focus: []string{long[:234], long[:234], long[:234], long[:234]}}, "events": {Events: make([]int64, 125)},
		"reason": {Reason: long}, "url": {WebsocketURL: long}, "type": {Type: long}, "jti": {JTI: long},
	} {
		j := journal.New(journal.Config{MaxBytes: 5000})
		for range 10 {
			j.Add(e)
		}
		if kept := len(j.Entries(journal.Query{})); kept != 5 && kept != 4 {
			t.Errorf("%s: %d entries of 1,000 bytes are kept in 5,000", name, kept)
		}
	}
}

func TestOtherTextsAreBounded(t *testing.T) {
	long := strings.Repeat("é", 60_000)
	ids := []string{"s1", long}
	j := journal.New(journal.Config{})
	j.Add(journal.Entry{Path: long, Detail: long, Resource: long, Subscriptions: ids, Focus: ids})
	e := j.Entries(journal.Query{})[0]
	for _, text := range []string{e.Path, e.Detail, e.Resource, e.Subscriptions[1], e.Focus[1]} {
		if len(text) > 5_000 || !strings.HasSuffix(text, "é…") {
			t.Errorf("%d bytes were kept", len(text))
		}
	}
	if e.Subscriptions[0] != "s1" || len(e.Subscriptions[1]) > 300 || ids[1] != long {
		t.Errorf("ids of %d bytes were kept, and the caller's changed to %d", len(e.Subscriptions[1]), len(ids[1]))
	}
}
