package gate

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
)

// legacyServer is a fake with the Subscriptions 1, 2 and 3, and a bridge to it.
func legacyServer(t *testing.T) (*fakeServer, *behindGate, upstream) {
	s := newFakeServer(t)
	for i := range 3 {
		id := fmt.Sprint(i + 1)
		s.subscriptions[id] = subscriptionText(id, "active", "empty", topic, 0)
	}
	s.subscriptions["beating"] = subscriptionText("beating", "active", "empty", topic, 30)
	b := newBehind(t, fhir.R4, s.http.URL+"/fhir")
	b.cfg.websocketURL = s.ws()
	return s, b, b.start(newLegacy)
}

// accept answers a bind.
func (s *fakeServer) accept(id string) *peer {
	s.t.Helper()
	p := s.next()
	p.expect("bind " + id)
	p.send("bound " + id)
	return p
}

func TestLegacyFeedIsShared(t *testing.T) {
	s, b, u := legacyServer(t)
	first, second, late := b.client(u), b.client(u), b.client(u)
	done := first.binding("1")
	p := s.accept("1")
	first.binds(<-done, "1")
	first.want("handshake 1 0")
	second.bind("1") // over the same connection
	second.want("handshake 1 0")
	p.send("ping 1", "ping 1")
	first.want("event-notification 1 1", "event-notification 1 2")
	second.want("event-notification 1 1", "event-notification 1 2")
	late.bind("1")
	late.want("handshake 1 2")
	first.bind("1") // again
	first.want("handshake 1 2")
	p.send("what", "ping 2", "bound 1", "ping 1")
	for _, c := range []*client{first, second, late} {
		c.want("event-notification 1 3")
	}
	second.channel.unbind([]string{"1", "other"})
	late.channel.close()
	p.send("ping 1")
	first.want("event-notification 1 4")
	second.wantNothing()
	late.wantNothing()
	first.channel.unbind([]string{"1"})
	p.ended() // with the last

	done = late.binding("1")
	late.refused(fault.Aborted, <-done) // which is closed
	done = first.binding("1")
	s.accept("1")
	first.binds(<-done, "1")
	first.want("handshake 1 4") // what happens while nobody is bound is not counted
}

func TestLegacyHandshakesAreInOrder(t *testing.T) {
	s, b, u := legacyServer(t)
	c := b.client(u)
	done := c.binding("2", "gone", "1")
	peers := map[string]*peer{}
	for range 2 {
		p := s.next()
		peers[<-p.read] = p
	}
	peers["bind 1"].send("bound 1", "ping 1")
	peers["bind 2"].send("bound 2")
	r := <-done
	if r.err != nil || len(r.bound) != 2 || len(r.omitted) != 1 || r.omitted[0].ID != "gone" || fault.CodeOf(r.omitted[0].Err) != fault.UnknownSubscription {
		t.Errorf("got %+v", r)
	}
	got := map[string]bool{}
	c.want("handshake 2 0")
	for range 2 { // the ping may come before the other handshake is counted, and then is in it
		select {
		case frame := <-c.told:
			got[frame] = true
		default:
		}
	}
	if !got["handshake 1 0"] && !got["handshake 1 1"] {
		t.Errorf("told %v", got)
	}
}

// TestLegacyEventsWaitForTheHandshakes has many events come in the middle of a bind.
func TestLegacyEventsWaitForTheHandshakes(t *testing.T) {
	s, b, u := legacyServer(t)
	counted := make(chan struct{})
	b.store.slow = map[string]chan struct{}{"events.2": counted}
	other, c := b.client(u), b.client(u)
	done := other.binding("1")
	one := s.accept("1")
	other.binds(<-done, "1")
	other.want("handshake 1 0")
	done = c.binding("2", "1")
	s.accept("2")
	const events = 50
	for n := range events {
		one.send("ping 1")
		other.want(fmt.Sprintf("event-notification 1 %d", n+1))
	}
	close(counted)
	c.binds(<-done, "2", "1")
	c.want("handshake 2 0")
	var first int
	if _, err := fmt.Sscanf(<-c.told, "handshake 1 %d", &first); err != nil {
		t.Fatal(err)
	}
	for n := first; n < events; n++ {
		c.want(fmt.Sprintf("event-notification 1 %d", n+1))
	}
	c.wantNothing()
}

