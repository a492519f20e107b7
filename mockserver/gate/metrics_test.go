package gate_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/gate"
	"github.com/wsbind/wsbind/mockserver/internal/testkit"
)

// scrape returns what a metric is.
func scrape(t *testing.T, m http.Handler, metric string) float64 {
	t.Helper()
	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for line := range strings.Lines(w.Body.String()) {
		if value, found := strings.CutPrefix(line, metric+" "); found {
			n, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatalf("there is no %s in %s", metric, w.Body)
	return 0
}

func TestMetricsCountEvents(t *testing.T) {
	m := gate.NewMetrics()
	if n := scrape(t, m, `wsbind_gate_events_total{code="",event="bound"}`); n != 0 {
		t.Errorf("%v binds before the first", n)
	}
	for _, e := range []gate.Event{
		{Name: gate.BoundEvent, JTI: "secret", Took: 3 * time.Millisecond, Subscriptions: []string{"s-1"}},
		{Name: gate.BoundEvent, Took: 3 * time.Second},
		{Name: gate.BindRefused, Code: fault.ExpiredToken, KID: "k", Detail: "a sentence", Took: time.Minute},
		{Name: gate.UpstreamLost, Code: "a word of the server's"},
		{Name: "made-up"},
	} {
		m.Observe(e)
	}
	for metric, due := range map[string]float64{
		`wsbind_gate_events_total{code="",event="bound"}`:                     2,
		`wsbind_gate_events_total{code="expired-token",event="bind-refused"}`: 1,
		`wsbind_gate_events_total{code="other",event="upstream-lost"}`:        1,
		`wsbind_gate_bind_seconds_count`:                                      3,
		`wsbind_gate_bind_seconds_bucket{le="0.005"}`:                         1,
		`wsbind_gate_bind_seconds_bucket{le="5"}`:                             2,
		`wsbind_gate_bind_seconds_bucket{le="+Inf"}`:                          3,
	} {
		if n := scrape(t, m, metric); n != due {
			t.Errorf("%s is %v, want %v", metric, n, due)
		}
	}
	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, word := range []string{"secret", "s-1", "sentence", "made-up", "server's"} {
		if strings.Contains(w.Body.String(), word) {
			t.Errorf("%q is told to whoever scrapes", word)
		}
	}
}

func TestMetricsOfAGate(t *testing.T) {
	mock := mockserver.Start(t, mockserver.Config{})
	m := gate.NewMetrics()
	ended := make(chan struct{}, 1)
	g := gate.Start(t, gate.Config{
		Upstream: gate.Upstream{Base: mock.URL() + "/fhir/R4"}, Metrics: m,
		Observe: func(e gate.Event) {
			if e.Name == gate.SocketClosed {
				ended <- struct{}{}
			}
		},
	})
	c := testkit.Dial(t, g.WebsocketURL(), nil)
	c.Sync()
	for metric, due := range map[string]float64{
		"wsbind_gate_sockets": 1, "wsbind_gate_bindings": 0, "wsbind_gate_upstream_sockets": 0, `wsbind_gate_events_total{code="",event="socket-opened"}`: 1,
	} {
		if n := scrape(t, m, metric); n != due {
			t.Errorf("%s is %v, want %v", metric, n, due)
		}
	}
	c.Send("bind-with-token x")
	c.Next()
	c.Ended()
	<-ended
	if n := scrape(t, m, "wsbind_gate_bind_seconds_count"); n != 1 {
		t.Errorf("%v binds took their time, want 1", n)
	}
	response, err := http.Get(g.ManagementURL() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	if response.StatusCode != http.StatusOK {
		t.Errorf("/metrics answers %d", response.StatusCode)
	}
}
