package mockserver

import (
	"net/http"

	"github.com/wsbind/wsbind/mockserver/socket"
)

// What scripts of other origins may send and see. PATCH is refused, but a
// browser only shows the refusal of a method that it was allowed to try.
const (
	corsMethods = "GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS"
	corsHeaders = "Accept, Authorization, Content-Type, If-Match, If-None-Match, If-Modified-Since, If-None-Exist, Prefer, X-Requested-With"
	corsExposed = "Location, Content-Location, ETag, Last-Modified, Allow, Retry-After, WWW-Authenticate"
)

// cors lets scripts of every origin in, "null" included, since that is where
// client developers try things. No cookie is ever read, so there is nothing
// that a page could do in its visitor's name.
func (t *Tenant) cors(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		t.allowOrigin(h, r)
		h.Set("Access-Control-Expose-Headers", corsExposed)
		if r.Method != http.MethodOptions {
			next.ServeHTTP(w, r)
			return
		}
		h.Set("Access-Control-Allow-Methods", corsMethods)
		h.Set("Access-Control-Allow-Headers", corsHeaders)
		if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
			h.Set("Access-Control-Allow-Headers", asked) // tracing headers and the like
		}
		if r.Header.Get("Access-Control-Request-Private-Network") == "true" {
			h.Set("Access-Control-Allow-Private-Network", "true") // a public page that tests against loopback
		}
		h.Set("Access-Control-Max-Age", "600")
		h.Add("Vary", "Access-Control-Request-Headers, Access-Control-Request-Private-Network")
		h.Set("Allow", corsMethods)
		w.WriteHeader(http.StatusNoContent)
	})
}

// allowOrigin lets the origin of a request see the answer. Medplum's clients send
// every request with credentials, for which browsers do not take an asterisk.
func (t *Tenant) allowOrigin(h http.Header, r *http.Request) {
	origin := r.Header.Get("Origin")
	if t.Settings().Dialect != socket.Medplum || origin == "" {
		h.Set(allowOriginHeader, "*")
		return
	}
	h.Set(allowOriginHeader, origin)
	h.Set("Access-Control-Allow-Credentials", "true")
	h.Add("Vary", "Origin")
}

const allowOriginHeader = "Access-Control-Allow-Origin"
