package gate

import (
	"net/http"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are those of one gate, for Prometheus to scrape; give them to it as
// Config.Metrics, and /metrics of its management interface answers with them:
//
//	wsbind_gate_events_total{event,code}   what happened, see [EventNames]; code is "" where there is no reason
//	wsbind_gate_bind_seconds               how long binds took, good and bad
//	wsbind_gate_sockets                    websockets of clients that are open
//	wsbind_gate_bindings                   Subscriptions bound, each counted on every socket that has it
//	wsbind_gate_upstream_sockets           websockets of the FHIR server that are open
//
// There is one series for each event and code, however many clients, tokens and
// Subscriptions there are.
type Metrics struct {
	registry *prometheus.Registry
	events   *prometheus.CounterVec
	binds    prometheus.Histogram
}

const metricsPrefix = "wsbind_gate"

// NewMetrics returns metrics that are in no registry but their own.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: metricsPrefix, Name: "events_total", Help: "What happened in the gate, and why.",
		}, []string{"event", "code"}),
		binds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: metricsPrefix, Name: "bind_seconds", Help: "How long binds took, from the frame to its answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}),
	}
	m.registry.MustRegister(m.events, m.binds)
	for _, name := range EventNames() {
		m.events.WithLabelValues(string(name), "") // so that the first is an increase
	}
	return m
}

// Observe is the [Observer] of these metrics.
func (m *Metrics) Observe(e Event) {
	if !slices.Contains(EventNames(), e.Name) {
		return
	}
	code := string(e.Code)
	if code != "" && !e.Code.Known() {
		code = "other" // nobody else's word becomes a series
	}
	m.events.WithLabelValues(string(e.Name), code).Inc()
	if e.Name == BoundEvent || e.Name == BindRefused {
		m.binds.Observe(e.Took.Seconds())
	}
}

// follow has what is open in a gate told with the next scrape.
func (m *Metrics) follow(g *Gate) {
	for name, gauge := range map[string]struct {
		help string
		read func() float64
	}{
		"sockets":          {"Websockets of clients that are open.", func() float64 { return float64(len(g.list())) }},
		"bindings":         {"Subscriptions that are bound, each counted on every socket that has it.", func() float64 { return float64(g.State().Bound) }},
		"upstream_sockets": {"Websockets of the FHIR server that are open.", func() float64 { return float64(g.server.sockets.Load()) }},
	} {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: metricsPrefix, Name: name, Help: gauge.help}, gauge.read))
	}
}

// ServeHTTP answers a scrape.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}).ServeHTTP(w, r)
}
