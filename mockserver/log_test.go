package mockserver

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/mockserver/clock"
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
