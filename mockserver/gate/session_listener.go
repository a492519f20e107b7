package gate

import (
	"github.com/wsbind/wsbind/core/bridge"
	"github.com/wsbind/wsbind/core/fault"
)

// notification implements listener.
func (s *session) notification(frame []byte, subscription string) {
	if !s.wants(frame, subscription) {
		return
	}
	e := Event{Name: NotificationEvent}
	if subscription != "" {
		e.Subscriptions = []string{subscription}
	}
	s.tell(e)
	for _, text := range s.gate.judge.frames(frame, s.number) {
		s.say(text)
	}
}

// wants reports whether a frame is for the client. One whose Subscription is not known
// is read if there may be any that is not; a server that sends one such may send more.
func (s *session) wants(frame []byte, subscription string) bool {
	now := s.gate.cfg.Clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.over:
		return false
	case subscription != "":
		covered := s.bindings.covers(subscription)
		s.reads = s.reads || !covered
		return covered
	case !s.reads && (s.ends.IsZero() || s.ends.After(now)):
		return true
	}
	ids := bridge.Read(bridge.Spec, s.gate.cfg.Upstream.Release, frame).Subscriptions
	for _, id := range ids {
		if !s.bindings.covers(id) {
			return false
		}
	}
	return len(ids) > 0
}

// outcome implements listener.
func (s *session) outcome(frame []byte) { s.say(frame) }

// unbound implements listener.
func (s *session) unbound(code fault.Code, ids []string) {
	s.drop(code, func() []string { return s.bindings.lose(ids) })
}

// lost implements listener.
func (s *session) lost(err error) {
	s.tell(Event{Name: UpstreamLost, Code: fault.CodeOf(err), Detail: detailOf(err)})
	s.say(outcomeFrame(err))
}

// failed implements listener.
func (s *session) failed(err error) { s.end(err) }
