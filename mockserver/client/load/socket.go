package load

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wsbind/wsbind/core/binding"
	"github.com/wsbind/wsbind/mockserver/clock"
)

// socket is one place at the server: some Subscriptions and the connection that they
// are bound on, or two while a renewal moves them.
type socket struct {
	run   *run
	index int
	subs  []*tally
	shard *shard

	reading atomic.Int64 // links that are read

	// The shard's lock guards these.
	at            int  // the place of the Subscription whose event came last
	moving, moved bool // between two links; it was at some time

	mu      sync.Mutex
	link    *link     // that is bound
	expires time.Time // when the token does
	renew   clock.Timer
}

// link is a connection, and the goroutine that reads it.
type link struct {
	*conn
	url     string
	due     []bool        // by Subscription, whether its handshake is; the shard's lock guards it
	ready   chan struct{} // closed when none is
	ended   chan struct{} // closed when reading has ended
	why     error         // then: why
	leaving atomic.Bool   // by us
}

// open creates the Subscriptions of a socket and binds it. It counts the failure
// that it returns.
func (r *run) open(ctx context.Context, index int) error {
	s := &socket{run: r, index: index, shard: &r.shards[index%shards]}
	call, err := s.subscribe(ctx)
	if err == nil {
		call, err = s.bind(ctx)
	}
	if err == nil {
		call, err = callBind, s.link.shake(ctx)
	}
	if err != nil {
		r.fail(call, err)
		s.close()
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sockets = append(r.sockets, s)
	return nil
}

// subscribe creates the Subscriptions.
func (s *socket) subscribe(ctx context.Context) (call string, err error) {
	r := s.run
	for m := range r.config.Subscriptions {
		group := (s.index*r.config.Subscriptions + m) % r.config.Groups
		id, err := r.server.create(ctx, callSubscribe, "Subscription", r.subscribe(group))
		if err != nil {
			return callSubscribe, err
		}
		s.subs = append(s.subs, newTally(id, group, inGroup(r.config.Events, group, r.config.Groups)))
		r.mu.Lock()
		r.created = append(r.created, id)
		r.mu.Unlock()
	}
	return "", nil
}

// bind connects and binds, in the order of the dialect.
func (s *socket) bind(ctx context.Context) (call string, err error) {
	switch s.run.config.Dialect {
	case Legacy:
		if s.link, err = s.connect(ctx, s.run.socketURL("/websocket")); err != nil {
			return callConnect, err
		}
		return callBind, s.link.write(opText, []byte("bind "+s.subs[0].id))
	case Medplum:
		if s.link, err = s.connect(ctx, s.run.socketURL("/ws/subscriptions-r4")); err != nil {
			return callConnect, err
		}
		return s.show(ctx)
	}
	grant, err := s.run.server.token(ctx, s.subs)
	if err != nil {
		return callToken, err
	}
	if s.link, err = s.connect(ctx, grant.WebsocketURL); err != nil {
		return callConnect, err
	}
	s.keep(grant.Expiration)
	return callBind, s.present(s.link, grant.Token)
}

// present shows a token on a link.
func (s *socket) present(l *link, token string) error {
	if s.run.config.Dialect == Query {
		return nil // the opening handshake has bound it
	}
	return l.write(opText, binding.AppendBind(nil, token))
}

// show gets a token for each Subscription and binds it, as Medplum's clients do.
func (s *socket) show(ctx context.Context) (call string, err error) {
	var first time.Time
	for i := range s.subs {
		grant, err := s.run.server.token(ctx, s.subs[i:i+1])
		if err != nil {
			return callToken, err
		}
		if err := s.link.write(opText, frameJSON("bind-with-token", grant.Token)); err != nil {
			return callBind, err
		}
		if i == 0 || grant.Expiration.Before(first) {
			first = grant.Expiration
		}
	}
	s.keep(first)
	return "", nil
}

// connect opens a link and begins to read it.
func (s *socket) connect(ctx context.Context, socket string) (*link, error) {
	c, err := dial(ctx, s.run.config.TLS, socket)
	if err != nil {
		return nil, err
	}
	l := &link{conn: c, url: socket, due: make([]bool, len(s.subs)), ready: make(chan struct{}), ended: make(chan struct{})}
	for i := range l.due {
		l.due[i] = true
	}
	s.reading.Add(1)
	s.run.readers.Go(func() { s.read(l) })
	return l, nil
}

// socketURL is where dialects connect to whose operation does not say. path stands
// below what stands before /fhir in the base.
func (r *run) socketURL(path string) string {
	if r.config.Websocket != "" {
		return r.config.Websocket
	}
	u, err := url.Parse(r.config.Base)
	if err != nil {
		return ""
	}
	u.Scheme = strings.Replace(u.Scheme, "http", "ws", 1)
	if i := strings.LastIndex(u.Path, "/fhir"); i >= 0 {
		u.Path = u.Path[:i]
	}
	u.Path += path
	return u.String()
}

// errNoHandshake is a bind that was not answered.
var errNoHandshake = &callError{call: callBind, code: "no handshake"}

// shake waits for the handshakes.
func (l *link) shake(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, exchangeTimeout)
	defer cancel()
	select {
	case <-l.ready:
		return nil
	case <-l.ended:
		if l.why != nil {
			return l.why
		}
		return errNoHandshake
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return errNoHandshake
		}
		return ctx.Err()
	}
}

// read reads until the connection ends.
func (s *socket) read(l *link) {
	defer close(l.ended)
	defer s.reading.Add(-1)
	for {
		op, text, err := l.next()
		if err != nil {
			s.end(l, err)
			l.conn.Close()
			return
		}
		s.take(l, op, text)
	}
}

// end counts a link that was closed early.
func (s *socket) end(l *link, err error) {
	if l.leaving.Load() {
		return
	}
	var closed *closeError
	c := Close{Code: 1006, Reason: reason(err)} // RFC 6455's word for an end without a close frame
	if errors.As(err, &closed) {
		c = Close{Code: closed.code, Reason: closed.reason}
	}
	l.why = err
	s.shard.mu.Lock()
	defer s.shard.mu.Unlock()
	if s.shard.closes == nil {
		s.shard.closes = map[Close]int64{}
	}
	if _, known := s.shard.closes[c]; !known && len(s.shard.closes) >= maxKinds {
		c = Close{Code: c.Code}
	}
	s.shard.closes[c]++
}

// close ends what there is of a socket.
func (s *socket) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clock.Stop(&s.renew)
	if s.link != nil {
		s.link.leave()
	}
}

// leave says goodbye and does not wait long for the answer.
func (l *link) leave() {
	const patience = 2 * time.Second
	l.leaving.Store(true)
	l.SetReadDeadline(time.Now().Add(patience))
	l.bye()
}

// take counts a frame.
func (s *socket) take(l *link, op byte, text []byte) {
	now := s.run.config.Clock.Now()
	sh := s.shard
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.frames++
	sh.bytes += int64(len(text))
	switch {
	case op != opText:
		sh.stray(text)
	case s.run.config.Dialect == Legacy:
		s.takeLegacy(l, text, now)
	case !whole(text):
		sh.stray(text)
	case s.run.marked() && bytes.Contains(text, s.run.prefix):
		s.takeMarked(text, now)
	default:
		s.takeOther(l, text, now)
	}
}

// stray counts a frame that is no notification, and keeps the first.
func (sh *shard) stray(text []byte) {
	sh.others++
	if sh.sample == "" {
		sh.sample = shorten(string(text[:min(len(text), 300)]))
	}
}
