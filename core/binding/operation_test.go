package binding

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/token"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 987654321, time.FixedZone("", 3600))

// signer notes what it was given.
type signer struct {
	mu     sync.Mutex
	claims token.Claims
	err    error
}

func (s *signer) Issue(c token.Claims) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.claims = c
	return "signed.by.test", s.err
}

func newOperation(t *testing.T, c Config) (*Operation, *signer) {
	t.Helper()
	s := new(signer)
	c.Base, c.WebsocketURL, c.Signer = "https://fhir.example/R4", "wss://fhir.example/ws", s
	if c.Release == 0 {
		c.Release = fhir.R4
	}
	op, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return op, s
}

// given returns what was asked for, or with all these two.
func given(_ string, ids []string, all bool) ([]string, error) {
	if all {
		return []string{"s1", "s2"}, nil
	}
	return ids, nil
}

func parameters(ids ...string) []byte {
	text := `{"resourceType":"Parameters","parameter":[`
	for i, id := range ids {
		if i > 0 {
			text += ","
		}
		text += `{"name":"id","valueId":"` + id + `"}`
	}
	return []byte(text + "]}")
}

// withoutValue names a Subscription that is not known: valid FHIR, and not the
// same as naming none.
const withoutValue = `{"resourceType":"Parameters","parameter":[{"name":"id","_valueId":{"extension":` +
	`[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"unknown"}]}}]}`

func TestIssueCovers(t *testing.T) {
	for name, c := range map[string]struct {
		request Request
		noIDs   NoIDs
		want    []string
		code    fault.Code
	}{
		"named":                       {Request{Body: parameters("a", "b")}, FailWithoutIDs, []string{"a", "b"}, ""},
		"named twice":                 {Request{Body: parameters("b", "a", "b")}, FailWithoutIDs, []string{"b", "a"}, ""},
		"no body, all":                {Request{}, AllWithoutIDs, []string{"s1", "s2"}, ""},
		"no body, fail":               {Request{}, FailWithoutIDs, nil, fault.MissingParameter},
		"no parameters, all":          {Request{Body: []byte(`{"resourceType":"Parameters"}`)}, AllWithoutIDs, []string{"s1", "s2"}, ""},
		"no parameters, fail":         {Request{Body: []byte(`{"resourceType":"Parameters"}`)}, FailWithoutIDs, nil, fault.MissingParameter},
		"empty array":                 {Request{Body: []byte(`{"resourceType":"Parameters","parameter":[]}`)}, AllWithoutIDs, nil, fault.EmptyValue},
		"white space":                 {Request{Body: []byte(" ")}, AllWithoutIDs, nil, fault.InvalidJSON},
		"a bare resource":             {Request{Body: []byte(`{"resourceType":"Subscription","id":"a"}`)}, AllWithoutIDs, nil, fault.WrongResourceType},
		"a string for an id":          {Request{Body: []byte(`{"resourceType":"Parameters","parameter":[{"name":"id","valueString":"a"}]}`)}, AllWithoutIDs, nil, fault.WrongValueType},
		"an unknown parameter":        {Request{Body: []byte(`{"resourceType":"Parameters","parameter":[{"name":"ids","valueId":"a"}]}`)}, AllWithoutIDs, nil, fault.UnknownParameter},
		"an id without a value":       {Request{Body: []byte(withoutValue)}, AllWithoutIDs, nil, fault.MissingValue},
		"one of two without a value":  {Request{Body: []byte(strings.Replace(withoutValue, `[`, `[{"name":"id","valueId":"a"},`, 1))}, AllWithoutIDs, nil, fault.MissingValue},
		"instance, without a value":   {Request{ID: "x", Body: []byte(withoutValue)}, FailWithoutIDs, []string{"x"}, ""},
		"GET, escaped":                {Request{Get: true, Query: "%69d=%61&id=b%2Ec"}, FailWithoutIDs, []string{"a", "b.c"}, ""},
		"GET, an id without a value":  {Request{Get: true, Query: "id="}, AllWithoutIDs, nil, fault.EmptyValue},
		"GET":                         {Request{Get: true, Query: "id=a&_format=json&id=b"}, FailWithoutIDs, []string{"a", "b"}, ""},
		"GET, nothing":                {Request{Get: true}, AllWithoutIDs, []string{"s1", "s2"}, ""},
		"GET, a comma list":           {Request{Get: true, Query: "id=a,b"}, FailWithoutIDs, nil, fault.InvalidPrimitive},
		"GET, body not read":          {Request{Get: true, Query: "id=a", Body: parameters("b")}, FailWithoutIDs, []string{"a"}, ""},
		"POST, query not read":        {Request{Query: "id=a", Body: parameters("b")}, FailWithoutIDs, []string{"b"}, ""},
		"instance":                    {Request{ID: "x"}, FailWithoutIDs, []string{"x"}, ""},
		"instance, id ignored":        {Request{ID: "x", Body: parameters("a", "b")}, FailWithoutIDs, []string{"x"}, ""},
		"instance, id in query":       {Request{ID: "x", Get: true, Query: "id=a"}, FailWithoutIDs, []string{"x"}, ""},
		"instance, still to be valid": {Request{ID: "x", Body: []byte(`{"resourceType":"Parameters","parameter":[]}`)}, FailWithoutIDs, nil, fault.EmptyValue},
	} {
		for _, release := range []fhir.Release{fhir.R4, fhir.R4B, fhir.R5} {
			op, s := newOperation(t, Config{Release: release, NoIDs: c.noIDs})
			c.request.Now = noon
			answer, err := op.Issue(c.request, given)
			if got := fault.CodeOf(err); got != c.code {
				t.Errorf("%s, %v: %v, want code %q", name, release, err, c.code)
			}
			if !slices.Equal(answer.Claims.Subscriptions, c.want) || !slices.Equal(s.claims.Subscriptions, c.want) {
				t.Errorf("%s, %v: covers %q, want %q", name, release, s.claims.Subscriptions, c.want)
			}
		}
	}
}

