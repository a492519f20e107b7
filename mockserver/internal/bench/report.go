//go:build linux

package main

import (
	"fmt"
	"slices"
	"strings"
)

// table returns the rows as cells, the head first.
func table(results []result) [][]string {
	rows := [][]string{{"what", "against", "reach", "measured", "figures"}}
	for _, r := range results {
		rows = append(rows, []string{r.what, r.against, r.due(), r.measured(), r.figures})
	}
	return rows
}

// aligned is a table for a terminal.
func aligned(rows [][]string) string {
	widths := make([]int, len(rows[0]))
	for _, cells := range rows {
		for i, cell := range cells {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	var b strings.Builder
	for _, cells := range rows {
		for i, cell := range cells {
			if i == len(cells)-1 {
				b.WriteString(cell)
				break
			}
			b.WriteString(cell + strings.Repeat(" ", widths[i]-len([]rune(cell))+2))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// markdownTable is a table for a page.
func markdownTable(rows [][]string) string {
	var b strings.Builder
	for i, cells := range rows {
		fmt.Fprintf(&b, "| %s |\n", strings.ReplaceAll(strings.Join(cells, " | "), " |  | ", " | | "))
		if i == 0 {
			b.WriteString("| --- | --- | --- | --: | --- |\n")
		}
	}
	return b.String()
}

// missed says of each row that falls short by how much, and why.
func missed(results []result) string {
	var lines, reasons []string
	for _, r := range results {
		if !r.missed() {
			continue
		}
		against := ""
		if r.against != "" {
			against = ", against " + r.against
		}
		lines = append(lines, fmt.Sprintf("- %s%s: %s is due; %s.", r.subject(), against, r.due(), strings.TrimSuffix(r.measured(), " ✗")))
		for _, why := range r.why {
			if !slices.Contains(reasons, why) {
				reasons = append(reasons, why)
			}
		}
	}
	if len(lines) == 0 {
		return "Nothing.\n"
	}
	return strings.Join(lines, "\n") + "\n\n" + strings.Join(reasons, "\n\n") + "\n"
}

// facts are what the page says of a run beside its results.
type facts struct {
	machine, versions string
	limited           string
	size              int // of a Bundle
	tried             string
}

// page is mockserver/BENCHMARKS.md.
func page(results []result, f facts) string {
	return fmt.Sprintf(pageText, f.machine, f.versions, f.limited, markdownTable(table(results)), grouped(float64(f.size)), f.tried, missed(results), next)
}

const pageText = `# Figures of the mock server

Written by ` + "`make bench-server`" + `, which measures all of it in one run, each pair side by side. On this machine:
%s; %s.%s

![How much of what is to be reached was, a bar for each row of the table](benchmarks.svg)

Where two figures stand, the first is ours. A ratio is ours to the peer's; ✗ falls short of what is to be reached.

%s
## How it is measured

Server and client are separate processes on 127.0.0.1. A pair is measured in turn, ours, the peer, ours, the peer, five
times; the ratio is the median of the rounds' ratios, and each figure the median of its side. Nothing is pinned: server
and client share the processors as the kernel sees fit, so that the client's part is in every rate, and brings ratios of
rates nearer to 1. What a server takes is told by its own processor time per frame, from ` + "`/proc`" + `, which a busy machine
changes little; growth is compared by that alone.

- One client receives from all servers: it makes the opening handshake itself, waits for all sockets with one epoll on
  one thread, reads whatever is there by one call per socket, and looks at the heads of frames only. When little has
  arrived it sleeps 0.2 ms rather than be woken for each frame. The first event on every socket is looked at in full, and
  on wsbind's the last, where a lost or doubled Bundle shows in its number. A Bundle has %s bytes, and the peers send as
  many.
- Four events are on their way at once, to every server alike: the next is sent when the fourth before it has reached all
  sockets. They are POSTs on one connection that is kept alive; to nats-server, PUBs.
- With four, several frames may wait for a socket. wsbind, nats-server and centrifuge write those by one call; bare
  coder/websocket has no such call, and the TCP peer is one write a frame by definition. In the rows "one event at a time"
  the next event is sent when the one before has reached all sockets, so that nothing can wait and every frame is a write
  of its own on either side: by what the rows above are better than these, they are better by writing together. Between two
  events a server then stands still, while the last frames are read and the next request is made, ours and the peer alike.
- wsbind is ` + "`wsbind serve`" + ` with a longer ` + "`--lifetime`" + `, its log to /dev/null. Every socket has Subscriptions of its own, in R5
  (whose Bundle is 1 KB where R4's, with its profiles, is 1.6), to the topic of all Patients with the resource in full; an
  event is the creation of a Patient.
- The peers are in [internal/bench/peers](internal/bench/peers), each as its documentation has it fastest. Where there
  are several ways they are tried first, once each, with the same events, and the one of most frames a second is compared
  with: ` + "`loop`" + ` writes to one socket after the other, ` + "`workers`" + ` are as many goroutines as processors, ` + "`writers`" + ` one for each
  socket; for centrifuge it is the WriteDelay. Taken were (frames a second at µs of server CPU a frame) %s.
- nats-server and centrifuge may put several messages into one frame: messages are counted, not frames.
- Memory is VmRSS once it stays the same after collections, less that before the sockets, for each of them. Live heap and
  stacks are what the servers' ` + "`/debug/pprof/`" + ` tells.
- Latency is counted from when an event was due, not from when it was sent, at half the rate of the slower of the two.
- Growth is called linear where a frame or an event takes at most a fifth more of the server's time. The logs of two
  servers are filled by the same events, with another ` + "`--max-events`" + `; then further events are made, and the last ten asked
  for. Unrelated Subscriptions are of the same topic, with a filter that the event does not pass.

## What is missed

%s
## What would be next

%s`

// next is kept by hand.
const next = `The kernel's part of a write to a loopback socket is most of a frame's time, and each socket is written to on its own: a
submission queue (io_uring) would write to many by one call, which Go's net package does not offer. Client and server on
two machines would show what the network adds, and leave the server both processors.
`
