package mockserver

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// connectSources lists where the page may connect to: the FHIR bases and
// websockets by each name that the server goes by, and the management interface.
// That one is plain http even where the page is https, which browsers allow on the
// loopback interface: it is a trustworthy origin.
func (s *Server) connectSources() []string {
	sources := []string{"'self'"}
	add := func(origin string) {
		if isSource(origin) && !slices.Contains(sources, origin) {
			sources = append(sources, origin)
		}
	}
	for _, origin := range slices.Concat([]string{withoutPath(s.origin)}, aliases(s.local)) {
		add(origin)
		add("ws" + strings.TrimPrefix(origin, "http")) // http→ws, https→wss
	}
	for _, origin := range aliases(s.management) {
		add(origin)
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
	for _, alias := range aliases(origin) {
		if isSource(alias) {
			return alias
		}
	}
	return origin
}

func withoutPath(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return "" // it was checked
	}
	return u.Scheme + "://" + u.Host
}

// aliases returns the origin of a listener as browsers write it, and if it is on
// the loopback interface, the other names of that.
func aliases(origin string) []string {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return nil
	}
	hosts := []string{u.Hostname()}
	if isLoopback(u.Hostname()) {
		hosts = append(hosts, "localhost", "127.0.0.1", "::1")
	}
	var list []string
	for _, host := range hosts {
		alias := u.Scheme + "://" + net.JoinHostPort(host, u.Port())
		if u.Port() == map[string]string{"http": "80", "https": "443"}[u.Scheme] {
			alias = strings.TrimSuffix(alias, ":"+u.Port())
		}
		if !slices.Contains(list, alias) {
			list = append(list, alias)
		}
	}
	return list
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
	if s.page == nil || s.local == "" || len(origins) != 1 || !isLoopback(hostOf(s.local)) {
		return ""
	}
	for _, own := range aliases(s.local) {
		if strings.EqualFold(origins[0], own) {
			return origins[0]
		}
	}
	return ""
}

func hostOf(origin string) string {
	u, err := url.Parse(origin)
	if err != nil {
		return ""
	}
	return u.Hostname()
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
