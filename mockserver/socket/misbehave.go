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

// armed reports whether any fault may strike.
func (h *Hub) armed() bool { return h.cfg.Faults != nil && h.cfg.Faults.Armed() }

// draw asks whether a fault strikes. can may be nil.
func (c *conn) draw(o faults.Occasion, can func(name string) bool) (faults.Injection, bool) {
	if !c.hub.armed() {
		return faults.Injection{}, false
	}
	o.FHIR, o.Socket = c.hub.cfg.FHIR, c.number
	return c.hub.cfg.Faults.Draw(o, can)
}

// points says where kinds of notification may be struck.
var points = [...]faults.Point{
	world.Handshake: faults.Handshake, world.Heartbeat: faults.Heartbeat, world.Events: faults.Event, world.StatusChange: "",
}

// notify sends a notification, in the way that the faults want it. The caller
// holds mu.
func (c *conn) notify(d *world.Delivery) {
	frames, own := c.render(d)
	if own && len(frames) == 0 {
		return
	}
	var strike faults.Injection
	if point := points[d.Kind]; point != "" && c.hub.armed() {
		strike, _ = c.draw(faults.Occasion{Point: point, Caller: c.subjectOf(d.Subscription), Subscription: d.Subscription}, c.possible)
	}
	if !own && strike.Fault == "" && c.late == nil && c.silent == nil {
		c.push(message{about: d})
		return
	}
	messages := c.messages(d, frames, strike)
	if c.silent[d.Subscription] && d.Kind == world.Heartbeat && strike.Fault == "" {
		for i := range messages {
			messages[i].odd.faults = []string{faults.StoppedHeartbeats}
		}
		c.withhold(messages)
		return
	}
	c.strike(d, messages, strike)
}

// subjectOf names the caller whose token holds a Subscription, "" where none does.
func (c *conn) subjectOf(subscription string) string {
	if h := c.bound.of(subscription); h != nil {
		return h.subject
	}
	return ""
}

// render writes a notification in the frames of the socket's dialect, where that has
// its own.
func (c *conn) render(d *world.Delivery) (frames [][]byte, own bool) {
	if c.manner.render == nil {
		return nil, false
	}
	return c.manner.render(c, d), true
}

// possible reports whether a fault has a meaning in the socket's dialect: the
// text of a Bundle can only be changed where there is one.
func (c *conn) possible(name string) bool { return mutations[name] == nil || c.manner.render == nil }

// messages makes messages of a notification that may be odd, one for each of the
// frames of a dialect that has its own.
func (c *conn) messages(d *world.Delivery, frames [][]byte, strike faults.Injection) []message {
	if c.manner.render == nil {
		frames = [][]byte{nil} // the notification itself
	}
	list := make([]message, len(frames))
	for i, frame := range frames {
		odd := &oddities{text: frame, at: c.hub.cfg.Clock.Now()}
		if strike.Fault != "" {
			odd.faults = []string{strike.Fault}
		}
		if mutations[strike.Fault] != nil {
			odd.text = mutate(strike.Fault, d.Bundle(), d.Subscription, strike.Draw)
		}
		list[i] = message{about: d, odd: odd}
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
		if c.silent == nil {
			c.silent = map[string]bool{}
		}
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
		if c.late == nil {
			c.late = map[string]*heldFrames{}
		}
		c.late[subscription] = h
	}
	h.messages, h.overtake = append(h.messages, list...), overtake
	for i := range list {
		h.bytes += list[i].Size()
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
	if c.bound.of(subscription) == nil {
		c.withhold(h.messages)
		return
	}
	c.pushAll(h.messages)
}

// forget ends a binding and what was remembered of it. The caller holds mu.
func (c *conn) forget(subscription string) {
	c.bound.remove(subscription)
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

// pushAll queues messages. They may be queued twice: what becomes of one is not to
// be seen in the other.
func (c *conn) pushAll(list []message) {
	for _, m := range list {
		odd := *m.odd
		c.push(message{m.about, &odd})
	}
}

// withhold has messages noted that the client never gets.
func (c *conn) withhold(list []message) {
	for _, m := range list {
		m.odd.kept = true
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
	if m.odd != nil {
		m.odd.at = c.hub.cfg.Clock.Now()
	}
	if m.struck() == "" && c.hub.armed() {
		o := faults.Occasion{Point: faults.Frame, Caller: c.caller()}
		if m.about != nil {
			o.Subscription = m.about.Subscription
		}
		if strike, struck := c.draw(o, nil); struck {
			m.odd = m.struckBy(strike, c.hub.cfg.Clock.Now())
		}
	}
	fits := c.out.add(m)
	if !fits {
		c.limitClosing()
	}
	if !fits || m.struck() == faults.Drop {
		c.finish() // now, and not when the network gets there
	}
}

// say queues a frame that is no notification. The caller holds mu.
func (c *conn) say(kind string, text []byte, subscriptions ...string) {
	c.push(message{odd: &oddities{text: text, kind: kind, subscriptions: subscriptions}})
}

// abort closes the socket with the close code of a fault, whatever that code is,
// behind all that waits. The caller holds mu.
func (c *conn) abort(strike faults.Injection) {
	last := &message{odd: &oddities{kind: kindClose, at: c.hub.cfg.Clock.Now(), strike: strike}}
	if c.out.end(fault.GoingAway, last, last.at()) {
		c.aborted = &strike
		c.limitClosing()
	}
	c.finish()
}
