package socket

import (
	"maps"
	"slices"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/world"
)

// What is here is the part of the faults that concerns one socket. Which fault
// strikes a frame is drawn when the frame is queued, in the order of the world,
// so that a seed replays whatever the network does.

// reorderWait bounds how long a notification waits to be overtaken by another.
const reorderWait = 2 * time.Second

// heldFrames are notifications of a Subscription that are held back.
type heldFrames struct {
	messages []message
	bytes    int
	overtake bool // the next notification of the Subscription lets them go
	timer    clock.Timer
}

// draw asks whether a fault strikes. can may be nil.
func (c *conn) draw(o faults.Occasion, can func(name string) bool) (faults.Injection, bool) {
	if c.hub.cfg.Faults == nil {
		return faults.Injection{}, false
	}
	o.FHIR, o.Socket = c.hub.cfg.FHIR, c.number
	return c.hub.cfg.Faults.Draw(o, can)
}

// points says where kinds of notification may be struck.
var points = map[world.Kind]faults.Point{
	world.Handshake: faults.Handshake, world.Heartbeat: faults.Heartbeat, world.Events: faults.Event,
}

// notify sends a notification, in the way that the faults want it. The caller
// holds mu.
func (c *conn) notify(d *world.Delivery) {
	frames := c.manner.render(c, d)
	if len(frames) == 0 {
		return
	}
	var strike faults.Injection
	if point, ok := points[d.Kind]; ok {
		strike, _ = c.draw(faults.Occasion{Point: point, Caller: c.bound[d.Subscription].subject, Subscription: d.Subscription}, c.possible)
	}
	messages := c.messages(d, frames, strike)
	if c.silent[d.Subscription] && d.Kind == world.Heartbeat && strike.Fault == "" {
		for i := range messages {
			messages[i].faults = []string{faults.StoppedHeartbeats}
		}
		c.withhold(messages)
		return
	}
	c.strike(d, messages, strike)
}

// possible reports whether a fault has a meaning in the socket's dialect: the
// text of a Bundle can only be changed where there is one.
func (c *conn) possible(name string) bool { return mutations[name] == nil || c.manner.bundles }

// messages makes messages of the frames of a notification.
func (c *conn) messages(d *world.Delivery, frames [][]byte, strike faults.Injection) []message {
	list := make([]message, len(frames))
	for i, frame := range frames {
		m := message{text: frame, about: d, at: c.hub.cfg.Clock.Now()}
		if strike.Fault != "" {
			m.faults = []string{strike.Fault}
		}
		if mutations[strike.Fault] != nil {
			m.text = mutate(strike.Fault, frame, d.Subscription, strike.Draw)
		}
		list[i] = m
	}
	return list
}

// strike sends messages, or does to them what a fault wants. The caller holds
// mu.
func (c *conn) strike(d *world.Delivery, list []message, strike faults.Injection) {
	switch strike.Fault {
	case faults.Gap, faults.MissingHandshake:
		c.withhold(list)
		return
	case faults.StoppedHeartbeats:
		c.silent[d.Subscription] = true
		c.withhold(list)
		return
	case faults.LateHandshake:
		c.hold(d.Subscription, list, strike.Delay(), false)
		return
	case faults.Reordered:
		if h := c.late[d.Subscription]; h == nil || !h.overtake { // or else this one overtakes
			c.hold(d.Subscription, list, reorderWait, true)
			return
		}
	}
	c.pushAll(list)
	switch strike.Fault {
	case faults.Duplicate:
		c.pushAll(list)
	case faults.CloseAfterHand:
		c.abort(strike)
	}
	if h := c.late[d.Subscription]; h != nil && h.overtake && d.Kind == world.Events {
		c.letGo(d.Subscription)
	}
}

// hold keeps messages back until a while has passed, or with overtake until the
// next event of the Subscription was sent, or until there is so much that it would
// soon not fit the queue. The caller holds mu.
func (c *conn) hold(subscription string, list []message, wait time.Duration, overtake bool) {
	h := c.late[subscription]
	if h == nil {
		h = &heldFrames{}
		c.late[subscription] = h
	}
	h.messages, h.overtake = append(h.messages, list...), overtake
	for _, m := range list {
		h.bytes += len(m.text)
	}
	if h.bytes > c.hub.cfg.MaxQueue/2 {
		c.letGo(subscription)
		return
	}
	clock.Stop(&h.timer)
	h.timer = c.hub.cfg.Clock.AfterFunc(wait, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.late[subscription] == h {
			c.letGo(subscription)
		}
	})
}

// letGo sends what is held of a Subscription. The caller holds mu.
func (c *conn) letGo(subscription string) {
	h := c.late[subscription]
	delete(c.late, subscription)
	clock.Stop(&h.timer)
	if _, bound := c.bound[subscription]; !bound {
		c.withhold(h.messages)
		return
	}
	c.pushAll(h.messages)
}

// forget ends a binding and what was remembered of it. The caller holds mu.
func (c *conn) forget(subscription string) {
	delete(c.bound, subscription)
	delete(c.silent, subscription)
	if c.late[subscription] != nil {
		c.letGo(subscription)
	}
}

// heldBack takes what is held of all Subscriptions, in their order. The caller
// holds mu.
func (c *conn) heldBack() (list []message) {
	for _, id := range slices.Sorted(maps.Keys(c.late)) {
		clock.Stop(&c.late[id].timer)
		list = append(list, c.late[id].messages...)
	}
	clear(c.late)
	return list
}

func (c *conn) pushAll(list []message) {
	for _, m := range list {
		c.push(m)
	}
}

// withhold has messages noted that the client never gets.
func (c *conn) withhold(list []message) {
	for _, m := range list {
		m.kept = true
		if !c.out.add(m) {
			c.limitClosing()
			c.finish()
		}
	}
}

// push queues a message, perhaps for a fault of the network, and closes the
// socket when the client reads too slowly.
func (c *conn) push(m message) {
	if c.over.Load() {
		return
	}
	m.at = c.hub.cfg.Clock.Now()
	if m.strike.Fault == "" {
		o := faults.Occasion{Point: faults.Frame, Caller: c.caller()}
		if m.about != nil {
			o.Subscription = m.about.Subscription
		}
		m.strike, _ = c.draw(o, nil)
	}
	fits := c.out.add(m)
	if !fits {
		c.limitClosing()
	}
	if !fits || m.strike.Fault == faults.Drop {
		c.finish() // now, and not when the network gets there
	}
}

// say queues a frame that is no notification. The caller holds mu.
func (c *conn) say(kind string, text []byte, subscriptions ...string) {
	c.push(message{text: text, kind: kind, subscriptions: subscriptions})
}

// abort closes the socket with the close code of a fault, whatever that code is,
// behind all that waits. The caller holds mu.
func (c *conn) abort(strike faults.Injection) {
	last := &message{kind: kindClose, at: c.hub.cfg.Clock.Now(), strike: strike}
	if c.out.end(fault.GoingAway, last, last.at) {
		c.aborted = strike
		c.limitClosing()
	}
	c.finish()
}
