package gate

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/internal/manage"
)

// listeners are what a gate listens on.
type listeners struct {
	http       []*http.Server
	serving    sync.WaitGroup
	local      string // the URL of the main one, "" without listeners
	management string // the URL of the management interface, likewise
}

// Run starts a gate: it listens on both addresses before it returns. Close it when
// done.
func Run(cfg Config) (*Gate, error) {
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
	g, err := newGate(cfg)
	if err != nil {
		main.Close()
		management.Close()
		return nil, err
	}
	g.listeners.local, g.listeners.management = local, manage.Origin(management.Addr(), false)
	g.listen(main, &http.Server{Handler: g, TLSConfig: cfg.TLS.Clone()})
	g.listen(management, &http.Server{Handler: g.ManagementHandler(), ReadTimeout: headerWait, WriteTimeout: managementWait})
	return g, nil
}

// TB is what [Start] needs of a test; *testing.T is such.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// Start runs a gate for a test, on free ports, and closes it at the test's end. Its log
// is discarded unless the configuration has a Logger.
func Start(tb TB, cfg Config) *Gate {
	tb.Helper()
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	g, err := Run(cfg)
	if err != nil {
		tb.Fatalf("%v", err)
		return nil
	}
	tb.Cleanup(func() { g.Close() })
	return g
}

// How long a client may take, in wall time.
const (
	headerWait     = 10 * time.Second // for the headers of a request, or the whole of one to the management interface
	managementWait = 30 * time.Second // until the answer of that is taken
	idleWait       = 2 * time.Minute  // between requests
)

// listen starts an HTTP server on a listener.
func (g *Gate) listen(l net.Listener, server *http.Server) {
	server.ReadHeaderTimeout, server.IdleTimeout, server.MaxHeaderBytes = headerWait, idleWait, 64<<10
	server.ErrorLog = slog.NewLogLogger(g.cfg.Logger.Handler(), slog.LevelDebug)
	secure := server.TLSConfig != nil
	g.listeners.http = append(g.listeners.http, server)
	g.listeners.serving.Go(func() {
		var err error
		if secure {
			err = server.ServeTLS(l, "", "")
		} else {
			err = server.Serve(l)
		}
		if !errors.Is(err, http.ErrServerClosed) {
			g.cfg.Logger.Error("the gate stopped listening by itself", "error", err.Error())
		}
	})
}

// shutdownWait bounds, in wall time, how long Close waits for clients.
const shutdownWait = 3 * time.Second

// Close ends the gate: websockets are closed with 1001, requests under way are
// answered, and what is not finished after three seconds is cut. Closing again does
// nothing.
func (g *Gate) Close() (err error) {
	g.ended.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), shutdownWait)
		defer cancel()
		g.endSockets(ctx)
		for _, server := range g.listeners.http {
			if server.Shutdown(ctx) != nil {
				server.Close()
			}
		}
		g.listeners.serving.Wait()
		g.upstream.close()
		g.revocations.stop()
		err = g.store.Close()
		g.server.http.CloseIdleConnections()
	})
	return err
}

// endSockets takes no more sockets and closes those there are.
func (g *Gate) endSockets(ctx context.Context) {
	g.mu.Lock()
	g.closing = true
	if g.places == 0 {
		close(g.empty)
	}
	g.mu.Unlock()
	g.endAll(fault.GoingAway)
	select {
	case <-g.empty:
	case <-ctx.Done():
		for _, s := range g.list() {
			s.cut()
		}
		<-g.empty
	}
}

// LocalURL returns the URL at which the gate listens; it is "" for one made by New.
func (g *Gate) LocalURL() string { return g.listeners.local }

// ManagementURL returns the URL of the management interface; it is "" for a gate made
// by New.
func (g *Gate) ManagementURL() string { return g.listeners.management }
