package gate

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/bridge"
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jose"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/internal/testkit"
)

// played is a FHIR server that a test plays: it answers binds, and sends frames, when
// it is told to.
type played struct {
	t     *testing.T
	clock *clock.Virtual
	gate  *Gate
	key   jose.Key
	l     listener
	binds chan playedBind
	*testkit.Socket
}

type playedBind struct {
	Grant
	answer chan playedAnswer
}

type playedAnswer struct {
	bound   []string
	omitted []Omitted
	err     error
}

func (p *played) open(l listener) channel { p.l = l; return p }
func (p *played) close()                  {}
func (p *played) unbind([]string)         {}
func (p *played) bind(ctx context.Context, g Grant) ([]string, []Omitted, error) {
	b := playedBind{g, make(chan playedAnswer)}
	p.binds <- b
	select {
	case a := <-b.answer:
		return a.bound, a.omitted, a.err
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
}

// newPlayed connects a client to a gate whose FHIR server is played.
func newPlayed(t *testing.T, change func(c *Config)) *played {
	p := &played{t: t, clock: clock.NewVirtual(noon), binds: make(chan playedBind)}
	var err error
	if p.key, err = jose.Generate(token.ES256); err != nil {
		t.Fatal(err)
	}
	private, _ := p.key.Private()
	server := httptest.NewServer(nil)
	t.Cleanup(server.Close)
	c := Config{
		PublicURL: server.URL, Key: private, Clock: p.clock, Logger: slog.New(slog.DiscardHandler),
		Upstream: Upstream{Base: "http://127.0.0.1:1/fhir"},
	}
	if change != nil {
		change(&c)
	}
	if p.gate, err = New(c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.gate.Close() })
	p.gate.upstream = p
	server.Config.Handler = p.gate
	p.Socket = testkit.Dial(t, p.gate.WebsocketURL(), nil)
	return p
}

// begin begins to bind with a token of that name and life.
func (p *played) begin(jti string, life time.Duration, ids ...string) playedBind {
	p.t.Helper()
	p.show(jti, p.clock.Now(), life, ids...)
	select {
	case b := <-p.binds:
		return b
	case <-time.After(testkit.Patience):
		p.t.Fatal("nothing was bound")
		return playedBind{}
	}
}

// show shows a token that was issued then.
func (p *played) show(jti string, at time.Time, life time.Duration, ids ...string) {
	p.t.Helper()
	compact, err := (&jose.Issuer{Keys: jose.NewSet(p.key)}).Issue(token.Claims{
		Issuer: p.gate.BaseURL(), Audience: []string{p.gate.WebsocketURL()}, IssuedAt: at, Expires: at.Add(life), ID: jti, Subscriptions: ids,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	p.Send("bind-with-token " + compact)
}

// bound binds.
func (p *played) bound(jti string, life time.Duration, ids ...string) {
	p.t.Helper()
	b := p.begin(jti, life, ids...)
	for _, id := range b.IDs {
		p.hand(id)
		p.want("handshake " + id)
	}
	b.answer <- playedAnswer{bound: b.IDs}
	p.settled()
}

// settled waits until no bind is handled.
func (p *played) settled() {
	p.t.Helper()
	s := p.gate.list()[0]
	for start := time.Now(); ; runtime.Gosched() {
		s.mu.Lock()
		frames := s.frames
		s.mu.Unlock()
		if frames == 0 {
			return
		}
		if time.Since(start) > testkit.Patience {
			p.t.Fatal("a bind does not end")
		}
	}
}

func (p *played) hand(id string) {
	p.l.notification([]byte(frameOf(p.t, notification.Handshake, id, 0)), id)
}

// event sends an event of a Subscription that the channel knows.
func (p *played) event(id string) {
	p.l.notification([]byte(frameOf(p.t, notification.EventNotification, id, 1)), id)
}

// frame sends one of a Subscription that the channel does not look at.
func (p *played) frame(id string) {
	p.l.notification([]byte(frameOf(p.t, notification.EventNotification, id, 1)), "")
}

func (p *played) revoke(what Revocation) {
	p.t.Helper()
	if _, err := p.gate.Revoke(p.t.Context(), what); err != nil {
		p.t.Fatal(err)
	}
}

// want waits for frames.
func (p *played) want(due ...string) {
	p.t.Helper()
	for _, d := range due {
		if got := saidIn(p.Next()); got != d {
			p.t.Fatalf("got %q, want %q", got, d)
		}
	}
}

// saidIn is a frame in short, with what an outcome is about.
func saidIn(text string) string {
	f := bridge.Read(bridge.Spec, fhir.R4, []byte(text))
	if f.Kind != bridge.Outcome {
		return f.Kind.String() + " " + strings.Join(f.Subscriptions, " ")
	}
	var outcome struct {
		Issue []struct{ Expression []string }
	}
	said := f.Code
	if json.Unmarshal([]byte(text), &outcome) == nil {
		for _, i := range outcome.Issue {
			for _, e := range i.Expression {
				_, id, _ := strings.Cut(e, "'")
				said += " " + strings.TrimSuffix(id, "')")
			}
		}
	}
	return said
}

// TestNothingOfWhatIsNotBound: a server that has a token for more than the client
// binds sends more, and the client does not hear of it.
func TestNothingOfWhatIsNotBound(t *testing.T) {
	t.Run("revoked before", func(t *testing.T) {
		p := newPlayed(t, nil)
		p.revoke(Revocation{Subscription: "s2"})
		b := p.begin("a", time.Hour, "s1", "s2")
		p.hand("s1")
		b.answer <- playedAnswer{bound: b.IDs}
		p.want("handshake s1", "revoked-token s2")
		p.frame("s2")
		p.frame("s1")
		p.want("event-notification s1")
	})
	t.Run("left out", func(t *testing.T) {
		p := newPlayed(t, nil)
		b := p.begin("a", time.Hour, "s1", "s2")
		p.hand("s1")
		b.answer <- playedAnswer{bound: []string{"s1"}, omitted: []Omitted{{"s2", fault.UnknownSubscription}}}
		p.want("handshake s1", "unknown-subscription s2")
		p.frame("s2")
		p.frame("s1")
		p.want("event-notification s1")
	})
	t.Run("never asked for", func(t *testing.T) {
		p := newPlayed(t, nil)
		b := p.begin("a", time.Hour, "s1")
		p.hand("s9")
		p.hand("s1")
		b.answer <- playedAnswer{bound: b.IDs}
		p.settled()
		p.frame("s9")
		p.frame("s1")
		p.want("handshake s1", "event-notification s1")
	})
	t.Run("failed", func(t *testing.T) {
		p := newPlayed(t, nil)
		p.bound("a", time.Hour, "s1")
		b := p.begin("b", time.Hour, "s2")
		b.answer <- playedAnswer{err: fault.UpstreamUnavailable}
		p.want("upstream-unavailable")
		p.frame("s2") // the server has the token all the same
		p.frame("s1")
		p.want("event-notification s1")
	})
}

// TestTokensThatEndDuringABind.
func TestTokensThatEndDuringABind(t *testing.T) {
	for name, end := range map[string]func(p *played){
		"revoked-token": func(p *played) { p.revoke(Revocation{JTI: "b"}) },
		"expired-token": func(p *played) { p.clock.Advance(time.Minute) },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlayed(t, nil)
			p.bound("a", time.Hour, "s1")
			b := p.begin("b", time.Minute, "s2", "s3")
			p.hand("s2")
			p.event("s2")
			p.want("handshake s2", "event-notification s2")
			end(p)
			p.frame("s2")
			p.event("s2")
			p.hand("s3")
			p.frame("s1")
			p.want("event-notification s1")
			b.answer <- playedAnswer{bound: b.IDs}
			p.want(name + " s2 s3")
			p.frame("s2")
			p.frame("s1")
			p.want("event-notification s1")
		})
	}
	t.Run("the longer one", func(t *testing.T) {
		p := newPlayed(t, nil)
		p.bound("a", time.Hour, "s1")
		b := p.begin("b", time.Minute, "s1")
		p.revoke(Revocation{JTI: "a"})
		p.hand("s1")
		p.want("handshake s1")
		b.answer <- playedAnswer{bound: b.IDs}
		p.settled()
		p.frame("s1")
		p.want("event-notification s1")
		p.clock.Advance(time.Minute)
		for start := time.Now(); p.gate.State().Bound > 0 && time.Since(start) < testkit.Patience; runtime.Gosched() {
			p.clock.Advance(0) // a timer may be set only now
		}
		p.want("expired-token s1")
		p.WantClosed(1008, "expired-token")
	})
}

