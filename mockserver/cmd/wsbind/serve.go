package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/mockserver"
	webdemo "github.com/wsbind/wsbind/web-demo"
)

// serveFlags are those of wsbind serve. schemas/configuration.schema.json
// describes the same as JSON.
type serveFlags struct {
	listen, management, publicURL string
	tlsCert, tlsKey, tls          string
	algorithm, key                string
	lifetime                      time.Duration
	noIDs                         string
	requireAuth, lenientGet, json bool
	singleUse                     bool
	mannerFlags
}

func serveCommand(s streams) *cobra.Command {
	var f serveFlags
	c := &cobra.Command{
		Use:   "serve [flags]",
		Short: "run a mock server to develop a client against",
		Long: `wsbind serve runs a FHIR server that keeps everything in memory and forgets it at
exit: /fhir/R4, /fhir/R4B and /fhir/R5 with Subscriptions, topics and
$get-ws-binding-token, and the websocket that tokens are bound on. It is for
development and tests, never for patient data.

The first lines it prints are a session to paste into a terminal. With --json
the first line is an object instead, and the log is JSON too:

  {"base":"http://127.0.0.1:8080","management":"http://127.0.0.1:8081",
   "fhir":{"R4":"http://127.0.0.1:8080/fhir/R4",…},
   "jwks":"http://127.0.0.1:8080/.well-known/jwks.json",
   "local":"http://127.0.0.1:8080","page":"http://127.0.0.1:8080/",
   "seed":730124,"dialect":"spec","profile":"polite","clock":"real"}

where local is the listener itself, whatever --public-url says, and page is for a
browser, missing where the program was built without it.

Results go to stdout, the log goes to stderr. Port 0 takes a free port. Ctrl-C
or SIGTERM closes the sockets and ends the server. It then prints what the
clients did wrong; with --json that is a last line:

  {"findings":[{"code":"never-caught-up","severity":"warning",…}],"worst":"warning"}

and with --fail-on the exit status is 1 if a finding is that bad. A scenario
whose expectations are not met, or that was not over, ends with 1 as well.`,
		Example: `  wsbind serve
  wsbind serve --listen 127.0.0.1:0 --management 127.0.0.1:0 --json
  wsbind serve --tls self-signed --lifetime 30s --require-auth
  wsbind serve --profile hostile --seed 7 --fail-on warning
  wsbind serve --scenario never-catches-up`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			return serve(ctx, s, f)
		},
	}
	c.Flags().StringVar(&f.listen, "listen", "127.0.0.1:8080", "address of the FHIR bases and the websocket")
	c.Flags().StringVar(&f.management, "management", "127.0.0.1:8081", "address of the management interface")
	c.Flags().StringVar(&f.publicURL, "public-url", "", "how clients reach the server, where a proxy stands between")
	c.Flags().StringVar(&f.tlsCert, "tls-cert", "", "file with a certificate; serves https and wss")
	c.Flags().StringVar(&f.tlsKey, "tls-key", "", "file with the certificate's key")
	c.Flags().StringVar(&f.tls, "tls", "", "self-signed makes a certificate at start")
	c.Flags().StringVar(&f.algorithm, "alg", mockserver.DefaultAlgorithm, "what signs the tokens: "+algorithmNames())
	c.Flags().StringVar(&f.key, "key", "", "file with the private JWK that signs (default a new key at each start)")
	c.Flags().DurationVar(&f.lifetime, "lifetime", mockserver.DefaultLifetime, "how long a token is valid")
	c.Flags().StringVar(&f.noIDs, "no-ids", string(mockserver.NoIDsAll), "token request at type level without ids: all or fail")
	c.Flags().BoolVar(&f.requireAuth, "require-auth", false, "answer 401 to requests without a bearer token")
	c.Flags().BoolVar(&f.lenientGet, "lenient-get", false, "allow GET where R5's definition does not")
	c.Flags().BoolVar(&f.singleUse, "single-use", false, "refuse a token the second time it is shown")
	f.mannerFlags.register(c.Flags())
	c.Flags().BoolVar(&f.json, "json", false, "print the first line and the log as JSON")
	c.MarkFlagsRequiredTogether("tls-cert", "tls-key")
	c.MarkFlagsMutuallyExclusive("tls", "tls-cert")
	c.PreRun = func(c *cobra.Command, _ []string) {
		if f.key != "" && !c.Flags().Changed("alg") {
			f.algorithm = "" // the key says
		}
	}
	return c
}

func serve(ctx context.Context, s streams, f serveFlags) error {
	config, err := f.config(s)
	if err != nil {
		return err
	}
	f.warn(s, config)
	server, err := mockserver.Run(config)
	if err != nil {
		return serveError(err)
	}
	if f.json {
		err = announceJSON(s.out, server)
	} else {
		err = announce(s.out, server, f, config.Scenario)
	}
	if err == nil {
		<-ctx.Done()
		config.Logger.Info("closing")
	}
	if err = errors.Join(err, server.Close()); err != nil {
		return err
	}
	end := endingOf(server, config.Scenario)
	if err := end.print(s.out, f.json); err != nil {
		return err
	}
	if end.fails(f.failOn) {
		return errBad
	}
	return nil
}

