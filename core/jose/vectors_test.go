package jose_test

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jose"
	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/schemas/vectors"
)

// TestVectors runs every case of kind token with the defaults of wsbind verify
// --jsonl: all algorithms, any issuer and audience, the typ of a binding
// token, no clock tolerance.
func TestVectors(t *testing.T) {
	cases, err := vectors.Tokens()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			payload, err := verifyVector(c)
			if got := string(fault.CodeOf(err)); got != c.Code {
				t.Fatalf("code %q, want %q (%s): %v", got, c.Code, c.Why, err)
			}
			if err != nil && !fault.CodeOf(err).Known() {
				t.Errorf("code %s is not in the table", fault.CodeOf(err))
			}
			switch {
			case c.OK && c.Raw && string(payload) != c.Payload:
				t.Errorf("payload %q, want %q", payload, c.Payload)
			case c.OK && !c.Raw && !sameJSON(t, payload, c.Claims):
				t.Errorf("claims %s, want %s", payload, c.Claims)
			}
		})
	}
}

func verifyVector(c vectors.Token) ([]byte, error) {
	v, now, err := verifierOf(c)
	if err != nil {
		return nil, err
	}
	if c.Raw {
		return v.VerifyRaw(c.Token, now)
	}
	claims, err := v.Verify(c.Token, now)
	return claims.Raw, err
}

func verifierOf(c vectors.Token) (v jose.Verifier, now time.Time, err error) {
	keys, err := jose.ParseSet(c.Keys)
	if err != nil {
		return v, now, err
	}
	p := token.Policy{
		Issuer: c.Issuer, AnyIssuer: c.Issuer == "",
		Audience: c.Audience, AnyAudience: c.Audience == "",
		Algorithms: token.Algorithms(),
	}
	if c.Algorithms != nil {
		p.Algorithms = nil
		for _, a := range c.Algorithms {
			p.Algorithms = append(p.Algorithms, token.Algorithm(a))
		}
	}
	if c.Typ != nil {
		p.Type, p.AnyType = *c.Typ, *c.Typ == ""
	}
	if c.ClockTolerance != nil {
		p.Leeway = time.Duration(*c.ClockTolerance * float64(time.Second))
	}
	whole, fraction := math.Modf(c.Now)
	return jose.Verifier{Keys: keys, Policy: p}, time.Unix(int64(whole), int64(fraction*1e9)), nil
}

// TestInspectedVectors: the first rule that is broken has the code and the
// detail that verifying gives, and all are met if and only if it accepts.
func TestInspectedVectors(t *testing.T) {
	cases, err := vectors.Tokens()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		v, now, err := verifierOf(c)
		if err != nil {
			continue // there is no verifier to agree with
		}
		_, err = verifyVector(c)
		i := v.Inspect(c.Token, now)
		if c.Raw {
			i.Rules = upToSignature(t, i.Rules)
		}
		if i.Valid() != (err == nil) {
			t.Errorf("%s: valid %v, want %v: %+v", c.Name, i.Valid(), err == nil, i.Rules)
		}
		if first := firstBroken(i.Rules); string(first.Code) != c.Code || err != nil && first.Detail != fault.DetailOf(err) {
			t.Errorf("%s: %+v, want %v", c.Name, first, err)
		}
		for _, r := range i.Rules {
			if r.Detail == "" || (r.State == token.Broken) != (r.Code != "") || c.Token != "" && strings.Contains(r.Detail, c.Token) {
				t.Errorf("%s: %+v", c.Name, r)
			}
		}
	}
}

func firstBroken(rules []token.Rule) token.Rule {
	for _, r := range rules {
		if r.State == token.Broken {
			return r
		}
	}
	return token.Rule{}
}

// upToSignature leaves out the rules on claims, which a raw JWS need not have.
func upToSignature(t *testing.T, rules []token.Rule) []token.Rule {
	n := slices.IndexFunc(rules, func(r token.Rule) bool { return r.Name == "signature" })
	if n < 0 {
		t.Fatal("there is no rule on the signature")
	}
	return rules[:n+1]
}

func sameJSON(t *testing.T, a, b []byte) bool {
	var x, y any
	if err := json.Unmarshal(a, &x); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &y); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(x, y)
}
