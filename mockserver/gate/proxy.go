package gate

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/internal/fhirhttp"
)

// newProxy returns what passes everything else below the base on to the FHIR server,
// as it is. What a server writes about itself into its answers is for its own
// configuration to get right: only where a header sends the client is translated.
func (g *Gate) newProxy(base *url.URL) http.Handler {
	public, _ := url.Parse(g.publicBase) // which is made of two that were parsed before
	proxy := &httputil.ReverseProxy{
		Transport: g.server.http.Transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			to := r.Out.URL
			to.Scheme, to.Host, r.Out.Host = base.Scheme, base.Host, ""
			escaped := base.EscapedPath() + strings.TrimPrefix(to.EscapedPath(), g.basePath)
			to.Path, _ = url.PathUnescape(escaped) // it was unescaped once already
			to.RawPath = escaped
			r.SetXForwarded()
			r.Out.Header.Set("X-Forwarded-Host", public.Host)
			r.Out.Header.Set("X-Forwarded-Proto", public.Scheme)
			for _, name := range []string{"X-Forwarded-Prefix", "X-Forwarded-Port", "X-Real-Ip"} { // which Rewrite leaves
				r.Out.Header.Del(name)
			}
			if public.Path != "" {
				r.Out.Header.Set("X-Forwarded-Prefix", public.EscapedPath())
			}
		},
		ModifyResponse: func(response *http.Response) error {
			for _, name := range []string{"Location", "Content-Location"} {
				if to := response.Header.Get(name); to != "" {
					response.Header.Set(name, g.outward(to))
				}
			}
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if errors.Is(err, context.Canceled) {
				return // the client is gone
			}
			g.cfg.Observe(Event{Name: UpstreamLost, Code: fault.UpstreamUnavailable, Detail: "a request could not be passed on: " + withoutURL(err)})
			w.Header().Set("Retry-After", retryAfter)
			fhirhttp.WriteError(w, r, nil, fault.UpstreamUnavailable)
		},
		ErrorLog: slog.NewLogLogger(g.cfg.Logger.Handler(), slog.LevelDebug),
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := g.passable(r); err != nil {
			fhirhttp.WriteError(w, r, nil, err)
			return
		}
		w.Header().Del("X-Content-Type-Options") // the FHIR server's own headers are enough
		proxy.ServeHTTP(w, r)
	})
}

// passable refuses what would go past the gate: websockets, and paths that a server
// might read as another one than the gate has.
func (g *Gate) passable(r *http.Request) error {
	if r.Header.Get("Upgrade") != "" {
		return fault.New(fault.Forbidden, "no websocket opens here: the websocket is "+g.socketURL)
	}
	escaped := strings.ToLower(strings.TrimPrefix(r.URL.EscapedPath(), g.basePath))
	segments := strings.Split(r.URL.Path, "/")
	if slices.Contains(segments, "..") || slices.Contains(segments, ".") || strings.ContainsAny(r.URL.Path, "\\\x00") || strings.Contains(escaped, "%2f") {
		return fault.New(fault.MalformedRequest, "the path has an escaped slash or dots in it, which no FHIR path has")
	}
	return nil
}

// outward is a URL of the FHIR server's as clients see it.
func (g *Gate) outward(to string) string {
	rest, ours := strings.CutPrefix(to, g.server.base)
	if !ours || rest != "" && rest[0] != '/' && rest[0] != '?' {
		return to
	}
	return g.publicBase + rest
}
