package host_test

import (
	"context"
	"fmt"
	"log"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jose"
	"github.com/wsbind/wsbind/core/opdef"
	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/wasm"
	"github.com/wsbind/wsbind/wasm/host"
)

func ExampleNew() {
	ctx := context.Background()
	module, err := wasm.Lean() // or the bytes of any wsbind.wasm
	if err != nil {
		log.Fatal(err)
	}
	engine, err := host.New(ctx, module, host.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Close()

	definition, err := engine.BuiltIn(ctx, "http://hl7.org/fhir/OperationDefinition/Subscription-get-ws-binding-token")
	if err != nil {
		log.Fatal(err)
	}
	answer := `{"resourceType":"Parameters","parameter":[{"name":"token","valueCode":"x"}]}`
	issues, err := engine.NewValidator(definition, fhir.R5).Validate(ctx, []byte(answer), opdef.Out, opdef.TypeLevel)
	if err != nil {
		log.Fatal(err) // there is no verdict
	}
	fmt.Println("valid:", fault.Valid(issues))
	fmt.Println(issues[0].Code, "at byte", issues[0].Offset)
	// Output:
	// valid: false
	// wrong-value-type at byte 58
}

// The keys and the arithmetic stay with the caller, here core/jose; a key
// service does as well.
func ExampleEngine_NewVerifier() {
	ctx := context.Background()
	module, err := wasm.Lean()
	if err != nil {
		log.Fatal(err)
	}
	engine, err := host.New(ctx, module, host.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Close()
	key, err := jose.Generate(token.ES256)
	if err != nil {
		log.Fatal(err)
	}

	issuer := engine.NewIssuer(token.Header{Algorithm: token.ES256}, func(_ context.Context, input []byte) ([]byte, error) {
		return key.Sign(token.ES256, input)
	})
	compact, err := issuer.Issue(ctx, claims())
	if err != nil {
		log.Fatal(err)
	}

	policy := token.Policy{Algorithms: []token.Algorithm{token.ES256}, Issuer: claims().Issuer, Audience: "wss://fhir.example/other"}
	verifier := engine.NewVerifier(policy, func(_ context.Context, s host.Signature) (bool, error) {
		return key.Verify(s.Algorithm, s.Input, s.Signature), nil
	})
	_, err = verifier.Verify(ctx, compact, noon)
	fmt.Println(err)
	// Output:
	// wrong-audience: claim aud is "wss://fhir.example/ws", "wss://fhir.example/other" is due
}
