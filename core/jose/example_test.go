package jose_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jose"
	"github.com/wsbind/wsbind/core/token"
)

// A server issues a token with its key, and later verifies it.
func Example() {
	key, err := jose.Generate(token.ES256)
	if err != nil {
		panic(err)
	}
	keys := jose.NewSet(key)
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

	issuer := jose.Issuer{Keys: keys}
	compact, err := issuer.Issue(token.Claims{
		Issuer:        "https://fhir.example/R4",
		Audience:      []string{"wss://fhir.example/ws"},
		IssuedAt:      noon,
		Expires:       noon.Add(5 * time.Minute),
		Subscriptions: []string{"encounters"},
	})
	if err != nil {
		panic(err)
	}

	verifier := jose.Verifier{Keys: keys, Policy: token.Policy{
		Algorithms: []token.Algorithm{token.ES256},
		Issuer:     "https://fhir.example/R4",
		Audience:   "wss://fhir.example/ws",
	}}
	claims, err := verifier.Verify(compact, noon.Add(time.Minute))
	fmt.Println(claims.Subscriptions, err)
	_, err = verifier.Verify(compact, noon.Add(5*time.Minute))
	fmt.Println(errors.Is(err, fault.ExpiredToken))
	// Output:
	// [encounters] <nil>
	// true
}

// The former key verifies for a while after a rotation.
func ExampleSet_Rotate() {
	first, _ := jose.Generate(token.EdDSA)
	second, _ := jose.Generate(token.EdDSA)
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

	keys := jose.NewSet(first)
	if err := keys.Rotate(second, noon, time.Hour); err != nil {
		panic(err)
	}
	active, _ := keys.Active()
	fmt.Println(active.ID() == second.ID())
	// Output: true
}
