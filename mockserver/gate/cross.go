package gate

import "net/http"

// What scripts of other origins may send and see.
const (
	corsMethods = "GET, HEAD, POST"
	corsHeaders = "Accept, Authorization, Content-Type, Prefer"
	corsExposed = "Allow, Retry-After, WWW-Authenticate"
)

// cross lets scripts of the pages that may connect call the gate's own operations, and
// reports whether the request was a preflight, which is answered then.
func (g *Gate) cross(w http.ResponseWriter, r *http.Request) (answered bool) {
	h := w.Header()
	h.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if origin == "" || !g.allowsOrigin(origin) {
		return false
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Expose-Headers", corsExposed)
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	h.Set("Access-Control-Allow-Methods", corsMethods)
	h.Set("Access-Control-Allow-Headers", corsHeaders)
	if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
		h.Set("Access-Control-Allow-Headers", asked) // tracing headers and the like
	}
	h.Set("Access-Control-Max-Age", "600")
	h.Add("Vary", "Access-Control-Request-Headers")
	w.WriteHeader(http.StatusNoContent)
	return true
}
