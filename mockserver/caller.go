package mockserver

import (
	"net/http"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/internal/fhirhttp"
	"github.com/wsbind/wsbind/mockserver/journal"
)

// callerOf names the caller of a request, by its note where there is one: a name
// is a hash, and many ask for it.
func callerOf(r *http.Request) string {
	if e, ok := r.Context().Value(noteKey{}).(*journal.Entry); ok {
		return e.Caller
	}
	return fhirhttp.Caller(r)
}

// knownCaller is callerOf for a request that shows a bearer token, and "" for any
// other: browsers cannot send one when they open a websocket.
func knownCaller(r *http.Request) string {
	if fhirhttp.Bearer(r) == "" {
		return ""
	}
	return callerOf(r)
}

// authenticated answers 401 where a bearer token is required and absent. The
// CapabilityStatement is open to all.
func (b *base) authenticated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b.server.cfg.RequireAuth && fhirhttp.Bearer(r) == "" && r.URL.Path != b.path+"/metadata" {
			w.Header().Set("WWW-Authenticate", `Bearer realm="wsbind"`)
			writeError(w, r, fault.New(fault.LoginRequired,
				"send Authorization: Bearer with any token, this server was started with --require-auth"))
			return
		}
		next.ServeHTTP(w, r)
	})
}