func TestLegacyRefusals(t *testing.T) {
	s, b, u := legacyServer(t)
	s.set(func() {
		s.subscriptions["off"] = subscriptionText("off", "off", "empty", topic, 0)
		s.subscriptions["error"] = subscriptionText("error", "error", "empty", topic, 0)
		s.subscriptions["full"] = subscriptionText("full", "active", "full-resource", "Patient", 0)
		s.subscriptions["gone"] = ""
		s.subscriptions["odd"] = `{"resourceType":"Patient"}`
		s.answers["/fhir/Subscription/secret"] = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }
		s.answers["/fhir/Subscription/sick"] = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }
	})
	for id, code := range map[string]fault.Code{
		"off": fault.UnknownSubscription, "error": fault.UnknownSubscription, "gone": fault.UnknownSubscription, "never": fault.UnknownSubscription,
		"full": fault.SubscriptionNotBindable, "odd": fault.UpstreamRefused, "secret": fault.UpstreamRefused, "sick": fault.UpstreamUnavailable,
	} {
		c := b.client(u)
		c.refused(code, <-c.binding(id))
		c.wantNothing()
	}
	c := b.client(u)
	c.refused(fault.UpstreamUnavailable, <-c.binding("never", "sick")) // the one that passes
	done := c.binding("1")
	p := s.next()
	p.expect("bind 1")
	p.conn.Close(websocket.StatusProtocolError, "")
	c.refused(fault.UnknownSubscription, <-done)
	done = c.binding("1")
	s.next().cut()
	c.refused(fault.UpstreamUnavailable, <-done)
	s.set(func() { s.down = true })
	c.refused(fault.UpstreamUnavailable, <-c.binding("1"))
	s.set(func() { s.down = false })
	done = c.binding("1")
	s.accept("1")
	c.binds(<-done, "1")
}

func TestLegacyHeartbeats(t *testing.T) {
	s, b, u := legacyServer(t)
	c := b.client(u)
	done := c.binding("beating")
	p := s.accept("beating")
	c.binds(<-done, "beating")
	c.want("handshake beating 0")
	b.clock.Advance(29 * time.Second)
	c.wantNothing()
	p.send("ping beating")
	c.want("event-notification beating 1") // and the period begins anew
	b.clock.Advance(29 * time.Second)
	c.wantNothing()
	b.clock.Advance(time.Second)
	c.want("heartbeat beating 1")
	b.clock.until(t, 30*time.Second)
	b.clock.Advance(30 * time.Second)
	c.want("heartbeat beating 1")
	p.cut()
	c.want("lost upstream-unavailable")
	b.clock.Advance(200 * time.Millisecond) // less than any pause
	c.wantNothing()
}

func TestLegacyServerComesBack(t *testing.T) {
	s, b, u := legacyServer(t)
	c, other := b.client(u), b.client(u)
	done := c.binding("1", "2")
	peers := map[string]*peer{}
	for range 2 {
		p := s.next()
		bind := <-p.read
		p.send("bound " + bind[len("bind "):])
		peers[bind] = p
	}
	c.binds(<-done, "1", "2")
	c.want("handshake 1 0", "handshake 2 0")
	other.bind("1")
	other.want("handshake 1 0")
	peers["bind 1"].cut()
	c.want("lost upstream-unavailable")
	other.want("lost upstream-unavailable")
	peers["bind 2"].cut()
	if e := b.saw(UpstreamLost); e.Code != fault.UpstreamUnavailable || e.Subscriptions[0] != "1" {
		t.Errorf("the operator is told %+v", e)
	}
	b.saw(UpstreamLost)
	b.clock.until(t, firstPause/2)
	b.clock.until(t, firstPause/2)
	c.wantNothing() // once for all
	b.clock.Advance(firstPause)
	for range 2 {
		p := s.next()
		bind := <-p.read
		p.send("bound " + bind[len("bind "):])
		peers[bind] = p
	}
	other.want("handshake 1 0")
	b.saw(UpstreamOpened)
	got := map[string]bool{<-c.told: true, <-c.told: true}
	if !got["handshake 1 0"] || !got["handshake 2 0"] {
		t.Errorf("told %v", got)
	}
	peers["bind 2"].send("ping 2")
	c.want("event-notification 2 1")
	c.wantNothing()
}

