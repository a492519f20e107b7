package review_test

import (
	"math/rand/v2"
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
	even   *rand.Rand
	shared bool // it follows the tenant's clock
	tasks  []task
	serial int

	// Of the server.
	sent   int64 // events that have happened
	held   int64 // one that is to come behind the next
	socket uint64
	opened string // at which URL
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

// always is the session of what the server does.
const always = -1

type task struct {
	at      time.Time
	session int
	do      func()
}

// number draws evenly, where that is wanted, or as rapid does, which favours what is
// small and can make a failure smaller.
func (c *careful) number(least, most int, what string) int {
	if c.even != nil {
		return least + c.even.IntN(most-least+1)
	}
	return rapid.IntRange(least, most).Draw(c.chance, what)
}

func (c *careful) pick(what string, from ...string) string {
	return from[c.number(0, len(from)-1, what)]
}

func (c *careful) maybe(percent int, what string) bool {
	return c.number(1, 100, what) <= percent
}

func (c *careful) within(least, most time.Duration, what string) time.Duration {
	return time.Duration(c.number(int(least), int(most), what))
}

// now is what the client takes for the time.
func (c *careful) now() time.Time {
	if c.shared {
		return c.clock.Now()
	}
	return c.wall.Now()
}

// in plans what this session of the client does.
func (c *careful) in(d time.Duration, do func()) {
	c.tasks = append(c.tasks, task{c.now().Add(d), c.session, do})
}

// leapOver advances a virtual clock at once. What the server does meanwhile it does
// in time; the client comes to act afterwards.
func (c *careful) leapOver(d time.Duration) {
	end := c.clock.Now().Add(d)
	if c.bound && c.live && !c.expiry.After(end) {
		c.leap(max(c.expiry.Sub(c.clock.Now()), 0))
		c.expire("expired-token")
	}
	c.leap(max(end.Sub(c.clock.Now()), 0))
}

// pass lets time pass, in which the client acts.
func (c *careful) pass(d time.Duration) {
	for end := c.wall.Now().Add(d); ; {
		next := -1
		for i, t := range c.tasks {
			if next < 0 || t.at.Before(c.tasks[next].at) {
				next = i
			}
		}
		left := end.Sub(c.wall.Now())
		due := left + 1
		if next >= 0 {
			due = max(c.tasks[next].at.Sub(c.now()), 0)
			if c.shared && c.apart && due > 0 {
				due = left + 1 // only a leap brings it on
			}
		}
		if ends := c.expiry.Sub(c.clock.Now()); c.bound && c.live && !c.apart && ends <= min(due, left) {
			c.wait(max(ends, 0))
			c.expire("expired-token")
			continue
		}
		if due > left {
			c.wait(max(left, 0))
			return
		}
		t := c.tasks[next]
		c.tasks = slices.Delete(c.tasks, next, next+1)
		c.wait(due)
		if t.session == always || t.session == c.session && !c.ended {
			t.do()
		}
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
	if d := c.hold.Sub(c.now()); d > 0 {
		c.in(d+c.pause(), func() { c.ask(then) })
		return
	}
	c.serial++
	jti := "t" + strconv.Itoa(c.serial)
	slow := time.Duration(0)
	if c.maybe(10, "slow answer") {
		slow = c.within(time.Second, 20*time.Second, "answer")
	}
	arrived, tenant := c.wall.Now(), c.clock.Now()
	again := func(d time.Duration) { c.in(d, func() { c.ask(then) }) }
	session := c.session
	c.tasks = append(c.tasks, task{c.now().Add(slow), always, func() {
		mine := func() bool { return c.session == session && !c.ended } // it waits for the answer
		again := func(d time.Duration) {
			if mine() {
				again(d)
			}
		}
		late := twist(func(e *journal.Entry) { e.Arrived, e.Time = arrived, tenant })
		switch c.number(0, 30, "answer") {
		case 0:
			c.refused(503, late, retryAfter(3))
			c.hold = c.now().Add(3 * time.Second)
			again(0)
		case 1:
			c.refused(429, late, retryAfter(10))
			c.hold = c.now().Add(10 * time.Second)
			again(0)
		case 2:
			c.refused(500, late)
			again(c.pause())
		case 3:
			c.refused(403, late, with(faults.Forbidden))
			if mine() {
				c.end()
			}
		case 4:
			c.refused(404, late, with(faults.NotFound))
			if mine() {
				c.end()
			}
		case 5, 6:
			c.token(jti, late, with(c.pick("broken", "missing-parameter", "doubled-parameter", "wrong-value-type", "insecure-url")))
			again(c.pause())
		case 7:
			c.url = c.pick("url", home, other)
			fallthrough
		default:
			c.token(jti, late)
			if mine() {
				then(jti, c.clock.Now().Add(c.life))
			}
		}
	}})
}

// end is a client that gives up.
func (c *careful) end() {
	if c.live {
		c.gone("client", 1000, "")
	}
	c.ended = true
}

// Whatever a server does to a careful client, it draws no finding, at any time.
func TestCarefulClientsDrawNothing(t *testing.T) {
	for name, begin := range map[string]func(*rapid.T) *careful{
		"real clock":    func(t *rapid.T) *careful { return &careful{story: tell(t), chance: t} },
		"virtual clock": func(t *rapid.T) *careful { return &careful{story: tellVirtually(t, false), chance: t} },
		"shared clock":  func(t *rapid.T) *careful { return &careful{story: tellVirtually(t, true), chance: t, shared: true} },
	} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(chance *rapid.T) {
				c := begin(chance)
				if seed := rapid.Uint64().Draw(chance, "seed"); rapid.Bool().Draw(chance, "even") {
					c.even = rand.New(rand.NewPCG(seed, 0))
				}
				c.in(0, c.connect)
				for range c.number(10, 150, "steps") {
					c.step()
					c.drawsNothing()
				}
				c.pass(10 * time.Minute)
				c.drawsNothing()
			})
		})
	}
}

func (c *careful) drawsNothing() {
	for _, f := range c.review.Findings() {
		c.chance.Fatalf("a careful client drew %s: %s %v\n%v", f.Code, f.Message, f.Evidence, c.story)
	}
}
