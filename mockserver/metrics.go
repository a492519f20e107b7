package mockserver

import (
	"net/http"
	"regexp"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/wsbind/wsbind/mockserver/journal"
	"github.com/wsbind/wsbind/mockserver/world"
)

// metrics are those of one server, in a registry of their own that is made when
// somebody asks. Everything is read then, from state that there is anyway: nothing
// is counted for it where frames pass.
type metrics struct {
	once    sync.Once
	handler http.Handler
}

// showMetrics answers a scrape.
func (t *Tenant) showMetrics(*http.Request, string) (any, error) {
	m := &t.server.metrics
	m.once.Do(func() {
		registry := prometheus.NewRegistry()
		registry.MustRegister(
			collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(
				collectors.GoRuntimeMetricsRule{Matcher: regexp.MustCompile(`^/gc/heap/live:bytes$`)})),
			collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
			collector{t.server},
		)
		m.handler = promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	})
	return m.handler, nil
}

// totals are what the tenants of a server have and had, together.
type totals struct {
	world.Counts
	journal.Totals
	tenants, sockets, queued, entries, bytes, known, facts int
}

func (s *Server) totals() (sum totals) {
	all := append(s.tenants.all(), s.Tenant)
	sum.tenants = len(all)
	for _, t := range all {
		sum.addJournal(t.Journal)
		sum.facts += t.review.Len()
		for _, b := range t.existing() {
			sum.addWorld(b.world.Counts())
			sum.known += b.tokens.kept()
			for _, socket := range b.hub.State() {
				sum.sockets++
				sum.queued += socket.Queued
			}
		}
	}
	return sum
}

func (sum *totals) addWorld(c world.Counts) {
	sum.Resources += c.Resources
	sum.Subscriptions += c.Subscriptions
	sum.Bindings += c.Bindings
	sum.Kept += c.Kept
	sum.Events += c.Events
}

func (sum *totals) addJournal(j *journal.Journal) {
	t := j.Totals()
	sum.entries += int(j.Len() - j.Dropped())
	sum.bytes += j.Bytes()
	sum.Opened += t.Opened
	sum.Received += t.Received
	sum.Sent += t.Sent
	sum.Withheld += t.Withheld
	sum.Tokens += t.Tokens
	for i, n := range t.Answers {
		sum.Answers[i] += n
	}
}

// metric is one that a mock server has beside those of Go and of the process.
type metric struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(*totals) float64
}

// serverMetrics are all but one. A counter is of the tenants that there are, and that of
// events begins anew when one is reset: Prometheus takes a smaller number for that.
var serverMetrics = sync.OnceValue(func() []metric {
	const gauge, counter = prometheus.GaugeValue, prometheus.CounterValue
	one := func(kind prometheus.ValueType, name, help string, value func(*totals) float64) metric {
		return metric{prometheus.NewDesc(metricsPrefix+name, help, nil, nil), kind, value}
	}
	return []metric{
		one(gauge, "tenants", "Tenants, the default one included.", func(t *totals) float64 { return float64(t.tenants) }),
		one(gauge, "sockets", "Websockets that are open.", func(t *totals) float64 { return float64(t.sockets) }),
		one(gauge, "bindings", "Subscriptions that are bound, each counted on every websocket that has it.", func(t *totals) float64 { return float64(t.Bindings) }),
		one(gauge, "subscriptions", "Subscriptions there are.", func(t *totals) float64 { return float64(t.Subscriptions) }),
		one(gauge, "resources", "Resources there are, Subscriptions and built-in topics included.", func(t *totals) float64 { return float64(t.Resources) }),
		one(gauge, "queued_bytes", "Bytes of frames that wait for clients.", func(t *totals) float64 { return float64(t.queued) }),
		one(gauge, "events_kept", "Events that $events still knows.", func(t *totals) float64 { return float64(t.Kept) }),
		one(gauge, "journal_entries", "Entries that the journals keep.", func(t *totals) float64 { return float64(t.entries) }),
		one(gauge, "journal_bytes", "The size of their texts and lists.", func(t *totals) float64 { return float64(t.bytes) }),
		one(gauge, "facts", "Facts that the verdicts and assertions rest on.", func(t *totals) float64 { return float64(t.facts) }),
		one(gauge, "tokens_kept", "Binding tokens that the journals could still name.", func(t *totals) float64 { return float64(t.known) }),
		one(counter, "events_total", "Events that were made, each counted for every Subscription that has it.", func(t *totals) float64 { return float64(t.Events) }),
		one(counter, "sockets_opened_total", "Websockets that were opened.", func(t *totals) float64 { return float64(t.Opened) }),
		one(counter, "frames_sent_total", "Frames that were written to the network.", func(t *totals) float64 { return float64(t.Sent) }),
		one(counter, "frames_received_total", "Frames that came from clients.", func(t *totals) float64 { return float64(t.Received) }),
		one(counter, "frames_withheld_total", "Frames that a fault, or the end of the websocket, kept from clients.", func(t *totals) float64 { return float64(t.Withheld) }),
		one(counter, "tokens_issued_total", "Binding tokens that were issued.", func(t *totals) float64 { return float64(t.Tokens) }),
	}
})

const metricsPrefix = "wsbind_mock_"

// answersDesc describes the one metric that has a label.
var answersDesc = sync.OnceValue(func() *prometheus.Desc {
	return prometheus.NewDesc(metricsPrefix+"requests_total", "Requests to the FHIR bases that were answered, by the class of the status.", []string{"status"}, nil)
})

// collector reads the metrics of a server.
type collector struct{ server *Server }

// Describe says which metrics there are.
func (c collector) Describe(descs chan<- *prometheus.Desc) {
	for _, m := range serverMetrics() {
		descs <- m.desc
	}
	descs <- answersDesc()
}

// Collect reads them.
func (c collector) Collect(values chan<- prometheus.Metric) {
	sum := c.server.totals()
	for _, m := range serverMetrics() {
		values <- prometheus.MustNewConstMetric(m.desc, m.kind, m.value(&sum))
	}
	for class := 2; class <= 5; class++ {
		values <- prometheus.MustNewConstMetric(answersDesc(), prometheus.CounterValue, float64(sum.Answers[class]), string('0'+rune(class))+"xx")
	}
}
