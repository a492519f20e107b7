package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/mockserver/client/load"
	"github.com/wsbind/wsbind/mockserver/clock"
)

func TestMeterOnATerminal(t *testing.T) {
	var out bytes.Buffer
	m := newMeter(streams{err: &out}, nil)
	m.terminal = true
	m.show(load.Progress{Phase: load.Binding, Done: 1000, Of: 20000})
	m.show(load.Progress{Phase: load.Loading, Done: 1, Of: 2, Delivered: 1234567})
	m.end()
	want := "\r\x1b[Kwsbind: binding: 1,000 of 20,000\r\x1b[Kwsbind: loading: 1 of 2, 1,234,567 deliveries read\r\x1b[K"
	if out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestMeterInALog(t *testing.T) {
	var out bytes.Buffer
	v := clock.NewVirtual(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	m := newMeter(streams{err: &out}, v)
	for n := range 11 {
		m.show(load.Progress{Phase: load.Waiting, Done: int64(n), Of: 10})
		v.Advance(time.Second)
	}
	m.end()
	if want := "wsbind: waiting: 5 of 10\nwsbind: waiting: 10 of 10\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestLoadTellsWhatIsWrong(t *testing.T) {
	r := load.Report{Interrupted: true, BehindMs: 12.5, MatchedBy: "count", Renewals: 3000}
	r.Requests.Held = 7
	r.Events, r.Requests.Sent = 100, 40
	r.Failures = []load.Failure{{Call: "create-event", Status: 503, Code: "unavailable", Count: 2}, {Call: "connect", Code: "timeout", Count: 1}}
	r.Closes = []load.Close{{Code: 1013, Reason: "slow-reader", Count: 4}}
	r.Frames.OtherSample = "\x1b[31mred"
	var out strings.Builder
	if err := printLoad(&out, r); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"3,000 tokens renewed",
		"interrupted: 60 events were not made; what was under way and did not come is lost",
		"the generator was behind by 12.5ms (p99): the figures are about this machine, not the server",
		"7 events had to wait, since as many requests as --parallel allows were under way; their waiting is counted",
		"frames carry no marker: they were matched by counting",
		"create-event failed 2 times: 503 unavailable",
		"connect failed 1 times: timeout",
		"4 sockets ended early: 1013 slow-reader",
	} {
		if !strings.Contains(out.String(), "\n"+line+"\n") {
			t.Errorf("%q is missing:\n%s", line, out.String())
		}
	}
	if strings.Contains(out.String(), "\x1b") {
		t.Error("a server can write to the terminal")
	}
}

func TestNumbersForPeople(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := thousands(n); got != want {
			t.Errorf("%d is written %s, want %s", n, got, want)
		}
	}
	for ms, want := range map[float64]string{0: "0s", 0.123: "120µs", 12.345: "12.35ms", 2345.6: "2.35s", 61000: "1m1s"} {
		if got := duration(ms); got != want {
			t.Errorf("%v ms are written %s, want %s", ms, got, want)
		}
	}
}
