package mockserver

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
)

// anonymous is the caller who shows no bearer token.
const anonymous = "anonymous"

// callerPrefix begins the name of every other caller.
const callerPrefix = "caller-"

// callerOf names the caller of a request: anonymous, or a name made from the
// bearer token. The name is a hash: it stands as sub in binding tokens, in logs
// and in the management interface, and the bearer token in none of them.
func callerOf(r *http.Request) string { return callerNamed(bearer(r)) }

// knownCaller is callerOf for a request that shows a bearer token, and "" for any
// other: browsers cannot send one when they open a websocket.
func knownCaller(r *http.Request) string {
	if bearer(r) == "" {
		return ""
	}
	return callerOf(r)
}

// callerNamed returns the name of the caller with a bearer token.
func callerNamed(bearer string) string {
	if bearer == "" {
		return anonymous
	}
	sum := sha256.Sum256([]byte(bearer))
	return callerPrefix + base64.RawURLEncoding.EncodeToString(sum[:12])
}

// bearer returns the request's bearer token, "" where there is none. Other
// schemes than Bearer tell nothing about the caller here.
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// authenticated answers 401 where a bearer token is required and absent. The
// CapabilityStatement is open to all.
func (b *base) authenticated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b.server.cfg.RequireAuth && bearer(r) == "" && r.URL.Path != b.path+"/metadata" {
			w.Header().Set("WWW-Authenticate", `Bearer realm="wsbind"`)
			writeError(w, r, fault.New(fault.LoginRequired,
				"send Authorization: Bearer with any token, this server was started with --require-auth"))
			return
		}
		next.ServeHTTP(w, r)
	})
}
