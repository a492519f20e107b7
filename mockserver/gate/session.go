package gate

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/internal/notice"
	"github.com/wsbind/wsbind/mockserver/wire"
)

// session is one client's websocket from its opening handshake to its end. Binds are
// handled in turn, on a goroutine that is there while any wait.
//
// Locks are taken in this order: the channel's, mu, the queue's. The channel is never
// called with mu held.
type session struct {
	socket
	gate   *Gate
	number uint64
	ctx    context.Context // done when the socket is over
	cancel context.CancelFunc

	began   time.Time      // of the bind that is handled, by the goroutine that does
	working sync.WaitGroup // what handles binds, and what ends the channel

	mu       sync.Mutex
	bindings bindings
	channel  channel    // nil before the first good token
	waiting  [][]byte   // frames, in order
	frames   int        // those that wait and the one being handled
	reads    bool       // the FHIR server may send what is not bound, or no more: each frame is read
	gone     fault.Code // why the last that ended did, while a bind was handled
	over     bool
	idle     clock.Timer // runs while nothing is bound
	expiry   clock.Timer // runs to the next end of a token
	ends     time.Time   // when that is, zero if nothing is bound or about to be
}

func newSession(g *Gate, ws *websocket.Conn, network *wire.Conn) *session {
	s := &session{gate: g, socket: socket{ws: ws, net: network, maxFrame: g.cfg.MaxFrame}}
	s.out.init(g.cfg.MaxQueue)
	s.bindings.most, s.bindings.over = g.cfg.MaxBound, s.isOver
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// serve reads until the socket is closed by either side.
func (s *session) serve() {
	s.gate.join(s)
	defer s.gate.part(s)
	s.tell(Event{Name: SocketOpened})
	s.awaitBind()
	written := make(chan struct{})
	go func() {
		defer close(written)
		s.write()
	}()
	s.readAll()
	if s.out.ended() == "" {
		s.out.lose()
	}
	s.retire(s.out.ended(), "")
	s.working.Wait()
	<-written
	s.ws.CloseNow() // again, if the closing handshake did not; it frees what a lost connection left
}

// readAll takes frames until there are no more to take.
func (s *session) readAll() {
	for {
		text, err := s.read()
		switch code := fault.CodeOf(err); {
		case err == nil:
			s.take(text)
		case code != fault.Internal:
			s.end(err)
			return
		default:
			return
		}
		if s.out.ended() != "" {
			return
		}
	}
}

// take takes a frame of the client's.
func (s *session) take(text []byte) {
	s.mu.Lock()
	if s.over {
		s.mu.Unlock()
		return
	}
	most := s.gate.cfg.MaxWaiting
	if s.frames > most { // one more than may wait: that is the one being handled
		s.mu.Unlock()
		s.end(fault.New(fault.TooManyRequests, strconv.Itoa(most)+" binds are waiting on this socket, and no more may: send the next when one is answered"))
		return
	}
	s.frames++
	s.waiting = append(s.waiting, text)
	if s.frames == 1 {
		s.working.Go(s.work)
	}
	s.mu.Unlock()
}

// isOver reports whether a token has expired or was revoked.
func (s *session) isOver(claims *token.Claims, id string) bool {
	return !claims.Expires.After(s.gate.cfg.Clock.Now()) || s.gate.revocations.reaches(claims, id)
}

// revoke ends what was revoked and returns how many Subscriptions that were.
func (s *session) revoke() int {
	return s.release(fault.RevokedToken, s.gate.revocations.reaches)
}

// expire ends what tokens held that have expired, and waits for the next.
func (s *session) expire() {
	now := s.gate.cfg.Clock.Now()
	s.release(fault.ExpiredToken, func(claims *token.Claims, _ string) bool { return !claims.Expires.After(now) })
	s.mu.Lock()
	defer s.mu.Unlock()
	clock.Stop(&s.expiry)
	s.ends = s.bindings.expires()
	// What a bind in progress is about to renew is looked at when that is done.
	if !s.over && s.ends.After(now) {
		s.expiry = clock.At(s.gate.cfg.Clock, s.ends, s.expire)
	}
}

// release unbinds what is over. The client is told; if nothing is left, and no bind in
// progress decides about that, the socket is closed.
func (s *session) release(code fault.Code, over isOver) int {
	ids, left := s.drop(code, func() []string {
		s.reads = s.reads || s.bindings.plans(over)
		return s.bindings.release(over)
	})
	if len(ids) > 0 && left != nil {
		left.unbind(ids)
	}
	return len(ids)
}

// drop is release without a word to the channel, which is left if the socket stays. What
// is over is taken with mu held.
func (s *session) drop(code fault.Code, take func() []string) (ids []string, left channel) {
	s.mu.Lock()
	if s.over {
		s.mu.Unlock()
		return nil, nil
	}
	ids = take()
	if len(ids) == 0 {
		s.mu.Unlock()
		return nil, nil
	}
	s.reads = true
	last := len(s.bindings.held) == 0 && s.frames == 0
	if !last {
		s.sayLocked(notice.Unbound(code, ids))
		left, s.gone = s.channel, code
	}
	s.mu.Unlock()
	name := Unbound
	if code == fault.RevokedToken {
		name = Revoked
	}
	s.tell(Event{Name: name, Code: code, Subscriptions: ids})
	if last {
		s.closeWith(closing(code), notice.Unbound(code, ids), "")
	}
	return ids, left
}

// awaitBind gives the client a while to bind something.
func (s *session) awaitBind() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.over {
		s.idle = s.gate.cfg.Clock.AfterFunc(s.gate.cfg.BindTimeout, s.tire)
	}
}

