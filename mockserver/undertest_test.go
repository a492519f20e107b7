package mockserver_test

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/internal/testkit"
	"github.com/wsbind/wsbind/mockserver/journal"
	sockets "github.com/wsbind/wsbind/mockserver/socket"
)

// movedWall is the wall's clock, put forward by what a test has let pass: what
// takes a client seconds takes a test none.
type movedWall struct{ by atomic.Int64 }

func (w *movedWall) move(d time.Duration) { w.by.Add(int64(d)) }

func (w *movedWall) Now() time.Time { return time.Now().Add(time.Duration(w.by.Load())) }

func (w *movedWall) AfterFunc(d time.Duration, f func()) clock.Timer {
	return clock.Real().AfterFunc(d, f)
}

// clientUnderTest is a client that does what it is told, right or wrong, over HTTP
// and a websocket. It follows the server's virtual clock.
type clientUnderTest struct {
	*server
	wall    *movedWall
	bearer  string
	id      string // of its Subscription
	sock    *socket
	number  uint64         // of the websocket, in the journal
	handled map[int64]bool // events
}

// startForClient starts a server of which a client shares the clock, with one
// Subscription of the client's. Another client, which does nothing wrong, is there
// too, so that a finding can be about the wrong one.
func startForClient(t *testing.T, change func(*mockserver.Config)) *clientUnderTest {
	t.Helper()
	c := &clientUnderTest{wall: new(movedWall), bearer: "under-test", handled: map[int64]bool{}}
	c.server = &server{t: t, clock: clock.NewVirtual(noon)}
	cfg := mockserver.Config{Clock: c.clock, SharedClock: true, Lifetime: 20 * time.Second, BindTimeout: 30 * time.Second}
	mockserver.SetWall(&cfg, c.wall)
	if change != nil {
		change(&cfg)
	}
	transport := &http.Transport{}
	c.http = &http.Client{Transport: transport, Timeout: testkit.Patience}
	t.Cleanup(transport.CloseIdleConnections)
	c.Server = mockserver.Start(t, cfg)
	bystander := c.subscribe(fhir.R4, "Authorization: Bearer bystander")
	c.call("GET", c.BaseURL(fhir.R4)+"/Subscription/"+bystander+"/$status", "", "Authorization: Bearer bystander")
	c.create()
	return c
}

func (c *clientUnderTest) authorization() string { return "Authorization: Bearer " + c.bearer }

// create makes the client a Subscription.
func (c *clientUnderTest) create() { c.id = c.subscribe(fhir.R4, c.authorization()) }

// plan has a fault strike.
func (c *clientUnderTest) plan(name string, times int, seconds float64) {
	c.t.Helper()
	if err := c.Faults.Next(faults.Spec{Fault: name, Times: times, Seconds: seconds}); err != nil {
		c.t.Fatal(err)
	}
}

// on makes a request about the client's Subscription.
func (c *clientUnderTest) on(method, rest string) answer {
	c.t.Helper()
	return c.call(method, c.BaseURL(fhir.R4)+"/Subscription/"+c.id+rest, "", c.authorization())
}

// tryAsk asks for a token and returns the status of the answer.
func (c *clientUnderTest) tryAsk() int {
	c.t.Helper()
	return c.on("GET", "/$get-ws-binding-token").status
}

// ask gets a token.
func (c *clientUnderTest) ask() binding {
	c.t.Helper()
	a := c.on("GET", "/$get-ws-binding-token")
	if a.status != http.StatusOK {
		c.t.Fatalf("$get-ws-binding-token was answered by %d %s", a.status, a.body)
	}
	return c.readBinding(a.body)
}

// dial opens a websocket and leaves the one before it.
func (c *clientUnderTest) dial(url string) {
	c.t.Helper()
	c.leave()
	c.sock = c.connect(fhir.R4, url)
	list := c.Journal.Entries(journal.Query{Kind: journal.Open})
	c.number = list[len(list)-1].Socket
}

