package binding_test

import (
	"fmt"
	"time"

	"github.com/wsbind/wsbind/core/binding"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/token"
)

// keyService stands in for *jose.Issuer.
type keyService struct{}

func (keyService) Issue(token.Claims) (string, error) { return "header.claims.signature", nil }

// A server answers a request, and a client reads the answer and binds.
func Example() {
	op, err := binding.New(binding.Config{
		Release: fhir.R4, Base: "https://fhir.example/R4", WebsocketURL: "wss://fhir.example/ws", Signer: keyService{},
	})
	if err != nil {
		panic(err)
	}
	body := []byte(`{"resourceType":"Parameters","parameter":[{"name":"id","valueId":"encounters"}]}`)
	mine := func(caller string, ids []string, all bool) ([]string, error) { return ids, nil }
	answer, err := op.Issue(binding.Request{
		Body: body, Caller: "me", TokenID: "1", Now: time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC),
	}, mine)
	if err != nil {
		panic(err)
	}

	reader, err := binding.NewReader(fhir.R4, nil)
	if err != nil {
		panic(err)
	}
	response, issues := reader.Response(answer.Body)
	fmt.Println(response.Subscriptions, response.Expiration.Format(time.TimeOnly), response.WebsocketURL, len(issues))
	fmt.Printf("%s\n", binding.AppendBind(nil, response.Token))

	_, err = binding.ParseBind([]byte("bind encounters"))
	fmt.Println(err)
	// Output:
	// [encounters] 12:05:00 wss://fhir.example/ws 0
	// bind-with-token header.claims.signature
	// expected-bind: "bind ID" belongs to the legacy websocket of R4 (dialect legacy), which has no token; a frame that reads bind-with-token TOKEN is due
}
