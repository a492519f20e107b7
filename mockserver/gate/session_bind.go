package gate

import (
	"fmt"
	"runtime/debug"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/mockserver/clock"
)

// work handles the frames that wait.
func (s *session) work() {
	for last := false; !last; {
		s.mu.Lock()
		text := s.waiting[0]
		s.waiting = s.waiting[1:]
		over := s.over
		s.mu.Unlock()
		var bound []string
		if !over {
			bound = s.answer(text)
		}
		last = s.settle(bound)
	}
}

// answer handles one bind frame and returns what it has bound.
func (s *session) answer(text []byte) (bound []string) {
	var it shown
	s.began = s.gate.cfg.Clock.Now()
	err := safely(func() (err error) {
		if it, err = s.gate.admission.read(s.ctx, text); err == nil {
			bound, err = s.bind(&it)
		}
		return err
	})
	if err != nil {
		s.refuse(err, &it)
	}
	return bound
}

// took is how long the bind takes that is handled now.
func (s *session) took() time.Duration { return s.gate.cfg.Clock.Now().Sub(s.began) }

// safely makes an error of a panic: a bug must not end more than a socket.
func safely(do func() error) (err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("panic: %v\n%s", problem, debug.Stack())
		}
	}()
	return do()
}

// bind binds what a good token grants, and returns what that is.
func (s *session) bind(it *shown) ([]string, error) {
	admission := s.gate.admission
	ids, omitted, err := admission.left(s.ctx, &it.claims)
	if err != nil {
		return nil, err
	}
	if err := s.plan(&it.claims, ids); err != nil {
		return nil, err
	}
	if len(omitted) > 0 {
		s.readAllFrames() // with the token that it has, the server may bind these all the same
	}
	if err := admission.use(s.ctx, &it.claims); err != nil {
		return nil, err
	}
	c := s.opened()
	if c == nil {
		return nil, nil // the socket is over
	}
	bound, more, err := c.bind(s.ctx, Grant{Token: it.token, Claims: it.claims, IDs: ids})
	if err != nil || len(more) > 0 {
		s.readAllFrames(more...) // it may bind later than it was waited for
	}
	if err != nil {
		return nil, err
	}
	s.tell(Event{Name: BoundEvent, JTI: it.claims.ID, KID: it.kid, Subscriptions: bound, Took: s.took()})
	if omitted = append(omitted, more...); len(omitted) > 0 {
		s.say(omittedFrame(omitted))
	}
	return bound, nil
}

func (s *session) plan(claims *token.Claims, ids []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.bindings.plan(claims, ids)
	s.ends = s.bindings.expires()
	return err
}

// readAllFrames has each frame of the FHIR server read from now on. What was left out of
// a bind is planned no more.
func (s *session) readAllFrames(without ...Omitted) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads = true
	for _, o := range without {
		delete(s.bindings.planned, o.ID)
	}
}

// opened returns the channel, nil where the socket is over.
func (s *session) opened() channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.channel == nil && !s.over {
		s.channel = s.gate.upstream.open(s)
	}
	if s.over {
		return nil
	}
	return s.channel
}

// settle ends a bind: what it has bound is held, and what was revoked or has expired
// while it had the last word is let go. It reports whether no other waits.
func (s *session) settle(bound []string) (last bool) {
	s.mu.Lock()
	s.bindings.settle(bound)
	if len(s.bindings.held) > 0 {
		clock.Stop(&s.idle)
	}
	s.frames--
	last = s.frames == 0
	nothing, gone := last && len(s.bindings.held) == 0, s.gone
	s.mu.Unlock()
	if nothing && gone != "" { // of which the client was told
		s.closeWith(closing(gone), nil, "")
	}
	s.revoke()
	s.expire()
	return last
}

// refuse answers a bind that failed. What is bound already stays.
func (s *session) refuse(err error, it *shown) {
	s.tell(Event{
		Name: BindRefused, Code: fault.CodeOf(err), Detail: detailOf(err),
		JTI: it.claims.ID, KID: it.kid, Subscriptions: it.claims.Subscriptions, Took: s.took(),
	})
	s.mu.Lock()
	s.bindings.settle(nil)
	held := len(s.bindings.held) > 0
	if held {
		s.sayLocked(outcomeFrame(err))
	}
	s.mu.Unlock()
	if !held {
		s.end(err)
	}
}

// detailOf is what the operator is told of an error: all of one that has no code.
func detailOf(err error) string {
	if fault.CodeOf(err) == fault.Internal {
		return err.Error()
	}
	return fault.DetailOf(err)
}
