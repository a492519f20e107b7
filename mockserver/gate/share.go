package gate

import (
	"context"

	"github.com/wsbind/wsbind/core/fault"
)

// What may wait for the handshakes of a bind: so many notifications, and as many bytes
// as so many of the longest have.
const (
	maxHeld    = 1_000
	heldFrames = 4
)

// share holds a feed for a channel, from the first bind of a Subscription until it
// is unbound. Its members are guarded by the channel's mu, but for feed, which is
// set by its first bind.
type share struct {
	id      string
	channel *fanout
	feed    *feed

	binding   bool  // a bind is under way
	bound     bool  // its handshake was given, and it was not unbound since
	taken     bool  // it is told nothing any more
	obstacle  error // why the bind that is under way has failed
	handshake []byte
	holding   bool
	held      [][]byte // what waits for the handshakes
	heldBytes int      // of that
}

// ready is the first step of a bind, which may take its time.
func (s *share) ready(ctx context.Context) {
	if s.feed == nil {
		f, err := s.channel.relay.hold(s)
		if err != nil {
			s.fails(err)
			return
		}
		s.feed = f
	}
	s.fails(s.feed.ready(ctx))
}

// join is the second: the handshake is written, and what comes from then on is held.
func (s *share) join(ctx context.Context) {
	s.channel.mu.Lock()
	failed := s.obstacle != nil
	s.channel.mu.Unlock()
	if !failed {
		s.fails(s.feed.join(ctx, s))
	}
}

// fails notes why a step of a bind has failed, if it has.
func (s *share) fails(err error) {
	s.channel.mu.Lock()
	defer s.channel.mu.Unlock()
	if err != nil && s.obstacle == nil {
		s.obstacle = err
	}
}

// joins takes the handshake from the feed, unless the share is not there any more.
func (s *share) joins(handshake []byte) bool {
	s.channel.mu.Lock()
	defer s.channel.mu.Unlock()
	if s.taken {
		return false
	}
	s.handshake, s.holding = handshake, true
	return true
}

// flush gives what was held. The caller holds the channel's mu.
func (s *share) flush() {
	for _, frame := range s.held {
		s.channel.listener.notification(frame, s.id)
	}
	s.holding, s.held, s.heldBytes = false, nil, 0
}

// give hands a notification of the feed to the client.
func (s *share) give(frame []byte) {
	s.locked(func() []*share {
		switch {
		case !s.holding && !s.bound: // it was unbound in the middle of a bind
		case !s.holding:
			s.channel.listener.notification(frame, s.id)
		case len(s.held) >= maxHeld || s.heldBytes+len(frame) > heldFrames*s.channel.relay.cfg.maxBytes:
			return s.channel.fail(fault.StoreUnavailable)
		default:
			s.held = append(s.held, frame)
			s.heldBytes += len(frame)
		}
		return nil
	})
}

// lose tells that the FHIR server is lost.
func (s *share) lose(err error) {
	s.locked(func() []*share {
		if s.bound {
			s.channel.losing(s, err)
		}
		return nil
	})
}

// find tells that it is there again, after its handshake was given.
func (s *share) find() {
	s.locked(func() []*share {
		delete(s.channel.lost, s)
		return nil
	})
}

// end tells that the feed is over; and, if all is set, the channel.
func (s *share) end(err error, all bool) {
	s.locked(func() []*share {
		if s.obstacle == nil {
			s.obstacle = err
		}
		switch {
		case all:
			return s.channel.fail(err)
		case s.bound:
			return s.channel.ended(s, err)
		}
		return nil // the bind that is under way tells
	})
}

// locked does something with the channel's mu held, if the share is still there, and
// releases what was taken from the channel.
func (s *share) locked(do func() (taken []*share)) {
	s.channel.mu.Lock()
	var taken []*share
	if !s.taken && !s.channel.over {
		taken = do()
	}
	s.channel.mu.Unlock()
	for _, t := range taken {
		t.release()
	}
}

// release gives up the feed. It is called once, by whoever has taken the share from
// the channel, and without its mu.
func (s *share) release() {
	if s.feed != nil {
		s.channel.relay.release(s.feed, s)
	}
}
