package gate

import (
	"bufio"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/internal/fhirhttp"
	"github.com/wsbind/wsbind/mockserver/wire"
)

// retryAfter is how many seconds a client is asked to stay away.
const retryAfter = "5"

// serveSocket performs the opening handshake and serves the websocket until it ends.
func (g *Gate) serveSocket(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if err := g.allowed(r); err != nil {
		if fault.CodeOf(err) == fault.MalformedRequest {
			w.Header().Set("Upgrade", "websocket")
			g.refuseSocket(w, r, http.StatusUpgradeRequired, err)
			return
		}
		g.refuseSocket(w, r, fault.CodeOf(err).HTTPStatus(), err)
		return
	}
	if err := g.takePlace(); err != nil {
		w.Header().Set("Retry-After", retryAfter)
		g.refuseSocket(w, r, fault.CodeOf(err).HTTPStatus(), err)
		return
	}
	defer g.leavePlace()
	if s := g.open(w, r); s != nil {
		s.serve()
	}
}

// allowed refuses what is no request for a websocket, and pages that may not connect.
// Who sends no Origin is no browser.
func (g *Gate) allowed(r *http.Request) error {
	if r.Method != http.MethodGet || !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		return fault.New(fault.MalformedRequest, "this is a websocket URL: connect with a websocket client and send bind-with-token TOKEN")
	}
	for _, origin := range r.Header.Values("Origin") {
		if !g.allowsOrigin(origin) {
			return fault.New(fault.OriginRefused, "pages of "+fault.Quote(origin)+" may not connect here")
		}
	}
	return nil
}

func (g *Gate) allowsOrigin(origin string) bool {
	return slices.Contains(g.cfg.Origins, origin) || slices.Contains(g.cfg.Origins, "*")
}

// refuseSocket answers a request for a websocket with a status and an outcome.
func (g *Gate) refuseSocket(w http.ResponseWriter, r *http.Request, status int, err error) {
	g.cfg.Observe(Event{Name: SocketRefused, Code: fault.CodeOf(err), Detail: fault.DetailOf(err)})
	fhirhttp.WriteResource(w, r, status, outcomeFrame(err))
}

// takePlace takes a place for a socket, leavePlace gives it back.
func (g *Gate) takePlace() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closing {
		return fault.New(fault.GoingAway, "the gate is going away: connect again later")
	}
	if g.places >= g.cfg.MaxSockets {
		return fault.New(fault.Unavailable, strconv.Itoa(g.places)+" websockets are open, at most "+
			strconv.Itoa(g.cfg.MaxSockets)+" are allowed: connect again later")
	}
	g.places++
	return nil
}

func (g *Gate) leavePlace() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.places--
	if g.closing && g.places == 0 {
		close(g.empty)
	}
}

// open performs the opening handshake. Where it returns nil the request was answered
// otherwise.
func (g *Gate) open(w http.ResponseWriter, r *http.Request) *session {
	network := &hijacker{ResponseWriter: w}
	ws, err := websocket.Accept(network, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // the origin was looked at
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil {
		g.cfg.Observe(Event{Name: SocketRefused, Code: fault.MalformedRequest, Detail: err.Error()})
		return nil
	}
	ws.SetReadLimit(-1) // the session bounds frames itself, to choose the close reason
	return newSession(g, ws, network.conn)
}

// hijacker keeps the connection, which websocket.Conn does not show: a deadline on it
// is what ends a closing handshake with a peer that is gone.
type hijacker struct {
	http.ResponseWriter
	conn *wire.Conn
}

// Hijack implements http.Hijacker.
func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffers, err := wire.Hijack(h.ResponseWriter)
	if err != nil {
		return nil, nil, err
	}
	h.conn = conn
	return conn, buffers, nil
}
