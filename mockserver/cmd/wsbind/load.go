package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/client/load"
)

// loadFlags are those of wsbind load.
type loadFlags struct {
	load.Config
	release        string
	insecure, json bool
}

const loadLong = `wsbind load creates Subscriptions on a FHIR server, binds them on as many sockets
as it is told to, causes events on a fixed schedule, and reports what arrived:
how late, and what was lost, came twice or out of order. Subscriptions and
Patients are deleted at the end, also after Ctrl-C, unless --keep says otherwise.

Event k is due k / rate seconds after the first, whether or not the server has
answered those before, and latency is counted from then: what had to wait has
waited. How late requests were sent is told apart. When this process itself could
not keep up, that is said, for the figures are then about this machine.

Each event is a Patient with a marker in its id and identifier, by which a frame
is matched to it. Frames without content (--content empty, --dialect legacy) are
matched by counting: losses and duplicates are right as long as nobody else makes
Patients meanwhile, and times are right on the whole.

Exit status 1: something was lost, duplicated, reordered or refused, a socket
ended early, or a frame was no notification. A bearer token for the server is
taken from the environment variable ` + bearerVariable + `, or from --bearer.

A gate is loaded like any server: --base is its own, --dialect stays spec whatever
the server behind it speaks. Its credential for that server must see the caller's
Subscriptions; in front of wsbind serve both are the same token, or none:

  wsbind serve --require-auth
  WSBIND_UPSTREAM_AUTHORIZATION='Bearer me' wsbind gate --upstream http://127.0.0.1:8080/fhir/R4
  wsbind load --base http://127.0.0.1:8090/fhir/R4 --bearer me --sockets 1000

With --json there is one object on stdout; its times are milliseconds:

  base, release, dialect, content, seed, sockets, subscriptionsPerSocket, groups,
  events, eventsPerSecond      what was asked for
  matchedBy                    marker or count
  resourceBytes                size of the first Patient
  bound                        sockets, subscriptions, durationMs
  requests                     sent, answered, held (by --parallel); latencyMs from
                               due to the answer of those that were answered by a
                               success, lateMs from due to sent
  deliveries                   due, received (each once), lost, duplicate,
                               reordered, numbersOff (event numbers that do not
                               follow), misdirected (to another Subscription);
                               latencyMs from due to read, of what was received
  frames                       count, bytes; durationMs from the first event to the
                               last one's frame, framesPerSecond, bytesPerSecond;
                               handshakes, heartbeats, foreign (events that others
                               made), other (no notifications, or cut off), otherSample
  renewals                     tokens that were renewed
  closes                       of sockets that ended early: code, reason, count
  failures                     call, status (0 without an answer), code, count
  wakeLateMs                   how late this process woke up
  behindMs                     0, or wakeLateMs.p99 where the figures are about
                               this machine
  interrupted                  by Ctrl-C: events that were not made yet are not due,
                               what was under way and did not come is lost

latencyMs, lateMs and wakeLateMs have p50, p90, p99, p999 and max.`

func loadCommand(s streams) *cobra.Command {
	var f loadFlags
	c := &cobra.Command{
		Use:   "load --base URL --sockets N [flags]",
		Short: "put a server's websockets under load, and count what arrives",
		Long:  loadLong,
		Example: `  wsbind load --base http://127.0.0.1:8080/fhir/R4 --sockets 1000 --events 100 --rate 10
  wsbind load --base http://127.0.0.1:8080/fhir/R5 --sockets 100 --subscriptions 3 --groups 30 --content full-resource --size 8000 --json
  wsbind load --base https://fhir.example.org/r4 --i-may-load-it --topic http://example.org/patients --sockets 50`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			context.AfterFunc(ctx, stop) // a second Ctrl-C does not wait for the cleaning up
			return runLoad(ctx, s, f)
		},
	}
	f.register(c.Flags())
	c.MarkFlagRequired("base")
	c.MarkFlagRequired("sockets")
	return c
}

