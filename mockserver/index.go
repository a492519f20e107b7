package mockserver

import (
	"net/http"
	"strings"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/internal/fhirhttp"
)

// serveIndex tells a person where things are: a browser gets the page, if there is
// one, and everything else a few lines of text.
func (s *Server) serveIndex(w http.ResponseWriter, r *http.Request) {
	if s.page != nil {
		s.protectPage(w.Header())
		w.Header().Set("Vary", "Accept")
	}
	if !allow(w, r, http.MethodGet, http.MethodHead) {
		return
	}
	if s.page != nil && wantsHTML(r) {
		s.page.files[indexPath].serve(s, w, r)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Write([]byte(s.welcome())) // a client that is gone cannot be told
}

// welcome is a few lines for a person: where the bases are, and commands that
// lead from a Subscription to a binding token.
func (s *Server) welcome() string {
	var text strings.Builder
	text.WriteString("wsbind mock server: FHIR Subscriptions over websocket. Not for production.\n\n")
	for _, r := range releases {
		text.WriteString("FHIR " + r.String() + strings.Repeat(" ", 5-len(r.String())) + s.BaseURL(r) + "\n")
	}
	text.WriteString("keys      " + s.JWKSURL() + "\n")
	if s.page != nil {
		text.WriteString("page      " + s.PageURL() + " in a browser\n")
	}
	base := s.BaseURL(fhir.R4)
	text.WriteString(`
Create a Subscription to completed Encounters, then get a binding token for it:

  curl -s ` + base + `/Subscription -H 'Content-Type: application/fhir+json' -d '{
    "resourceType":"Subscription","status":"requested","reason":"a try",
    "criteria":"Encounter?status=finished",
    "channel":{"type":"websocket","payload":"application/fhir+json"}}'
  curl -s '` + base + `/Subscription/$get-ws-binding-token'

Connect to the websocket-url in the answer and send: bind-with-token TOKEN
`)
	return text.String()
}

// wantsHTML reports whether a request names text/html among what it accepts, as
// browsers do and curl does not: any type would do for it.
func wantsHTML(r *http.Request) bool {
	weight, itself := fhirhttp.QualityBy(strings.Join(r.Header.Values("Accept"), ","), "text/html", 0)
	return itself && weight > 0
}
