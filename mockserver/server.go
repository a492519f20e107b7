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

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/socket"
	"github.com/wsbind/wsbind/mockserver/world"
)

// releases are those that a server speaks, each at a base of its own.
var releases = [...]fhir.Release{fhir.R4, fhir.R4B, fhir.R5}

// Server is a running mock server. Create one with [Run] or [New].
type Server struct {
	cfg        Config
	origin     string // what precedes /fhir/R4
	local      string // the same as the listener has it, "" without listeners
	management string // URL of the management interface, "" without listeners
	keys       *keyring
	bases      [len(releases)]*base
	http       []*http.Server
	serving    sync.WaitGroup
	closing    sync.Once
}

// base is one FHIR base and everything that is served for its release.
type base struct {
	server  *Server
	release fhir.Release
	path    string // /fhir/R4
	url     string // the FHIR base, without a trailing slash
	world   *world.World
	hub     *socket.Hub
	// socketPath and socketURL are where tokens of this base are bound. The
	// path is drawn at the start: a client that does not take it from
	// websocket-url fails here before it fails elsewhere.
	socketPath string
	socketURL  string
	operations operations
	handler    http.Handler // everything below path
}

// Run starts a server: it listens on both addresses before it returns. Close it
// when done.
func Run(cfg Config) (*Server, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	main, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return nil, err
	}
	management, err := net.Listen("tcp", cfg.Management)
	if err != nil {
		main.Close()
		return nil, err
	}
	local := originOf(main.Addr(), cfg.TLS != nil)
	if cfg.PublicURL == "" {
		cfg.PublicURL = local
	}
	s, err := New(cfg)
	if err != nil {
		main.Close()
		management.Close()
		return nil, err
	}
	s.local, s.management = local, originOf(management.Addr(), false)
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
	s := &Server{cfg: cfg, origin: cfg.PublicURL, keys: keys}
	for i, release := range releases {
		if s.bases[i], err = s.newBase(release); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *Server) newBase(release fhir.Release) (*base, error) {
	b := &base{server: s, release: release, path: "/fhir/" + release.String()}
	b.url = s.origin + b.path
	b.socketPath = "/ws/" + release.String() + "/" + s.cfg.NewID()
	b.socketURL = "ws" + strings.TrimPrefix(s.origin, "http") + b.socketPath // http→ws, https→wss
	b.world = world.New(world.Config{
		Release: release, Base: b.url, Clock: s.cfg.Clock, NewID: s.cfg.NewID,
		MaxEvents: s.cfg.MaxEvents, Log: s.cfg.Logger,
	})
	b.hub = socket.New(socket.Config{
		World: b.world, Verify: b.verify, SingleUse: s.cfg.SingleUse,
		Clock: s.cfg.Clock, Logger: s.cfg.Logger.With(slog.String("fhir", release.String())),
		BindTimeout: s.cfg.BindTimeout, MaxQueue: s.cfg.MaxQueue, MaxSockets: s.cfg.MaxSockets,
	})
	// CORS answers preflights, which have no caller, before one is asked for.
	b.handler = cors(b.authenticated(http.HandlerFunc(b.serveREST)))
	var err error
	b.operations, err = b.loadOperations()
	return b, err
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
		var all sync.WaitGroup
		for _, b := range s.bases {
			all.Go(func() { b.hub.Shutdown(ctx) })
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
		for _, b := range s.bases {
			b.world.Close()
		}
	})
	return nil
}

// URL returns what precedes /fhir/R4 and the like, without a trailing slash.
func (s *Server) URL() string { return s.origin }

// LocalURL returns the URL at which the server listens, which differs from URL
// where Config.PublicURL is set. It is "" for a server made by New.
func (s *Server) LocalURL() string { return s.local }

// BaseURL returns the FHIR base of a release, without a trailing slash, and ""
// for a release that is not served.
func (s *Server) BaseURL(release fhir.Release) string {
	if b := s.base(release); b != nil {
		return b.url
	}
	return ""
}

// ManagementURL returns the URL of the management interface, without a trailing
// slash; it is "" for a server made by New.
func (s *Server) ManagementURL() string { return s.management }

// JWKSURL returns where the public keys are.
func (s *Server) JWKSURL() string { return s.origin + jwksPath }

func (s *Server) base(release fhir.Release) *base {
	for _, b := range s.bases {
		if b.release == release {
			return b
		}
	}
	return nil
}

// Handler serves everything but the management interface.
func (s *Server) Handler() http.Handler {
	return s.logged(s.cfg.Logger, http.HandlerFunc(s.route))
}

// route finds the part that answers. It takes paths as they come: nothing is
// cleaned or redirected, so that a client's mistake stays visible.
func (s *Server) route(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	for _, b := range s.bases {
		switch {
		case path == b.path || strings.HasPrefix(path, b.path+"/"):
			b.handler.ServeHTTP(w, r)
			return
		case path == b.socketPath:
			b.hub.ServeHTTP(w, r)
			return
		}
	}
	switch path {
	case "/":
		s.serveIndex(w, r)
	case jwksPath:
		s.serveJWKS(w, r)
	default:
		writeError(w, r, fault.New(fault.NotFound, s.lostHint(path)))
	}
}

// lostHint says what to do about a path that nothing is served at.
func (s *Server) lostHint(path string) string {
	if strings.HasPrefix(path, "/ws/") {
		return "no websocket is at this path: it changes with every start, take the websocket-url that $get-ws-binding-token returns"
	}
	hint := "nothing is served at this path; the FHIR bases are"
	for _, b := range s.bases {
		hint += " " + b.url
	}
	return hint
}
