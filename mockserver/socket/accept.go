package socket

import (
	"bufio"
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/core/fault"
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

// open performs the opening handshake. On an error the response is written.
func open(h *Hub, w http.ResponseWriter, r *http.Request) (*conn, error) {
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		err := fault.New(fault.MalformedRequest, "this is a websocket URL: connect with a websocket client and send bind-with-token TOKEN")
		w.Header().Set("Upgrade", "websocket")
		writeOutcome(w, http.StatusUpgradeRequired, err)
		return nil, err
	}
	hijack := &hijacker{ResponseWriter: w}
	ws, err := websocket.Accept(hijack, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // any Origin: what counts is the token
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil {
		return nil, err
	}
	ws.SetReadLimit(-1) // read bounds frames itself, to choose the close reason
	return newConn(h, ws, hijack.conn, r.RemoteAddr), nil
}

// hijacker keeps the connection, which websocket.Conn does not show: deadlines
// on it are what ends a closing handshake with a peer that is gone.
type hijacker struct {
	http.ResponseWriter
	conn net.Conn
}

// Hijack implements http.Hijacker, also below wrapped response writers.
func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffers, err := http.NewResponseController(h.ResponseWriter).Hijack()
	h.conn = conn
	return conn, buffers, err
}

// writeOutcome answers an HTTP request with an OperationOutcome.
func writeOutcome(w http.ResponseWriter, status int, err error) {
	w.Header().Set("Content-Type", "application/fhir+json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(outcome(err)) // a client that is gone cannot be told
}