func TestIssueAnswer(t *testing.T) {
	op, s := newOperation(t, Config{Lifetime: 90*time.Second + time.Millisecond})
	answer, err := op.Issue(Request{Body: parameters("a", "b"), Caller: "me", TokenID: "j", Now: noon}, given)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"resourceType":"Parameters","parameter":[{"name":"token","valueString":"signed.by.test"},` +
		`{"name":"expiration","valueDateTime":"2026-01-02T11:01:30Z"},{"name":"subscription","valueString":"a"},` +
		`{"name":"subscription","valueString":"b"},{"name":"websocket-url","valueUrl":"wss://fhir.example/ws"}]}`
	if string(answer.Body) != want {
		t.Errorf("answer\n%s\nwant\n%s", answer.Body, want)
	}
	start := time.Date(2026, 1, 2, 11, 0, 0, 0, time.UTC)
	c := s.claims
	if c.Issuer != "https://fhir.example/R4" || !slices.Equal(c.Audience, []string{"wss://fhir.example/ws"}) || c.Subject != "me" ||
		c.ID != "j" || c.Release != "R4" || !c.IssuedAt.Equal(start) || !c.NotBefore.Equal(start) || !c.Expires.Equal(start.Add(90*time.Second)) {
		t.Errorf("claims %+v", c)
	}
	if answer.Token != "signed.by.test" || len(answer.Issues) != 0 {
		t.Errorf("answer %+v", answer)
	}
}

func TestIssueStops(t *testing.T) {
	op, s := newOperation(t, Config{NoIDs: AllWithoutIDs})
	no := fault.At(fault.NotFound, "Parameters.parameter[0]", "there is no such Subscription")
	if _, err := op.Issue(Request{Body: parameters("a"), Now: noon}, func(string, []string, bool) ([]string, error) { return nil, no }); !errors.Is(err, no) {
		t.Errorf("the selector's error came out as %v", err)
	}
	if _, err := op.Issue(Request{Now: noon}, func(string, []string, bool) ([]string, error) { return nil, nil }); !errors.Is(err, fault.NoSubscriptions) {
		t.Errorf("a token that covers none: %v", err)
	}
	if s.claims.Issuer != "" {
		t.Error("something was signed")
	}
	many := make([]string, token.MaxSubscriptions+1)
	for i := range many {
		many[i] = "s" + strings.Repeat("x", i%60) + string(rune('a'+i/60))
	}
	if _, err := op.Issue(Request{Body: parameters(many...), Now: noon}, given); !errors.Is(err, fault.TooManyParameters) {
		t.Errorf("%d ids: %v", len(many), err)
	}
	if _, err := op.Issue(Request{Now: noon}, func(string, []string, bool) ([]string, error) { return many, nil }); !errors.Is(err, fault.TooManyParameters) {
		t.Errorf("%d Subscriptions: %v", len(many), err)
	}
	s.err = fault.New(fault.TokenTooLarge, "")
	if _, err := op.Issue(Request{Body: parameters("a"), Now: noon}, given); !errors.Is(err, fault.TooManyParameters) {
		t.Errorf("ids that make too large a token: %v", err)
	}
	s.err = fault.New(fault.InvalidKey, "")
	if _, err := op.Issue(Request{Body: parameters("a"), Now: noon}, given); !errors.Is(err, fault.InvalidKey) {
		t.Errorf("the signer's error came out as %v", err)
	}
}

func TestInvalidRequestListsEveryIssue(t *testing.T) {
	op, _ := newOperation(t, Config{})
	_, err := op.Issue(Request{Body: []byte(`{"resourceType":"Parameters","parameter":[{"name":"id","valueString":"a"},{"name":"id","valueId":"a_b"}]}`), Now: noon}, given)
	var invalid *fault.Invalid
	if !errors.As(err, &invalid) || len(invalid.Issues) != 2 {
		t.Fatalf("got %v", err)
	}
	if !errors.Is(err, fault.WrongValueType) || !strings.Contains(err.Error(), "wrong-value-type") {
		t.Errorf("the error is %v", err)
	}
}

func TestConfigIsChecked(t *testing.T) {
	good := Config{Release: fhir.R4, Base: "b", WebsocketURL: "u", Signer: new(signer)}
	for name, test := range map[string]struct {
		code   fault.Code
		change func(*Config)
	}{
		"Release":        {fault.Internal, func(c *Config) { c.Release = 0 }},
		"Base":           {fault.Internal, func(c *Config) { c.Base = "" }},
		"WebsocketURL":   {fault.Internal, func(c *Config) { c.WebsocketURL = "" }},
		"Signer":         {fault.Internal, func(c *Config) { c.Signer = nil }},
		"Lifetime":       {fault.Internal, func(c *Config) { c.Lifetime = time.Millisecond }},
		"a day and more": {fault.Internal, func(c *Config) { c.Lifetime = token.DefaultMaxLifetime + 1 }},
		"output token":   {fault.InvalidDefinition, func(c *Config) { c.Definition = []byte(other) }},
		"page chrome":    {fault.InvalidJSON, func(c *Config) { c.Definition = []byte("hello") }},
		"resourceType":   {fault.WrongResourceType, func(c *Config) { c.Definition = []byte(`{"resourceType":"Patient"}`) }},
		"negative ttl":   {fault.Internal, func(c *Config) { c.Lifetime = -time.Hour }},
		"no such output": {fault.InvalidDefinition, func(c *Config) { c.Definition = []byte(strings.Replace(other, `"x"`, `"token"`, 1)) }},
	} {
		c := good
		test.change(&c)
		if _, err := New(c); !errors.Is(err, test.code) {
			t.Errorf("%s: got %v, want %s", name, err, test.code)
		}
	}
	if _, err := New(good); err != nil {
		t.Error(err)
	}
}

const other = `{"resourceType":"OperationDefinition","name":"Other","status":"active","kind":"operation","code":"other","resource":["Subscription"],` +
	`"system":false,"type":true,"instance":true,"parameter":[{"name":"x","use":"out","min":0,"max":"1","type":"string"}]}`

// TestDefinitionIsData: another definition of the operation has other types,
// and the answer follows it.
func TestDefinitionIsData(t *testing.T) {
	definition := strings.Replace(other, `{"name":"x","use":"out","min":0,"max":"1","type":"string"}`,
		`{"name":"id","use":"in","min":1,"max":"1","type":"code"},{"name":"token","use":"out","min":1,"max":"1","type":"code"},`+
			`{"name":"expiration","use":"out","min":1,"max":"1","type":"instant"},{"name":"websocket-url","use":"out","min":1,"max":"1","type":"uri"}`, 1)
	op, _ := newOperation(t, Config{Definition: []byte(definition)})
	answer, err := op.Issue(Request{Body: []byte(`{"resourceType":"Parameters","parameter":[{"name":"id","valueCode":"a"}]}`), Now: noon}, given)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"valueCode":"signed.by.test"`, `"valueInstant":"2026-01-02T11:05:00Z"`, `"valueUri":"wss://fhir.example/ws"`} {
		if !strings.Contains(string(answer.Body), want) {
			t.Errorf("%s lacks %s", answer.Body, want)
		}
	}
	if strings.Contains(string(answer.Body), "subscription") {
		t.Errorf("%s has an output that the definition does not", answer.Body)
	}
	if _, err := op.Issue(Request{Body: parameters("a"), Now: noon}, given); !errors.Is(err, fault.WrongValueType) {
		t.Errorf("an id where a code is due: %v", err)
	}
}

