package jose_test

import (
	"errors"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jose"
	"github.com/wsbind/wsbind/core/token"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func claims() token.Claims {
	return token.Claims{
		Issuer: "https://fhir.example/R4", Audience: []string{"wss://fhir.example/ws"}, Subject: "anonymous",
		IssuedAt: noon, NotBefore: noon, Expires: noon.Add(5 * time.Minute),
		ID: "7c1", Subscriptions: []string{"a", "b"}, Release: "R4",
	}
}

func policy(algorithms ...token.Algorithm) token.Policy {
	return token.Policy{Algorithms: algorithms, Issuer: "https://fhir.example/R4", Audience: "wss://fhir.example/ws"}
}

func TestIssueAndVerify(t *testing.T) {
	for _, algorithm := range token.Algorithms() {
		t.Run(string(algorithm), func(t *testing.T) {
			key, err := jose.Generate(algorithm)
			if err != nil {
				t.Fatal(err)
			}
			keys := jose.NewSet(key)
			compact, err := (&jose.Issuer{Keys: keys}).Issue(claims())
			if err != nil {
				t.Fatal(err)
			}
			v := jose.Verifier{Keys: keys, Policy: policy(algorithm)}
			got, err := v.Verify(compact, noon.Add(time.Second))
			if err != nil {
				t.Fatal(err)
			}
			if got.ID != "7c1" || len(got.Subscriptions) != 2 || !got.Expires.Equal(claims().Expires) {
				t.Errorf("claims %+v", got)
			}
			if _, err := v.Verify(compact, noon.Add(5*time.Minute)); !errors.Is(err, fault.ExpiredToken) {
				t.Errorf("at exp: %v", err)
			}
		})
	}
}
