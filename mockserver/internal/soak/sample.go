package main

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// sample is what /metrics tell of a moment.
type sample struct {
	joins, events, tokens float64 // ever
	sockets               float64
	goroutines, files     float64
	live                  float64 // bytes of the heap
	heap                  float64 // of them, what is not known to be kept
	resident              float64 // bytes of the process
	cpu, frames           float64
}

// scrape reads the metrics.
func (s *server) scrape(ctx context.Context) (sample, error) {
	text, err := s.manage(ctx, http.MethodGet, "/metrics", "")
	if err != nil {
		return sample{}, err
	}
	return parseMetrics(text), nil
}

func parseMetrics(text []byte) sample {
	values := map[string]float64{}
	for line := range bytes.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
		if n, err := strconv.ParseFloat(value, 64); err == nil {
			values[name] = n
		}
	}
	return sample{
		joins: values["wsbind_mock_sockets_opened_total"], events: values["wsbind_mock_events_total"], tokens: values["wsbind_mock_tokens_issued_total"],
		sockets: values["wsbind_mock_sockets"], goroutines: values["go_goroutines"], files: values["process_open_fds"],
		live:     values["go_gc_heap_live_bytes"],
		heap:     values["go_gc_heap_live_bytes"] - values["wsbind_mock_journal_bytes"] - perFact*values["wsbind_mock_facts"],
		resident: values["process_resident_memory_bytes"], cpu: values["process_cpu_seconds_total"], frames: values["wsbind_mock_frames_sent_total"],
	}
}

// measure scrapes after a collection. Pools give up what they hold in the second.
func (s *server) measure(ctx context.Context) (sample, error) {
	for range 2 {
		if _, err := s.manage(ctx, http.MethodGet, "/debug/pprof/heap?gc=1", ""); err != nil {
			return sample{}, err
		}
	}
	return s.scrape(ctx)
}

// settle scrapes until enough holds, or patience ends: what is closed takes its time.
func (s *server) settle(ctx context.Context, enough func(sample) bool) (last sample, err error) {
	for deadline := time.Now().Add(patience); ; {
		if last, err = s.scrape(ctx); err != nil || enough(last) || time.Now().After(deadline) {
			return last, err
		}
		if !pause(ctx, 100*time.Millisecond) {
			return last, ctx.Err()
		}
	}
}
