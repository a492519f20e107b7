package mockserver

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/socket"
)

// descriptionPath is where the page learns whose it is. The server answers it
// itself: the page that a plain web server hands out has none there.
const descriptionPath = "/wsbind.json"

// servePage answers a path of the page, and reports whether it is one.
func (s *Server) servePage(w http.ResponseWriter, r *http.Request) bool {
	if s.page == nil {
		return false
	}
	file := s.page.files[r.URL.Path]
	if r.URL.Path == descriptionPath {
		file = s.describePage()
	}
	if file == nil {
		return false
	}
	s.protectPage(w.Header())
	if allow(w, r, http.MethodGet, http.MethodHead) {
		file.serve(s, w, r)
	}
	return true
}

// protectPage sets what keeps the page to itself: it runs no script, loads nothing
// and talks to nobody but what the build and this server gave it, it makes neither
// markup nor scripts of texts, no other page can frame it or hold a window of it,
// and none can read its files.
func (s *Server) protectPage(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "+
		"img-src 'self' data:; font-src 'none'; connect-src "+strings.Join(s.connectSources(), " ")+
		"; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "+
		"require-trusted-types-for 'script'; trusted-types 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}

// pageDescription is what the page is told of the server.
type pageDescription struct {
	Version string            `json:"version"`
	Base    string            `json:"base"`
	FHIR    map[string]string `json:"fhir"`
	JWKS    string            `json:"jwks"`
	// Management is null where the server does not know of any.
	Management *string        `json:"management"`
	Dialect    socket.Dialect `json:"dialect"`
	Profile    faults.Profile `json:"profile"`
	Clock      string         `json:"clock"`
	Seed       uint64         `json:"seed"`
	// Started tells one run of the server from another: what the page knows of one
	// is gone in the next.
	Started time.Time `json:"started"`
}

// describePage makes the file at descriptionPath.
func (s *Server) describePage() *pageFile {
	set := s.Settings()
	d := pageDescription{
		Version: s.cfg.Version, Base: s.origin, FHIR: s.baseURLs(), JWKS: s.JWKSURL(),
		Dialect: set.Dialect, Profile: set.Profile, Clock: "real", Seed: set.Seed, Started: s.started,
	}
	if s.management != "" {
		management := nameable(s.management)
		d.Management = &management
	}
	if set.Virtual {
		d.Clock = "virtual"
	}
	return newPageFile(descriptionPath, pageForm{identity, func() (pageBody, error) {
		text, err := json.Marshal(d)
		return newPageBody(append(text, '\n')), err
	}})
}
