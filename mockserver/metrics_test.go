package mockserver_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fhir"
)

// metrics scrapes the server.
func (s *server) metrics() map[string]float64 {
	s.t.Helper()
	got := s.call("GET", s.ManagementURL()+"/metrics", "").want(s.t, 200, "")
	if kind := got.header.Get("Content-Type"); !strings.HasPrefix(kind, "text/plain; version=") {
		s.t.Errorf("Content-Type is %q", kind)
	}
	values := map[string]float64{}
	for line := range strings.Lines(got.body) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if n, err := strconv.ParseFloat(value, 64); err == nil && !strings.HasPrefix(line, "#") {
			values[name] = n
		}
	}
	return values
}

func TestMetrics(t *testing.T) {
	s := start(t, nil)
	a, gone := s.subscribe(fhir.R4), s.subscribe(fhir.R4)
	token := s.token(fhir.R4, []string{a})
	ws := s.connect(fhir.R4, token.url)
	ws.bind(token)
	s.event(fhir.R4)
	ws.want("handshake "+a+" 0", "event-notification "+a+" 1")
	s.call("DELETE", s.BaseURL(fhir.R4)+"/Subscription/"+gone, "").want(t, 204, "")
	s.call("GET", s.URL()+"/t/other/fhir/R5/Patient/lost", "").want(t, 404, "")
	var got map[string]float64
	s.until("nothing queued", func() bool { // a frame is until its write has returned, which a client may be ahead of
		got = s.metrics()
		return got["wsbind_mock_queued_bytes"] == 0
	})
	for name, want := range map[string]float64{
		"tenants": 2, "sockets": 1, "bindings": 1, "subscriptions": 1, "queued_bytes": 0, "events_kept": 1,
		"events_total": 2, "sockets_opened_total": 1, "frames_sent_total": 2, "frames_received_total": 1, "frames_withheld_total": 0,
		"tokens_issued_total": 1, `requests_total{status="2xx"}`: 5, `requests_total{status="4xx"}`: 1, `requests_total{status="5xx"}`: 0,
		"journal_entries": 10, "tokens_kept": 1,
	} {
		if value, told := got["wsbind_mock_"+name]; !told || value != want {
			t.Errorf("%s is %v (told: %v), want %v", name, value, told, want)
		}
	}
	for _, name := range []string{"go_goroutines", "go_memstats_heap_alloc_bytes", "go_gc_heap_live_bytes", "process_open_fds", "process_resident_memory_bytes", "wsbind_mock_resources", "wsbind_mock_journal_bytes", "wsbind_mock_facts"} {
		if got[name] <= 0 {
			t.Errorf("%s is not told", name)
		}
	}
}
