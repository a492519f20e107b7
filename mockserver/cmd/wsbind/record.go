package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/wsbind/wsbind/mockserver/record"
	"github.com/wsbind/wsbind/mockserver/scenario"
)

// recordFlags are those of wsbind record.
type recordFlags struct {
	upstream, out, listen, release           string
	insecure, keepURLs, force, json, verbose bool

	made bool // the file was not there before
}

func recordCommand(s streams) *cobra.Command {
	var f recordFlags
	c := &cobra.Command{
		Use:   "record --upstream URL -o FILE",
		Short: "record a real server as a scenario",
		Long: `wsbind record stands between a client and a FHIR server, REST and websocket, until
Ctrl-C or SIGTERM. It then writes what the server did about Subscriptions as a
scenario, which wsbind serve --scenario FILE plays again: events and their
numbers, gaps, duplicates, refusals, connections that ended, and how long each
took.

The first line it prints is the FHIR base to give the client in place of the
server's. With --json the lines on stdout are objects:

  {"base":"http://127.0.0.1:41234/fhir","fhir":"R4","software":"HAPI FHIR Server 8.0.0"}
  {"file":"lesson.yaml","name":"lesson","steps":12,"faults":2}

The recorder carries real traffic, and the client's credentials with it. It keeps
none of that: the file has no tokens, ids, names, addresses, texts or content of
resources, and nothing else is written. Ids become s1 and Patient/p1, values of
filters are made up, and the URLs of topics are replaced unless --keep-urls. Read
the file before you hand it on all the same.`,
		Example: `  wsbind record --upstream https://fhir.example.org/fhir -o lesson.yaml
  wsbind serve --scenario lesson.yaml`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			return recordServer(ctx, s, f)
		},
	}
	c.Flags().StringVar(&f.upstream, "upstream", "", "the FHIR base of the server")
	c.Flags().StringVarP(&f.out, "output", "o", "", "the file to write")
	c.Flags().StringVar(&f.listen, "listen", record.DefaultListen, "address of the recorder")
	c.Flags().StringVar(&f.release, "fhir", "", "the FHIR release: R4, R4B or R5 (default what the server's metadata says)")
	c.Flags().BoolVar(&f.insecure, "insecure", false, "accept any certificate of the server")
	c.Flags().BoolVar(&f.keepURLs, "keep-urls", false, "write the canonical URLs of topics as they are")
	c.Flags().BoolVar(&f.force, "force", false, "overwrite the file")
	c.Flags().BoolVar(&f.json, "json", false, "print the lines as JSON, and the log too")
	c.Flags().BoolVarP(&f.verbose, "verbose", "v", false, "log requests and sockets; never what they carry")
	c.MarkFlagRequired("upstream")
	c.MarkFlagRequired("output")
	return c
}

func recordServer(ctx context.Context, s streams, f recordFlags) error {
	release, err := parseAnyRelease(f.release)
	if err != nil {
		return err
	}
	if _, _, err := net.SplitHostPort(f.listen); err != nil {
		return withHint(fmt.Errorf("--listen %q is no address", f.listen), "host and port are due, such as 127.0.0.1:0")
	}
	file, err := f.open()
	if err != nil {
		return err
	}
	defer file.Close()
	f.warn(s)
	r, err := record.Start(ctx, record.Config{
		Upstream: f.upstream, Listen: f.listen, Release: release, Insecure: f.insecure, KeepURLs: f.keepURLs, Log: f.logger(s),
	})
	if err != nil {
		f.abandon(file)
		return recordError(err)
	}
	if err := f.announce(s, r); err != nil {
		r.Close()
		f.abandon(file)
		return err
	}
	<-ctx.Done()
	r.Close()
	return f.write(s, r, file)
}