// tire closes a socket on which nothing was bound in time. A bind in progress came in
// time.
func (s *session) tire() {
	s.mu.Lock()
	patient := s.frames > 0 || len(s.bindings.held) > 0
	s.mu.Unlock()
	if !patient {
		s.end(fault.New(fault.BindTimeout, "nothing was bound on this socket for "+s.gate.cfg.BindTimeout.String()+
			": send bind-with-token TOKEN soon after connecting"))
	}
}

// end closes the socket; the client is told why. To a reader who is slow already
// nothing is added, and that a gate goes away is no fault of anybody's.
func (s *session) end(err error) {
	code := closing(err)
	var last []byte
	if code != fault.SlowReader && code != fault.GoingAway {
		last = outcomeFrame(err)
	}
	s.closeWith(code, last, detailOf(err))
}

// closeWith closes the socket, once.
func (s *session) closeWith(code fault.Code, last []byte, detail string) {
	if s.shut(code, last) {
		s.retire(code, detail)
	}
}

// retire undoes every binding and timer. It may be called by the channel, and so does
// not wait for the end of that.
func (s *session) retire(code fault.Code, detail string) {
	s.mu.Lock()
	first := !s.over
	s.over = true
	if first && s.channel != nil {
		s.working.Go(s.channel.close)
	}
	clock.Stop(&s.idle)
	clock.Stop(&s.expiry)
	s.bindings = bindings{}
	s.mu.Unlock()
	s.cancel()
	if first {
		s.tell(Event{Name: SocketClosed, Code: code, Detail: detail})
	}
}

// say sends a frame of the gate's.
func (s *session) say(frame []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sayLocked(frame)
}

// sayLocked is say for those who hold mu. A socket whose reader is too slow is ended
// elsewhere: that takes mu.
func (s *session) sayLocked(frame []byte) {
	if !s.over && !s.out.add(frame) {
		s.slow()
	}
}

// slow ends the socket of a slow reader. The caller holds mu.
func (s *session) slow() {
	if s.shut(fault.SlowReader, nil) {
		detail := "more than " + strconv.Itoa(s.gate.cfg.MaxQueue) + " bytes wait for the client, which reads too slowly"
		s.working.Go(func() { s.retire(fault.SlowReader, detail) })
	}
}

// tell tells the operator.
func (s *session) tell(e Event) {
	e.Socket = s.number
	s.gate.cfg.Observe(e)
}
