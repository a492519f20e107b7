package main

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
)

// counts are what was done, for the report.
type counts struct {
	leaves, cuts, silent, deletions, turns atomic.Int64
	binds, opened, asked                   atomic.Int64 // of seats: bind frames, sockets, requests for $events
}

// renewals are bind frames of seats on sockets that had one before.
func (c *counts) renewals() int64 { return c.binds.Load() - c.opened.Load() }

// opening counts the websockets that a client opens, and its requests for $events.
type opening struct {
	http.RoundTripper
	counts *counts
}

func (o opening) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/$events") {
		o.counts.asked.Add(1)
	}
	answer, err := o.RoundTripper.RoundTrip(r)
	if err == nil && answer.StatusCode == http.StatusSwitchingProtocols {
		o.counts.opened.Add(1)
	}
	return answer, err
}

// binding is a log that counts the bind frames that a client tells of.
type binding struct{ counts *counts }

func (binding) Enabled(context.Context, slog.Level) bool { return true }
func (b binding) WithAttrs([]slog.Attr) slog.Handler     { return b }
func (b binding) WithGroup(string) slog.Handler          { return b }

// Handle counts a record of package client.
func (b binding) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "sent the bind frame" {
		b.counts.binds.Add(1)
	}
	return nil
}