func TestLegacyPatience(t *testing.T) {
	s, b, u := legacyServer(t)
	c := b.client(u)
	done := c.binding("1")
	p := s.accept("1")
	c.binds(<-done, "1")
	c.want("handshake 1 0")
	s.set(func() { s.down = true })
	p.cut()
	c.want("lost upstream-unavailable")
	b.clock.until(t, time.Minute)
	b.clock.Advance(59 * time.Second)
	c.wantNothing()
	b.clock.Advance(time.Second)
	c.want("failed upstream-unavailable")
}

func TestLegacySubscriptionIsGoneMeanwhile(t *testing.T) {
	s, b, u := legacyServer(t)
	c := b.client(u)
	done := c.binding("1")
	one := s.accept("1")
	c.binds(<-done, "1")
	done = c.binding("2")
	two := s.accept("2")
	c.binds(<-done, "2")
	c.want("handshake 1 0", "handshake 2 0")
	s.set(func() { s.subscriptions["1"] = "" })
	one.cut()
	c.want("lost upstream-unavailable")
	b.clock.until(t, firstPause/2)
	b.clock.Advance(firstPause / 2)
	c.want("outcome unknown-subscription")
	two.send("ping 2")
	c.want("event-notification 2 1") // which lives on
	s.set(func() { s.subscriptions["2"] = subscriptionText("2", "error", "empty", topic, 0) })
	c.refused(fault.UnknownSubscription, <-c.binding("2")) // and is bound still
	two.send("ping 2")
	c.want("event-notification 2 2")
	s.set(func() { s.subscriptions["2"] = subscriptionText("2", "off", "empty", topic, 0) })
	r := <-c.binding("2") // which shows that it is over
	c.want("failed unknown-subscription")
	if r.err == nil {
		t.Errorf("bound %v", r.bound)
	}
	two.ended()
}

// TestLegacySubscriptionIsChanged has a bind find that another content is asked for.
func TestLegacySubscriptionIsChanged(t *testing.T) {
	s, b, u := legacyServer(t)
	c := b.client(u)
	done := c.binding("1")
	p := s.accept("1")
	c.binds(<-done, "1")
	c.want("handshake 1 0")
	s.set(func() {
		s.subscriptions["1"] = subscriptionText("1", "active", "empty", "http://example.org/another", 0)
	})
	c.bind("1") // to another topic
	c.want("handshake 1 0")
	s.set(func() { s.subscriptions["1"] = subscriptionText("1", "active", "empty", "Patient", 0) })
	done = c.binding("1")
	c.want("lost upstream-unavailable")
	p.ended()
	b.clock.until(t, firstPause/2)
	b.clock.Advance(firstPause / 2)
	s.accept("1")
	c.want("handshake 1 0") // of the server that is back
	c.binds(<-done, "1")
	c.want("handshake 1 0")
}

func TestLegacyStoreFails(t *testing.T) {
	s, b, u := legacyServer(t)
	c := b.client(u)
	b.store.broke(true)
	done := c.binding("1")
	s.accept("1")
	c.refused(fault.StoreUnavailable, <-done)
	b.store.broke(false)
	done = c.binding("1")
	p := s.accept("1")
	c.binds(<-done, "1")
	c.want("handshake 1 0")
	b.store.broke(true)
	p.send("ping 1")
	c.want("failed store-unavailable") // no event without its number
	if e := b.saw(StoreFailed); e.Code != fault.StoreUnavailable {
		t.Errorf("the operator is told %+v", e)
	}
	p.ended()
}

// TestLegacyFlapping has a server come back for too short a time to be waited for
// anew.
func TestLegacyFlapping(t *testing.T) {
	s, b, u := legacyServer(t)
	c := b.client(u)
	done := c.binding("1", "1")
	p := s.accept("1")
	c.binds(<-done, "1")
	c.want("handshake 1 0")
	p.cut()
	c.want("lost upstream-unavailable")
	b.clock.until(t, time.Minute)
	b.clock.until(t, firstPause/2)
	b.clock.Advance(firstPause / 2)
	p = s.accept("1")
	c.want("handshake 1 0")
	b.clock.Advance(stableAfter - time.Second)
	s.set(func() { s.down = true })
	p.cut()
	c.want("lost upstream-unavailable")
	b.clock.Advance(time.Minute - stableAfter)
	c.wantNothing()
	b.clock.Advance(time.Second)
	c.want("failed upstream-unavailable")
}
