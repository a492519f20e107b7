package mockserver

import (
	"encoding/json"
	"mime"
	"net"
	"net/http"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
)

// managementAction is one entry of the management interface. A path may have
// one segment {id}, which is handed to serve.
type managementAction struct {
	method string
	path   string
	serve  func(s *Server, r *http.Request, id string) (any, error)
}

// managementActions is the whole management interface.
var managementActions = []managementAction{
	{http.MethodGet, "/health", (*Server).health},
	{http.MethodGet, "/state", (*Server).state},
	{http.MethodPost, "/events", (*Server).emit},
	{http.MethodPost, "/subscriptions/{id}/error", (*Server).putInError},
	{http.MethodPost, "/subscriptions/{id}/reactivate", (*Server).reactivate},
	{http.MethodPost, "/revoke", (*Server).revoke},
}

// ManagementHandler serves the management interface: health, state, and what a
// test does to the server behind its clients' backs. It must not be mixed with
// the paths of Handler, nor leave the machine.
//
// It answers only requests whose Host is a loopback name or address, or the one
// it listens on, and whose Origin is absent or its own, and it reads bodies of
// application/json only: no web page can drive it, not even one whose name was
// rebound to 127.0.0.1.
func (s *Server) ManagementHandler() http.Handler {
	logger := s.cfg.Logger.With("interface", "management")
	return s.logged(logger, http.HandlerFunc(s.manage))
}

// manage answers one request of the management interface.
func (s *Server) manage(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if err := s.guard(r); err != nil {
		writeManagementError(w, err)
		return
	}
	var allowed []string
	for _, a := range managementActions {
		id, ok := matchPath(a.path, r.URL.Path)
		switch {
		case !ok:
		case a.method == r.Method || a.method == http.MethodGet && r.Method == http.MethodHead:
			answer, err := a.serve(s, r, id)
			if err != nil {
				writeManagementError(w, err)
				return
			}
			writeJSON(w, http.StatusOK, answer)
			return
		default:
			allowed = append(allowed, a.method)
		}
	}
	if allowed == nil {
		writeManagementError(w, fault.New(fault.NotFound, "the management interface has no such path; it has "+managementPaths()))
		return
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	writeManagementError(w, fault.New(fault.MethodNotAllowed, r.Method+" is not possible here, "+strings.Join(allowed, ", ")+" is"))
}

func managementPaths() string {
	var list []string
	for _, a := range managementActions {
		list = append(list, a.method+" "+a.path)
	}
	return strings.Join(list, ", ")
}

// matchPath compares a path with a pattern and returns what stands for {id}.
func matchPath(pattern, path string) (id string, ok bool) {
	before, after, variable := strings.Cut(pattern, "{id}")
	if !variable {
		return "", pattern == path
	}
	rest, found := strings.CutPrefix(path, before)
	if !found {
		return "", false
	}
	id, found = strings.CutSuffix(rest, after)
	return id, found && id != "" && !strings.Contains(id, "/")
}

// guard refuses requests that a web page may have caused.
func (s *Server) guard(r *http.Request) error {
	if !s.ownHost(r.Host) {
		return fault.New(fault.Forbidden, "Host "+fault.Quote(r.Host)+" is not this machine: use "+s.managementHint())
	}
	for _, origin := range r.Header.Values("Origin") {
		if !strings.EqualFold(origin, "http://"+r.Host) {
			return fault.New(fault.Forbidden, "Origin "+fault.Quote(origin)+" may not drive the management interface")
		}
	}
	if r.Method != http.MethodPost {
		return nil
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return fault.New(fault.UnsupportedMedia, "Content-Type is "+fault.Quote(r.Header.Get("Content-Type"))+", application/json is due")
	}
	return nil
}

// ownHost reports whether a Host header names this machine.
func (s *Server) ownHost(host string) bool {
	if s.management != "" && "http://"+host == s.management {
		return true
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return ip != nil && ip.IsLoopback()
}

func (s *Server) managementHint() string {
	if s.management == "" {
		return "localhost"
	}
	return s.management
}

// writeManagementError answers with the issue list that all JSON of wsbind has.
func writeManagementError(w http.ResponseWriter, err error) {
	writeJSON(w, fault.CodeOf(err).HTTPStatus(), map[string]any{
		"issues": json.RawMessage(fhir.AppendIssues(nil, nil, []fault.Issue{fault.IssueOf(err)})),
	})
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		status, text = http.StatusInternalServerError, []byte(`{"issues":[{"severity":"error","code":"internal"}]}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(append(text, '\n')) // a client that is gone cannot be told
}
