package client

import (
	"context"
	"sync"
	"time"

	"github.com/wsbind/wsbind/core/fault"
)

// session is one chain of tokens: from the first connection until something
// breaks. A renewal that changes the URL changes the socket within it.
type session struct {
	*listener
	socket *socket
	grant  grant
	bound  time.Time // when the first notification came; zero before

	renew    alarm        // when a new token is due
	silence  alarm        // when an answer to the bind is overdue
	renewing bool         // a request for a new token is under way
	renewed  chan renewal // its outcome
	waits    int          // failed renewals on end
	wait     sync.WaitGroup
}

// renewal is the outcome of asking for a token while the socket goes on.
type renewal struct {
	grant grant
	err   error
}

// good reports whether the session was bound for long enough to call the
// server a working one.
func (s *session) good() bool {
	return !s.bound.IsZero() && s.config.Clock.Now().Sub(s.bound) >= stableAfter
}

// run returns why the session ended.
func (s *session) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	s.renew, s.silence = alarm{clock: s.config.Clock}, alarm{clock: s.config.Clock}
	s.renewed = make(chan renewal, 1)
	defer s.end()
	defer cancel()

	if err := s.server.prepare(ctx); err != nil {
		return err
	}
	g, err := s.server.token(ctx)
	if err != nil {
		return err
	}
	if err := s.use(ctx, g); err != nil {
		return err
	}
	for {
		if err := s.next(ctx); err != nil {
			return err
		}
	}
}

func (s *session) end() {
	s.renew.stop()
	s.silence.stop()
	if s.socket != nil {
		s.socket.close()
	}
	s.wait.Wait()
	select {
	case r := <-s.renewed: // too late to be used, but it may ask to wait
		s.heed(asFailure(r.err))
	default:
	}
}

// next waits for one thing and handles it.
func (s *session) next(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case f := <-s.socket.frames:
		if f.err != nil {
			return closeFailure(f.err, !s.bound.IsZero())
		}
		s.silence.stop()
		return s.handle(ctx, f.text)
	case <-s.silence.rings:
		return refused(fault.BindTimeout, "the server did not answer the bind for "+silenceAfterBind.String())
	case <-s.renew.rings:
		if !s.renewing {
			s.renewing = true
			s.wait.Go(func() {
				g, err := s.server.token(ctx)
				s.renewed <- renewal{g, err}
			})
		}
		return nil
	case r := <-s.renewed:
		s.renewing = false
		return s.renewal(ctx, r)
	}
}

// use binds a token, on the socket at hand if its URL is still the one. The
// socket before is closed after the bind, so that as little as possible falls
// between the two.
func (s *session) use(ctx context.Context, g grant) error {
	old := s.socket
	if old == nil || old.url != g.url {
		fresh, err := open(ctx, s.config, g.url)
		if err != nil {
			return err
		}
		s.socket = fresh
	}
	s.silence.set(silenceAfterBind) // a renewal is answered too: it tells a dead connection
	err := s.socket.bind(ctx, g.token)
	if old != nil && old != s.socket {
		s.config.Log.Info("the websocket-url has changed", "url", place(g.url))
		old.close()
	}
	if err != nil {
		return err
	}
	s.grant, s.waits = g, 0
	left := g.expires.Sub(s.config.Clock.Now())
	s.renew.set(max(firstWait, time.Duration(float64(left)*(0.7+0.15*s.config.Random()))))
	s.config.Log.Info("sent the bind frame", "url", place(g.url), "subscriptions", len(g.subscriptions), "expires", g.expires)
	return nil
}

// renewal binds the new token, or asks again while the old one lasts.
func (s *session) renewal(ctx context.Context, r renewal) error {
	if r.err == nil {
		return s.use(ctx, r.grant)
	}
	f := asFailure(r.err)
	s.heed(f)
	left := s.grant.expires.Sub(s.config.Clock.Now())
	s.waits++
	if f.final || f.refusal && s.waits >= maxRefusals || left <= 0 {
		return r.err
	}
	wait := max(min(left/4, longestWait), firstWait, f.after)
	s.config.Log.Warn("the token could not be renewed", "reason", f.err.Error(), "wait", wait)
	s.renew.set(wait)
	return nil
}
