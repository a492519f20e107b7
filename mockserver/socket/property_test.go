package socket_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/socket"
)

// TestOneSocketAsAModel drives one socket at random and compares every frame
// with what a naive model says is due: bindings are a map of end times, events
// are counters.
func TestOneSocketAsAModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := newFixture(t, nil)
		m := &model{f: f, c: f.connect(), bound: map[string]held{}, idleSince: f.clock.Now()}
		rt.Repeat(map[string]func(*rapid.T){
			"bind":    m.bind,
			"advance": m.advance,
			"notify":  m.notify,
			"revoke":  m.revoke,
			"delete":  m.delete,
			"":        func(*rapid.T) {},
		})
		if !m.closed {
			m.c.wantNothing()
		}
	})
}

var subscriptions = rapid.SampledFrom([]string{"a", "b", "c", "d"})

type held struct {
	jti     string
	expires time.Time
}

type model struct {
	f         *fixture
	c         *client
	bound     map[string]held
	idleSince time.Time // counts while nothing is bound
	closed    bool
}

// bind shows a new token for one to four Subscriptions.
func (m *model) bind(t *rapid.T) {
	if m.closed {
		m.c, m.closed, m.idleSince = m.f.connect(), false, m.f.clock.Now()
	}
	ids := rapid.SliceOfNDistinct(subscriptions, 1, 4, rapid.ID).Draw(t, "ids")
	life := time.Duration(rapid.IntRange(1, 60).Draw(t, "seconds")) * time.Second
	token := m.f.token(life, ids...)
	m.c.Send("bind-with-token " + token)
	var gone []string
	for _, id := range ids {
		if m.f.world.gone[id] {
			gone = append(gone, id)
			continue
		}
		m.c.want(fmt.Sprintf("handshake %s %d", id, m.f.world.event[id]))
		if expires := m.f.clock.Now().Add(life); !m.bound[id].expires.After(expires) {
			m.bound[id] = held{m.f.jti(token), expires}
		}
	}
	switch {
	case len(gone) == len(ids):
		m.c.wantOutcome(fault.UnknownSubscription)
		m.closeIfIdle(fault.UnknownSubscription)
	case len(gone) > 0:
		m.c.wantOutcome(fault.UnknownSubscription, gone...)
	}
	if !m.closed {
		m.c.Sync()
	}
}

// closeIfIdle says that the socket is closed if nothing is bound.
func (m *model) closeIfIdle(code fault.Code) {
	if len(m.bound) == 0 {
		m.c.wantClose(code)
		m.closed = true
	}
}

// advance lets up to half a minute pass, from one end to the next.
func (m *model) advance(t *rapid.T) {
	until := m.f.clock.Now().Add(time.Duration(rapid.IntRange(0, 30).Draw(t, "seconds")) * time.Second)
	m.f.clock.Advance(until.Sub(m.f.clock.Now()))
	for !m.closed {
		next, ids := m.nextEnd()
		idle := len(m.bound) == 0 && !m.idleSince.Add(socket.DefaultBindTimeout).After(until)
		switch {
		case idle:
			m.c.wantOutcome(fault.BindTimeout)
			m.closeIfIdle(fault.BindTimeout)
		case ids == nil || next.After(until):
			return
		default:
			m.drop(fault.ExpiredToken, ids)
		}
	}
}

// nextEnd returns the earliest end of a binding and which end then.
func (m *model) nextEnd() (next time.Time, ids []string) {
	for _, h := range m.bound {
		if next.IsZero() || h.expires.Before(next) {
			next = h.expires
		}
	}
	return next, m.those(func(_ string, h held) bool { return h.expires.Equal(next) })
}

func (m *model) those(over func(id string, h held) bool) (ids []string) {
	for id, h := range m.bound {
		if over(id, h) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// drop ends bindings of which the client is told.
func (m *model) drop(code fault.Code, ids []string) {
	if len(ids) == 0 || m.closed {
		return
	}
	m.c.wantOutcome(code, ids...)
	for _, id := range ids {
		delete(m.bound, id)
	}
	m.closeIfIdle(code)
}

func (m *model) notify(t *rapid.T) {
	id := subscriptions.Draw(t, "id")
	m.f.world.notify(id, "")
	if _, ok := m.bound[id]; ok && !m.closed {
		m.c.want(fmt.Sprintf("event %s %d", id, m.f.world.event[id]))
	}
}

func (m *model) revoke(t *rapid.T) {
	id := subscriptions.Draw(t, "id")
	switch jti := m.bound[id].jti; rapid.SampledFrom([]string{"jti", "subscription", "subject"}).Draw(t, "by") {
	case "jti":
		if jti == "" {
			return
		}
		m.f.hub.Revoke(socket.Revocation{JTI: jti})
		m.drop(fault.RevokedToken, m.those(func(_ string, h held) bool { return h.jti == jti }))
	case "subscription":
		m.f.hub.Revoke(socket.Revocation{Subscription: id})
		m.drop(fault.RevokedToken, m.those(func(other string, _ held) bool { return other == id }))
	default:
		m.f.hub.Revoke(socket.Revocation{Subject: "alice"})
		m.drop(fault.RevokedToken, m.those(func(string, held) bool { return true }))
	}
}

// delete ends a Subscription, or brings it back.
func (m *model) delete(t *rapid.T) {
	id := subscriptions.Draw(t, "id")
	if m.f.world.gone[id] {
		delete(m.f.world.gone, id)
		return
	}
	_, was := m.bound[id]
	m.f.world.delete(id)
	if delete(m.bound, id); was && len(m.bound) == 0 {
		m.idleSince = m.f.clock.Now()
	}
}
