// Command soak holds a running wsbind to what it promises while everything changes:
//
//	go run ./mockserver/internal/soak -server bin/wsbind -time 2m
//
// It starts the server as a process of its own and churns: sockets join and leave in
// good order, cut and silent; tokens run out and are renewed; Subscriptions are
// created, deleted, turned off and on again; events are made; faults strike that a
// careful client survives. It is run in the root of the work tree by make soak and
// make soak-short.
//
// # What it demands
//
// As long as nothing goes wrong, which is so for a moment at the start, no seat has to
// ask for $events: every frame comes. From then on frames are lost on purpose, and
// what a server loses beside them comes by $events as well.
//
// Every event that was made for a Subscription while a seat (a client of
// mockserver/client with a memory) was listening to it, or was about to come back to
// it, is yielded there once, in order. Nothing is told as missed, for the log of a
// Subscription holds more than a seat can be behind.
//
// The run goes in rounds. At the end of each, all seats have caught up, and the server
// is measured twice: with every seat on its socket, and with none, when whatever a
// socket, a Subscription or a goroutine needed must be free again: see growth.go.
//
// Nothing depends on how fast the machine is: waiting has generous ends, and only
// counts and sizes are compared.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	var cfg config
	flag.StringVar(&cfg.server, "server", "bin/wsbind", "the binary to start")
	flag.DurationVar(&cfg.time, "time", 2*time.Minute, "for how long to churn, at least 30s")
	flag.Uint64Var(&cfg.seed, "seed", 0, "what is left to chance is drawn from it (default one that is drawn, and printed)")
	flag.Parse()
	if flag.NArg() > 0 || cfg.time < 30*time.Second {
		fmt.Fprintln(os.Stderr, "usage: soak [-server FILE] [-time 2m] [-seed N], with a time of 30s or more")
		os.Exit(2)
	}
	if cfg.seed == 0 {
		cfg.seed = uint64(rand.Uint32()) + 1
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, cfg); err != nil {
		fmt.Println("soak:", err)
		fmt.Println("0 passed, 1 failed")
		stop()
		os.Exit(1)
	}
	fmt.Println("1 passed, 0 failed")
}

// config is what a soak is told.
type config struct {
	server string
	time   time.Duration
	seed   uint64
}

// run starts the server, soaks it, and ends it whatever happens.
func run(ctx context.Context, cfg config) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	fmt.Printf("soak: seed %d, %v\n", cfg.seed, cfg.time)
	server, err := startServer(cfg, fail)
	if err != nil {
		return err
	}
	defer server.kill()
	s := newSoak(cfg, server, fail)
	err = s.run(ctx)
	if cause := context.Cause(ctx); cause != nil { // why the rest failed
		err = cause
	}
	if err == nil {
		err = server.end()
	}
	s.report(os.Stdout, err == nil)
	if err != nil {
		server.explain(os.Stdout)
		if errors.Is(err, context.Canceled) {
			return errors.New("stopped by a signal")
		}
	}
	return err
}