// TestTokensThatOutliveWhatIsRemembered are not bound: that they were used, or taken
// back, would be forgotten.
func TestTokensThatOutliveWhatIsRemembered(t *testing.T) {
	late := func(c *Config) { c.Leeway = 2 * time.Hour }
	p := newPlayed(t, late)
	p.show("a", p.clock.Now().Add(2*time.Hour-time.Second), 24*time.Hour, "s1")
	p.want("lifetime-too-long")
	p.WantClosed(1008, "invalid-token")

	p = newPlayed(t, func(c *Config) { late(c); c.Replay = Stateless })
	p.show("a", p.clock.Now().Add(2*time.Hour-time.Second), 24*time.Hour, "s1")
	(<-p.binds).answer <- playedAnswer{err: fault.UpstreamUnavailable}
	p.want("upstream-unavailable")

	known := newKnown()
	for i := range 2 * sweepFrom {
		known.note(Record{Revocation{JTI: strconv.Itoa(i)}, noon}, noon.Add(24*time.Hour+30*time.Minute))
	}
	if !known.reaches(&token.Claims{ID: "0"}, "s1") {
		t.Error("a revocation is forgotten before the tokens are over that it reaches")
	}
}

// TestObserversThatPanic harm nobody.
func TestObserversThatPanic(t *testing.T) {
	p := newPlayed(t, func(c *Config) { c.Observe = func(Event) { panic("a bug of somebody else's") } })
	p.bound("a", time.Hour, "s1")
	p.frame("s1")
	p.want("event-notification s1")
}

// TestRevocationsOfNothing, or of several things at once, are none.
func TestRevocationsOfNothing(t *testing.T) {
	p := newPlayed(t, nil)
	for _, what := range []Revocation{{}, {JTI: "a", Subject: "alice"}} {
		if _, err := p.gate.Revoke(t.Context(), what); fault.CodeOf(err) != fault.MalformedRequest {
			t.Errorf("%+v: %v", what, err)
		}
	}
}

// TestServerEndsWhatWasBoundAMomentAgo: between its handshake and the end of the bind.
func TestServerEndsWhatWasBoundAMomentAgo(t *testing.T) {
	p := newPlayed(t, nil)
	b := p.begin("a", time.Hour, "s1")
	p.hand("s1")
	p.l.unbound(fault.RevokedToken, []string{"s1"})
	p.want("handshake s1", "revoked-token s1")
	b.answer <- playedAnswer{bound: b.IDs}
	p.WantClosed(1008, "revoked-token")
}
