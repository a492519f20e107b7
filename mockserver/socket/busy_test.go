package socket_test

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/draw"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/journal"
	"github.com/wsbind/wsbind/mockserver/socket"
)

// delaying is a clock that tells when somebody waits for a certain time.
type delaying struct {
	*clock.Virtual
	wait  time.Duration
	waits atomic.Bool
}

func (d *delaying) AfterFunc(wait time.Duration, f func()) clock.Timer {
	timer := d.Virtual.AfterFunc(wait, f)
	if wait == d.wait {
		d.waits.Store(true)
	}
	return timer
}

// A binding that ends while a fault keeps the network busy says so: nothing the
// client did meanwhile was read.
func TestUnboundWhileAFaultIsUnderWay(t *testing.T) {
	log := journal.New(journal.Config{})
	var clk *delaying
	plan := faults.NewPlan(draw.New(1, ""), faults.Polite, nil)
	f := newFixture(t, func(c *socket.Config) {
		clk = &delaying{Virtual: c.Clock.(*clock.Virtual), wait: 90 * time.Second}
		c.Journal, c.Faults, c.Clock = log, plan, clk
	})
	c := f.connect()
	c.Bind(f.token(time.Minute, "a"))
	c.Bind(f.token(2*time.Minute, "b"))
	c.want("handshake a 0", "handshake b 0")
	if err := plan.Next(faults.Spec{Fault: faults.Delay, Seconds: 90}); err != nil {
		t.Fatal(err)
	}
	f.world.notify("a", "")
	f.until("delayed", clk.waits.Load)
	f.clock.Advance(time.Minute)
	f.clock.Advance(30 * time.Second)
	c.want("event a 1")
	c.Next() // the outcome
	f.clock.Advance(30 * time.Second)
	c.Next()
	var got [][]string
	for _, e := range log.Entries(journal.Query{Kind: journal.Unbound}) {
		got = append(got, append(slices.Clone(e.Subscriptions), e.Faults...))
	}
	if len(got) != 2 || !slices.Equal(got[0], []string{"a", faults.Delay}) || !slices.Equal(got[1], []string{"b"}) {
		t.Errorf("unbound: %v", got)
	}
}
