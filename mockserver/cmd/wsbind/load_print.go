package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/wsbind/wsbind/mockserver/client/load"
)

// printLoad prints a report for people: what was asked, what came, how late, and
// then whatever is wrong.
func printLoad(w io.Writer, r load.Report) error {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	d, f := r.Deliveries, r.Frames
	say("%s sockets with %s each bound in %s, %s, dialect %s, content %s, seed %d", thousands(int64(r.Bound.Sockets)),
		plural(r.SubscriptionsPerSocket, "Subscription"), duration(r.Bound.DurationMs), r.Release, r.Dialect, r.Content, r.Seed)
	say("%s of %s events at %v/s made, %s of %s deliveries read in %s", thousands(int64(r.Requests.Answered)), thousands(int64(r.Events)),
		r.EventsPerSecond, thousands(d.Received), thousands(d.Due), duration(f.DurationMs))
	say("%d lost, %d duplicate, %d reordered, %d numbers off, %d misdirected", d.Lost, d.Duplicate, d.Reordered, d.NumbersOff, d.Misdirected)
	say("%s frames/s, %s MB/s; %s frames, %s handshakes, %s heartbeats, %d foreign, %d other", thousands(int64(f.FramesPerSecond)),
		fmt.Sprintf("%.1f", f.BytesPerSecond/1e6), thousands(f.Count), thousands(f.Handshakes), thousands(f.Heartbeats), f.Foreign, f.Other)
	if r.Renewals > 0 {
		say("%s tokens renewed", thousands(r.Renewals))
	}
	say("")
	say("%-28s %9s %9s %9s %9s %9s", "ms", "p50", "p90", "p99", "p99.9", "max")
	for _, row := range []struct {
		name string
		p    load.Percentiles
	}{
		{"due to read, each delivery", d.LatencyMs}, {"due to answered, each event", r.Requests.LatencyMs},
		{"due to sent, each event", r.Requests.LateMs}, {"this process woke up late", r.WakeLateMs},
	} {
		say("%-28s %9.2f %9.2f %9.2f %9.2f %9.2f", row.name, row.p.P50, row.p.P90, row.p.P99, row.p.P999, row.p.Max)
	}
	addTrouble(&b, r)
	_, err := io.WriteString(w, b.String())
	return err
}

// addTrouble says what the figures do not.
func addTrouble(b *strings.Builder, r load.Report) {
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	if r.Interrupted {
		add("interrupted: %d events were not made; what was under way and did not come is lost", r.Events-r.Requests.Sent)
	}
	if r.BehindMs > 0 {
		add("the generator was behind by %s (p99): the figures are about this machine, not the server", duration(r.BehindMs))
	}
	if r.Requests.Held > 0 {
		add("%d events had to wait, since as many requests as --parallel allows were under way; their waiting is counted", r.Requests.Held)
	}
	if r.MatchedBy == "count" {
		add("frames carry no marker: they were matched by counting")
	}
	for _, f := range r.Failures {
		add("%s failed %d times: %s", f.Call, f.Count, strings.TrimSpace(statusText(f.Status)+" "+printable(f.Code)))
	}
	for _, c := range r.Closes {
		add("%d sockets ended early: %d %s", c.Count, c.Code, printable(c.Reason))
	}
	if r.Frames.OtherSample != "" {
		add("the first frame that is no notification: %s", printable(r.Frames.OtherSample))
	}
	if len(lines) > 0 {
		b.WriteString("\n" + strings.Join(lines, "\n") + "\n")
	}
}

func statusText(status int) string {
	if status == 0 {
		return ""
	}
	return fmt.Sprint(status)
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// thousands writes a number as people read it.
func thousands(n int64) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// duration writes milliseconds with as many digits as say something.
func duration(ms float64) string {
	d := time.Duration(ms * float64(time.Millisecond))
	if d >= time.Second {
		return d.Round(10 * time.Millisecond).String()
	}
	return d.Round(10 * time.Microsecond).String()
}
