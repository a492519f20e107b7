package main

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	claimsSet = `{"iss":"https://example.org/fhir","aud":"wss://example.org/ws","exp":2000000000,"iat":1999999900,"subscription":["a"],"jti":"1"}`
	policyOf  = `{"algorithms":["ES256"],"issuer":"https://example.org/fhir","audience":"wss://example.org/ws"}`
)

// signature passes for one of ES256 by its shape; here it is the host that says
// whether it is one.
var signature = strings.Repeat("\x01", 64)

func issue(t *testing.T) string {
	t.Helper()
	var begun struct {
		Handle       int32
		SigningInput string
	}
	parse(t, ask(t, exportIssueBegin, `{"alg":"ES256","kid":"k"}`, claimsSet), &begun)
	at, length := input(t, []byte(signature))
	var ended struct{ Token string }
	parse(t, output(t, exportIssueEnd(begun.Handle, at, length)), &ended)
	if want := begun.SigningInput + "." + base64.RawURLEncoding.EncodeToString([]byte(signature)); ended.Token != want {
		t.Fatalf("%s, want %s", ended.Token, want)
	}
	return ended.Token
}

func parse(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil || code(t, text) != "" {
		t.Fatalf("%s: %v", text, err)
	}
}

type begun struct {
	Handle             int32
	Alg                string
	Kid                *string
	SigningInputLength int
}

func begin(t *testing.T, options, compact string) (b begun) {
	t.Helper()
	parse(t, ask(t, exportVerifyBegin, options, compact), &b)
	return b
}

// TestLargeTokensAreNotKept: the memory of a verification that is over is used
// again, but not for ever what the largest token needed.
func TestLargeTokensAreNotKept(t *testing.T) {
	fresh(t)
	const options = `{"algorithms":["HS256"],"anyType":true,"maxSize":1000000,"raw":true}`
	token := func(payload int, signature string) string {
		return "eyJhbGciOiJIUzI1NiJ9." + strings.Repeat("A", payload) + "." + signature
	}
	whole := strings.Repeat("A", 43)
	for _, c := range []struct {
		compact string
		kept    int
	}{
		{token(4, whole), 1}, {token(4, "A"), 1}, {token(400_000, whole), 0}, {token(400_000, "A"), 0}, {token(4, whole), 1},
	} {
		if answer := ask(t, exportVerifyBegin, options, c.compact); code(t, answer) == "" {
			var b begun
			parse(t, answer, &b)
			output(t, exportVerifyEnd(b.Handle, 1, 0))
		}
		if len(current.spare) != c.kept {
			t.Errorf("%d verifications are kept after a token of %d bytes", len(current.spare), len(c.compact))
		}
		for _, u := range current.spare[len(current.spare):cap(current.spare)] {
			if u != nil {
				t.Errorf("the memory of a token of %d bytes is kept behind the list", len(c.compact))
			}
		}
	}
}

// TestLongOptionsAreNotKept: nor are those of a call that nobody repeats.
func TestLongOptionsAreNotKept(t *testing.T) {
	fresh(t)
	long := `{"fhir":"R5"` + strings.Repeat(" ", 10_000) + `}`
	for range 3 {
		if got := ask(t, exportValidateResponse, long, validResponse); got != "" {
			t.Error(got)
		}
	}
	if kept := current.responses.last[0].text; kept != nil {
		t.Errorf("options of %d bytes are kept", len(kept))
	}
}

func TestIssueAndVerify(t *testing.T) {
	fresh(t)
	compact := issue(t)
	b := begin(t, policyOf, compact)
	if b.Alg != "ES256" || *b.Kid != "k" || b.SigningInputLength != strings.LastIndexByte(compact, '.') {
		t.Errorf("%+v", b)
	}
	const want = `{"claims":{"iss":"https://example.org/fhir","aud":"wss://example.org/ws","iat":1999999900,"exp":2000000000,"jti":"1","subscription":["a"]}}`
	if got := output(t, exportVerifyEnd(b.Handle, 1, 1999999950)); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if got := output(t, exportVerifyEnd(b.Handle, 1, 1999999950)); code(t, got) != "expired-handle" {
		t.Errorf("ended twice: %s", got)
	}
}

