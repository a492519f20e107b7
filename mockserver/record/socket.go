package record

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/core/fault"
)

// pipe is a websocket of a client and the one to the server that stands for it.
type pipe struct {
	r              *Recorder
	number         int
	client, server *websocket.Conn
	reader         reader
	first          sync.Once // who ends it first, ends it
}

// serveSocket connects to the server, then answers the client as the server has
// answered, and passes frames until either end closes.
func (r *Recorder) serveSocket(w http.ResponseWriter, q *http.Request, target string) {
	leave, ok := r.sockets.admit()
	if !ok {
		refuse(w, http.StatusServiceUnavailable, fault.Unavailable, "too many websockets are open, or the recorder ends")
		return
	}
	defer leave()
	token := tokenOf(q.URL.RawQuery)
	if q.URL.RawQuery != "" {
		target += "?" + q.URL.RawQuery
	}
	server, answer, err := r.dial(q, target)
	if err != nil {
		r.passRefusal(w, answer, err, token != "")
		return
	}
	defer server.CloseNow()
	client, err := websocket.Accept(w, q, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // which Origin may connect is the server's to say
		Subprotocols:       protocols(server.Subprotocol()),
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil {
		return // Accept has answered
	}
	defer client.CloseNow()
	p := &pipe{r: r, number: r.tape.number(), client: client, server: server}
	p.reader = reader{r: r, socket: p.number}
	defer r.known.forget(p.number)
	r.tape.add(moment{kind: opened, socket: p.number})
	p.reader.opened(token)
	r.cfg.Log.Info("websocket opened", "socket", p.number)
	p.run()
	r.cfg.Log.Info("websocket closed", "socket", p.number)
}

func protocols(chosen string) []string {
	if chosen == "" {
		return nil
	}
	return []string{chosen}
}

// dial opens the websocket to the server, as the client has asked for it.
func (r *Recorder) dial(q *http.Request, target string) (*websocket.Conn, *http.Response, error) {
	ctx, cancel := context.WithTimeout(q.Context(), exchangeTimeout)
	defer cancel()
	defer context.AfterFunc(r.ending, cancel)()
	header := withoutHops(q.Header)
	for name := range header {
		if strings.HasPrefix(name, "Sec-Websocket-") {
			header.Del(name)
		}
	}
	if !r.trusts(target) {
		header.Del("Authorization")
		header.Del("Cookie")
	}
	var offered []string
	for _, list := range q.Header.Values("Sec-WebSocket-Protocol") {
		for name := range strings.SplitSeq(list, ",") {
			offered = append(offered, strings.TrimSpace(name))
		}
	}
	return websocket.Dial(ctx, target, &websocket.DialOptions{
		HTTPClient: r.client, HTTPHeader: header, Subprotocols: offered, CompressionMode: websocket.CompressionDisabled,
	})
}

// trusts reports whether a websocket may see the credentials that are meant for the
// server: one at the same host, and in the clear only where all is.
func (r *Recorder) trusts(target string) bool {
	u, err := url.Parse(target)
	return err == nil && strings.EqualFold(u.Hostname(), r.upstream.Hostname()) && (u.Scheme == "wss" || r.upstream.Scheme == "http")
}

// passRefusal answers an opening handshake as the server did.
func (r *Recorder) passRefusal(w http.ResponseWriter, answer *http.Response, err error, query bool) {
	if answer == nil || answer.StatusCode == http.StatusSwitchingProtocols {
		r.cfg.Log.Warn("the websocket did not open", "reason", reason(err))
		refuse(w, http.StatusBadGateway, fault.Unavailable, "the server's websocket did not open: "+reason(err))
		return
	}
	// A bad token in the URL is the client's own doing.
	if own := answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusNotFound; !query || !own {
		r.tape.add(moment{kind: refused, code: answer.StatusCode})
	}
	var body []byte
	if answer.Body != nil {
		body, _ = io.ReadAll(io.LimitReader(answer.Body, maxBytes)) // the library keeps its beginning
	}
	for name, values := range withoutHops(answer.Header) {
		w.Header()[name] = values
	}
	w.Header().Del("Content-Length")
	w.WriteHeader(answer.StatusCode)
	w.Write(body)
}

// run passes frames in both directions, and returns when both have ended.
func (p *pipe) run() {
	p.client.SetReadLimit(maxBytes)
	p.server.SetReadLimit(maxBytes)
	var both sync.WaitGroup
	part, late := p.r.sockets.join(p)
	defer part()
	if late {
		both.Go(p.goAway)
	}
	both.Go(func() { p.pump(p.server, p.client, "server", p.reader.fromServer) })
	both.Go(func() { p.pump(p.client, p.server, "client", p.reader.fromClient) })
	both.Wait()
}

// pump passes what one end says to the other, one frame at a time, so that a slow
// reader is a slow reader at the other end too. What is said is looked at before it
// is passed on: whatever it causes is seen later.
func (p *pipe) pump(from, to *websocket.Conn, who string, look func(binary bool, text []byte)) {
	for {
		kind, text, err := from.Read(context.Background()) // a context would cut the connection off
		if err != nil {
			p.end(to, who, err)
			return
		}
		look(kind == websocket.MessageBinary, text)
		ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
		err = to.Write(ctx, kind, text)
		cancel()
		if err != nil {
			from.CloseNow() // the other pump has, or will, read why
			return
		}
	}
}

// end passes the end of one connection on to the other: with its close code, or
// cut off as it was.
func (p *pipe) end(to *websocket.Conn, who string, err error) {
	end, said := errors.AsType[websocket.CloseError](err)
	p.first.Do(func() {
		m := moment{kind: closed, socket: p.number, by: who}
		if said {
			m.code, m.word = int(end.Code), knownReason(end.Reason)
		} else if who == "server" {
			m.by = "nobody"
		}
		p.r.tape.add(m)
	})
	if said {
		to.Close(end.Code, end.Reason)
		return
	}
	to.CloseNow()
}

// knownReason keeps a close reason that is a word of the published list.
func knownReason(text string) string {
	if fault.Code(text).Known() {
		return text
	}
	return ""
}

// sockets are the pipes that are open.
type sockets struct {
	mu      sync.Mutex
	open    int
	pipes   map[*pipe]struct{}
	closing bool
	empty   sync.WaitGroup
}

// admit takes a place; leave gives it back.
func (s *sockets) admit() (leave func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing || s.open >= maxOpen {
		return nil, false
	}
	s.open++
	s.empty.Add(1)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.open--
		s.empty.Done()
	}, true
}

// join makes a pipe known, so that it is closed with the recorder. It reports
// whether that happens already.
func (s *sockets) join(p *pipe) (part func(), late bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pipes == nil {
		s.pipes = map[*pipe]struct{}{}
	}
	s.pipes[p] = struct{}{}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.pipes, p)
	}, s.closing
}

// goAway says goodbye to both ends, and cuts off who does not answer.
func (p *pipe) goAway() {
	var both sync.WaitGroup
	for _, c := range []*websocket.Conn{p.client, p.server} {
		both.Go(func() { c.Close(websocket.StatusGoingAway, "") })
	}
	both.Wait()
}

// closeAll ends every pipe and waits until they are gone.
func (s *sockets) closeAll() {
	s.mu.Lock()
	s.closing = true
	var all sync.WaitGroup
	for p := range s.pipes {
		all.Go(p.goAway)
	}
	s.mu.Unlock()
	all.Wait()
	s.empty.Wait()
}
