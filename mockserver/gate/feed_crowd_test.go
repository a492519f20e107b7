package gate

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
)

// crowd is a client of many, which holds what it is told against what it asked for.
type crowd struct {
	t       *testing.T
	channel channel

	mu     sync.Mutex
	bound  map[string]bool // by the client's own account: asked for, and not unbound
	last   map[string]int  // number, of those whose handshake came
	closed bool
}

func (c *crowd) notification(frame []byte, id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	typ, number := "event-notification", 0
	for _, t := range []string{"handshake", "heartbeat"} {
		if strings.Contains(string(frame), `"`+t+`"`) {
			typ = t
		}
	}
	_, text, _ := strings.Cut(string(frame), `"events-since-subscription-start","valueString":"`)
	if _, err := fmt.Sscanf(text, "%d", &number); err != nil {
		c.t.Errorf("no counter in %s", frame)
	}
	last, greeted := c.last[id]
	switch {
	case c.closed:
		c.t.Errorf("told of %s behind the close", id)
	case !c.bound[id]:
		c.t.Errorf("told of %s, which is not bound", id)
	case typ == "handshake" && greeted && number < last:
		c.t.Errorf("%s: a handshake counts %d behind event %d", id, number, last)
	case typ == "event-notification" && (!greeted || number != last+1):
		c.t.Errorf("%s: event %d behind %d (greeted: %v)", id, number, last, greeted)
	}
	c.last[id] = number
}

func (c *crowd) outcome(frame []byte)         { c.t.Errorf("told %s", frame) }
func (c *crowd) lost(error)                   {}
func (c *crowd) unbound(fault.Code, []string) {}
func (c *crowd) failed(err error)             { c.t.Errorf("the channel failed: %v", err) }

// act binds, unbinds, and closes at the end.
func (c *crowd) act(random *rand.Rand, ids []string) {
	for range 12 {
		random.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
		some := ids[:1+random.IntN(len(ids))]
		if random.IntN(3) == 0 {
			c.channel.unbind(some)
			c.mu.Lock()
			for _, id := range some {
				delete(c.bound, id)
				delete(c.last, id)
			}
			c.mu.Unlock()
			continue
		}
		c.mu.Lock()
		for _, id := range some {
			c.bound[id] = true
		}
		c.mu.Unlock()
		_, omitted, err := c.channel.bind(context.Background(), Grant{IDs: some})
		if code := fault.CodeOf(err); err != nil && code != fault.UpstreamUnavailable || len(omitted) > 0 && fault.CodeOf(omitted[0].Err) != fault.UpstreamUnavailable {
			c.t.Errorf("bind: %v, %v", omitted, err)
		}
	}
	c.channel.close()
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
}

// TestManyComeAndGo has clients bind and unbind at random while events come in and
// connections of the server break: whatever happens, each is told of what it has
// bound, behind a handshake, number by number.
func TestManyComeAndGo(t *testing.T) {
	s, b, _ := legacyServer(t)
	b.cfg.patience = 1000 * time.Hour // time passes faster than the network
	u := b.start(newLegacy)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var serving sync.WaitGroup
	serving.Go(func() {
		for n := uint64(0); ; n++ {
			select {
			case p := <-s.peers:
				serving.Go(func() { p.serve(ctx, rand.New(rand.NewPCG(n, 2))) })
			case <-ctx.Done():
				return
			}
		}
	})
	serving.Go(func() { // time passes as fast as it can
		for ctx.Err() == nil {
			b.clock.Advance(100 * time.Millisecond)
			<-time.After(time.Microsecond)
		}
	})
	var acting sync.WaitGroup
	for n := range uint64(16) {
		c := &crowd{t: t, bound: map[string]bool{}, last: map[string]int{}}
		c.channel = u.open(c)
		acting.Go(func() { c.act(rand.New(rand.NewPCG(n, 1)), []string{"1", "2", "3"}) })
	}
	acting.Wait()
	cancel()
	s.http.CloseClientConnections()
	u.close()
	serving.Wait()
	if n, _ := b.store.Count(t.Context(), "events.1"); n == 0 {
		t.Error("no event came")
	}
	if b.cfg.release != fhir.R4 {
		t.Error("the counter is read as R4 writes it")
	}
}

// serve answers the bind, and sends pings until it breaks.
func (p *peer) serve(ctx context.Context, random *rand.Rand) {
	bind, open := <-p.read
	if !open {
		return
	}
	id := strings.TrimPrefix(bind, "bind ")
	frames := []string{"bound " + id}
	for range random.IntN(60) {
		frames = append(frames, "ping "+id)
	}
	for _, frame := range frames {
		if p.conn.Write(ctx, websocket.MessageText, []byte(frame)) != nil {
			return
		}
	}
	if random.IntN(2) == 0 {
		p.cut()
	}
}
