package review_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/journal"
)

// careful is a client that does everything right, and the server that it has to do
// with, which does everything wrong that chance wants. Both tell a story.
type careful struct {
	*story
	chance *rapid.T
	tasks  []task
	serial int

	// Of the server.
	sent   int64 // events that have happened
	held   int64 // one that is to come behind the next
	socket uint64
	live   bool
	bound  bool
	expiry time.Time // of the token that is bound
	jti    string

	// Of the client.
	known   bool
	high    int64
	missing []int64
	fails   int
	hold    time.Time // it was asked to wait so long
	ended   bool
	session int // tasks of earlier ones are void
}

type task struct {
	at      time.Time
	session int
	do      func()
}

func (c *careful) maybe(percent int, what string) bool {
	return rapid.IntRange(1, 100).Draw(c.chance, what) <= percent
}

func (c *careful) within(least, most time.Duration, what string) time.Duration {
	return time.Duration(rapid.Int64Range(int64(least), int64(most)).Draw(c.chance, what))
}

// in plans what this session of the client does.
func (c *careful) in(d time.Duration, do func()) {
	c.tasks = append(c.tasks, task{c.clock.Now().Add(d), c.session, do})
}

// pass lets time pass, in which the client acts.
func (c *careful) pass(d time.Duration) {
	end := c.clock.Now().Add(d)
	for {
		next := -1
		for i, t := range c.tasks {
			if !t.at.After(end) && (next < 0 || t.at.Before(c.tasks[next].at)) {
				next = i
			}
		}
		if c.bound && c.live && !c.expiry.After(end) && (next < 0 || c.expiry.Before(c.tasks[next].at)) {
			c.until(c.expiry)
			c.expire("expired-token")
			continue
		}
		if next < 0 {
			break
		}
		t := c.tasks[next]
		c.tasks = slices.Delete(c.tasks, next, next+1)
		c.until(t.at)
		if t.session == c.session && !c.ended {
			t.do()
		}
	}
	c.until(end)
}

func (c *careful) until(t time.Time) {
	if d := t.Sub(c.clock.Now()); d > 0 {
		c.wait(d)
	}
}

// pause grows with each failure, and is spread.
func (c *careful) pause() time.Duration {
	c.fails++
	longest := 100 * time.Millisecond << min(c.fails-1, 8)
	return c.within(longest/2, longest, "pause")
}

// ask gets a token and hands it on.
func (c *careful) ask(then func(jti string, expires time.Time)) {
	if d := c.hold.Sub(c.clock.Now()); d > 0 {
		c.in(d+c.pause(), func() { c.ask(then) })
		return
	}
	c.serial++
	jti := "t" + strconv.Itoa(c.serial)
	slow := time.Duration(0)
	if c.maybe(10, "slow answer") {
		slow = c.within(time.Second, 20*time.Second, "answer")
	}
	arrived := c.wall.Now()
	again := func(d time.Duration) { c.in(d, func() { c.ask(then) }) }
	c.in(slow, func() {
		late := took(c.wall.Now().Sub(arrived))
		switch rapid.IntRange(0, 30).Draw(c.chance, "answer") {
		case 0:
			c.refused(503, late, retryAfter(3))
			c.hold = c.clock.Now().Add(3 * time.Second)
			again(0)
		case 1:
			c.refused(429, late, retryAfter(10))
			c.hold = c.clock.Now().Add(10 * time.Second)
			again(0)
		case 2:
			c.refused(500, late)
			again(c.pause())
		case 3:
			c.refused(403, late, with(faults.Forbidden))
			c.end()
		case 4:
			c.refused(404, late, with(faults.NotFound))
			c.end()
		case 5, 6:
			c.token(jti, late, with(rapid.SampledFrom([]string{"missing-parameter", "doubled-parameter", "wrong-value-type", "insecure-url"}).Draw(c.chance, "broken")))
			again(c.pause())
		case 7:
			c.url = rapid.SampledFrom([]string{home, other}).Draw(c.chance, "url")
			fallthrough
		default:
			c.token(jti, late)
			then(jti, c.clock.Now().Add(c.life))
		}
	})
}

// end is a client that gives up.
func (c *careful) end() {
	if c.live {
		c.gone("client", 1000, "")
	}
	c.ended = true
}

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
		c.open(c.socket)
		c.live, c.bound = true, false
		c.bindNow(jti, expires)
	})
}

// bindNow shows a token that is fresh.
func (c *careful) bindNow(jti string, expires time.Time) {
	if c.maybe(5, "refused bind") {
		why := rapid.SampledFrom([]string{"invalid-token", "expired-token", "already-used", "revoked-token"}).Draw(c.chance, "why")
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
	before := c.url
	c.ask(func(jti string, expires time.Time) {
		switch {
		case !c.live:
		case c.url != before || c.maybe(20, "new socket"):
			c.gone("client", 1000, "")
			c.socket++
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
	switch rapid.IntRange(0, 12).Draw(c.chance, "fate") {
	case 0:
		c.lose(c.socket, n, with(faults.Gap))
		return
	case 1:
		c.event(c.socket, n, with(rapid.SampledFrom([]string{"malformed-json", "missing-status", "wrong-subscription", "empty-bundle", "binary-frame"}).Draw(c.chance, "fault")))
		return
	case 2:
		if c.held == 0 {
			c.held = n
			return
		}
	case 3:
		c.event(c.socket, n, with(rapid.SampledFrom([]string{"wrong-bundle-type", "counter-as-number"}).Draw(c.chance, "fault")))
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
		c.request(rapid.SampledFrom([]string{"create", "search-type"}).Draw(c.chance, "begin"), "Subscription")
	}
	c.in(11*time.Second, c.connect)
}

func (c *careful) step() {
	switch rapid.IntRange(0, 14).Draw(c.chance, "step") {
	case 0, 1, 2, 3, 4, 5:
		c.happens()
	case 6:
		if c.live && c.bound {
			c.heartbeat(c.socket, c.sent)
			c.hear(nil, c.sent)
		}
	case 7:
		if c.live {
			c.gone(rapid.SampledFrom([]string{"server", "nobody"}).Draw(c.chance, "who"), 0, "", with(faults.Drop))
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
		c.pass(c.within(time.Second, 4*time.Minute, "long"))
	default:
		c.pass(c.within(0, 3*time.Second, "short"))
	}
}

// Whatever a server does to a careful client, it draws no finding, at any time.
func TestCarefulClientsDrawNothing(t *testing.T) {
	rapid.Check(t, func(chance *rapid.T) {
		c := &careful{story: tell(chance), chance: chance}
		c.connect()
		for range rapid.IntRange(10, 120).Draw(chance, "steps") {
			c.step()
			if list := c.review.Findings(); len(list) > 0 {
				chance.Fatalf("a careful client drew %s: %s %v\n%v", list[0].Code, list[0].Message, list[0].Evidence, c.story)
			}
		}
		c.pass(10 * time.Minute)
		if list := c.review.Findings(); len(list) > 0 {
			chance.Fatalf("a careful client drew %s in the end: %s %v\n%v", list[0].Code, list[0].Message, list[0].Evidence, c.story)
		}
	})
}
