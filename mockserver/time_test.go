package mockserver_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/internal/testkit"
	"github.com/wsbind/wsbind/mockserver/journal"
)

// TestAnHourInAMoment lets an hour of heartbeats pass, one a second, with tokens
// of five minutes that the client renews. It is not slowed by wall time.
func TestAnHourInAMoment(t *testing.T) {
	s := start(t, func(c *mockserver.Config) { c.MaxQueue = 64 << 20 })
	id := s.post(fhir.R4, subscribeTo(fhir.R4, "Patient", "1"))
	b := s.token(fhir.R4, []string{id})
	c := s.connect(fhir.R4, b.url)
	c.bind(b)
	began := time.Now()
	for range 15 {
		s.clock.Advance(4 * time.Minute)
		c.bind(s.token(fhir.R4, []string{id}))
	}
	took := time.Since(began)
	if !s.Now().Equal(noon.Add(time.Hour)) {
		t.Errorf("it is %v", s.Now())
	}
	beats, hands := 0, 0
	for _, frame := range c.rest() {
		switch c.short(frame) {
		case "heartbeat " + id + " 0":
			beats++
		case "handshake " + id + " 0":
			hands++
		}
	}
	if beats != 3600 || hands != 16 {
		t.Errorf("%d heartbeats and %d handshakes, want 3600 and 16", beats, hands)
	}
	t.Logf("an hour took %v", took)
}

// TestWhatFollowsTheClock moves a clock to the moment before and the moment of
// whatever falls due.
func TestWhatFollowsTheClock(t *testing.T) {
	s := start(t, func(c *mockserver.Config) { c.BindTimeout = 20 * time.Second })
	r := fhir.R5
	ending := s.post(r, `{"end":"2026-03-01T12:01:00Z",`+subscribeTo(r, "Patient", "")[1:])
	lasting := s.subscribe(r)
	b := s.token(r, []string{ending, lasting})
	idle, c := s.connect(r, b.url), s.connect(r, b.url)
	c.bind(b)
	c.want("handshake "+ending+" 0", "handshake "+lasting+" 0")

	s.clock.Advance(20*time.Second - 1)
	idle.wantNothing()
	s.clock.Advance(1)
	idle.want("outcome bind-timeout")
	idle.WantClosed(1008, "bind-timeout")

	s.clock.Advance(40*time.Second - 1) // to the end of one Subscription
	s.event(r)
	c.want("event-notification "+ending+" 1", "event-notification "+lasting+" 1")
	s.clock.Advance(1)
	s.event(r)
	c.want("event-notification " + lasting + " 2")

	s.plan(faults.Spec{Fault: faults.Delay, Seconds: 30})
	s.event(r)
	s.clock.Advance(30*time.Second - 1)
	c.Rest()
	s.clock.Advance(1)
	c.want("event-notification " + lasting + " 3")

	s.clock.Advance(mockserver.DefaultLifetime - 90*time.Second - 1)
	c.wantNothing()
	s.clock.Advance(1)
	c.want("outcome expired-token")
	c.WantClosed(1008, "expired-token")
}

// TestAnEndIsDatedWhenItCameAbout: the network is done with it when the clock has
// long moved on.
func TestAnEndIsDatedWhenItCameAbout(t *testing.T) {
	inAllReleases(t, func(t *testing.T, r fhir.Release) {
		s := start(t, nil)
		b := s.token(r, []string{s.subscribe(r)})
		c := s.connect(r, b.url)
		c.bind(b)
		c.Next()
		s.clock.Advance(time.Hour)
		c.want("outcome expired-token")
		c.WantClosed(1008, "expired-token")
		ends := func() []journal.Entry { return s.Journal.Entries(journal.Query{Kind: journal.Close}) }
		s.until("closed", func() bool { return len(ends()) == 1 })
		if at := ends()[0].Time; !at.Equal(b.expiration) {
			t.Errorf("the close is of %v, want %v", at, b.expiration)
		}
	})
}

// TestAnAdvanceEndsWithItsRequest: a year of heartbeats takes minutes, for which
// nobody should have to wait who has given up.
func TestAnAdvanceEndsWithItsRequest(t *testing.T) {
	s := start(t, func(c *mockserver.Config) { c.Dialect = "legacy" }) // whose bindings never expire
	id := s.post(fhir.R4, subscribeTo(fhir.R4, "Patient", "1"))
	ws := s.connect(fhir.R4, s.WebsocketURL(fhir.R4))
	ws.Send("bind " + id)
	if got := ws.Next(); got != "bound "+id {
		t.Fatalf("got %q", got)
	}
	ctx, cancel := context.WithTimeout(t.Context(), testkit.Patience)
	defer cancel()
	asking, giveUp := context.WithCancel(ctx)
	request, err := http.NewRequestWithContext(asking, "POST", s.ManagementURL()+"/clock/advance", strings.NewReader(`{"by":"8784h"}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	answered := make(chan error)
	go func() {
		_, err := s.http.Do(request)
		answered <- err
	}()
	var said []string
	for e := range s.Journal.Follow(ctx, journal.Query{Kind: journal.Command}) {
		if said = append(said, e.Detail); len(said) == 2 {
			break
		}
		giveUp()
	}
	giveUp()
	if err := <-answered; err == nil {
		t.Error("it was answered")
	}
	if len(said) != 2 || !strings.Contains(said[1], "early") || s.Now().Sub(noon) > 8000*time.Hour {
		t.Errorf("the clock shows %v after %q", s.Now(), said)
	}
}