// open opens the file before anything is recorded: what could not be written
// would be lost. A file that is there stays as it is until the end.
func (f *recordFlags) open() (*os.File, error) {
	_, err := os.Stat(f.out)
	f.made = errors.Is(err, fs.ErrNotExist)
	mode := os.O_WRONLY | os.O_CREATE
	if !f.force {
		mode |= os.O_EXCL
	}
	file, err := os.OpenFile(f.out, mode, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil, withHint(fmt.Errorf("%s is there already", f.out), "choose another file, or --force to overwrite it")
	case err != nil:
		return nil, withHint(err, "-o is a file that can be written")
	}
	return file, nil
}

// abandon removes the file if it was made here.
func (f *recordFlags) abandon(file *os.File) {
	if f.made {
		os.Remove(file.Name())
	}
}

// warn says what must not be taken for granted, before the first line.
func (f *recordFlags) warn(s streams) {
	warn := func(text string) {
		if f.json {
			f.logger(s).Warn(text)
			return
		}
		s.say("warning: %s", text)
	}
	warn("the recorder carries real traffic, and the client's credentials: use it where you may see both")
	if !loopback(f.listen) {
		warn(f.listen + " can be reached from other machines, in the clear, and the server through it")
	}
	if f.insecure {
		warn("certificates are not checked; anybody between here and the server can read the traffic")
	}
}

func (f *recordFlags) logger(s streams) *slog.Logger {
	options := &slog.HandlerOptions{Level: slog.LevelWarn}
	if f.verbose {
		options.Level = slog.LevelDebug
	}
	if f.json {
		return slog.New(slog.NewJSONHandler(s.err, options))
	}
	return slog.New(slog.NewTextHandler(s.err, options))
}

// announce prints the base to give the client.
func (f *recordFlags) announce(s streams, r *record.Recorder) error {
	if f.json {
		return json.NewEncoder(s.out).Encode(struct {
			Base     string `json:"base"`
			FHIR     string `json:"fhir"`
			Software string `json:"software,omitempty"`
		}{r.BaseURL(), r.Release().String(), r.Software()})
	}
	_, err := fmt.Fprintf(s.out, "%s\n\nThat is the FHIR base for the client. Ctrl-C writes %s.\n", r.BaseURL(), f.out)
	return err
}

// write writes the scenario and says how much there is in it.
func (f *recordFlags) write(s streams, r *record.Recorder, file *os.File) error {
	name := scenarioName(f.out)
	text, err := r.YAML(name)
	if err != nil {
		f.abandon(file)
		return fmt.Errorf("what was recorded makes no scenario: %w", err)
	}
	if err = file.Truncate(0); err == nil {
		_, err = file.Write(text)
	}
	if err != nil {
		return withHint(err, "the recording is lost")
	}
	read, err := scenario.Read(f.out, text)
	if err != nil {
		return err
	}
	if f.json {
		return json.NewEncoder(s.out).Encode(struct {
			File   string `json:"file"`
			Name   string `json:"name"`
			Steps  int    `json:"steps"`
			Faults int    `json:"faults"`
		}{f.out, name, len(read.Timeline), len(read.Faults)})
	}
	_, err = fmt.Fprintf(s.out, "%s: %d steps, and %d faults from the start\n", f.out, len(read.Timeline), len(read.Faults))
	if err == nil && len(read.Timeline)+len(read.Faults) == 0 {
		s.say("nothing was seen about Subscriptions: had the client the base that is printed above?")
	}
	return err
}

var notInName = regexp.MustCompile(`[^a-z0-9]+`)

// scenarioName makes a name of that of the file.
func scenarioName(file string) string {
	base := filepath.Base(file)
	name := notInName.ReplaceAllString(strings.ToLower(strings.TrimSuffix(base, filepath.Ext(base))), "-")
	if name = strings.Trim(name[:min(len(name), 64)], "-"); name == "" {
		return "recorded"
	}
	return name
}

// recordError adds what to do about a recorder that did not start.
func recordError(err error) error {
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return serveError(err)
	}
	return withHint(err, "--upstream is a FHIR base, such as https://fhir.example.org/fhir; --fhir says the release where its metadata cannot be read")
}
