package jose_test

import (
	"encoding/json"
	"math"
	"reflect"
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
	keys, err := jose.ParseSet(c.Keys)
	if err != nil {
		return nil, err
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
	now := time.Unix(int64(whole), int64(fraction*1e9))
	v := jose.Verifier{Keys: keys, Policy: p}
	if c.Raw {
		return v.VerifyRaw(c.Token, now)
	}
	claims, err := v.Verify(c.Token, now)
	return claims.Raw, err
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