// TestVerifyEndRefuses: every end spends the handle, and none but a good one
// shows a claim.
func TestVerifyEndRefuses(t *testing.T) {
	fresh(t)
	compact := issue(t)
	for _, c := range []struct {
		verified int32
		now      float64
		code     string
	}{
		{0, 1999999950, "bad-signature"},
		{1, 2000000000, "expired-token"},
		{1, 1999999899.999999, "not-yet-valid"},
		{2, 1999999950, "invalid-call"},
		{-1, 1999999950, "invalid-call"},
		{1, math.NaN(), "invalid-call"},
		{1, math.Inf(1), "invalid-call"},
		{1, math.Inf(-1), "invalid-call"},
		{1, 1e300, "invalid-call"},
	} {
		handle := begin(t, policyOf, compact).Handle
		got := output(t, exportVerifyEnd(handle, c.verified, c.now))
		if code(t, got) != c.code || strings.Contains(got, "example.org/ws") {
			t.Errorf("%d at %v: %s", c.verified, c.now, got)
		}
		if got := output(t, exportVerifyEnd(handle, 1, 1999999950)); code(t, got) != "expired-handle" {
			t.Errorf("it can be ended again: %s", got)
		}
	}
}

func TestVerifyBeginRefuses(t *testing.T) {
	fresh(t)
	compact := issue(t)
	for options, want := range map[string]string{
		"":                                        "algorithm-not-allowed",
		`{"algorithms":[]}`:                       "algorithm-not-allowed",
		`{"algorithms":["HS256"]}`:                "algorithm-not-allowed",
		`{"algorithms":"ES256"}`:                  "invalid-call",
		`{"algorithms":[1]}`:                      "invalid-call",
		`{"clockTolerance":"1"}`:                  "invalid-call",
		`{"clockTolerance":-1}`:                   "invalid-call",
		`{"clockTolerance":1e3}`:                  "invalid-call",
		`{"maxLifetime":4000000000}`:              "invalid-call",
		`{"typ":1}`:                               "invalid-call",
		`{"algorithms":["ES256"],"maxSize":10}`:   "token-too-large",
		`{"algorithms":["ES256"],"typ":"at+jwt"}`: "wrong-typ",
	} {
		if got := ask(t, exportVerifyBegin, options, compact); code(t, got) != want {
			t.Errorf("%s: %s, want %s", options, got, want)
		}
	}
	// A policy without an issuer accepts none.
	handle := begin(t, `{"algorithms":["ES256"],"anyAudience":true}`, compact).Handle
	if got := output(t, exportVerifyEnd(handle, 1, 1999999950)); code(t, got) != "wrong-issuer" {
		t.Error(got)
	}
}

