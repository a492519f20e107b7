package mockserver_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/clock"
)

// A server on a free port, under a clock that the test moves.
func ExampleRun() {
	now := clock.NewVirtual(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	srv, err := mockserver.Run(mockserver.Config{
		Clock:  now,
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		panic(err)
	}
	defer srv.Close()

	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Post(srv.BaseURL(fhir.R4)+"/Subscription/$get-ws-binding-token", "", nil)
	if err != nil {
		panic(err)
	}
	defer response.Body.Close()
	io.Copy(io.Discard, response.Body)
	fmt.Println(response.Status) // there is no Subscription that a token could cover
	now.Advance(10 * time.Minute)
	fmt.Println(now.Now().Format("15:04"))
	// Output:
	// 422 Unprocessable Entity
	// 12:10
}
