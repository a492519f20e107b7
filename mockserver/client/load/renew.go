package load

import (
	"context"
	"time"

	"github.com/wsbind/wsbind/core/binding"
)

const (
	renewers      = 4               // tokens that are renewed at the same time
	shortestRenew = time.Second     // between two attempts
	pingPeriod    = 5 * time.Second // of Medplum's clients
)

// keep has the token renewed when most of its life is over, each at another time.
func (s *socket) keep(expires time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expires = expires
	left := expires.Sub(s.run.config.Clock.Now())
	share := 0.7 + 0.15*s.run.random.At("renewal", "", uint64(s.index)).Float()
	s.renewIn(time.Duration(float64(left) * share))
}

// renewIn has it renewed after a while. The caller holds mu.
func (s *socket) renewIn(d time.Duration) {
	// The channel has room for every socket, and none is in it twice.
	s.renew = s.run.config.Clock.AfterFunc(max(d, shortestRenew), func() { s.run.renewal <- s })
}

// renewAll renews tokens until ctx ends.
func (r *run) renewAll(ctx context.Context) {
	for {
		select {
		case s := <-r.renewal:
			if s.reading.Load() == 0 {
				continue
			}
			if err := s.rebind(ctx); err != nil {
				r.fail(callRenew, err)
				s.again()
				continue
			}
			r.renewed.Add(1)
		case <-ctx.Done():
			return
		}
	}
}

// again tries a renewal once more, while the old token lasts.
func (s *socket) again() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if left := s.expires.Sub(s.run.config.Clock.Now()); left > 0 {
		s.renewIn(left / 4)
	}
}

// rebind binds another token, on the same connection unless the websocket-url has
// changed. Its handshakes are counted, and not waited for on the same connection: the
// old token is good for a while.
func (s *socket) rebind(ctx context.Context) error {
	if s.run.config.Dialect == Medplum {
		_, err := s.show(ctx)
		return err
	}
	grant, err := s.run.server.token(ctx, s.subs)
	if err == nil && grant.WebsocketURL == s.link.url {
		err = s.present(s.link, grant.Token)
	} else if err == nil {
		err = s.move(ctx, grant)
	}
	if err == nil {
		s.keep(grant.Expiration)
	}
	return err
}

// between begins and ends the while in which events may come on two links. What comes
// first before it, or after, has no second link to come on.
func (s *socket) between(two bool) {
	s.shard.mu.Lock()
	defer s.shard.mu.Unlock()
	s.moving = two
	for _, t := range s.subs {
		if s.moved = true; two {
			t.twice = map[int]struct{}{}
		}
	}
}

// move binds a token on a connection of its own and then leaves the old one, whose last
// frame it waits for. Between the two an event may come on both, which is no duplicate,
// and in another order.
func (s *socket) move(ctx context.Context, grant binding.Response) error {
	s.between(true)
	defer s.between(false)
	fresh, err := s.connect(ctx, grant.WebsocketURL)
	if err != nil {
		return err
	}
	if err = s.present(fresh, grant.Token); err == nil {
		err = fresh.shake(ctx)
	}
	leaving := fresh
	if err == nil {
		s.mu.Lock()
		leaving, s.link = s.link, fresh
		s.mu.Unlock()
	}
	leaving.leave()
	<-leaving.ended
	return err
}

// keepAlive pings as Medplum's clients do.
func (r *run) keepAlive(ctx context.Context) {
	ping := frameJSON("ping", "")
	for wait(ctx, r.config.Clock, pingPeriod) {
		r.mu.Lock()
		list := append([]*socket(nil), r.sockets...)
		r.mu.Unlock()
		for _, s := range list {
			if s.reading.Load() > 0 {
				s.link.write(opText, ping) // its reader meets the same error
			}
		}
	}
}
