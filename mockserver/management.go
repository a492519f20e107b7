package mockserver

import (
	"net"
	"net/http"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/internal/manage"
)

// managementAction is one entry of the management interface. A path may have
// one segment in braces, which is handed to serve.
type managementAction struct {
	method string
	path   string
	// serve answers for a tenant. A nil answer is 204.
	serve func(t *Tenant, r *http.Request, segment string) (any, error)
}

// managementActions is the management interface of each tenant: below /t/NAME,
// and without that for the default tenant.
var managementActions = []managementAction{
	{http.MethodGet, "/health", (*Tenant).health},
	{http.MethodGet, "/state", (*Tenant).state},
	{http.MethodGet, "/journal", (*Tenant).showJournal},
	{http.MethodGet, "/verdicts", (*Tenant).showVerdicts},
	{http.MethodPost, "/assertions", (*Tenant).assert},
	{http.MethodGet, "/clock", (*Tenant).showClock},
	{http.MethodPut, "/clock", (*Tenant).setClock},
	{http.MethodPost, "/clock/advance", (*Tenant).advanceClock},
	{http.MethodGet, "/faults", (*Tenant).showFaults},
	{http.MethodPost, "/faults", (*Tenant).planFaults},
	{http.MethodDelete, "/faults", (*Tenant).clearFaults},
	{http.MethodDelete, "/faults/{id}", (*Tenant).removeFault},
	{http.MethodPost, "/events", (*Tenant).emit},
	{http.MethodPost, "/subscriptions/{id}/error", (*Tenant).putInError},
	{http.MethodPost, "/subscriptions/{id}/reactivate", (*Tenant).reactivate},
	{http.MethodPost, "/revoke", (*Tenant).revoke},
	{http.MethodPost, "/reset", (*Tenant).startAnew},
}

// serverActions are those of the server as a whole. The tenant that they are
// given is the default one.
var serverActions = []managementAction{
	{http.MethodGet, "/tenants", (*Tenant).listTenants},
	{http.MethodGet, "/tenants/{name}", (*Tenant).showTenant},
	{http.MethodPut, "/tenants/{name}", (*Tenant).putTenant},
	{http.MethodDelete, "/tenants/{name}", (*Tenant).deleteTenant},
	{http.MethodGet, "/metrics", (*Tenant).showMetrics},
	{http.MethodGet, "/debug/pprof/", (*Tenant).listProfiles},
	{http.MethodGet, "/debug/pprof/{name}", (*Tenant).takeProfile},
	{http.MethodGet, "/openapi.json", (*Tenant).describeManagement},
}

// ManagementHandler serves the management interface: health, state, journal, and
// what a test does to the server behind its clients' backs. It must not be mixed
// with the paths of Handler, nor leave the machine.
//
// It answers only requests whose Host is a loopback name or address, or the one
// it listens on, and whose Origin is absent or its own, and it reads bodies of
// application/json only: no web page can drive it, not even one whose name was
// rebound to 127.0.0.1. A GET that a page makes without an Origin, for an image say,
// is told by Sec-Fetch-Site.
//
// Where Config.Page is set, that page is the one exception: requests whose Origin is
// that of the server's own listener, by a loopback name, are answered with CORS.
// No other page can have that Origin, for a browser takes it from where the page
// came from, and a page from there came from this server. What else is served there
// cannot become a script of it: FHIR answers are JSON of which nothing is guessed,
// and the page's policy lets in only the scripts of the build. A name that was
// rebound is another Origin, and so are null, another port and Config.PublicURL.
// What remains are programs of this machine, which need no page: one that has the
// same port on the other loopback address shares the name localhost, and of one that
// had the port before a page may still be open, or its service worker be left.
func (s *Server) ManagementHandler() http.Handler {
	logger := s.cfg.Logger.With("interface", "management")
	return s.logged(logger, http.HandlerFunc(s.manage))
}

