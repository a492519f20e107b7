package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/mockserver/client"
)

// listenFlags are those of wsbind listen.
type listenFlags struct {
	base, release, bearer   string
	subscriptions           []string
	insecure, json, verbose bool
}

// bearerVariable keeps the caller's token out of the list of processes.
const bearerVariable = "WSBIND_BEARER"

func listenCommand(s streams) *cobra.Command {
	var f listenFlags
	c := &cobra.Command{
		Use:   "listen --base URL [--subscription ID...]",
		Short: "receive notifications in the terminal",
		Long: `wsbind listen gets a token from a FHIR server, binds it on the websocket, and
prints each notification after checking it. It renews the token before it
expires, reconnects when the connection ends, drops duplicates, and fills gaps
by $events, until Ctrl-C. It gives up, with exit status 1, on what will not
heal, such as a Subscription that was deleted.

Without --subscription the server decides what the token covers, usually every
websocket Subscription of the caller. A bearer token for the server is taken
from the environment variable ` + bearerVariable + `, or from --bearer.

With --json each notification is a line on stdout:

  {"type":"event-notification","subscription":"1","events":[5],"missed":[],
   "valid":true,"issues":[],"frame":"the Bundle as it came"}

where events are the numbers that are new, and missed the ranges [from, to] that
the server could not give any more. An OperationOutcome has the type
operation-outcome and is its own issue, any other frame the type "".`,
		Example: `  wsbind listen --base http://127.0.0.1:8080/fhir/R4
  wsbind listen --base http://127.0.0.1:8080/fhir/R5 --subscription 1 --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			return listen(ctx, s, f)
		},
	}
	c.Flags().StringVar(&f.base, "base", "", "the FHIR base")
	c.Flags().StringArrayVar(&f.subscriptions, "subscription", nil, "id of a Subscription, may be repeated (default the server decides)")
	c.Flags().StringVar(&f.release, "fhir", "", "the FHIR release: R4, R4B or R5 (default what the server's metadata says)")
	c.Flags().StringVar(&f.bearer, "bearer", "", "bearer token for the FHIR base; other users can see it in the list of processes")
	c.Flags().BoolVar(&f.insecure, "insecure", false, "accept any certificate, such as one of serve --tls self-signed")
	c.Flags().BoolVar(&f.json, "json", false, "print a JSON object per notification")
	c.Flags().BoolVarP(&f.verbose, "verbose", "v", false, "log what happens to the connection")
	c.MarkFlagRequired("base")
	return c
}

func listen(ctx context.Context, s streams, f listenFlags) error {
	config, err := f.config(s)
	if err != nil {
		return err
	}
	if err := config.Check(); err != nil {
		return withHint(err, "--base is a FHIR base, such as http://127.0.0.1:8080/fhir/R4")
	}
	for n, err := range client.Notifications(ctx, config) {
		if err != nil {
			return bad(fmt.Errorf("gave up: %w", err), "%s", fault.CodeOf(err).Meaning())
		}
		if f.json {
			_, err = s.out.Write(append(appendNotification(nil, n), '\n'))
		} else {
			err = printNotification(s, n)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (f *listenFlags) config(s streams) (client.Config, error) {
	release, err := parseAnyRelease(f.release)
	if err != nil {
		return client.Config{}, err
	}
	level := slog.LevelWarn
	if f.verbose {
		level = slog.LevelDebug
	}
	c := client.Config{
		Base: f.base, Release: release, Bearer: f.bearer, Subscriptions: f.subscriptions,
		Log: slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: level})),
	}
	if c.Bearer == "" {
		c.Bearer = os.Getenv(bearerVariable)
	}
	if f.insecure {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
		c.HTTP = &http.Client{Transport: transport}
		s.say("warning: certificates are not checked; anybody between here and the server can take the token")
	}
	return c, nil
}

// printNotification prints a line, the events that are missed before it, and
// its issues after it.
func printNotification(s streams, n client.Notification) error {
	for _, m := range n.Missed {
		fmt.Fprintf(s.out, "missed events %d to %d of %s: the server does not have them any more\n", m.From, m.To, printable(n.Subscription))
	}
	name := string(n.Kind)
	switch {
	case n.Kind == client.Complaint:
		name = "the server complains"
	case n.Kind == client.Other:
		name = "a frame that is no notification: " + printable(shortened(n.Text))
	case len(n.Events) > 0:
		name += " " + printable(n.Subscription) + " event " + joined(n.Events)
	default:
		name += " " + printable(n.Subscription)
	}
	fmt.Fprintln(s.out, name)
	return printIssues(s, document{name: "  frame", text: n.Text}, n.Issues)
}

func shortened(text []byte) string {
	const most = 200
	if len(text) <= most {
		return string(text)
	}
	return strings.ToValidUTF8(string(text[:most]), "") + "…"
}

func joined(numbers []int64) string {
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = strconv.FormatInt(n, 10)
	}
	return strings.Join(words, ", ")
}

// appendNotification appends a notification as a JSON object.
func appendNotification(dst []byte, n client.Notification) []byte {
	dst = jsonscan.AppendString(append(dst, `{"type":`...), string(n.Kind))
	dst = jsonscan.AppendString(append(dst, `,"subscription":`...), n.Subscription)
	dst = append(dst, `,"events":[`...)
	for i, number := range n.Events {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendInt(dst, number, 10)
	}
	dst = append(dst, `],"missed":[`...)
	for i, m := range n.Missed {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = fmt.Appendf(dst, "[%d,%d]", m.From, m.To)
	}
	dst = strconv.AppendBool(append(dst, `],"valid":`...), fault.Valid(n.Issues))
	dst = fhir.AppendIssues(append(dst, `,"issues":`...), n.Text, n.Issues)
	return append(jsonscan.AppendString(append(dst, `,"frame":`...), n.Text), '}')
}
