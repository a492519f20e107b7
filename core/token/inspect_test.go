package token

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fault"
)

// The parts that a token is put together of in TestInspectIsVerify: a good one
// first, then each with something wrong in it.
var (
	inspectedHeaders = []string{
		`{"alg":"HS256","kid":"k","typ":"fhir-ws-binding+jwt"}`, `{"alg":"HS256","typ":"application/FHIR-ws-binding+jwt","x5t":"a"}`,
		`{"alg":"none","kid":1}`, `{"alg":"ES256","typ":"JWT"}`, `{"alg":1,"jwk":{},"crit":["b64"]}`, `{"alg":"HS256","alg":"HS256"}`,
		`{"alg":"HS256","jku":"https://x","kid":null,"typ":"fhir-ws-binding+jwt"}`, `{"alg":"HS256","b64":false,"typ":1}`, `{"alg":"HS256","nonce":1,"kid":[]}`,
		`{"alg":"HS256","x":1e999}`, `{"alg":"HS256","kid":true,"typ":"JWT"}`, `[]`, `{`, "\xff", "",
	}
	inspectedClaims = []string{
		`{"iss":"https://fhir.example/R4","aud":["x","wss://fhir.example/ws"],"iat":1767355200,"exp":1767355260,"subscription":["a"]}`,
		`{"iss":"https://fhir.example/R4","aud":"wss://fhir.example/ws","exp":1767355260,"subscription":["a"],"fhir":"R4","x":1}`,
		`{"iss":"other","aud":"other","nbf":1767355290,"iat":1767355290,"exp":1767355200,"subscription":["a"]}`,
		`{"iss":"https://fhir.example/R4","aud":"other","iat":1767355200,"exp":1867355260,"subscription":["a"]}`,
		`{"iss":"https://fhir.example/R4","aud":"wss://fhir.example/ws","nbf":1767355300,"exp":1767355100,"subscription":["a"]}`,
		`{"iss":"https://fhir.example/R4","aud":"wss://fhir.example/ws","iat":1767355300,"exp":1867355260,"subscription":["a"]}`,
		`{"iss":"https://fhir.example/R4","aud":"wss://fhir.example/ws","iat":1767355300,"exp":1767355200,"subscription":["a"]}`,
		`{"iss":1,"aud":[],"sub":"","iat":"now","nbf":-1,"exp":null,"jti":1,"subscription":["a b"],"fhir":"R3"}`,
		`{"iss":"other","aud":"wss://fhir.example/ws","iat":1767355200,"exp":1e99,"subscription":[]}`,
		`{"exp":1767355260,"exp":1}`, `{}`, `"iss"`, `nonsense`, "\xff\xfe", "",
	}
	inspectedSignatures = []string{strings.Repeat("s", 32), "short", ""}
)

func inspectionPolicies() []Policy {
	plain, lax, late, none := testPolicy(), testPolicy(), testPolicy(), testPolicy()
	lax.AnyIssuer, lax.AnyAudience, lax.AnyType = true, true, true
	lax.Issuer, lax.Audience = "", ""
	late.Leeway, late.MaxLifetime, late.Type = time.Minute, time.Second, "JWT"
	none.Algorithms, none.MaxSize = nil, 300
	return []Policy{plain, lax, late, none}
}

// TestInspectIsVerify holds every combination of parts to what verifying says.
func TestInspectIsVerify(t *testing.T) {
	part := base64.RawURLEncoding.EncodeToString
	tokens := []string{"", ".", "a.b", "..", "...", " ", "{}", `{"a":"b.c.d"}`, strings.Repeat("a", 1<<20)}
	for n, header := range inspectedHeaders {
		for _, claims := range inspectedClaims {
			for _, signature := range inspectedSignatures {
				compact := part([]byte(header)) + "." + part([]byte(claims)) + "." + part([]byte(signature))
				tokens = append(tokens, compact)
				if n == 0 {
					tokens = append(tokens, compact+"\n", compact+"=")
				}
			}
		}
	}
	for _, p := range inspectionPolicies() {
		for _, compact := range tokens {
			for _, verified := range []bool{true, false} {
				compareInspection(t, &p, compact, verified)
			}
		}
	}
}

