package record

import (
	"crypto/rand"
	"encoding/hex"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
)

// wellKnown are the paths of websockets that clients of two dialects know without
// being told: Medplum's and HAPI's.
var wellKnown = []string{"/ws/subscriptions-r4", "/websocket"}

// whoAmI is what Medplum's clients ask for beside FHIR before they do anything.
const whoAmI = "/auth/me"

// route finds out what a request is: a websocket, or one to pass on.
func (r *Recorder) route(w http.ResponseWriter, q *http.Request) {
	path := q.URL.EscapedPath()
	switch target, isSocket := r.socketURL(q); {
	case !r.addressed(q.Host):
		refuse(w, http.StatusMisdirectedRequest, fault.Forbidden, "the recorder is asked under the name of another host: use "+r.base)
	case isSocket && strings.EqualFold(q.Header.Get("Upgrade"), "websocket"):
		r.serveSocket(w, q, target)
	case path == whoAmI:
		r.pass(w, q, "", r.upstreamOrigin()+whoAmI)
	default:
		below, ok := strings.CutPrefix(path, r.upstream.EscapedPath())
		if !ok || below != "" && below[0] != '/' || climbs(q.URL.Path) {
			refuse(w, http.StatusNotFound, fault.NotFound, "the recorder passes on what is below "+r.base)
			return
		}
		r.pass(w, q, below, r.upstream.String()+below)
	}
}

// climbs reports whether a path has dots for a segment, by which a server may leave
// its base.
func climbs(path string) bool {
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

// addressed reports whether a Host means the recorder. A page could have a name of
// its own resolve to this machine, and read the server's data through it.
func (r *Recorder) addressed(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return !r.loopback || host == "localhost" || ip != nil && ip.IsLoopback()
}

func (r *Recorder) upstreamOrigin() string { return r.upstream.Scheme + "://" + r.upstream.Host }

// refuse answers for the recorder itself.
func refuse(w http.ResponseWriter, status int, code fault.Code, why string) {
	w.Header().Set("Content-Type", "application/fhir+json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(fhir.AppendOutcome(nil, nil, []fault.Issue{{Severity: fault.Err, Code: code, Diagnostics: "wsbind record: " + why}}))
}

// routes are the websocket paths that were handed out, each for one URL of the
// server, without its query. What is asked of one carries a query of its own.
type routes struct {
	mu    sync.Mutex
	byURL map[string]string
	byWay map[string]string
}

// way returns the path for a URL, and false where there are too many.
func (r *routes) way(target string) (string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if way, ok := r.byURL[target]; ok {
		return way, true
	}
	if len(r.byURL) >= maxPaths {
		return "", false
	}
	if r.byURL == nil {
		r.byURL, r.byWay = map[string]string{}, map[string]string{}
	}
	var b [16]byte
	rand.Read(b[:]) // never fails
	way := "/socket/" + hex.EncodeToString(b[:])
	r.byURL[target], r.byWay[way] = way, target
	return way, true
}

// own returns the recorder's websocket URL for one of the server, with its query.
func (r *Recorder) own(target string) (string, bool) {
	u, err := url.Parse(target)
	if err != nil || u.Host == "" || u.Scheme != "ws" && u.Scheme != "wss" {
		return "", false
	}
	query := u.RawQuery
	u.RawQuery, u.Fragment = "", ""
	way, ok := r.routes.way(u.String())
	if query != "" {
		way += "?" + query
	}
	return "ws" + strings.TrimPrefix(r.origin, "http") + way, ok
}

// socketURL returns where a request for a websocket is to go, without the query.
func (r *Recorder) socketURL(q *http.Request) (string, bool) {
	path := q.URL.EscapedPath()
	r.routes.mu.Lock()
	target, ok := r.routes.byWay[path]
	r.routes.mu.Unlock()
	if ok {
		return target, true
	}
	for _, known := range wellKnown {
		if path == known {
			return "ws" + strings.TrimPrefix(r.upstreamOrigin(), "http") + path, true
		}
	}
	return "", false
}
