package mockserver

import (
	"net/http"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/internal/fhirhttp"
)

// writeError answers with the status of an error's code and an OperationOutcome
// that tells it. Whatever has no code shows as an internal error.
func writeError(w http.ResponseWriter, r *http.Request, err error) {
	writeErrorAbout(w, r, nil, err)
}

// writeErrorAbout is writeError for an error that was found in a body: issues
// that have an offset get the line and column it is at.
func writeErrorAbout(w http.ResponseWriter, r *http.Request, body []byte, err error) {
	noteError(r, err)
	fhirhttp.WriteError(w, r, body, err)
}

// writeResource answers with a resource, in the media type that the request asks
// for, and indented for _pretty=true. A header that is set already stays.
func writeResource(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	fhirhttp.WriteResource(w, r, status, body)
}

// refuseMethod answers 405 with the methods that are possible.
func refuseMethod(w http.ResponseWriter, r *http.Request, methods []string) {
	possible := strings.Join(methods, ", ")
	w.Header().Set("Allow", possible)
	writeError(w, r, fault.New(fault.MethodNotAllowed, r.Method+" is not supported at this path, possible are "+possible))
}

// refuseInteraction answers 405 at a path where FHIR has an interaction and
// this server has none, and says what to do instead.
func refuseInteraction(w http.ResponseWriter, r *http.Request, instead string) {
	w.Header().Set("Allow", http.MethodOptions) // the preflight, which is answered everywhere
	writeError(w, r, fault.New(fault.MethodNotAllowed, instead))
}