func compareInspection(t *testing.T, p *Policy, compact string, verified bool) {
	u, err := p.Prepare(compact)
	if err == nil {
		_, err = u.Finish(verified, noon)
	}
	i := p.Inspect(compact, noon, SignatureVerdict{Asked: true, Verified: verified})
	var first Rule
	for n, r := range i.Rules {
		if r.State == Broken && first.Code == "" {
			first = r
		}
		if r.Name != rule(n).String() || r.Detail == "" || (r.State == Broken) != (r.Code != "") || len(compact) > 20 && strings.Contains(r.Detail, compact[:20]) {
			t.Errorf("%.200s: rule %d is %+v", compact, n, r)
		}
	}
	if len(i.Rules) != int(numRules) || i.Valid() != (err == nil) {
		t.Errorf("%.200s: %d rules, valid %v, verifying says %v", compact, len(i.Rules), i.Valid(), err)
	}
	if err != nil && (first.Code != fault.CodeOf(err) || first.Detail != fault.DetailOf(err)) {
		t.Errorf("%.200s: %+v, verifying says %v", compact, first, err)
	}
	if i.Checkable != (u != nil) && i.Rules[ruleEmbeddedKey].State == Met && i.Rules[ruleExtensions].State == Met && i.Rules[ruleType].State == Met && i.Rules[ruleForm].State == Met {
		t.Errorf("%.200s: checkable %v", compact, i.Checkable)
	}
	if u != nil && (string(i.Signature) != string(u.Signature) || i.SigningInput != len(u.SigningInput()) || i.Algorithm != string(u.Algorithm) || i.KeyID != u.KeyID || i.HasKeyID != u.HasKeyID) {
		t.Errorf("%.200s: %+v", compact, i)
	}
}

// TestRulesAreIndependent: what is broken hides nothing else.
func TestRulesAreIndependent(t *testing.T) {
	part := base64.RawURLEncoding.EncodeToString
	claims := `{"iss":"other","aud":"wss://fhir.example/ws","sub":7,"iat":1767355200,"exp":1767355100,"subscription":["a"]}`
	compact := part([]byte(`{"alg":"HS256","jku":"https://x","typ":"JWT"}`)) + "." + part([]byte(claims)) + "." + part(make([]byte, 32))
	p := testPolicy()
	p.Audience = ""
	i := p.Inspect(compact, noon, SignatureVerdict{Err: fault.New(fault.KeysUnavailable, "not there")})
	want := "met met met met broken met met broken met met unknown broken broken unknown met met broken met"
	var states []string
	for _, r := range i.Rules {
		states = append(states, r.State.String())
	}
	if got := strings.Join(states, " "); got != want {
		t.Errorf("%s\nwant %s\n%+v", got, want, i.Rules)
	}
	if i.ClaimsText != claims || i.Rules[ruleSignature].Code != fault.KeysUnavailable || !i.Checkable {
		t.Errorf("%+v", i)
	}
	for verdict, code := range map[SignatureVerdict]fault.Code{
		{Asked: true}: fault.TokenSignature, {}: "", {Asked: true, Verified: true}: "", {Err: fault.TokenUnknownKey}: fault.TokenUnknownKey,
	} {
		if r := p.Inspect(compact, noon, verdict).Rules[ruleSignature]; r.Code != code || (r.State == Met) != verdict.Verified {
			t.Errorf("%+v: %+v", verdict, r)
		}
	}
}

// TestUncheckedSignatureIsNotMet: a verdict on what no key could be asked about
// is none.
func TestUncheckedSignatureIsNotMet(t *testing.T) {
	compact := signed(t, testClaims())
	p := testPolicy()
	p.Algorithms = []Algorithm{ES256}
	i := p.Inspect(compact, noon, SignatureVerdict{Asked: true, Verified: true})
	if i.Checkable || i.Signature != nil || i.Rules[ruleSignature].State != Unknown || i.Valid() || i.Algorithm != "HS256" {
		t.Errorf("%+v", i)
	}
	if (&Inspection{}).Valid() {
		t.Error("an inspection that did not take place is valid")
	}
}
