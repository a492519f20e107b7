// Package mockserver is a FHIR server to test websocket Subscription clients
// against, in R4, R4B and R5 at once.
//
// Call [Run] with a [Config], whose zero value works, and [Server.Close]:
//
//	srv, err := mockserver.Run(mockserver.Config{})
//	if err != nil { … }
//	defer srv.Close()
//	base := srv.BaseURL(fhir.R4) // create a Subscription here
//
// A test that must not wait gives it a clock.NewVirtual and advances that. To
// serve it yourself, with httptest for instance, call [New] and
// [Server.Handler].
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
// world is the one with state, socket is the websocket, clock is time.
package mockserver
