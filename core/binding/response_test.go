package binding

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
)

func response(expiration string, subscriptions ...string) string {
	text := `{"resourceType":"Parameters","parameter":[{"name":"token","valueString":"t"},{"name":"expiration","valueDateTime":"` + expiration + `"},`
	for _, s := range subscriptions {
		text += `{"name":"subscription","valueString":"` + s + `"},`
	}
	return text + `{"name":"websocket-url","valueUrl":"wss://h.example/ws"}]}`
}

func TestResponseSubscriptions(t *testing.T) {
	r, err := NewReader(fhir.R4, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		values []string
		want   []string
		valid  bool
	}{
		{nil, nil, true},
		{[]string{"a"}, []string{"a"}, true},
		{[]string{"Subscription/a", "https://h.example/fhir/Subscription/b", "c"}, []string{"a", "b", "c"}, true},
		{[]string{"a", "Subscription/a"}, []string{"a"}, true},
		{[]string{"http://h.example/Subscription/a"}, []string{"a"}, true},
		{[]string{"Patient/a"}, nil, false},
		{[]string{"/Subscription/a"}, nil, false},
		{[]string{"fhir/Subscription/a"}, nil, false},
		{[]string{"https://h.example/fhir/Patient/a"}, nil, false},
		{[]string{"https://h.example/MySubscription/a"}, nil, false},
		{[]string{"Subscription/"}, nil, false},
		{[]string{"Subscription/a/_history/1"}, nil, false},
		{[]string{"a_b"}, nil, false},
		{[]string{"a", "a b"}, nil, false},
		{[]string{"urn:uuid:2c8f7a4e-7a3c-4a57-9d7e-2f0d3f0a9b11"}, nil, false},
	} {
		got, issues := r.Response([]byte(response("2026-01-02T12:00:00Z", c.values...)))
		if fault.Valid(issues) != c.valid || !slices.Equal(got.Subscriptions, c.want) {
			t.Errorf("%q: %q, %v", c.values, got.Subscriptions, issues)
		}
		if !c.valid && (got.Token != "" || issues[0].Code != fault.InvalidPrimitive || !strings.HasPrefix(issues[0].Expression, "Parameters.parameter[")) {
			t.Errorf("%q: %+v, %+v", c.values, got, issues)
		}
	}
}

func TestResponseExpiration(t *testing.T) {
	r, err := NewReader(fhir.R4B, nil)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]time.Time{
		"2026-01-02T12:00:00Z":                    time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC),
		"2026-01-02T12:00:00+01:00":               time.Date(2026, 1, 2, 11, 0, 0, 0, time.UTC),
		"2026-01-02T12:00:00.1234567Z":            time.Date(2026, 1, 2, 12, 0, 0, 123456700, time.UTC),
		"2026-01-02T12:00:00.123456789876543210Z": time.Date(2026, 1, 2, 12, 0, 0, 123456789, time.UTC),
		"2016-12-31T23:59:60Z":                    time.Date(2016, 12, 31, 23, 59, 59, 0, time.UTC),
		"2026-01-02":                              time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC),
		"2026-01":                                 time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		"2026":                                    time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		got, issues := r.Response([]byte(response(text, "a")))
		if !fault.Valid(issues) || !got.Expiration.Equal(want) {
			t.Errorf("%s: %v, %v", text, got.Expiration, issues)
		}
	}
	r5, err := NewReader(fhir.R5, nil)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]time.Time{ // R5 allows an offset on a date
		"2026-01-02Z":      time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC),
		"2026-01-02+01:00": time.Date(2026, 1, 1, 23, 0, 0, 0, time.UTC),
		"2026-01-05:00":    time.Date(2026, 1, 1, 5, 0, 0, 0, time.UTC),
	} {
		got, issues := r5.Response([]byte(response(text, "a")))
		if !fault.Valid(issues) || !got.Expiration.Equal(want) {
			t.Errorf("%s: %v, %v", text, got.Expiration, issues)
		}
	}
	if got, issues := r.Response([]byte(response("2026-02-30T12:00:00Z", "a"))); fault.Valid(issues) || got.Token != "" {
		t.Errorf("an impossible date was read as %v", got.Expiration)
	}
}

// absent is an extension in the place of a value, which is valid FHIR.
func absent(typ string) string {
	return `"_value` + typ + `":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"masked"}]}`
}

func TestResponseIsHeldToTheDefinition(t *testing.T) {
	r, err := NewReader(fhir.R5, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string]string{
		"empty":                      ``,
		"no token":                   strings.Replace(response("2026-01-02T12:00:00Z"), `"token"`, `"tokens"`, 1),
		"two urls":                   strings.Replace(response("2026-01-02T12:00:00Z"), `]}`, `,{"name":"websocket-url","valueUrl":"wss://h.example/2"}]}`, 1),
		"token without value":        strings.Replace(response("2026-01-02T12:00:00Z"), `"valueString":"t"`, absent("String"), 1),
		"url without value":          strings.Replace(response("2026-01-02T12:00:00Z"), `"valueUrl":"wss://h.example/ws"`, absent("Url"), 1),
		"expiration without value":   strings.Replace(response("2026-01-02T12:00:00Z"), `"valueDateTime":"2026-01-02T12:00:00Z"`, absent("DateTime"), 1),
		"subscription without value": strings.Replace(response("2026-01-02T12:00:00Z", "a", "b"), `"valueString":"b"`, absent("String"), 1),
		"an outcome":                 `{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"login"}]}`,
	} {
		if got, issues := r.Response([]byte(body)); fault.Valid(issues) || got.Token != "" || got.WebsocketURL != "" {
			t.Errorf("%s: read as %+v", name, got)
		}
	}
	if _, err := NewReader(0, nil); fault.CodeOf(err) != fault.UnknownOperation {
		t.Errorf("no release: %v", err)
	}
}
