package mockserver

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/internal/manage"
	"github.com/wsbind/wsbind/mockserver/scenario"
)

// Server is a running mock server. Create one with [Start] in a test, with
// [Run] or with [New].
//
// Its members Faults and Journal, and its methods such as Advance, are those of
// the default tenant, whose FHIR bases are at /fhir/R4 and so on; others are at
// /t/NAME/fhir/R4: see [Server.Open].
type Server struct {
	*Tenant
	cfg        Config
	origin     string   // what precedes /fhir/R4
	local      string   // the same as the listener has it, "" without listeners
	own        []string // origins of its page on this machine, none without listeners
	management string   // URL of the management interface, "" without listeners
	keys       *keyring
	page       *page // nil without Config.Page
	started    time.Time
	tenants    tenants
	metrics    metrics
	http       []*http.Server
	serving    sync.WaitGroup
	hijacked   sync.WaitGroup // requests that became websockets
	closing    sync.Once
	closed     chan struct{}
	played     chan struct{} // closed when the configured scenario is over
	playError  error         // why it stopped early; read it once played is closed
	cut        string        // what was not taken of it when the server was closed; likewise
}

// Run starts a server: it listens on both addresses before it returns. Close it
// when done.
func Run(cfg Config) (*Server, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	main, management, err := manage.Listen(cfg.Listen, cfg.Management)
	if err != nil {
		return nil, err
	}
	local := manage.Origin(main.Addr(), cfg.TLS != nil)
	if cfg.PublicURL == "" {
		cfg.PublicURL = local
	}
	s, err := New(cfg)
	if err != nil {
		main.Close()
		management.Close()
		return nil, err
	}
	s.local, s.own, s.management = local, ownOrigins(main.Addr(), cfg.TLS != nil), manage.Origin(management.Addr(), false)
	s.serve(main, s.Handler(), true)
	s.serve(management, s.ManagementHandler(), false)
	return s, nil
}

// New returns a server that does not listen, for [Server.Handler] to be served
// by the caller, by httptest for instance. Config.PublicURL is required, and
// Listen, Management and TLS are not used.
func New(cfg Config) (*Server, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	if cfg.PublicURL == "" {
		return nil, unusable("PublicURL is empty: New needs to know where it will be served, Run finds out itself")
	}
	keys, err := newKeyring(cfg)
	if err != nil {
		return nil, err
	}
	files, err := readPage(cfg.Page)
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, origin: cfg.PublicURL, keys: keys, page: files, started: time.Now().UTC(), closed: make(chan struct{}), played: make(chan struct{})}
	s.Tenant = s.newTenant("", s.settings())
	if _, err := s.Tenant.base(fhir.R4); err != nil { // a configuration that serves none is told now
		return nil, err
	}
	s.serving.Go(s.begin())
	return s, nil
}

// begin makes the start of the configured scenario, so that a client finds what it
// is about, and returns what carries out the rest.
func (s *Server) begin() (play func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var steps func() error
	var err error
	if s.cfg.Scenario != nil {
		steps, err = scenario.Begin(ctx, s.cfg.Scenario, stage{s.Tenant})
	}
	return func() {
		defer close(s.played)
		defer cancel()
		go func() {
			select {
			case <-s.closed:
				cancel()
			case <-ctx.Done():
			}
		}()
		if steps != nil {
			err = steps()
		}
		switch {
		case err == nil:
		case ctx.Err() != nil:
			s.cut = "the scenario was not over: " + strings.TrimSuffix(err.Error(), ": "+ctx.Err().Error())
		default:
			s.playError = err
			s.cfg.Logger.Error("the scenario cannot be carried out", "scenario", s.cfg.Scenario.Name, "error", err.Error())
		}
	}
}

// Verdict compares what the configured scenario expects with what came. A
// scenario that could not be carried out has not passed, and neither has one that
// was not over when the server was closed.
func (s *Server) Verdict() scenario.Verdict {
	if s.cfg.Scenario == nil {
		return scenario.Verdict{Passed: true}
	}
	v := s.Judge(s.cfg.Scenario)
	select {
	case <-s.played:
		if s.playError != nil {
			v.Passed, v.Lines = false, append(v.Lines, "the scenario could not be carried out: "+s.playError.Error())
		}
		if s.cut != "" {
			v.Passed, v.Lines = false, append(v.Lines, s.cut)
		}
	default:
	}
	return v
}

// serve starts an HTTP server on a listener.
func (s *Server) serve(listener net.Listener, handler http.Handler, secure bool) {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute, // hijacking clears both for websockets
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.cfg.Logger.Handler(), slog.LevelDebug),
	}
	s.http = append(s.http, server)
	s.serving.Go(func() {
		var err error
		if secure && s.cfg.TLS != nil {
			server.TLSConfig = s.cfg.TLS.Clone()
			err = server.ServeTLS(listener, "", "")
		} else {
			err = server.Serve(listener)
		}
		if !errors.Is(err, http.ErrServerClosed) {
			s.cfg.Logger.Error("the server stopped by itself", "error", err.Error())
		}
	})
}

// closeWait bounds, in wall time, how long Close waits for clients.
const closeWait = 3 * time.Second

// Close ends the server: websockets are closed with 1001, requests under way
// are answered, and what is not finished after three seconds is cut. The state
// is gone with it. Closing again does nothing. The error is always nil.
func (s *Server) Close() error {
	s.closing.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), closeWait)
		defer cancel()
		close(s.closed) // whoever plays the scenario
		var all sync.WaitGroup
		for _, t := range append(s.tenants.all(), s.Tenant) {
			all.Go(func() { t.close(ctx) })
		}
		for _, server := range s.http {
			all.Go(func() {
				if server.Shutdown(ctx) != nil {
					server.Close()
				}
			})
		}
		all.Wait()
		s.serving.Wait()
		s.hijacked.Wait()
	})
	return nil
}

// URL returns what precedes /fhir/R4 and the like, without a trailing slash.
func (s *Server) URL() string { return s.origin }

// LocalURL returns the URL at which the server listens, which differs from URL
// where Config.PublicURL is set. It is "" for a server made by New.
func (s *Server) LocalURL() string { return s.local }

// ManagementURL returns the URL of the management interface, without a trailing
// slash; it is "" for a server made by New.
func (s *Server) ManagementURL() string { return s.management }

// PageURL returns where a browser finds the page; it is "" without Config.Page.
func (s *Server) PageURL() string {
	if s.page == nil {
		return ""
	}
	return s.origin + "/"
}

// JWKSURL returns where the public keys are.
func (s *Server) JWKSURL() string { return s.origin + jwksPath }

// Handler serves everything but the management interface.
func (s *Server) Handler() http.Handler {
	return s.logged(s.cfg.Logger, http.HandlerFunc(s.route))
}

// route finds the part that answers. It takes paths as they come: nothing is
// cleaned or redirected, so that a client's mistake stays visible. Nothing is for
// browsers to guess: a resource that a client made up can be no script of the page's.
func (s *Server) route(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	switch path := r.URL.Path; {
	case path == "/":
		s.serveIndex(w, r)
	case path == jwksPath:
		s.serveJWKS(w, r)
	case strings.HasPrefix(path, tenantPath):
		name, _, _ := strings.Cut(path[len(tenantPath):], "/")
		t, err := s.Open(name)
		if err != nil {
			writeError(w, r, err)
			return
		}
		t.route(w, r)
	default:
		s.Tenant.route(w, r)
	}
}
