package mockserver_test

import (
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver"
)

// TestATokenInSteadyState bounds what the answer of $get-ws-binding-token takes
// beside net/http: a definition that is read, or rules that are made, for each
// request would not fit in.
func TestATokenInSteadyState(t *testing.T) {
	s := start(t, func(c *mockserver.Config) { c.Algorithm, c.Logger = "EdDSA", slog.New(slog.DiscardHandler) })
	body := parameters("id", s.subscribe(fhir.R4))
	handler := s.Handler()
	if n := testing.AllocsPerRun(100, func() {
		r := httptest.NewRequest("POST", s.operationURL(fhir.R4, "get-ws-binding-token", ""), strings.NewReader(body))
		r.Header.Set("Content-Type", "application/fhir+json")
		w := httptest.NewRecorder()
		if handler.ServeHTTP(w, r); w.Code != 200 {
			t.Fatal(w.Body)
		}
	}); n > 150 {
		t.Errorf("%v allocations", n)
	}
}
