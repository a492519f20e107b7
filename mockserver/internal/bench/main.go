//go:build linux

// Command bench measures the mock server beside its peers: make bench-server.
//
//	bin/bench [--quick] [--only PART] [--out FOLDER]
//
// It runs at the root of the repository, needs bin/wsbind and bin/nats-server, builds
// the client and the other peers itself, and writes mockserver/BENCHMARKS.md and its
// chart. Told to measure less than everything it prints the table alone, unless it is
// told a folder too.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/wsbind/wsbind/mockserver/internal/bench/job"
)

// bench is one run.
type bench struct {
	wsbind, nats string // the binaries
	folder       string // of what is built and written for this run
	rounds       int
	seconds      float64           // of one side in one round
	few, many    int               // sockets
	events, log  int               // where one socket gets them
	size         int               // of a Bundle, and so of what the peers send
	chosen       map[string]string // the fastest way of each peer that has several
	tried        []string          // frames a second and µs of server CPU a frame of each
	limited      string            // by descriptors, where it is

	mu      sync.Mutex
	running map[*process]bool
}

// part is what is measured together.
type part struct {
	name string // of --only
	run  func() ([]result, error)
}

func (b *bench) parts() []part {
	return []part{
		{"bare", b.fanout(rowBare, "bare", window)},
		{"tcp", b.fanout(rowTCP, "tcp", window)},
		{"nats", b.fanout(rowNATS, "nats-server", window)},
		{"centrifuge", b.fanout(rowCentrifuge, "centrifuge", window)},
		{"bare-single", b.fanout(rowBareSingle, "bare", single)},
		{"tcp-single", b.fanout(rowTCPSingle, "tcp", single)},
		{"memory", b.memory},
		{"latency", b.latency},
		{"tokens", b.tokens},
		{"start", b.startup},
		{"sockets", b.moreSockets},
		{"subscriptions", b.moreSubscriptions},
		{"log", b.longerLog},
		{"unrelated", b.moreOthers},
	}
}

func main() {
	b := &bench{wsbind: "bin/wsbind", nats: "bin/nats-server", chosen: map[string]string{}, running: map[*process]bool{},
		rounds: 5, seconds: 2, few: 2_000, many: 10_000, events: 10_000, log: 100_000}
	quick := flag.Bool("quick", false, "one round with a tenth of everything")
	only := flag.String("only", "", "measure one part: "+strings.Join(b.names(), ", "))
	out := flag.String("out", "", "where to leave BENCHMARKS.md and benchmarks.svg (default mockserver, if all is measured)")
	flag.Parse()
	if *quick {
		b.rounds, b.seconds, b.few, b.many, b.events, b.log = 1, 0.5, 200, 1_000, 1_000, 10_000
	}
	if *only != "" && !slices.Contains(b.names(), *only) {
		fmt.Fprintf(os.Stderr, "bench: --only %s is not known: %s\n", *only, strings.Join(b.names(), ", "))
		os.Exit(2)
	}
	if *out == "" && !*quick && *only == "" {
		*out = "mockserver"
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	failed := make(chan error, 1)
	go func() { failed <- b.all(*only, *out) }()
	var err error
	select {
	case err = <-failed:
	case <-stop:
		err = fmt.Errorf("stopped")
	}
	b.stopAll()
	os.RemoveAll(b.folder)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func (b *bench) names() (list []string) {
	for _, p := range b.parts() {
		list = append(list, p.name)
	}
	return list
}

// say tells what is going on.
func (b *bench) say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

// all measures everything, or one part, and writes the report where there is a place.
func (b *bench) all(only, out string) error {
	begin := time.Now()
	if err := b.heedDescriptors(); err != nil {
		return err
	}
	if err := b.build(); err != nil {
		return err
	}
	if err := b.measureSize(); err != nil {
		return err
	}
	var results []result
	for _, p := range b.parts() {
		if only != "" && p.name != only {
			continue
		}
		b.say("%s", p.name)
		got, err := p.run()
		b.stopAll() // what a failure left
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		for _, r := range got {
			b.say("  %s: %s; %s", r.what, r.measured(), r.figures)
		}
		results = append(results, got...)
	}
	fmt.Printf("%s\n%s", aligned(table(results)), missed(results))
	fmt.Fprintf(os.Stderr, "\nin %v\n", time.Since(begin).Round(time.Second))
	if out == "" {
		return nil
	}
	return b.write(out, results)
}

func (b *bench) build() (err error) {
	if b.folder, err = os.MkdirTemp("", "wsbind-bench-"); err != nil {
		return err
	}
	for _, program := range []string{b.wsbind, b.nats} {
		if _, err := os.Stat(program); err != nil {
			return fmt.Errorf("%w: make bench-server builds it", err)
		}
	}
	const here = "./mockserver/internal/bench/"
	out, err := exec.Command("go", "build", "-o", b.folder, here+"client", here+"peers/bare", here+"peers/tcp", here+"peers/token", here+"peers/centrifuge").CombinedOutput()
	if err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	return nil
}

// measureSize asks wsbind for a Bundle, whose number has as many digits as most will
// have: the peers send as much.
func (b *bench) measureSize() error {
	s, err := b.start("wsbind", "", job.Order{Sockets: 1})
	if err != nil {
		return err
	}
	defer b.close(s)
	a, err := s.order(job.Order{Do: "check"})
	b.size = a.Size
	return err
}

// heedDescriptors sees to it that no process needs more descriptors than it may have.
// Go raises the soft limit to the hard one by itself.
func (b *bench) heedDescriptors() error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		b.say("the limit of descriptors is not known: %v", err)
		return nil
	}
	return b.fit(int(min(limit.Max, 1<<30)))
}

// fit makes do with a number of descriptors. Where a tenth of the sockets is too many,
// the rows would be of something else.
func (b *bench) fit(descriptors int) error {
	const spare = 500
	b.say("%d descriptors per process are allowed, %d needed", descriptors, b.many+spare)
	short := descriptors - spare
	switch {
	case short >= b.many:
		return nil
	case short < b.many/10:
		return fmt.Errorf("%d descriptors per process are too few to measure with, at least %d are due: raise the hard limit (ulimit -Hn)", descriptors, b.many/10+spare)
	}
	b.say("so %d sockets stand for %d: raise the hard limit (ulimit -Hn)", short, b.many)
	b.limited = fmt.Sprintf(" **%d sockets stand for %d", short, b.many)
	if short < b.few {
		b.limited += fmt.Sprintf(", and for %d", b.few)
	}
	b.limited += fmt.Sprintf("**: a process may have %d descriptors.", descriptors)
	b.many, b.few = short, min(b.few, short)
	return nil
}
