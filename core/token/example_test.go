package token_test

import (
	"crypto/ed25519"
	"fmt"
	"time"

	"github.com/wsbind/wsbind/core/token"
)

// The key may be anywhere: here it is crypto/ed25519's, but a key service would
// do as well.
func Example() {
	public, private, _ := ed25519.GenerateKey(nil)
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

	unsigned, err := token.Prepare(token.Header{Algorithm: token.EdDSA, KeyID: "1"}, token.Claims{
		Issuer: "https://fhir.example/R4", Audience: []string{"wss://fhir.example/ws"},
		Expires: noon.Add(time.Minute), Subscriptions: []string{"encounters"},
	})
	if err != nil {
		panic(err)
	}
	compact, err := unsigned.Finish(ed25519.Sign(private, unsigned.SigningInput()))
	if err != nil {
		panic(err)
	}

	policy := token.Policy{
		Algorithms: []token.Algorithm{token.EdDSA},
		Issuer:     "https://fhir.example/R4", Audience: "wss://fhir.example/ws",
	}
	pending, err := policy.Prepare(compact)
	if err != nil {
		panic(err)
	}
	fmt.Println(pending.Algorithm, pending.KeyID)
	verified := ed25519.Verify(public, pending.SigningInput(), pending.Signature)
	claims, err := pending.Finish(verified, noon)
	fmt.Println(claims.Subscriptions, err)
	// Output:
	// EdDSA 1
	// [encounters] <nil>
}
