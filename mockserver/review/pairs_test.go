package review_test

import (
	"strconv"
	"time"

	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/journal"
	"github.com/wsbind/wsbind/mockserver/review"
)

// pairs are stories of careless clients, each beside the story that differs by
// one step and draws nothing.
var pairs = []struct {
	code, difference string
	careless, twin   func(*story)
}{
	{review.NeverRenewed, "it asks before the end",
		func(s *story) {
			s.listening().wait(5*time.Minute).unbound(1, "expired-token").close(1, "server", 1008, "expired-token").wait(3 * time.Second)
		},
		func(s *story) {
			s.listening().wait(4*time.Minute).token("t2").wait(time.Minute).
				unbound(1, "expired-token").close(1, "server", 1008, "expired-token").wait(3 * time.Second)
		}},
	{review.NeverRenewed, "it asks before the end, at which a heartbeat comes",
		func(s *story) {
			s.listening().wait(5*time.Minute-time.Second/2).send(journal.Sent, 1, "heartbeat", nil).
				wait(time.Second/2).unbound(1, "expired-token").wait(time.Minute)
		},
		func(s *story) {
			s.listening().wait(5*time.Minute-time.Second/2).send(journal.Sent, 1, "heartbeat", nil).token("t2").
				wait(time.Second/2).unbound(1, "expired-token").wait(time.Minute)
		}},
	{review.NeverRenewed, "its request is still being answered when the token ends",
		func(s *story) { s.listening().wait(5*time.Minute).unbound(1, "expired-token").wait(time.Minute) },
		func(s *story) {
			s.listening().wait(5*time.Minute).unbound(1, "expired-token").wait(time.Minute).token("t2", took(70*time.Second))
		}},
	{review.NeverRenewed, "the token ends before its answer said",
		func(s *story) { s.listening().wait(5*time.Minute).unbound(1, "expired-token").wait(time.Minute) },
		func(s *story) { s.listening().wait(150*time.Second).unbound(1, "expired-token").wait(time.Minute) }},
	{review.NeverRenewed, "the Subscription is in error and cannot be renewed",
		func(s *story) { s.listening().wait(5*time.Minute).unbound(1, "expired-token").wait(time.Minute) },
		func(s *story) {
			s.listening().send(journal.Sent, 1, "query-status", nil).
				wait(5*time.Minute).unbound(1, "expired-token").wait(time.Minute)
		}},
	{review.NeverRenewed, "it wants the Subscription no more, and renews the other one on the socket",
		func(s *story) {
			s.listening().token("t2", covering("s2")).wait(5*time.Minute).unbound(1, "expired-token").wait(time.Minute)
		},
		func(s *story) {
			s.listening().wait(time.Minute).token("t2", covering("s2")).bind(1, "t2", covering("s2")).
				wait(4*time.Minute).unbound(1, "expired-token").wait(time.Minute)
		}},
	{review.RenewedTooLate, "it asks a second earlier",
		func(s *story) {
			s.listening().wait(5*time.Minute).unbound(1, "expired-token").close(1, "server", 1008, "expired-token").
				wait(time.Second).token("t2").open(2).bind(2, "t2").handshake(2, 0).wait(time.Hour)
		},
		func(s *story) {
			s.listening().wait(299*time.Second).token("t2", with(faults.SlowAnswer)).wait(2*time.Second).
				unbound(1, "expired-token").close(1, "server", 1008, "expired-token").
				open(2).bind(2, "t2").handshake(2, 0).wait(time.Hour)
		}},
	{review.RenewedTooLate, "the connection was stalled",
		func(s *story) {
			s.listening().wait(5*time.Minute).unbound(1, "expired-token").wait(time.Second).token("t2")
		},
		func(s *story) {
			s.listening().heartbeat(1, 0, with(faults.Stall)).
				wait(5*time.Minute).unbound(1, "expired-token").wait(time.Second).token("t2")
		}},
	{review.IgnoredWebsocketURL, "it opens the new URL",
		func(s *story) { s.token("t1", at(other)).open(1).bind(1, "t1", verdict("invalid-token")) },
		func(s *story) { s.token("t1", at(other)).open(1, at(other)).bind(1, "t1") }},
	{review.IgnoredWebsocketURL, "the path was named before",
		func(s *story) {
			s.listening().open(2, at("ws://127.0.0.1:8080/ws/subscriptions-r4"), status(404), verdict("not-found"))
		},
		func(s *story) { s.listening().open(2, at("ws://localhost:9/ws/home")) }},
	{review.IgnoredWebsocketURL, "it connects anew for a token with another URL",
		func(s *story) {
			s.listening().token("t2", at(other)).bind(1, "t2", verdict("invalid-token")).outcome(1)
		},
		func(s *story) {
			s.listening().token("t2", at(other)).open(2, at(other)).bind(2, "t2").handshake(2, 0).close(1, "client", 1000, "")
		}},
	{review.ColonBind, "it writes no colon",
		func(s *story) {
			s.token("t1").open(1).frame(1, "bind-colon", func(e *journal.Entry) { e.JTI = "t1" }).handshake(1, 0)
		},
		func(s *story) { s.listening() }},
	{review.ReusedDeadID, "it only looks whether the Subscription is there",
		func(s *story) {
			s.refused(404, verdict("not-found")).wait(time.Second).refused(404, verdict("not-found"))
		},
		func(s *story) {
			s.refused(404, verdict("not-found")).wait(time.Second).read("Subscription/s1", status(404), verdict("not-found"))
		}},
	{review.ReusedDeadID, "the Subscription was there after all",
		func(s *story) {
			s.refused(404, with(faults.NotFound)).wait(time.Second).token("t1")
		},
		func(s *story) {
			s.refused(404, with(faults.NotFound)).wait(time.Second).read("Subscription/s1").wait(time.Second).token("t1")
		}},
	{review.ReusedDeadID, "it was about to call all operations",
		func(s *story) {
			s.refused(404, verdict("not-found"))
			s.again(5, func(int) { s.eventsBut([]twist{status(404), verdict("not-found")}) })
		},
		func(s *story) {
			s.refused(404, verdict("not-found")).
				request("$status", "Subscription/s1", status(404), verdict("not-found")).
				eventsBut([]twist{status(404), verdict("not-found")})
		}},
	{review.ReusedDeadID, "it creates the Subscription anew",
		func(s *story) {
			s.eventsBut([]twist{status(410), verdict("gone")}).wait(time.Second).refused(410, verdict("gone"))
		},
		func(s *story) {
			s.eventsBut([]twist{status(410), verdict("gone")}).wait(time.Second).
				request("update", "Subscription/s1", status(201)).token("t1")
		}},
	{review.ReusedDeadID, "the token covers another one, too",
		func(s *story) {
			s.token("t1").open(1).bind(1, "t1", verdict("unknown-subscription")).outcome(1).
				close(1, "server", 1008, "unknown-subscription").wait(time.Second).
				open(2).bind(2, "t1", verdict("unknown-subscription"))
		},
		func(s *story) {
			s.token("t1", covering("s1", "s2")).open(1).bind(1, "t1", verdict("unknown-subscription")).outcome(1).
				close(1, "server", 1008, "unknown-subscription").wait(time.Second).
				open(2).bind(2, "t1", verdict("unknown-subscription"))
		}},
	{review.UsedDeadToken, "it shows a new one",
		func(s *story) {
			s.listening().unbound(1, "revoked-token").outcome(1).close(1, "server", 1008, "revoked-token").wait(time.Second).
				open(2).bind(2, "t1", verdict("revoked-token")).outcome(2).close(2, "server", 1008, "revoked-token")
		},
		func(s *story) {
			s.listening().unbound(1, "revoked-token").outcome(1).close(1, "server", 1008, "revoked-token").wait(time.Second).
				token("t2").open(2).bind(2, "t2").handshake(2, 0)
		}},
	{review.UsedDeadToken, "it has not been told yet",
		func(s *story) {
			s.listening().open(2).bind(2, "t1", verdict("already-used")).outcome(2).close(2, "server", 1008, "already-used").
				wait(time.Second).open(3).bind(3, "t1", verdict("already-used"))
		},
		func(s *story) {
			s.listening().open(2).bind(2, "t1", verdict("already-used")).outcome(2).close(2, "server", 1008, "already-used").
				wait(20*time.Millisecond).open(3).bind(3, "t1", verdict("already-used"))
		}},
	{review.UsedDeadToken, "the frames that would have told it were lost",
		func(s *story) {
			s.listening().bind(1, "t1", verdict("already-used")).outcome(1).wait(time.Second).bind(1, "t1", verdict("already-used"))
		},
		func(s *story) {
			s.listening().bind(1, "t1", verdict("already-used")).send(journal.Withheld, 1, "outcome", nil).wait(time.Second).
				bind(1, "t1", verdict("already-used"))
		}},
	{review.UsedDeadToken, "its URL shows a new one",
		func(s *story) {
			shown := func(e *journal.Entry) { e.JTI, e.Dialect = "t1", "query" }
			s.token("t1").open(0, shown, status(401), verdict("expired-token")).wait(time.Second).
				open(0, shown, status(401), verdict("expired-token"))
		},
		func(s *story) {
			shown := func(e *journal.Entry) { e.JTI, e.Dialect, e.Subscriptions = "t1", "query", []string{"s1"} }
			s.token("t0").open(0, func(e *journal.Entry) { e.JTI, e.Dialect = "t0", "query" }, status(401), verdict("expired-token")).
				wait(time.Second).token("t1").open(1, shown).frame(1, "bind", shown).handshake(1, 0).event(1, 1)
		}},
	{review.UsedDeadToken, "only one of its Subscriptions was revoked",
		func(s *story) {
			s.token("t1").open(1).bind(1, "t1").unbound(1, "revoked-token").outcome(1).wait(time.Second).bind(1, "t1", verdict("revoked-token"))
		},
		func(s *story) {
			s.token("t1", covering("s1", "s2")).open(1).bind(1, "t1", covering("s1", "s2")).unbound(1, "revoked-token").outcome(1).
				wait(time.Second).bind(1, "t1", covering("s2"))
		}},
	{review.UsedDeadToken, "its clock may be a little slow",
		func(s *story) { s.token("t1").open(1).wait(306*time.Second).bind(1, "t1", verdict("expired-token")) },
		func(s *story) { s.token("t1").open(1).wait(303*time.Second).bind(1, "t1", verdict("expired-token")) }},
	{review.NeverCaughtUp, "it calls $events",
		func(s *story) { s.listening().event(1, 1).lose(1, 2).event(1, 3).wait(11 * time.Second) },
		func(s *story) { s.listening().event(1, 1).lose(1, 2).event(1, 3).events(2).wait(11 * time.Second) }},
	{review.NeverCaughtUp, "$events is refused to it",
		func(s *story) { s.listening().event(1, 1).event(1, 3).wait(11 * time.Second) },
		func(s *story) {
			s.listening().event(1, 1).event(1, 3).eventsBut([]twist{status(403)}).wait(11 * time.Second)
		}},
	{review.NeverCaughtUp, "the event comes late",
		func(s *story) { s.listening().event(1, 2).event(1, 3).wait(11 * time.Second) },
		func(s *story) { s.listening().event(1, 2).event(1, 1).event(1, 3).wait(11 * time.Second) }},
	{review.NeverCaughtUp, "it has had no time",
		func(s *story) { s.listening().event(1, 2).event(1, 3).event(1, 4).event(1, 5).wait(3 * time.Second) },
		func(s *story) { s.listening().event(1, 2).event(1, 3).event(1, 4).event(1, 5).wait(time.Second) }},
	{review.NeverCaughtUp, "it went away",
		func(s *story) {
			s.listening().event(1, 2).wait(11*time.Second).close(1, "client", 1000, "").wait(time.Hour)
		},
		func(s *story) {
			s.listening().event(1, 2).wait(time.Second).close(1, "client", 1000, "").wait(time.Hour)
		}},
	{review.NeverCaughtUp, "the frames that show the gap cannot be read",
		func(s *story) { s.listening().heartbeat(1, 1).wait(11 * time.Second) },
		func(s *story) {
			s.listening()
			for i, f := range []string{"malformed-json", "missing-status", "wrong-subscription", "empty-bundle", "binary-frame", "counter-as-number"} {
				s.event(1, int64(i)+2, with(f))
			}
			s.wait(11 * time.Second)
		}},
	{review.NeverCaughtUp, "another client starts where it starts",
		func(s *story) {
			s.listening().event(1, 1).close(1, "server", 1001, "going-away").wait(time.Second).
				token("t2").open(2).bind(2, "t2").handshake(2, 3).wait(11 * time.Second)
		},
		func(s *story) {
			s.listening().event(1, 1).close(1, "client", 1001, "").wait(time.Second).
				token("t2").open(2).bind(2, "t2").handshake(2, 3).wait(11 * time.Second)
		}},
	{review.NeverCaughtUp, "it looks at everything anew",
		func(s *story) { s.listening().event(1, 2).wait(11 * time.Second) },
		func(s *story) { s.listening().event(1, 2).request("search-type", "Encounter").wait(11 * time.Second) }},
	{review.NeverCaughtUp, "it was asked to wait",
		func(s *story) { s.listening().event(1, 2).wait(11 * time.Second) },
		func(s *story) {
			s.listening().event(1, 2).request("search-type", "Subscription", status(429), retryAfter(60)).wait(11 * time.Second)
		}},
	{review.DuplicateTakenAsNew, "it reads each once",
		func(s *story) { s.duplicates(true) }, func(s *story) { s.duplicates(false) }},
	{review.PolledTooFast, "it pauses",
		func(s *story) {
			s.listening().again(20, func(int) { s.wait(10*time.Millisecond).request("$status", "Subscription/s1") }).wait(4 * time.Second)
		},
		func(s *story) {
			s.listening().again(20, func(int) { s.wait(200*time.Millisecond).request("$status", "Subscription/s1") }).wait(4 * time.Second)
		}},
	{review.PolledTooFast, "its pause grows, between opening handshakes that are refused",
		func(s *story) {
			s.listening().again(12, func(int) { s.wait(30*time.Millisecond).open(9, status(503), with(faults.RefusedUpgrade)) }).wait(4 * time.Second)
		},
		func(s *story) {
			s.listening().again(12, func(i int) { s.wait(30<<i*time.Millisecond).open(9, status(503), with(faults.RefusedUpgrade)) }).wait(4 * time.Second)
		}},
	{review.PolledTooFast, "each token is for a client of its own",
		func(s *story) { s.again(10, func(i int) { s.token("t" + strconv.Itoa(i)) }).wait(4 * time.Second) },
		func(s *story) {
			s.again(10, func(i int) { s.token("t" + strconv.Itoa(i)) })
			s.again(10, func(i int) { s.open(uint64(i)+1).bind(uint64(i)+1, "t"+strconv.Itoa(i)) }).wait(4 * time.Second)
		}},
	{review.PolledTooFast, "each answer of $events has news",
		func(s *story) { s.listening().again(10, func(i int) { s.events() }).wait(4 * time.Second) },
		func(s *story) { s.listening().again(10, func(i int) { s.events(int64(i) + 1) }).wait(4 * time.Second) }},
	{review.IgnoredRetryAfter, "it waits",
		func(s *story) { s.refused(429, retryAfter(2)).wait(time.Second).token("t1") },
		func(s *story) { s.refused(429, retryAfter(2)).wait(1999 * time.Millisecond).token("t1") }},
	{review.IgnoredRetryAfter, "it had asked before it was answered",
		func(s *story) { s.refused(503, retryAfter(9)).wait(time.Second).token("t1") },
		func(s *story) {
			s.refused(503, retryAfter(9)).wait(time.Second).token("t1", took(1100*time.Millisecond))
		}},
	{review.ReconnectedAtOnce, "it pauses",
		func(s *story) {
			s.token("t1").again(4, func(i int) { s.open(uint64(i)+1).close(uint64(i)+1, "server", 1011, "internal") }).wait(4 * time.Second)
		},
		func(s *story) {
			s.token("t1").again(4, func(i int) {
				s.wait(100<<i*time.Millisecond).open(uint64(i)+1).close(uint64(i)+1, "server", 1011, "internal")
			}).wait(4 * time.Second)
		}},
	{review.ReconnectedAtOnce, "its pause grows, between opening handshakes that are refused",
		func(s *story) {
			s.token("t").again(12, func(int) { s.wait(30*time.Millisecond).open(9, status(503), with(faults.RefusedUpgrade)) }).wait(4 * time.Second)
		},
		func(s *story) {
			s.token("t").again(12, func(i int) { s.wait(30<<i*time.Millisecond).open(9, status(503), with(faults.RefusedUpgrade)) }).wait(4 * time.Second)
		}},
	{review.ReconnectedAtOnce, "there is a success between",
		func(s *story) {
			s.again(5, func(i int) {
				s.token("t"+strconv.Itoa(i)).open(9, status(503), with(faults.RefusedUpgrade))
			}).wait(4 * time.Second)
		},
		func(s *story) {
			s.again(5, func(i int) {
				n, jti := uint64(i)+1, "t"+strconv.Itoa(i)
				s.token(jti).open(n).bind(n, jti).handshake(n, 0).close(n, "server", 1001, "", with(faults.CloseAfterHand))
			}).wait(4 * time.Second)
		}},
	{review.ReconnectedAtOnce, "they are as many clients",
		func(s *story) { s.token("t").again(5, func(i int) { s.open(9, status(503)) }).wait(4 * time.Second) },
		func(s *story) {
			s.again(9, func(i int) { s.token("t" + strconv.Itoa(i)) })
			s.again(5, func(i int) { s.open(9, status(503)) }).wait(4 * time.Second)
		}},
	{review.UnknownFrame, "it sends nothing",
		func(s *story) { s.listening().frame(1, "unknown", verdict("expected-bind")) },
		func(s *story) { s.listening() }},
	{review.ForeignDialect, "the socket speaks it",
		func(s *story) { s.listening().frame(1, "ping", verdict("expected-bind")) },
		func(s *story) { s.listening().frame(1, "ping", dialect("medplum")) }},
	{review.NeverBound, "it binds",
		func(s *story) { s.token("t1").open(1).wait(30*time.Second).close(1, "server", 1008, "bind-timeout") },
		func(s *story) {
			s.token("t1").open(1).bind(1, "t1", with(faults.UnansweredBind)).wait(30*time.Second).close(1, "server", 1008, "bind-timeout")
		}},
	{review.BinaryFrame, "the server closes for another reason",
		func(s *story) { s.token("t1").open(1).close(1, "server", 1003, "binary-frame") },
		func(s *story) { s.token("t1").open(1).close(1, "server", 1003, "") }},
	{review.NeverRenewed, "the tester put the Subscription in error",
		func(s *story) {
			s.listening().command("events").wait(5*time.Minute).unbound(1, "expired-token").wait(time.Minute)
		},
		func(s *story) {
			s.listening().command("error").wait(5*time.Minute).unbound(1, "expired-token").wait(time.Minute)
		}},
	{review.BinaryFrame, "it sends text",
		func(s *story) {
			s.token("t1").open(1).frame(1, "unknown", verdict("binary-frame")).close(1, "server", 1003, "binary-frame")
		},
		func(s *story) { s.token("t1").open(1).close(1, "server", 1011, "internal") }},
	{review.UsedBrokenAnswer, "it asks again",
		func(s *story) { s.token("t1", with(faults.DoubledParameter)).open(1).bind(1, "t1").handshake(1, 0) },
		func(s *story) {
			s.token("t1", with(faults.DoubledParameter)).wait(time.Second).token("t2").open(1).bind(1, "t2").handshake(1, 0)
		}},
	{review.RepeatedRefused, "it ends with the reason",
		func(s *story) { s.refused(403, verdict("forbidden")).refused(403, verdict("forbidden")) },
		func(s *story) { s.refused(403, verdict("forbidden")).wait(time.Minute).token("t1") }},
	{review.RepeatedRefused, "it tries new credentials once",
		func(s *story) { s.refused(401).refused(401).refused(401) },
		func(s *story) { s.refused(401).refused(401).refused(401, by("alice-anew")) }},
}

// duplicates tells of events that come twice, and of a client that reads the focus
// of each, once or as often as it comes.
func (s *story) duplicates(careless bool) {
	s.listening()
	for n := int64(1); n <= 6; n++ {
		patient := "Patient/" + strconv.FormatInt(n, 10)
		s.event(1, n, focus(patient)).read(patient)
		if n%2 == 0 {
			if s.event(1, n, focus(patient)); careless {
				s.read(patient)
			}
		}
	}
}