func (f *loadFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.Base, "base", "", "the FHIR base")
	flags.BoolVar(&f.MayLoad, "i-may-load-it", false, "the server is another machine, and its owner knows")
	flags.IntVar(&f.Sockets, "sockets", 0, "how many sockets")
	flags.IntVar(&f.Subscriptions, "subscriptions", 1, "Subscriptions that each socket binds")
	flags.IntVar(&f.Events, "events", 100, "how many events")
	flags.Float64Var(&f.Rate, "rate", load.DefaultRate, "events per second")
	flags.StringVar(&f.Dialect, "dialect", load.Spec, "how the server binds: "+strings.Join(load.Dialects(), ", "))
	flags.StringVar(&f.release, "fhir", "", "the FHIR release: R4, R4B or R5 (default what the server's metadata says)")
	flags.StringVar(&f.Topic, "topic", load.DefaultTopic, "canonical of a topic that fires when a Patient is made")
	flags.StringVar(&f.Content, "content", load.IDOnly, "content level: "+strings.Join(load.Contents(), ", "))
	flags.IntVar(&f.Groups, "groups", 1, "spread Subscriptions over so many filters on identifier: an event reaches one of them")
	flags.IntVar(&f.Size, "size", 0, "bytes of each Patient (default as few as possible)")
	flags.BoolVar(&f.Post, "post", false, "make Patients by POST, where a client may not choose the id")
	flags.StringVar(&f.Websocket, "websocket", "", "where medplum and legacy connect to (default what those servers have beside the base)")
	flags.IntVar(&f.Parallel, "parallel", load.DefaultParallel, "requests under way at the same time, at most")
	flags.DurationVar(&f.Wait, "wait", load.DefaultWait, "how long to wait for what is missing after the last that came")
	flags.BoolVar(&f.Keep, "keep", false, "do not delete Subscriptions and Patients")
	flags.Uint64Var(&f.Seed, "seed", 0, "what names and times of renewal are drawn from (default drawn, and printed)")
	flags.StringVar(&f.Bearer, "bearer", "", "bearer token for the FHIR base; other users can see it in the list of processes")
	flags.BoolVar(&f.insecure, "insecure", false, "accept any certificate, such as one of serve --tls self-signed")
	flags.BoolVar(&f.json, "json", false, "print a JSON object")
}

func runLoad(ctx context.Context, s streams, f loadFlags) error {
	config, err := f.config(s)
	if err != nil {
		return err
	}
	if err := config.Check(); err != nil {
		return loadError(err)
	}
	shown := newMeter(s, config.Clock)
	config.Progress = shown.show
	report, err := load.Run(ctx, config)
	shown.end()
	if err != nil {
		return loadError(err)
	}
	if f.json {
		err = json.NewEncoder(s.out).Encode(report)
	} else {
		err = printLoad(s.out, report)
	}
	if err == nil && !report.Good() {
		err = errBad
	}
	return err
}

func (f *loadFlags) config(s streams) (c load.Config, err error) {
	c = f.Config
	if c.Release, err = parseAnyRelease(f.release); err != nil {
		return c, err
	}
	for _, n := range []struct {
		flag string
		zero bool
	}{
		{"subscriptions", c.Subscriptions == 0}, {"groups", c.Groups == 0}, {"rate", c.Rate == 0},
		{"parallel", c.Parallel == 0}, {"wait", c.Wait == 0},
	} {
		if n.zero {
			return c, withHint(fmt.Errorf("--%s 0 is not possible", n.flag), "leave it out for the default")
		}
	}
	if c.Bearer == "" {
		c.Bearer = os.Getenv(bearerVariable)
	}
	if f.insecure {
		c.TLS = &tls.Config{InsecureSkipVerify: true}
		s.say("warning: certificates are not checked; anybody between here and the server can take the tokens")
	}
	return c, nil
}

// loadError adds what to do about a load that could not be.
func loadError(err error) error {
	var known *fault.Error
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(err, fault.LoginRequired):
		return bad(fmt.Errorf("no load: %w", err), "give a bearer token in %s, or with --bearer", bearerVariable)
	case errors.Is(err, fault.UnknownSubscription):
		return bad(fmt.Errorf("no load: %w", err), "do base and --websocket belong together, and may a gate's own credential see what this caller creates?")
	case errors.As(err, &certificate):
		return bad(fmt.Errorf("no load: %w", err), "--insecure accepts any certificate")
	case !errors.As(err, &known):
		return bad(fmt.Errorf("no load: %w", err), "is this the FHIR base of a server that speaks the dialect?")
	}
	switch known.Code {
	case fault.Forbidden:
		return withHint(errors.New(known.Detail), "--i-may-load-it, if its owner knows of this")
	case fault.MalformedRequest, fault.Unavailable:
		return withHint(errors.New(known.Detail), "")
	}
	return bad(errors.New(known.Detail), "")
}
