package mockserver

import (
	"net/http"

	"github.com/wsbind/wsbind/core/fault"
)

// jwksPath is where the public keys are (RFC 8615).
const jwksPath = "/.well-known/jwks.json"

// serveJWKS publishes the public halves of the keys that sign binding tokens,
// to scripts of any origin. A secret (HS256) is never in it.
func (s *Server) serveJWKS(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	if !allow(w, r, http.MethodGet, http.MethodHead) {
		return
	}
	keys, err := s.keys.set()
	var set []byte
	if err == nil {
		set, err = keys.Public(s.cfg.Clock.Now())
	}
	if err != nil {
		s.cfg.Logger.Error("cannot publish the keys", "error", err.Error())
		writeError(w, r, fault.Internal)
		return
	}
	w.Header().Set("Content-Type", "application/jwk-set+json")
	w.Header().Set("Cache-Control", "public, max-age=60")
	w.Write(set)
}

// allow answers 405 unless the request's method is one of methods.
func allow(w http.ResponseWriter, r *http.Request, methods ...string) bool {
	for _, m := range methods {
		if r.Method == m {
			return true
		}
	}
	refuseMethod(w, r, methods)
	return false
}
