// Package mockserver is a FHIR server to test websocket Subscription clients
// against, in R4, R4B and R5 at once.
//
// In a test, call [Start] with a [Config], whose zero value works:
//
//	srv := mockserver.Start(t, mockserver.Config{})
//	srv.Faults.Next(faults.Spec{Fault: faults.Gap})
//	base := srv.BaseURL(fhir.R4) // for the client under test
//	…
//	srv.Assert(t, "bound once, filled one gap with $events")
//
// Elsewhere call [Run] and [Server.Close]. A test that must not wait gives it a
// clock.NewVirtual and calls [Tenant.Advance]. To serve it yourself, with httptest
// for instance, call [New] and [Server.Handler].
//
// # It teaches
//
// Package faults lists what it does wrong on request. [Tenant.Journal] has what
// happened, [Tenant.Findings] what the clients did wrong and what to do about it,
// [Tenant.Check] says whether a sentence about them holds. [Server.Open] gives a
// test a world of its own in a server that others use at the same time.
//
// Everything that is left to chance is drawn from [Tenant.Seed]: the same seed and
// the same actions of clients give the same journal, times and signatures aside.
//
// # It is not for production
//
// The state is in memory and gone at exit. The signing key is made at the first
// token and gone as well. Any bearer token is a caller, and none is one too. It
// listens on the loopback interface unless told otherwise.
//
// # What surprises
//
//   - The path of the websocket is drawn at each start: take the websocket-url
//     that $get-ws-binding-token returns.
//   - The server's URLs come from the listener or [Config.PublicURL]. The headers
//     Host and X-Forwarded-Host are never trusted.
//   - A caller's name in tokens, logs and GET /state is a hash of the bearer
//     token, never the bearer token.
//   - A Subscription belongs to its creator and does not exist for others.
//   - A query parameter that an operation does not know is refused with 400,
//     unless Prefer: handling=lenient; a search leaves it out, unless strict.
//   - Whatever cannot be honoured is refused when it is created: a Subscription
//     that was accepted fires.
//
// The packages below hold the parts: store, search and subscription are pure,
// world is the one with state, socket is the websocket and its dialects, wire the
// connection below it, clock is time. draw, faults, journal, review and scenario are
// what makes it teach.
package mockserver
