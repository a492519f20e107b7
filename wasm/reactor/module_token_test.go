package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	corejose "github.com/wsbind/wsbind/core/jose"
	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/schemas/vectors"
)

func seconds(now float64) uint64 { return math.Float64bits(now) }

// instantiateToken issues a token with a signature that only has the shape of
// one.
func instantiateToken(t *testing.T, g guest) string {
	t.Helper()
	var begun struct{ Handle uint64 }
	parse(t, g.ask("issue_begin", `{"alg":"ES256"}`, claimsSet), &begun)
	at, length := g.buffer([]byte(signature))
	var ended struct{ Token string }
	parse(t, g.answer(g.number("issue_end", begun.Handle, at, length)), &ended)
	return ended.Token
}

// TestModuleTokens runs every vector: on the lean module with core/jose as the
// host's arithmetic, on the other as it is.
func TestModuleTokens(t *testing.T) {
	cases, err := vectors.Tokens()
	if err != nil {
		t.Fatal(err)
	}
	eachModule(t, func(t *testing.T, g guest) {
		verify := (guest).verify
		if g.module.ExportedFunction("verify_token") != nil {
			verify = (guest).verifyToken
		}
		for _, c := range cases {
			got := verify(g, c)
			g.live(0)
			var answer struct {
				Claims  json.RawMessage
				Payload *string
			}
			if failed := code(t, got); failed != c.Code || json.Unmarshal([]byte(got), &answer) != nil {
				t.Errorf("%s: %s, want %q", c.Name, got, c.Code)
			} else if c.OK && !c.Raw && !sameJSON(answer.Claims, c.Claims) {
				t.Errorf("%s: %s, want %s", c.Name, answer.Claims, c.Claims)
			} else if c.OK && c.Raw && answer.Payload != nil && *answer.Payload != c.Payload {
				t.Errorf("%s: %s, want %s", c.Name, got, c.Payload)
			}
		}
	})
}

func sameJSON(a, b []byte) bool {
	var x, y bytes.Buffer
	return json.Compact(&x, a) == nil && json.Compact(&y, b) == nil && x.String() == y.String()
}

// policyOptions are the options that a vector stands for.
func policyOptions(c vectors.Token) map[string]any {
	options := map[string]any{
		"issuer": c.Issuer, "anyIssuer": c.Issuer == "", "audience": c.Audience, "anyAudience": c.Audience == "",
		"algorithms": c.Algorithms, "typ": c.Typ, "anyType": c.Typ != nil && *c.Typ == "", "raw": c.Raw, "clockTolerance": c.ClockTolerance,
	}
	if c.Algorithms == nil {
		options["algorithms"] = token.Algorithms()
	}
	return options
}

func (g guest) askWith(export string, options map[string]any, document string) string {
	g.Helper()
	text, err := json.Marshal(options)
	if err != nil {
		g.Fatal(err)
	}
	return g.ask(export, string(text), document)
}

func (g guest) verifyToken(c vectors.Token) string {
	options := policyOptions(c)
	options["keys"], options["now"] = string(c.Keys), c.Now
	return g.askWith("verify_token", options, c.Token)
}

// verify is what a host does that computes signatures itself.
func (g guest) verify(c vectors.Token) string {
	set, err := corejose.ParseSet(c.Keys)
	if err != nil {
		return string(new(instance).failure(err))
	}
	answer := g.askWith("verify_begin", policyOptions(c), c.Token)
	var b begun
	if json.Unmarshal([]byte(answer), &b) != nil || b.Handle == 0 {
		return answer
	}
	signature, err := base64.RawURLEncoding.Strict().DecodeString(c.Token[b.SigningInputLength+1:])
	if err != nil {
		g.Errorf("%s: what follows the signing input is no signature: %v", c.Name, err)
	}
	u := &token.Unverified{Algorithm: token.Algorithm(b.Alg), HasKeyID: b.Kid != nil}
	if b.Kid != nil {
		u.KeyID = *b.Kid
	}
	key, err := set.Find(u, time.Unix(int64(c.Now), 0))
	if err != nil {
		g.number("cancel", uint64(b.Handle))
		return string(new(instance).failure(err))
	}
	verified := key.Verify(u.Algorithm, []byte(c.Token[:b.SigningInputLength]), signature)
	return g.answer(g.number("verify_end", uint64(b.Handle), uint64(flag(verified)), seconds(c.Now)))
}

// TestModuleIssuesTokens: the self-contained module signs with every kind of
// key, and reads its own tokens.
func TestModuleIssuesTokens(t *testing.T) {
	g := instantiate(t, joseModule)
	for _, algorithm := range token.Algorithms() {
		key, err := corejose.Generate(algorithm)
		if err != nil {
			t.Fatal(err)
		}
		jwk, err := key.Private()
		if err != nil {
			t.Fatal(err)
		}
		var issued struct{ Token string }
		parse(t, g.askWith("issue_token", map[string]any{"key": json.RawMessage(jwk), "alg": algorithm}, claimsSet), &issued)
		options := map[string]any{"keys": string(jwk), "now": 1999999950, "anyIssuer": true, "anyAudience": true, "algorithms": []token.Algorithm{algorithm}}
		if got := g.askWith("verify_token", options, issued.Token); !strings.HasPrefix(got, `{"claims":{"iss":"https://example.org/fhir"`) {
			t.Errorf("%s: %s", algorithm, got)
		}
		if again := g.askWith("issue_token", map[string]any{"key": string(jwk)}, claimsSet); strings.HasPrefix(string(algorithm), "ES") && strings.Contains(again, issued.Token) {
			t.Errorf("%s: two signatures are the same", algorithm)
		}
	}
	for options, want := range map[string]string{
		`{}`:                  "invalid-key",
		`{"key":1}`:           "invalid-call",
		`{"key":"{"}`:         "invalid-key",
		`{"key":{"kty":"x"}}`: "invalid-key",
	} {
		if got := g.ask("issue_token", options, claimsSet); code(t, got) != want {
			t.Errorf("%s: %s, want %s", options, got, want)
		}
	}
	for options, want := range map[string]string{
		`{"keys":{"keys":[]}}`:                 "invalid-call", // no time
		`{"keys":{"keys":[]},"now":"1"}`:       "invalid-call",
		`{"keys":{"keys":[]},"now":1e3}`:       "invalid-call",
		`{"keys":{"keys":[]},"now":1}`:         "algorithm-not-allowed",
		`{"keys":{"keys":[{}]},"now":1,"x":1}`: "invalid-call",
		`{"now":1}`:                            "invalid-key",
	} {
		if got := g.ask("verify_token", options, "e30.e30.AA"); code(t, got) != want {
			t.Errorf("%s: %s, want %s", options, got, want)
		}
	}
	g.live(0)
}