// TestAnswerIsChecked: an answer that breaks the definition is not sent, and
// says nothing of the token.
func TestAnswerIsChecked(t *testing.T) {
	s := new(signer)
	op, err := New(Config{Release: fhir.R4, Base: "https://fhir.example", WebsocketURL: "wss://white space", Signer: s})
	if err != nil {
		t.Fatal(err)
	}
	_, err = op.Issue(Request{Body: parameters("a"), Now: noon}, given)
	if !errors.Is(err, fault.Internal) || strings.Contains(err.Error(), "signed") {
		t.Errorf("got %v", err)
	}
}

func TestIssueConcurrently(t *testing.T) {
	op, _ := newOperation(t, Config{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if _, err := op.Issue(Request{Body: parameters("a"), Now: noon}, given); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func TestAnswerIsReadBack(t *testing.T) {
	for _, release := range []fhir.Release{fhir.R4, fhir.R4B, fhir.R5} {
		op, _ := newOperation(t, Config{Release: release})
		answer, err := op.Issue(Request{Body: parameters("a", "b"), Now: noon}, given)
		if err != nil {
			t.Fatal(err)
		}
		if !json.Valid(answer.Body) {
			t.Errorf("%s is no JSON", answer.Body)
		}
		r, err := NewReader(release, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, issues := r.Response(answer.Body)
		if len(issues) != 0 || got.Token != answer.Token || !got.Expiration.Equal(answer.Claims.Expires) ||
			!slices.Equal(got.Subscriptions, []string{"a", "b"}) || got.WebsocketURL != "wss://fhir.example/ws" {
			t.Errorf("%v: read %+v, %v", release, got, issues)
		}
	}
}
