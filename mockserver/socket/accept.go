package socket

import (
	"bufio"
	"net"
	"net/http"
	"strconv"
	"strings"
	"unique"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/wire"
)

// admit takes a place for a socket, leave gives it back.
func (h *Hub) admit() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closing {
		return fault.New(fault.GoingAway, "the server is going away: connect again later")
	}
	if h.places >= h.cfg.MaxSockets {
		return fault.New(fault.Unavailable, strconv.Itoa(h.places)+" websockets are open, at most "+
			strconv.Itoa(h.cfg.MaxSockets)+" are allowed: close some")
	}
	h.places++
	return nil
}

func (h *Hub) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.places--; h.closing && h.places == 0 {
		close(h.empty)
	}
}

// join makes an open socket known to the hub, part makes it forgotten. One that
// opened while the hub began to close is told at once.
func (h *Hub) join(c *conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.opened++
	c.number = h.opened
	c.log = h.cfg.Logger.With("socket", c.number)
	h.conns[c] = struct{}{}
	if h.closing {
		c.shut(fault.GoingAway, nil)
	}
}

func (h *Hub) part(c *conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.conns, c)
}

// open performs the opening handshake. Where it returns nil the request was
// answered otherwise.
func (h *Hub) open(w http.ResponseWriter, r *http.Request) *conn {
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		w.Header().Set("Upgrade", "websocket")
		h.refuse(w, r, http.StatusUpgradeRequired, Grant{},
			fault.New(fault.MalformedRequest, "this is a websocket URL: connect with a websocket client and send bind-with-token TOKEN"))
		return nil
	}
	grant := Grant{Subject: h.cfg.Caller(r)}
	var err error
	if h.cfg.Dialect == Query {
		if grant, err = h.checkQuery(r); err != nil {
			h.refuse(w, r, fault.CodeOf(err).HTTPStatus(), grant, err)
			return nil
		}
	}
	if h.misopen(w, r, grant) {
		return nil
	}
	network := &hijacker{ResponseWriter: w}
	ws, err := websocket.Accept(network, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // any Origin: what counts is the token
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil {
		h.cfg.Logger.Info("websocket refused", "remote", r.RemoteAddr, "error", err.Error())
		h.noteOpen(r, 0, http.StatusBadRequest, grant, fault.New(fault.MalformedRequest, err.Error()))
		return nil
	}
	ws.SetReadLimit(-1) // read bounds frames itself, to choose the close reason
	c := newConn(h, ws, network.conn, r)
	c.granted = &grant
	c.subject.Store(unique.Make(grant.Subject))
	h.join(c)
	h.noteOpen(r, c.number, http.StatusSwitchingProtocols, grant, nil)
	network.conn.OnPing(c.dropsPongs)
	return c
}

// misopen carries out a fault that strikes the opening handshake, and reports
// whether one has.
func (h *Hub) misopen(w http.ResponseWriter, r *http.Request, g Grant) bool {
	if h.cfg.Faults == nil {
		return false
	}
	strike, struck := h.cfg.Faults.Draw(faults.Occasion{Point: faults.Upgrade, FHIR: h.cfg.FHIR, Caller: g.Subject}, nil)
	if !struck {
		return false
	}
	h.refuse(w, r, strike.Code, g, fault.New(fault.Unavailable, "the opening handshake was refused on purpose"), strike.Fault)
	return true
}

// refuse answers a request for a socket with a status and an outcome.
func (h *Hub) refuse(w http.ResponseWriter, r *http.Request, status int, g Grant, err error, faults ...string) {
	h.cfg.Logger.Info("websocket refused", "remote", r.RemoteAddr, "error", err.Error())
	h.noteOpen(r, 0, status, g, err, faults...)
	writeOutcome(w, status, err)
}

// hijacker keeps the connection, which websocket.Conn does not show: deadlines
// on it are what ends a closing handshake with a peer that is gone, and faults of
// the network are made on it.
type hijacker struct {
	http.ResponseWriter
	conn *wire.Conn
}

// Hijack implements http.Hijacker, also below wrapped response writers.
func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffers, err := wire.Hijack(h.ResponseWriter)
	h.conn = conn
	if err != nil {
		return nil, nil, err
	}
	return conn, buffers, nil
}

// writeOutcome answers an HTTP request with an OperationOutcome.
func writeOutcome(w http.ResponseWriter, status int, err error) {
	w.Header().Set("Content-Type", "application/fhir+json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(outcome(err)) // a client that is gone cannot be told
}