// manage answers one request of the management interface.
func (s *Server) manage(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	s.allowPage(w.Header(), r)
	if err := s.guard(r); err != nil {
		manage.WriteError(w, err)
		return
	}
	if s.preflight(w, r) {
		return
	}
	t, path, actions, err := s.managed(r.URL.Path)
	if err != nil {
		manage.WriteError(w, err)
		return
	}
	var allowed []string
	for _, a := range actions {
		segment, ok := matchPath(a.path, path)
		switch {
		case !ok:
		case a.method == r.Method || a.method == http.MethodGet && r.Method == http.MethodHead:
			s.answer(w, r, t, a, segment)
			return
		default:
			allowed = append(allowed, a.method)
		}
	}
	if allowed == nil {
		manage.WriteError(w, fault.New(fault.NotFound, "the management interface has no such path; it has "+managementPaths()))
		return
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	manage.WriteError(w, fault.New(fault.MethodNotAllowed, r.Method+" is not possible here, "+strings.Join(allowed, ", ")+" is"))
}

// managed finds the tenant that a path is about, and what can be done there.
func (s *Server) managed(path string) (*Tenant, string, []managementAction, error) {
	rest, named := strings.CutPrefix(path, tenantPath)
	if !named {
		return s.Tenant, path, append(managementActions[:len(managementActions):len(managementActions)], serverActions...), nil
	}
	name, _, _ := strings.Cut(rest, "/")
	t, err := s.Open(name)
	return t, strings.TrimPrefix(rest, name), managementActions, err
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, t *Tenant, a managementAction, segment string) {
	if err := guardBody(r); err != nil {
		manage.WriteError(w, err)
		return
	}
	answer, err := a.serve(t, r, segment)
	switch stream, streams := answer.(http.Handler); {
	case err != nil:
		manage.WriteError(w, err)
	case streams:
		stream.ServeHTTP(w, r)
	case answer == nil:
		w.WriteHeader(http.StatusNoContent)
	default:
		manage.WriteJSON(w, http.StatusOK, answer)
	}
}

func managementPaths() string {
	var list []string
	for _, a := range append(managementActions[:len(managementActions):len(managementActions)], serverActions...) {
		list = append(list, a.method+" "+a.path)
	}
	return strings.Join(list, ", ") + "; for a tenant the paths stand below /t/NAME"
}

// matchPath compares a path with a pattern and returns what stands for the
// segment in braces.
func matchPath(pattern, path string) (segment string, ok bool) {
	before, rest, variable := strings.Cut(pattern, "{")
	if !variable {
		return "", pattern == path
	}
	_, after, _ := strings.Cut(rest, "}")
	path, found := strings.CutPrefix(path, before)
	if !found {
		return "", false
	}
	segment, found = strings.CutSuffix(path, after)
	return segment, found && segment != "" && !strings.Contains(segment, "/")
}

// guard refuses requests that a web page may have caused, the server's own excepted.
func (s *Server) guard(r *http.Request) error {
	if !s.ownHost(r.Host) {
		return fault.New(fault.Forbidden, "Host "+fault.Quote(r.Host)+" is not this machine: use "+s.managementHint())
	}
	ours := s.pageOrigin(r) != ""
	for _, origin := range r.Header.Values("Origin") {
		if !ours && !strings.EqualFold(origin, "http://"+r.Host) {
			return fault.New(fault.Forbidden, "Origin "+fault.Quote(origin)+" may not drive the management interface")
		}
	}
	for _, site := range r.Header.Values("Sec-Fetch-Site") { // no script can set it
		elsewhere := site == "same-site" || site == "cross-site" // another port, another name
		if site != "none" && site != "same-origin" && !(ours && elsewhere) {
			return fault.New(fault.Forbidden, "a page of another origin may not drive the management interface: Sec-Fetch-Site is "+fault.Quote(site))
		}
	}
	return nil
}

// guardBody refuses bodies that a web page can send to another origin.
func guardBody(r *http.Request) error {
	if r.Method != http.MethodPost && r.Method != http.MethodPut {
		return nil
	}
	return manage.CheckJSON(r)
}

// ownHost reports whether a Host header names this machine.
func (s *Server) ownHost(host string) bool {
	if s.management != "" && "http://"+host == s.management {
		return true
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return isLoopback(strings.Trim(host, "[]"))
}

func (s *Server) managementHint() string {
	if s.management == "" {
		return "localhost"
	}
	return s.management
}