func TestVerifyRaw(t *testing.T) {
	fresh(t)
	encode := base64.RawURLEncoding.EncodeToString
	for payload, want := range map[string]string{
		"not claims": `{"payload":"not claims"}`,
		"\xff\x00":   `{"payloadBase64":"/wA="}`,
	} {
		compact := encode([]byte(`{"alg":"ES256"}`)) + "." + encode([]byte(payload)) + "." + encode([]byte(signature))
		b := begin(t, `{"algorithms":["ES256"],"anyType":true,"raw":true}`, compact)
		if b.Kid != nil {
			t.Errorf("a kid %q is made up", *b.Kid)
		}
		if got := output(t, exportVerifyEnd(b.Handle, 1, 0)); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// TestClockTolerance reads fractions exactly.
func TestClockTolerance(t *testing.T) {
	fresh(t)
	compact := issue(t)
	options := strings.Replace(policyOf, "{", `{"clockTolerance":0.5,`, 1)
	for now, want := range map[float64]string{2000000000.25: "", 2000000000.5: "expired-token"} {
		got := output(t, exportVerifyEnd(begin(t, options, compact).Handle, 1, now))
		if code(t, got) != want {
			t.Errorf("at %v: %s", now, got)
		}
	}
}

// TestKindsOfHandles: a handle of one kind is none of another.
func TestKindsOfHandles(t *testing.T) {
	fresh(t)
	verify := begin(t, policyOf, issue(t)).Handle
	at, length := input(t, []byte(signature))
	if got := output(t, exportIssueEnd(verify, at, length)); code(t, got) != "expired-handle" {
		t.Error(got)
	}
	if exportForget(verify) != 0 {
		t.Error("a verification is forgotten as a definition")
	}
	if got := output(t, exportVerifyEnd(verify, 1, 1999999950)); code(t, got) != "" {
		t.Errorf("it was spent by what it is not for: %s", got)
	}
}

func TestCancel(t *testing.T) {
	fresh(t)
	handle := begin(t, policyOf, issue(t)).Handle
	if exportCancel(handle) != 1 || exportCancel(handle) != 0 || exportCancel(0) != 0 {
		t.Error("it is not cancelled once")
	}
	if got := output(t, exportVerifyEnd(handle, 1, 1999999950)); code(t, got) != "expired-handle" {
		t.Error(got)
	}
}

// TestPendingIsBounded: one more than are kept drops the oldest, and only that.
func TestPendingIsBounded(t *testing.T) {
	fresh(t)
	compact := issue(t)
	var handles []int32
	for range maxPending + 1 {
		handles = append(handles, begin(t, policyOf, compact).Handle)
	}
	for i, handle := range handles {
		got := output(t, exportVerifyEnd(handle, 1, 1999999950))
		if expired := code(t, got) == "expired-handle"; expired != (i == 0) {
			t.Fatalf("%d: %s", i, got)
		}
	}
}

// TestHandlesAreNotReused also where 31 bits end.
func TestHandlesAreNotReused(t *testing.T) {
	fresh(t)
	compact := issue(t)
	current.lastHandle = 1<<31 - 2
	if first, second := begin(t, policyOf, compact).Handle, begin(t, policyOf, compact).Handle; first != 1<<31-1 || second != 1 {
		t.Errorf("%d, %d", first, second)
	}
}

func TestIssueRefuses(t *testing.T) {
	fresh(t)
	for document, want := range map[string]string{
		"":                                "malformed-token",
		"[]":                              "malformed-token",
		`{"iss":1}`:                       "invalid-claim",
		`{"scope":"x"}`:                   "invalid-claim",
		`{"iss":"x","iss":"x"}`:           "duplicate-member",
		`{"subscription":"a"}`:            "invalid-claim",
		`{"aud":[1]}`:                     "invalid-claim",
		`{}`:                              "missing-claim",
		`{"iss":"x","aud":"x","exp":"1"}`: "invalid-claim",
		`{"iss":"x","aud":"x","exp":-1,"subscription":["a"]}`:           "date-out-of-range",
		`{"iss":"x","aud":"x","exp":253402300800,"subscription":["a"]}`: "date-out-of-range",
		`{"iss":"x","aud":"x","exp":1e99,"subscription":["a"]}`:         "date-out-of-range",
	} {
		if got := ask(t, exportIssueBegin, `{"alg":"ES256"}`, document); code(t, got) != want {
			t.Errorf("%s: %s, want %s", document, got, want)
		}
	}
	if got := ask(t, exportIssueBegin, "", claimsSet); code(t, got) != "algorithm-not-allowed" {
		t.Error(got)
	}
	var begun struct{ Handle int32 }
	parse(t, ask(t, exportIssueBegin, `{"alg":"ES256"}`, claimsSet), &begun)
	at, length := input(t, []byte("short"))
	if got := output(t, exportIssueEnd(begun.Handle, at, length)); code(t, got) != "signature-format" {
		t.Error(got)
	}
}

func TestReadKeys(t *testing.T) {
	fresh(t)
	if got := ask(t, exportReadKeys, "", `{"keys":[]}`); got != `{"keys":[]}` {
		t.Error(got)
	}
	if got := ask(t, exportReadKeys, "", `{"kty":"oct","k":"AA"}`); code(t, got) != "invalid-key" {
		t.Error(got)
	}
}

func TestParseSeconds(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "-0": 0, "30.5": 30500 * time.Millisecond, "0.0000000019": 1, "-1.25": -1250 * time.Millisecond, "4000000000": 4e18,
	} {
		seconds, nanoseconds, ok := parseSeconds(text)
		if got := time.Duration(seconds)*time.Second + time.Duration(nanoseconds); !ok || got != want {
			t.Errorf("%s: %v, %v", text, got, ok)
		}
	}
	for _, text := range []string{"1e3", "1E3", "1.5e3", "99999999999999999999"} {
		if seconds, _, ok := parseSeconds(text); ok {
			t.Errorf("%s was read as %d", text, seconds)
		}
	}
}

// TestPointInTime: a double shows no more than microseconds.
func TestPointInTime(t *testing.T) {
	for _, text := range []string{"1772366400.1", "1772366400.000001", "0", "253402300799", "-1.5"} {
		seconds, _ := strconv.ParseFloat(text, 64)
		got, err := pointInTime(seconds)
		whole, nanoseconds, _ := parseSeconds(text)
		if want := time.Unix(whole, nanoseconds); err != nil || !got.Equal(want) {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
}
