package review_test

import (
	"slices"
	"strconv"
	"time"

	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/journal"
)

// connect begins with a token.
func (c *careful) connect() {
	c.ask(func(jti string, expires time.Time) {
		if c.live {
			c.gone("client", 1000, "") // it could bind on the same, were the URL not new
		}
		if c.maybe(10, "refused upgrade") {
			c.open(0, status(503), with(faults.RefusedUpgrade))
			c.in(c.pause(), c.connect)
			return
		}
		c.socket++
		c.opened = c.url
		c.open(c.socket)
		c.live, c.bound = true, false
		c.bindNow(jti, expires)
	})
}

// bindNow shows a token that is fresh.
func (c *careful) bindNow(jti string, expires time.Time) {
	if c.maybe(5, "refused bind") {
		why := c.pick("why", "invalid-token", "expired-token", "already-used", "revoked-token")
		c.bind(c.socket, jti, verdict(why))
		c.tellOutcome()
		c.gone("server", 1008, why)
		c.in(c.pause(), c.connect)
		return
	}
	c.bind(c.socket, jti)
	c.bound, c.expiry, c.jti = true, expires, jti
	socket := c.socket
	c.in(c.life*4/5, func() {
		if c.live && c.socket == socket && c.jti == jti {
			c.renew()
		}
	})
	if !c.maybe(10, "missing handshake") {
		c.handshake(c.socket, c.sent)
		c.hear(nil, c.sent)
		c.fails = 0
	}
}

// renew binds a new token, on a new socket where the URL is another.
func (c *careful) renew() {
	c.ask(func(jti string, expires time.Time) {
		switch {
		case !c.live:
		case c.url != c.opened || c.maybe(20, "new socket"):
			c.gone("client", 1000, "")
			c.socket++
			c.opened = c.url
			c.open(c.socket)
			c.live, c.bound = true, false
			c.bindNow(jti, expires)
		default:
			c.bindNow(jti, expires)
		}
	})
}

func (c *careful) tellOutcome() {
	if c.maybe(50, "outcome lost") {
		c.send(journal.Withheld, c.socket, "outcome", nil)
	} else {
		c.outcome(c.socket)
	}
}

// expire ends the binding.
func (c *careful) expire(why string) {
	c.bound = false
	c.unbound(c.socket, why)
	c.tellOutcome()
	c.gone("server", 1008, why)
	c.in(c.pause(), c.connect)
}

// gone ends the socket.
func (c *careful) gone(who string, code int, reason string, twists ...twist) {
	c.close(c.socket, who, code, reason, twists...)
	c.live, c.bound = false, false
}

// hear is what the client makes of numbers: it waits a little for those that are
// missing, and then asks for them.
func (c *careful) hear(events []int64, total int64) {
	if !c.known {
		c.known, c.high = true, total
		if len(events) > 0 {
			c.high = events[0] - 1
		}
	}
	for _, n := range events {
		c.missing = slices.DeleteFunc(c.missing, func(m int64) bool { return m == n })
	}
	for n := c.high + 1; n <= total; n++ {
		if !slices.Contains(events, n) {
			c.missing = append(c.missing, n)
		}
	}
	c.high = max(c.high, total)
	if len(c.missing) > 0 {
		c.in(c.within(0, 1500*time.Millisecond, "catch up"), c.catchUp)
	}
}

func (c *careful) catchUp() {
	if len(c.missing) == 0 {
		return
	}
	list := slices.Clone(c.missing)
	if c.maybe(10, "$events fails") {
		c.eventsBut([]twist{status(503)})
		c.in(c.pause(), c.catchUp)
		return
	}
	c.missing = nil
	c.events(list...)
}

// happens is an event, and what becomes of its notification.
func (c *careful) happens() {
	c.sent++
	n := c.sent
	if !c.live || !c.bound {
		return
	}
	focus := focus("Patient/" + strconv.FormatInt(n%7, 10))
	switch c.number(0, 12, "fate") {
	case 0:
		c.lose(c.socket, n, with(faults.Gap))
		return
	case 1:
		c.event(c.socket, n, with(c.pick("fault", "malformed-json", "missing-status", "wrong-subscription", "empty-bundle", "binary-frame")))
		return
	case 2:
		if c.held == 0 {
			c.held = n
			return
		}
	case 3:
		c.event(c.socket, n, with(c.pick("fault", "wrong-bundle-type", "counter-as-number")))
		if c.maybe(50, "it can read that") {
			c.hear([]int64{n}, n)
		}
		return
	case 4:
		c.event(c.socket, n, focus)
		c.hear([]int64{n}, n)
		c.event(c.socket, n, focus, with(faults.Duplicate))
		c.read("Patient/" + strconv.FormatInt(n%7, 10))
		return
	}
	c.event(c.socket, n, focus)
	c.hear([]int64{n}, n)
	if c.maybe(50, "it reads") {
		c.read("Patient/" + strconv.FormatInt(n%7, 10))
	}
	if c.held != 0 {
		late := c.held
		c.held = 0
		c.event(c.socket, late)
		c.hear([]int64{late}, c.high)
	}
}

// restart is another client, which knows nothing.
func (c *careful) restart() {
	alive := c.live
	if alive {
		c.gone("client", 1001, "")
	}
	c.session++
	c.known, c.high, c.missing, c.fails, c.ended = false, 0, nil, 0, false
	if !alive {
		c.request(c.pick("begin", "create", "search-type"), "Subscription")
	}
	c.in(11*time.Second, c.connect)
}

func (c *careful) step() {
	switch c.number(0, 14, "step") {
	case 0, 1, 2, 3, 4, 5:
		c.happens()
	case 6:
		if c.live && c.bound {
			c.heartbeat(c.socket, c.sent)
			c.hear(nil, c.sent)
		}
	case 7:
		if c.live {
			c.gone(c.pick("who", "server", "nobody"), 0, "", with(faults.Drop))
			c.in(c.pause(), c.connect)
		}
	case 8:
		if c.live && c.bound {
			c.expire("revoked-token")
		}
	case 9:
		if c.live {
			c.gone("server", 1011, "internal")
			c.in(c.pause(), c.connect)
		}
	case 10:
		if c.maybe(20, "restart") || c.ended {
			c.restart()
		}
	case 11:
		if c.apart && c.maybe(70, "leap") {
			c.leapOver(c.within(0, 10*time.Minute, "over"))
			return
		}
		c.pass(c.within(time.Second, 4*time.Minute, "long"))
	default:
		c.pass(c.within(0, 3*time.Second, "short"))
	}
}
