// Package record stands between a client and a FHIR server, watches what the
// server does about Subscriptions, and writes it down as a scenario that the mock
// server replays.
//
// [Start] a [Recorder], give the client [Recorder.BaseURL] in place of the
// server's base, and ask for [Recorder.YAML] when it is done:
//
//	r, err := record.Start(ctx, record.Config{Upstream: "https://fhir.example.org/fhir"})
//	// … the client, with r.BaseURL()
//	text, err := r.YAML("what-happened")
//	r.Close()
//
// # What it promises
//
// Nothing is changed on the way but what keeps the client here: the base of the
// server in answers, and the websocket-url of $get-ws-binding-token. A websocket at
// another host, or in the clear where the base is not, is opened without the client's
// Authorization and Cookie, which are the server's alone. Frames of
// websockets pass as they are, in both directions, with their close codes.
//
// Nothing that was seen is kept but what happened: which kind of thing, when, with
// which event numbers. Ids are replaced the moment they are seen, Patient/123 by
// Patient/p1; tokens, headers, names, texts and the content of resources are never
// kept, nor logged. What a scenario says beyond that is a word of FHIR, or of this
// project, or the name and version of the server's software.
//
// # Bounds
//
// Bodies and frames are read up to 16 MiB, 20,000 moments are kept, a scenario has
// at most 1,000 steps. What is beyond passes and is not written down; the head of
// the file says so.
package record

import (
	"cmp"
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/clock"
)

// DefaultListen stands in for a Config.Listen that is empty.
const DefaultListen = "127.0.0.1:0"

// Config says what to record. Only Upstream must be set.
type Config struct {
	// Upstream is the FHIR base of the server, http or https.
	Upstream string
	// Listen is the address of the recorder, host:port. Default: 127.0.0.1 and a
	// free port. Danger: on any other host whoever reaches the recorder reaches
	// the server through it.
	Listen string
	// Release is the FHIR release of the base. Zero: what [Upstream]/metadata
	// says.
	Release fhir.Release
	// Insecure accepts any certificate of the server. Danger: whoever is between
	// here and the server can read the traffic and take its tokens.
	Insecure bool
	// KeepURLs writes the canonical URLs of topics as they are. They often hold
	// the name of an organisation. Default: they are replaced, but for those of
	// HL7 and of the mock server.
	KeepURLs bool
	// Clock tells when things happen. Nil: the real one.
	Clock clock.Clock
	// Log is told of requests and sockets: no bodies, no tokens, no queries. Nil:
	// nothing is logged.
	Log *slog.Logger
}

// The bounds of a recorder.
const (
	maxBytes        = 16 << 20         // of a body or a frame
	exchangeTimeout = 30 * time.Second // of what the recorder itself asks for
	requestTimeout  = time.Minute      // of a request that is passed on
	writeTimeout    = 30 * time.Second // until a frame is taken
	closeWait       = 3 * time.Second
	maxPaths        = 1_000  // websocket paths that were handed out
	maxOpen         = 1_000  // sockets at a time
	maxMoments      = 20_000 // that are kept
	maxNames        = 10_000 // pseudonyms of each kind
	maxKeys         = 10_000 // tokens whose Subscriptions are remembered
	maxLearned      = 1_000  // Subscriptions, and topics
)

// Recorder is a proxy that listens. Create one with [Start]; its methods may be
// called by several goroutines.
type Recorder struct {
	cfg      Config
	upstream *url.URL
	origin   string // of the recorder
	base     string
	loopback bool
	client   *http.Client
	server   *http.Server
	rewriter rewriter
	software string
	release  fhir.Release

	tape    *tape
	known   *knowledge
	routes  routes
	sockets sockets
	serving sync.WaitGroup
	asking  sync.WaitGroup  // what the recorder itself asks the server
	ctx     context.Context // of what the recorder itself asks
	cancel  context.CancelFunc
	ending  context.Context // ends when Close begins
	end     context.CancelFunc
	closing sync.Once
}

// Start asks the server who it is, and listens. ctx bounds the asking only. The
// Recorder must be closed.
func Start(ctx context.Context, cfg Config) (*Recorder, error) {
	upstream, err := parseUpstream(cfg.Upstream)
	if err != nil {
		return nil, err
	}
	cfg.Listen = cmp.Or(cfg.Listen, DefaultListen)
	if cfg.Clock == nil {
		cfg.Clock = clock.Real()
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	r := &Recorder{cfg: cfg, upstream: upstream, client: newClient(cfg.Insecure), release: cfg.Release}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	r.ending, r.end = context.WithCancel(context.Background())
	if err := r.introduce(ctx); err != nil {
		r.cancel()
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		r.cancel()
		return nil, err
	}
	r.serve(listener)
	return r, nil
}

// parseUpstream checks a FHIR base.
func parseUpstream(text string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(text, "/"))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, fault.New(fault.MalformedRequest, "the upstream is no http or https URL without user and query: "+
			"give the FHIR base of the server, such as https://fhir.example.org/fhir")
	}
	return u, nil
}

// newClient returns a client that passes on what it gets: no redirect is
// followed, nothing is unpacked, no cookie is kept.
func newClient(insecure bool) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableCompression = true
	transport.ForceAttemptHTTP2 = false // websockets need HTTP/1.1
	transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	if insecure {
		transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
	} else {
		transport.TLSClientConfig = &tls.Config{NextProtos: []string{"http/1.1"}}
	}
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// serve starts the HTTP server on a listener.
func (r *Recorder) serve(listener net.Listener) {
	address := listener.Addr().String()
	host, port, _ := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	r.loopback = ip != nil && ip.IsLoopback()
	if ip == nil || ip.IsUnspecified() {
		host = "localhost"
	}
	r.origin = "http://" + net.JoinHostPort(host, port)
	r.base = r.origin + r.upstream.EscapedPath()
	r.rewriter = newRewriter(r.upstream.String(), r.base)
	r.tape = &tape{clock: r.cfg.Clock}
	r.known = newKnowledge(r.release)
	r.server = &http.Server{
		Handler:           http.HandlerFunc(r.route),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       requestTimeout, // hijacking clears both for websockets
		WriteTimeout:      2 * requestTimeout,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(r.cfg.Log.Handler(), slog.LevelDebug),
	}
	r.serving.Go(func() { r.server.Serve(listener) })
}

// BaseURL is what the client takes for the FHIR base.
func (r *Recorder) BaseURL() string { return r.base }

// Release is the FHIR release of the server.
func (r *Recorder) Release() fhir.Release { return r.release }

// Software is what the server calls itself, or "".
func (r *Recorder) Software() string { return r.software }

// Close closes the sockets with 1001, waits a little for requests under way, and
// ends. Closing again does nothing; what was recorded can be asked for still.
func (r *Recorder) Close() {
	r.closing.Do(func() {
		r.tape.stop() // its own end is no part of the recording
		ctx, cancel := context.WithTimeout(context.Background(), closeWait)
		defer cancel()
		r.end()
		r.sockets.closeAll()
		if r.server.Shutdown(ctx) != nil {
			r.server.Close()
		}
		late := context.AfterFunc(ctx, r.cancel) // what the server was asked is worth a moment
		r.serving.Wait()
		r.asking.Wait()
		late()
		r.cancel()
		r.client.CloseIdleConnections()
	})
}
