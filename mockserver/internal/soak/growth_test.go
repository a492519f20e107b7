package main

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// series makes moments of a run: what is remembered on purpose, noise, and a leak.
func series(n int, perJoin, perEvent float64) (list []sample) {
	random := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		joins, events, tokens := float64(200*i), float64(300*i), float64(100*i)
		noise := 80_000 * (random.Float64() - .5)
		list = append(list, sample{
			joins: joins, events: events, tokens: tokens,
			heap: 20e6 + 430*joins + perJoin*joins + perEvent*events + noise, resident: 60e6 + 10*noise,
		})
	}
	return list
}

func TestJudgeMemory(t *testing.T) {
	spike := series(9, 0, 0)
	spike[8].heap += 5e6
	spike[2].heap -= 5e6
	for _, c := range []struct {
		name    string
		moments []sample
		bad     string
	}{
		{"nothing leaks", series(9, 0, 0), ""},
		{"a long run", series(40, 0, 0), ""},
		{"single moments have no say", spike, ""},
		{"too few to judge", series(5, 100_000, 0), ""},
		{"half a kibibyte for each socket of a long run", series(40, 512, 0), "live heap"},
		{"a kibibyte for each socket", series(9, 1024, 0), "live heap"},
		{"some hundred bytes for each event", series(9, 0, 1000), "live heap"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := judgeMemory("in a test", c.moments)
			if (err == nil) != (c.bad == "") || err != nil && !strings.Contains(err.Error(), c.bad) {
				t.Errorf("judged %v, want %q", err, c.bad)
			}
		})
	}
}

func TestJudgeMemoryOfTheProcess(t *testing.T) {
	moments := series(9, 0, 0)
	for i := range moments {
		moments[i].resident += float64(i) * 6e6
	}
	if _, err := judgeMemory("in a test", moments); err == nil || !strings.Contains(err.Error(), "resident") {
		t.Errorf("judged %v", err)
	}
}

func TestJudgeReset(t *testing.T) {
	for bytes, bad := range map[float64]bool{-1e6: false, 0: false, 200_000: false, 1024 * 900: true} {
		if _, err := judgeReset(sample{heap: 5e6}, sample{heap: 5e6 + bytes, joins: 900}); (err != nil) != bad {
			t.Errorf("%v bytes are judged %v", bytes, err)
		}
	}
}

func TestJudgeRest(t *testing.T) {
	start := sample{goroutines: 10, files: 12}
	for _, c := range []struct {
		name string
		now  sample
		bad  string
	}{
		{"as at the start", start, ""},
		{"less", sample{goroutines: 8, files: 11}, ""},
		{"a few more", sample{goroutines: 13, files: 14, joins: 1000}, ""},
		{"goroutines", sample{goroutines: 210, files: 12, joins: 200}, "goroutines grow: 10 at the start, 210"},
		{"files", sample{goroutines: 10, files: 212, joins: 200}, "open file descriptors grow"},
		{"a socket", sample{goroutines: 10, files: 12, sockets: 1}, "websockets are left"},
	} {
		err := judgeRest(start, c.now)
		if (err == nil) != (c.bad == "") || err != nil && !strings.Contains(err.Error(), c.bad) {
			t.Errorf("%s: judged %v, want %q", c.name, err, c.bad)
		}
	}
}

func TestJudgeCalm(t *testing.T) {
	for _, c := range []struct {
		asked, renewals, opened int64
		bad                     bool
	}{{0, 0, 0, false}, {1, 0, 0, true}, {1, 1, 0, false}, {2, 1, 0, true}, {10, 40, 0, false}, {31, 40, 0, true}, {3, 0, 1, false}, {4, 0, 1, true}} {
		if err := judgeCalm(c.asked, c.renewals, c.opened); (err != nil) != c.bad {
			t.Errorf("%+v is judged %v", c, err)
		}
	}
}

func TestParseMetrics(t *testing.T) {
	got := parseMetrics([]byte("# TYPE go_goroutines gauge\ngo_goroutines 12\nprocess_open_fds 9\ngo_gc_heap_live_bytes 2.5e+07\n" +
		"wsbind_mock_journal_bytes 1e+06\nwsbind_mock_facts 10\nwsbind_mock_sockets_opened_total 3\nwsbind_mock_requests_total{status=\"2xx\"} 4\nrubbish\n"))
	if want := (sample{goroutines: 12, files: 9, live: 25e6, heap: 24e6 - 10*perFact, joins: 3}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
