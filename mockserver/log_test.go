package mockserver

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/journal"
)

func TestAPanicIsAnsweredAndLogged(t *testing.T) {
	var logs bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&logs, nil))
	s := &Server{cfg: Config{Clock: clock.Real()}}
	handler := s.logged(logger, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a secret of ours") }))
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != 500 || !strings.Contains(w.Body.String(), `"code":"internal"`) || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("answered by %d %s", w.Code, w.Body)
	}
	if !strings.Contains(logs.String(), "a secret of ours") || !strings.Contains(logs.String(), "status=500") {
		t.Errorf("logged %s", &logs)
	}
}

func TestAPanicIsInTheJournal(t *testing.T) {
	s, err := New(Config{PublicURL: "http://localhost", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	b, err := s.Tenant.base(fhir.R4)
	if err != nil {
		t.Fatal(err)
	}
	b.handler = b.noted(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a secret of ours") }))
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/fhir/R4/Patient", nil))
	entries := s.Journal.Entries(journal.Query{})
	if w.Code != 500 || len(entries) != 1 || entries[0].Status != 500 || entries[0].Verdict != "internal" {
		t.Errorf("answered by %d, the journal has %+v", w.Code, entries)
	}
}
