//go:build linux

package main

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/wsbind/wsbind/mockserver/internal/bench/job"
)

// weight is what a socket weighs, in bytes.
type weight struct {
	resident    float64
	heap, stack float64 // what is live of it; 0 where the server does not tell
}

// memory compares what an idle socket takes. Each round starts servers of its own.
func (b *bench) memory() ([]result, error) {
	var a, z []weight
	for range b.rounds {
		ours, err := b.weigh("wsbind", "")
		if err != nil {
			return nil, err
		}
		theirs, err := b.weigh("bare", "echo")
		if err != nil {
			return nil, err
		}
		b.say("  %s and %s bytes", grouped(ours.resident), grouped(theirs.resident))
		a, z = append(a, ours), append(z, theirs)
	}
	resident := func(w weight) float64 { return w.resident }
	heap := func(w weight) float64 { return w.heap }
	stack := func(w weight) float64 { return w.stack }
	kB := func(list []weight, pick func(weight) float64) string { return short(median(each(list, pick)) / 1024) }
	figures := fmt.Sprintf("RSS %s and %s KiB", kB(a, resident), kB(z, resident))
	if median(each(a, heap)) > 0 {
		figures += fmt.Sprintf("; live heap %s and %s, stacks %s and %s", kB(a, heap), kB(z, heap), kB(a, stack), kB(z, stack))
	}
	return []result{{row: rowMemory, value: median(ratios(each(a, resident), each(z, resident))), figures: figures}}, nil
}

func (b *bench) weigh(name, way string) (w weight, err error) {
	server, err := b.serve(name, way)
	if err != nil {
		return w, err
	}
	defer b.stop(server.process)
	before := server.settled()
	s, err := b.open(server, job.Order{Sockets: b.many})
	if err != nil {
		return w, err
	}
	defer b.close(s)
	after := server.settled()
	n := float64(b.many)
	return weight{(after.resident - before.resident) / n, (after.heap - before.heap) / n, (after.stack - before.stack) / n}, nil
}

// settled collects garbage until what is resident stays the same, within a hundredth.
func (s *server) settled() weight {
	var last weight
	for same, tries := 0, 0; same < 4 && tries < 60; tries++ {
		now := s.collect()
		now.resident = float64(s.resident())
		if same++; now.resident < last.resident*0.99 || now.resident > last.resident*1.01 {
			same = 0
		}
		last = now
		time.Sleep(500 * time.Millisecond) // the server gives memory back as time passes
	}
	return last
}

var memStats = regexp.MustCompile(`(?m)^# (HeapAlloc|Stack) = (\d+)`)

// collect has the server collect its garbage, where it has /debug/pprof/, and reads
// what is left.
func (s *server) collect() (w weight) {
	if s.profile == "" {
		return w
	}
	answer, err := http.Get("http://" + s.profile + "/debug/pprof/heap?gc=1&debug=1")
	if err != nil {
		return w
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	for _, match := range memStats.FindAllSubmatch(text, -1) {
		n, _ := strconv.ParseFloat(string(match[2]), 64)
		if string(match[1]) == "Stack" {
			w.stack = n
		} else {
			w.heap = n
		}
	}
	return w
}