// leave closes the websocket, in order.
func (c *clientUnderTest) leave() {
	if c.sock != nil {
		c.sock.Close(websocket.StatusNormalClosure, "")
		c.sock = nil
	}
}

// listen opens a websocket where an answer says, and binds.
func (c *clientUnderTest) listen(b binding) {
	c.t.Helper()
	c.dial(b.url)
	c.bind(b.token)
}

// bind shows a token, and waits until the server has dealt with it.
func (c *clientUnderTest) bind(token string) {
	c.t.Helper()
	c.send("bind-with-token " + token)
}

// send sends a frame, and waits until the server has dealt with it.
func (c *clientUnderTest) send(frame string) {
	c.t.Helper()
	c.sock.Send(frame)
	c.settle()
}

// settle waits until the server has dealt with what was sent, or has closed the
// websocket.
func (c *clientUnderTest) settle() {
	c.t.Helper()
	if c.sock == nil {
		return
	}
	ctx, cancel := context.WithTimeout(c.t.Context(), testkit.Patience)
	defer cancel()
	if c.sock.Ping(ctx) == nil {
		return
	}
	c.ended()
}

// knock tries to open a websocket that is refused.
func (c *clientUnderTest) knock(url string) {
	c.t.Helper()
	conn, _, err := websocket.Dial(c.t.Context(), url, &websocket.DialOptions{HTTPClient: c.http})
	if err == nil {
		conn.CloseNow()
		c.t.Error("the websocket opened, it was to be refused")
	}
}

// tryDial opens a websocket, which may be refused.
func (c *clientUnderTest) tryDial(url string) {
	if conn, _, err := websocket.Dial(c.t.Context(), url, &websocket.DialOptions{HTTPClient: c.http}); err == nil {
		conn.Close(websocket.StatusNormalClosure, "")
	}
}

// revoke has the server take the client's token away, and waits for the end of the
// websocket.
func (c *clientUnderTest) revoke() {
	c.t.Helper()
	if _, err := c.Revoke("R4", sockets.Revocation{Subscription: c.id}); err != nil {
		c.t.Fatal(err)
	}
	c.ended()
}

// ended waits until the server has closed the websocket.
func (c *clientUnderTest) ended() {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), testkit.Patience)
	defer cancel()
	for range c.Journal.Follow(ctx, journal.Query{Kind: journal.Close, Socket: c.number}) {
		c.sock = nil
		return
	}
	c.t.Fatal("the websocket was not closed")
}

// live lets time pass for client and server: steps on both clocks, so that there
// is always a chance to act.
func (c *clientUnderTest) live(d time.Duration) {
	step := max(d/20, time.Second)
	for ; d > 0; d -= step {
		c.Advance(min(step, d))
		c.wall.move(max(min(step, d), time.Second))
		c.settle()
	}
}

// happens has an event happen and takes what comes of it: so many notifications,
// whose events are handled.
func (c *clientUnderTest) happens(notifications int, handle func(notification.Event)) {
	c.t.Helper()
	c.event(fhir.R4)
	for notifications > 0 {
		var checker notification.Checker
		reading, _ := checker.Read([]byte(c.sock.Next()), fhir.R4)
		if len(reading.Statuses) != 1 || reading.Statuses[0].Type != notification.EventNotification {
			continue
		}
		notifications--
		for _, e := range reading.Statuses[0].Events {
			if handle != nil {
				handle(e)
			}
			c.handled[e.Number] = true
		}
	}
}

// catchUp fetches events by their numbers.
func (c *clientUnderTest) catchUp(from, to int) {
	c.t.Helper()
	c.on("GET", fmt.Sprintf("/$events?eventsSinceNumber=%d&eventsUntilNumber=%d", from, to)).want(c.t, http.StatusOK, "")
}

// read reads a resource by its URL.
func (c *clientUnderTest) read(url string) {
	c.t.Helper()
	c.call("GET", url, "", c.authorization()).want(c.t, http.StatusOK, "")
}
