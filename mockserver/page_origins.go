package mockserver

import (
	"github.com/wsbind/wsbind/mockserver/internal/manage"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// connectSources lists where the page may connect to: the FHIR bases and
// websockets as it is told of them, and the management interface. That one is plain
// http even where the page is https, which browsers allow on the loopback
// interface: it is a trustworthy origin.
func (s *Server) connectSources() []string {
	sources := []string{"'self'"}
	if base := withoutPath(s.origin); isSource(base) {
		sources = append(sources, base, "ws"+strings.TrimPrefix(base, "http")) // http→ws, https→wss
	}
	if management := nameable(s.management); isSource(management) {
		sources = append(sources, management)
	}
	return sources
}

// isSource reports whether a Content-Security-Policy can name an origin: the
// grammar of host-source has no IPv6 addresses, and browsers complain of them.
func isSource(origin string) bool {
	return origin != "" && !strings.ContainsFunc(origin, func(c rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.:/", c)
	})
}

// nameable returns an origin by a name that the page's policy can have: a browser
// tries localhost on [::1] too.
func nameable(origin string) string {
	u, err := url.Parse(origin)
	if err != nil || isSource(origin) || !isLoopback(u.Hostname()) {
		return origin
	}
	return asBrowser(u.Scheme, "localhost", u.Port())
}

func withoutPath(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return "" // it was checked
	}
	return u.Scheme + "://" + u.Host
}

// ownOrigins lists the origins that the page of a listener can have, by each name
// that the listener has on the loopback interface. An address that it does not
// listen on is none: what has its port there is another program.
func ownOrigins(addr net.Addr, secure bool) (list []string) {
	u, err := url.Parse(manage.Origin(addr, secure))
	if err != nil || !isLoopback(u.Hostname()) {
		return nil
	}
	hosts := []string{"localhost"}
	switch host, _, _ := net.SplitHostPort(addr.String()); host {
	case "::":
		hosts = append(hosts, "127.0.0.1", "::1")
	case "0.0.0.0":
		hosts = append(hosts, "127.0.0.1")
	default:
		hosts = append(hosts, host)
	}
	for _, host := range hosts {
		list = append(list, asBrowser(u.Scheme, host, u.Port()))
	}
	return list
}

// asBrowser writes an origin as browsers do, without the port that goes without
// saying.
func asBrowser(scheme, host, port string) string {
	origin := scheme + "://" + net.JoinHostPort(host, port)
	if port == map[string]string{"http": "80", "https": "443"}[scheme] {
		return strings.TrimSuffix(origin, ":"+port)
	}
	return origin
}

// isLoopback reports whether a host can be no other machine than this one.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// pageOrigin returns the Origin of a request if it is the one of the page that
// this server serves, and "" for every other: scheme, host and port must be those
// of its own listener, and the host one of the loopback interface. One at
// Config.PublicURL is not: what else is served there this server cannot know.
func (s *Server) pageOrigin(r *http.Request) string {
	origins := r.Header.Values("Origin")
	if s.page == nil || len(origins) != 1 {
		return ""
	}
	for _, own := range s.own {
		if strings.EqualFold(origins[0], own) {
			return origins[0]
		}
	}
	return ""
}

// allowPage lets the page see the answers of the management interface, errors too.
func (s *Server) allowPage(h http.Header, r *http.Request) {
	if s.page == nil {
		return
	}
	h.Set("Vary", "Origin")
	if origin := s.pageOrigin(r); origin != "" && s.ownHost(r.Host) {
		h.Set(allowOriginHeader, origin)
		h.Set("Access-Control-Expose-Headers", "Allow")
	}
}

// preflight answers what a browser asks before a request of the page, and reports
// whether this was such a question.
func (s *Server) preflight(w http.ResponseWriter, r *http.Request) bool {
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" || s.pageOrigin(r) == "" {
		return false
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, DELETE")
	h.Set("Access-Control-Allow-Headers", "Accept, Content-Type, Last-Event-ID")
	if r.Header.Get("Access-Control-Request-Private-Network") == "true" {
		h.Set("Access-Control-Allow-Private-Network", "true")
	}
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return true
}
