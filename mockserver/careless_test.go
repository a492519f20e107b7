package mockserver_test

import (
	"time"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/review"
	sockets "github.com/wsbind/wsbind/mockserver/socket"
)

// lesson is a client's mistake. Played by a careless client it draws one finding,
// played by its corrected twin none: one statement is all the difference.
type lesson struct {
	code   string
	says   []string // what a person needs to know, in the message
	change func(*mockserver.Config)
	play   func(c *clientUnderTest, careless bool)
}

// lessons has one for each code, or more where a finding has several faces.
var lessons = []lesson{
	{code: review.IgnoredWebsocketURL, says: []string{"showed a token at \"/ws/", "whose answer named \"/ws/"},
		play: func(c *clientUnderTest, careless bool) {
			c.listen(c.ask())
			c.plan(faults.ChangedURL, 1, 0)
			next := c.ask()
			if !careless {
				c.dial(next.url)
			}
			c.bind(next.token)
		}},
	{code: review.IgnoredWebsocketURL, says: []string{"\"/ws/R4/subscriptions\"", "no answer of $get-ws-binding-token has named"},
		play: func(c *clientUnderTest, careless bool) {
			at := c.ask().url
			if careless {
				at = "ws" + c.URL()[len("http"):] + "/ws/R4/subscriptions"
			}
			c.tryDial(at)
		}},
	{code: review.UsedBrokenAnswer, says: []string{"the token of an answer", "doubled-parameter"},
		play: func(c *clientUnderTest, careless bool) {
			c.plan(faults.DoubledParameter, 1, 0)
			b := c.ask()
			if !careless {
				b = c.ask()
			}
			c.listen(b)
		}},
	{code: review.NeverRenewed, says: []string{"the token of 12:00:00 run out at 12:00:20"},
		play: func(c *clientUnderTest, careless bool) {
			c.listen(c.ask())
			c.live(15 * time.Second)
			if !careless {
				c.bind(c.ask().token)
			}
			c.live(15 * time.Second)
		}},
	{code: review.RenewedTooLate, says: []string{"3 s after the one of 12:00:00 had run out at 12:00:20 on a good connection"},
		play: func(c *clientUnderTest, careless bool) {
			c.listen(c.ask())
			c.live(15 * time.Second)
			if careless {
				c.live(8 * time.Second)
			}
			c.listen(c.ask())
		}},
	{code: review.ReusedDeadID, says: []string{"called $get-ws-binding-token for Subscription ", "was told at 12:00:00 that there is none"},
		play: func(c *clientUnderTest, careless bool) {
			c.on("DELETE", "")
			c.tryAsk()
			if !careless {
				c.create()
			}
			c.live(time.Second)
			c.tryAsk()
		}},
	{code: review.UsedDeadToken, says: []string{"showed a token at 12:00:01", "it was told at 12:00:00 that this one is worth nothing (revoked-token)"},
		play: func(c *clientUnderTest, careless bool) {
			b := c.ask()
			c.listen(b)
			c.revoke()
			c.live(time.Second)
			if !careless {
				b = c.ask()
			}
			c.listen(b)
		}},
	{code: review.NeverCaughtUp, says: []string{"could see at 12:00:00 that it had missed event 2", "has not called $events"},
		play: func(c *clientUnderTest, careless bool) {
			c.listen(c.ask())
			c.happens(1, nil)
			c.plan(faults.Gap, 1, 0)
			c.happens(0, nil)
			c.happens(1, nil)
			if !careless {
				c.catchUp(2, 2)
			}
			c.live(12 * time.Second)
		}},
	{code: review.DuplicateTakenAsNew, says: []string{"read Patient/", "when the notification of event 4 came a second time"},
		play: func(c *clientUnderTest, careless bool) {
			c.listen(c.ask())
			handle := func(e notification.Event) {
				if careless || !c.handled[e.Number] {
					c.read(e.Focus.URL)
				}
			}
			for range 2 {
				c.happens(1, handle)
			}
			for range 2 {
				c.plan(faults.Duplicate, 1, 0)
				c.happens(2, handle)
			}
		}},
	{code: review.PolledTooFast, says: []string{"it called $status 10 times from 12:00:00 on", "within a second"},
		play: func(c *clientUnderTest, careless bool) {
			for range 10 {
				c.on("GET", "/$status")
				if !careless {
					c.live(time.Second)
				}
			}
			c.live(5 * time.Second)
		}},
	{code: review.IgnoredRetryAfter, says: []string{"repeated $get-ws-binding-token", "answered 429 with Retry-After: 5"},
		play: func(c *clientUnderTest, careless bool) {
			c.plan(faults.TooManyRequests, 1, 5)
			c.tryAsk()
			if !careless {
				c.live(5 * time.Second)
			}
			c.tryAsk()
		}},
	{code: review.ReconnectedAtOnce, says: []string{"opened a websocket", "times in a row right after the one before had failed"},
		play: func(c *clientUnderTest, careless bool) {
			c.plan(faults.RefusedUpgrade, 10, 0)
			b := c.ask()
			for wait := time.Second; wait <= 1<<9*time.Second; wait *= 2 {
				c.knock(b.url)
				if !careless {
					c.live(wait)
				}
			}
		}},
	{code: review.RepeatedRefused, says: []string{"repeated $get-ws-binding-token unchanged", "after it was answered 403"},
		play: func(c *clientUnderTest, careless bool) {
			c.plan(faults.Forbidden, 1, 0)
			c.tryAsk()
			if careless {
				c.tryAsk()
			}
		}},
	{code: review.NeverBound, says: []string{"opened a websocket at 12:00:00 and sent no bind frame until 12:00:"},
		change: func(cfg *mockserver.Config) { cfg.BindTimeout = 10 * time.Second },
		play: func(c *clientUnderTest, careless bool) {
			b := c.ask()
			c.dial(b.url)
			if !careless {
				c.bind(b.token)
			}
			c.live(15 * time.Second)
		}},
	{code: review.UnknownFrame, says: []string{"a frame that no dialect knows at 12:00:00"},
		play: func(c *clientUnderTest, careless bool) {
			c.listen(c.ask())
			if careless {
				c.send("ack 1")
			}
		}},
	{code: review.BinaryFrame, says: []string{"a binary frame at 12:00:00"},
		play: func(c *clientUnderTest, careless bool) {
			b, kind := c.ask(), websocket.MessageText
			c.dial(b.url)
			if careless {
				kind = websocket.MessageBinary
			}
			c.sock.Write(c.t.Context(), kind, []byte("bind-with-token "+b.token))
			c.settle()
		}},
	{code: review.ForeignDialect, says: []string{"medplum", "spec"},
		play: func(c *clientUnderTest, careless bool) {
			b := c.ask()
			c.dial(b.url)
			frame := "bind-with-token " + b.token
			if careless {
				frame = `{"type":"bind-with-token","payload":{"token":"` + b.token + `"}}`
			}
			c.send(frame)
		}},
	{code: review.ForeignDialect, says: []string{"spec", "legacy"},
		change: func(cfg *mockserver.Config) { cfg.Dialect = sockets.Legacy },
		play: func(c *clientUnderTest, careless bool) {
			b := c.ask()
			c.dial(b.url)
			frame := "bind " + c.id
			if careless {
				frame = "bind-with-token " + b.token
			}
			c.send(frame)
		}},
	{code: review.ForeignDialect, says: []string{"spec", "query"},
		change: func(cfg *mockserver.Config) { cfg.Dialect = sockets.Query },
		play: func(c *clientUnderTest, careless bool) {
			b := c.ask()
			c.dial(b.url)
			if careless {
				c.send("bind-with-token " + b.token)
			}
		}},
	{code: review.ForeignDialect, says: []string{"spec", "medplum"},
		change: func(cfg *mockserver.Config) { cfg.Dialect = sockets.Medplum },
		play: func(c *clientUnderTest, careless bool) {
			b := c.ask()
			c.dial(b.url)
			frame := `{"type":"bind-with-token","payload":{"token":"` + b.token + `"}}`
			if careless {
				frame = "bind-with-token " + b.token
			}
			c.send(frame)
		}},
	{code: review.ColonBind, says: []string{"bind-with-token: TOKEN"},
		play: func(c *clientUnderTest, careless bool) {
			b := c.ask()
			c.dial(b.url)
			spelling := "bind-with-token "
			if careless {
				spelling = "bind-with-token: "
			}
			c.send(spelling + b.token)
		}},
}