// config checks the flags one by one, so that an error names the flag.
func (f *serveFlags) config(s streams) (c mockserver.Config, err error) {
	c = mockserver.Config{
		Listen: f.listen, Management: f.management, PublicURL: f.publicURL,
		Algorithm: f.algorithm, RequireAuth: f.requireAuth, LenientGet: f.lenientGet, SingleUse: f.singleUse, Logger: logger(s, f.json),
	}
	if f.changed("lifetime") {
		c.Lifetime = f.lifetime
	}
	if f.changed("no-ids") {
		c.NoIDs = mockserver.NoIDs(f.noIDs)
	}
	for _, a := range []struct{ flag, address string }{{"listen", f.listen}, {"management", f.management}} {
		if _, _, err := net.SplitHostPort(a.address); err != nil {
			return c, withHint(fmt.Errorf("--%s %q is no address", a.flag, a.address), "host and port are due, such as 127.0.0.1:8080")
		}
	}
	switch {
	case f.lifetime < time.Second || f.lifetime > mockserver.MaxLifetime || f.lifetime%time.Second != 0:
		return c, withHint(fmt.Errorf("--lifetime %v is not possible", f.lifetime), "whole seconds from 1s to %v are", mockserver.MaxLifetime)
	case f.noIDs != string(mockserver.NoIDsAll) && f.noIDs != string(mockserver.NoIDsFail):
		return c, withHint(fmt.Errorf("--no-ids %q is not possible", f.noIDs), "all or fail")
	case f.algorithm != "" && !token.Algorithm(f.algorithm).Known():
		return c, withHint(fmt.Errorf("--alg %q is not known", f.algorithm), "one of %s", algorithmNames())
	case f.publicURL != "" && !isOrigin(f.publicURL):
		return c, withHint(fmt.Errorf("--public-url %q is not possible", f.publicURL), "an http or https URL without a query, such as https://fhir.example.org")
	case f.tls != "" && f.tls != "self-signed":
		return c, withHint(fmt.Errorf("--tls %q is not possible", f.tls), "self-signed, or --tls-cert and --tls-key with files")
	}
	if f.key != "" {
		key, err := s.input(f.key)
		if err != nil {
			return c, err
		}
		c.Key = key.text
	}
	if c.TLS, err = f.tlsConfig(); err != nil {
		return c, err
	}
	if c.Page, err = builtPage(); err != nil && !errors.Is(err, webdemo.ErrNotBuilt) {
		return c, err
	}
	c.Version = version()
	return c, f.apply(s, &c)
}

// builtPage returns the page, or webdemo.ErrNotBuilt; a variable for the tests.
var builtPage = webdemo.Files

// isOrigin reports whether bases can be made of a URL.
func isOrigin(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https") &&
		u.RawQuery == "" && u.Fragment == "" && u.User == nil
}

func (f *serveFlags) tlsConfig() (*tls.Config, error) {
	switch {
	case f.tlsCert != "":
		return certificate(f.tlsCert, f.tlsKey)
	case f.tls == "":
		return nil, nil
	}
	var hosts []string
	if host, _, _ := net.SplitHostPort(f.listen); host != "" {
		hosts = append(hosts, host)
	}
	if u, err := url.Parse(f.publicURL); err == nil && u.Hostname() != "" {
		hosts = append(hosts, u.Hostname())
	}
	return mockserver.SelfSigned(hosts...)
}

// certificate reads a certificate and its key, nil where no files are named.
func certificate(cert, key string) (*tls.Config, error) {
	if cert == "" {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, withHint(err, "both files are PEM, and the key is the certificate's")
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}

// logger writes the log to stderr, for people or for programs.
func logger(s streams, asJSON bool) *slog.Logger {
	if asJSON {
		return slog.New(slog.NewJSONHandler(s.err, nil))
	}
	return slog.New(slog.NewTextHandler(s.err, nil))
}

// warn says what must not be taken for granted, before the first line.
func (f *serveFlags) warn(s streams, config mockserver.Config) {
	warn := func(text string) {
		if f.json {
			logger(s, f.json).Warn(text)
			return
		}
		s.say("warning: %s", text)
	}
	warn("this is a mock for development and tests, never for patient data; its state is gone at exit")
	if f.key == "" {
		warn("the signing key is fresh: tokens of another run are not valid in this one")
	}
	if config.Page == nil {
		warn(webdemo.ErrNotBuilt.Error())
	}
	for _, address := range []string{f.listen, f.management} {
		if !loopback(address) {
			warn(address + " can be reached from other machines, and nothing there asks who is calling")
		}
	}
}

func loopback(address string) bool {
	host, _, _ := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// serveError adds what to do about an address that cannot be listened on.
func serveError(err error) error {
	var on *net.OpError
	if !errors.As(err, &on) {
		return withHint(err, "")
	}
	address := ""
	if on.Addr != nil {
		address = on.Addr.String()
	}
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return withHint(fmt.Errorf("%s is taken by another program", address),
			"choose another address with --listen or --management; port 0 takes a free one")
	case errors.Is(err, syscall.EACCES):
		return withHint(fmt.Errorf("%s may not be listened on", address), "choose a port above 1023")
	}
	return withHint(fmt.Errorf("cannot listen: %s", strings.TrimPrefix(err.Error(), "listen tcp ")), "choose an address of this machine")
}
