package mockserver_test

import (
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/client"
	"github.com/wsbind/wsbind/mockserver/faults"
)

// A test of a client that loses a notification on its way: the README shows the
// body of it.
func TestMyClientFillsGaps(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Config{FailOn: "warning"})
	srv.Faults.Next(faults.Spec{Fault: faults.Gap}) // the next event is lost on its way
	runMyClient(t, srv.BaseURL(fhir.R5))            // subscribes, binds, handles two events
	srv.Assert(t, "bound once, filled one gap with $events, never used a dead token")
}

// runMyClient stands for the client under test.
func runMyClient(t *testing.T, base string) {
	t.Helper()
	post := func(resource string) {
		kind := strings.SplitN(resource, `"`, 5)[3]
		answer, err := http.Post(base+"/"+kind, "application/fhir+json", strings.NewReader(resource))
		if err != nil || answer.StatusCode != http.StatusCreated {
			t.Fatal(answer, err)
		}
		answer.Body.Close()
	}
	post(`{"resourceType":"Subscription","status":"requested","topic":"http://wsbind.example/SubscriptionTopic/Encounter",
		"channelType":{"code":"websocket"},"content":"id-only"}`)
	handled := 0
	for n, err := range client.Notifications(t.Context(), client.Config{Base: base, HTTP: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}) {
		if err != nil {
			t.Fatal(err)
		}
		if n.Kind == client.Handshake {
			post(`{"resourceType":"Encounter","status":"planned"}`)
			post(`{"resourceType":"Encounter","status":"planned"}`)
		}
		if handled += len(n.Events); handled == 2 {
			http.DefaultClient.CloseIdleConnections()
			return
		}
	}
}

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
