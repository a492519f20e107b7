package mockserver_test

import (
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"strings"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver"
)

// A server for one test: it listens on a free port and is gone after Close.
func ExampleRun() {
	srv, err := mockserver.Run(mockserver.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()

	subscription := `{"resourceType":"Subscription","status":"requested","reason":"a test",
		"criteria":"Encounter?status=finished",
		"channel":{"type":"websocket","payload":"application/fhir+json"}}`
	created, err := http.Post(srv.BaseURL(fhir.R4)+"/Subscription", "application/fhir+json", strings.NewReader(subscription))
	if err != nil {
		log.Fatal(err)
	}
	created.Body.Close()

	answer, err := http.Get(srv.BaseURL(fhir.R4) + "/Subscription/$get-ws-binding-token")
	if err != nil {
		log.Fatal(err)
	}
	defer answer.Body.Close()
	parameters, err := io.ReadAll(answer.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(created.Status, answer.Status, strings.Contains(string(parameters), `"websocket-url"`))
	// Output: 201 Created 200 OK true
}
