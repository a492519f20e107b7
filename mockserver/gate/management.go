package gate

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/internal/manage"
)

// ManagementHandler serves the management interface. It must not be mixed with what
// clients reach, nor leave the machine or the cluster:
//
//	POST /revoke   {"jti":…}, {"subscription":…} or {"subject":…} → {"ended":1}
//	GET  /healthz  204 while the gate takes sockets
//	GET  /state    what is open and bound
//	GET  /metrics  Prometheus metrics, where Config.Metrics is set
//
// No web page can drive it: a request with an Origin is refused, and so is one whose
// Host is a name other than localhost, which may have been rebound to this machine.
// What only tells how the gate is, for a monitor to ask, goes by any Host.
func (g *Gate) ManagementHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /revoke", g.manageRevoke)
	mux.HandleFunc("GET /healthz", g.manageHealth)
	mux.HandleFunc("GET /state", g.manageState)
	if g.cfg.Metrics != nil {
		mux.Handle("GET /metrics", g.cfg.Metrics)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if err := g.guard(r); err != nil {
			manage.WriteError(w, err)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// guard refuses requests that a web page may have caused.
func (g *Gate) guard(r *http.Request) error {
	if origins := r.Header.Values("Origin"); len(origins) > 0 {
		return fault.New(fault.Forbidden, "Origin "+fault.Quote(origins[0])+" may not drive the management interface")
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "none" {
		return fault.New(fault.Forbidden, "a page may not drive the management interface")
	}
	if r.URL.Path == "/healthz" || r.URL.Path == "/metrics" {
		return nil
	}
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if host != "localhost" && net.ParseIP(strings.Trim(host, "[]")) == nil {
		return fault.New(fault.Forbidden, "Host "+fault.Quote(r.Host)+" may be anybody's name for this machine: use its address, or localhost")
	}
	return nil
}

// manageRevoke takes tokens back.
func (g *Gate) manageRevoke(w http.ResponseWriter, r *http.Request) {
	what, err := readRevocation(w, r)
	if err != nil {
		manage.WriteError(w, err)
		return
	}
	ended, err := g.Revoke(r.Context(), what)
	if err != nil {
		manage.WriteError(w, err)
		return
	}
	manage.WriteJSON(w, http.StatusOK, map[string]int{"ended": ended})
}

func readRevocation(w http.ResponseWriter, r *http.Request) (what Revocation, err error) {
	if err := manage.CheckJSON(r); err != nil {
		return what, err
	}
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10))
	decoder.DisallowUnknownFields()
	if decoder.Decode(&what) != nil {
		return what, fault.New(fault.MalformedRequest, "the body cannot be read: "+due)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return what, fault.New(fault.MalformedRequest, "something follows the body: "+due)
	}
	return what, nil
}

// manageHealth says whether the gate takes sockets.
func (g *Gate) manageHealth(w http.ResponseWriter, _ *http.Request) {
	g.mu.Lock()
	closing := g.closing
	g.mu.Unlock()
	if closing {
		manage.WriteError(w, fault.New(fault.GoingAway, "the gate is going away"))
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// State is what is open in a gate.
type State struct {
	Sockets int    `json:"sockets"` // open now
	Opened  uint64 `json:"opened"`  // ever
	Bound   int    `json:"bound"`   // Subscriptions, each counted on every socket that has it
}

// State returns what is open.
func (g *Gate) State() State {
	list := g.list()
	g.mu.Lock()
	state := State{Sockets: len(list), Opened: g.opened}
	g.mu.Unlock()
	for _, s := range list {
		state.Bound += s.countBound()
	}
	return state
}

func (s *session) countBound() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.bindings.held)
}

func (g *Gate) manageState(w http.ResponseWriter, _ *http.Request) {
	manage.WriteJSON(w, http.StatusOK, g.State())
}
