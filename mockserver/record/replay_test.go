package record_test

import (
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/socket"
	"github.com/wsbind/wsbind/mockserver/world"
)

// conditions are what a server goes through while it is recorded. One waits for
// the client by the number of things that it has seen so far.
var conditions = []struct {
	name string
	ids  int
	cfg  mockserver.Config
	run  func(c *recording, l *listener)
}{
	{"events", 1, mockserver.Config{}, func(c *recording, l *listener) {
		l.until(1)
		c.emit("real-1", 1)
		l.until(2)
		c.clock.Advance(3 * time.Second)
		c.emit("real-1", 2)
		l.until(4)
	}},
	{"events before", 1, mockserver.Config{}, func(c *recording, l *listener) {
		l.until(1)
		c.emit("real-1", 1)
		l.until(2)
	}},
	{"gap", 1, mockserver.Config{}, func(c *recording, l *listener) {
		l.until(1)
		c.emit("real-1", 1)
		l.until(2)
		c.Faults.Next(faults.Spec{Fault: faults.Gap, Times: 2})
		c.emit("real-1", 3)
		l.until(4) // the two that are missing come in one answer, before the third
	}},
	{"duplicate", 1, mockserver.Config{}, func(c *recording, l *listener) {
		l.until(1)
		c.Faults.Next(faults.Spec{Fault: faults.Duplicate})
		c.emit("real-1", 2)
		l.until(3)
	}},
	{"reordered", 1, mockserver.Config{}, func(c *recording, l *listener) {
		l.until(1)
		c.Faults.Next(faults.Spec{Fault: faults.Reordered})
		c.emit("real-1", 3)
		l.until(4)
	}},
	{"several events", 1, mockserver.Config{}, func(c *recording, l *listener) {
		l.until(1)
		c.Faults.Next(faults.Spec{Fault: faults.SeveralEvents, Count: 4})
		c.emit("real-1", 1)
		l.until(2)
	}},
	{"early event", 1, mockserver.Config{}, func(c *recording, l *listener) {
		l.until(2)
		c.emit("real-1", 1)
		l.until(3)
	}},
	{"malformed", 1, mockserver.Config{}, func(c *recording, l *listener) {
		l.until(1)
		for _, name := range []string{faults.MalformedJSON, faults.EmptyBundle, faults.MissingStatus, faults.WrongBundleType, faults.CounterAsNumber} {
			c.Faults.Next(faults.Spec{Fault: name})
		}
		c.emit("real-1", 6)
		l.until(8)
	}},
	{"drop with an event", 1, mockserver.Config{}, func(c *recording, l *listener) {
		l.until(1)
		c.emit("real-1", 1)
		l.until(2)
		c.Faults.Next(faults.Spec{Fault: faults.Drop})
		c.emit("real-1", 1)
		l.until(4) // a handshake, and event 2 by $events
		c.emit("real-1", 1)
		l.until(5)
	}},
	{"drop without an event", 1, mockserver.Config{}, func(c *recording, l *listener) {
		l.until(1)
		c.emit("real-1", 1)
		l.until(2)
		c.Faults.Next(faults.Spec{Fault: faults.Drop})
		c.Server.SetError(c.fhir.String(), "real-1")
		c.Server.Reactivate(c.fhir.String(), "real-1")
		l.until(3)
		c.emit("real-1", 1)
		l.until(4)
	}},
	{"close after the handshake", 1, mockserver.Config{}, func(c *recording, l *listener) {
		l.until(2)
		c.emit("real-1", 2)
		l.until(4)
	}},
	{"close before the handshake", 1, mockserver.Config{}, func(c *recording, l *listener) {
		l.until(1)
		c.emit("real-1", 1)
		l.until(2)
	}},
	{"refusals", 1, mockserver.Config{}, func(c *recording, l *listener) {
		l.until(1)
		c.emit("real-1", 1)
		l.until(2)
	}},
	{"renewal", 1, mockserver.Config{Lifetime: 6 * time.Second}, func(c *recording, l *listener) {
		l.until(1)
		c.emit("real-1", 1)
		l.until(3) // event, second handshake
		c.emit("real-1", 1)
		l.until(5) // event, third handshake
	}},
	{"revocation", 1, mockserver.Config{}, func(c *recording, l *listener) {
		l.until(1)
		c.emit("real-1", 1)
		l.until(2)
		c.Server.Revoke(c.fhir.String(), socket.Revocation{Subscription: "real-1"})
		l.until(4) // the outcome, and a handshake
		c.emit("real-1", 1)
		l.until(5)
	}},
	{"error", 1, mockserver.Config{}, func(c *recording, l *listener) {
		l.until(1)
		c.emit("real-1", 1)
		l.until(2)
		c.Server.SetError(c.fhir.String(), "real-1")
		l.until(3)
		c.emit("real-1", 2)
		c.Server.Reactivate(c.fhir.String(), "real-1")
		l.until(5) // both by $events, and the handshake
		c.emit("real-1", 1)
		l.until(6)
	}},
	{"two subscriptions", 2, mockserver.Config{}, func(c *recording, l *listener) {
		l.until(2)
		c.emit("real-2", 1)
		l.until(3)
		c.emit("real-1", 1)
		l.until(4)
		c.Faults.Next(faults.Spec{Fault: faults.Gap, Subscription: "real-2"})
		c.emit("real-2", 2)
		l.until(6)
	}},
}

// planned are faults that have to be there before the client comes.
var planned = map[string][]faults.Spec{
	"early event":                {{Fault: faults.EarlyEvent}},
	"close after the handshake":  {{Fault: faults.CloseAfterHand, Code: 4001}},
	"close before the handshake": {{Fault: faults.CloseBeforeHand, Code: 1011}},
	"refusals": {
		{Fault: faults.Unavailable, Seconds: 1}, {Fault: faults.TooManyRequests, Seconds: 2}, {Fault: faults.MissingParameter, Parameter: "expiration"},
		{Fault: faults.RefusedUpgrade, Code: 503},
	},
}

func (c *recording) emit(id string, count int) {
	c.t.Helper()
	if _, err := c.Server.Emit(c.fhir.String(), world.Emission{Subscription: id, Count: count}); err != nil {
		c.t.Fatal(err)
	}
}

// TestReplay records the mock server itself under many conditions. Whoever plays the
// recording sees what the recorded client saw.
func TestReplay(t *testing.T) {
	for _, release := range releases {
		for _, dialect := range numbered {
			if dialect == socket.Query && release != fhir.R5 {
				continue // the release makes no difference to how a socket is bound
			}
			for _, test := range conditions {
				t.Run(release.String()+"/"+string(dialect)+"/"+test.name, func(t *testing.T) {
					t.Parallel()
					cfg := test.cfg
					cfg.Dialect = dialect
					c := start(t, release, cfg)
					real, played, named := []string{"real-1", "real-2"}[:test.ids], []string{"s1", "s2"}[:test.ids], map[string]string{"real-1": "s1", "real-2": "s2"}
					for _, id := range real {
						c.subscribe(id)
					}
					if test.name == "events before" {
						c.emit("real-1", 41)
					}
					c.Faults.Next(planned[test.name]...)
					l := listen(t, c.r.BaseURL(), c.clock, real, named)
					test.run(c, l)
					l.stop()
					replay(t, c.scenario(), release, played, l.seen)
				})
			}
		}
	}
}
