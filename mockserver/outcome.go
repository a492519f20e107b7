package mockserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
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
	issues, located := issuesOf(err)
	if !located {
		body = nil
	}
	writeResource(w, r, fault.CodeOf(err).HTTPStatus(), fhir.AppendOutcome(nil, body, issues))
}

// issuesOf returns what an error says as issues, and whether they have offsets.
func issuesOf(err error) (issues []fault.Issue, located bool) {
	if invalid, ok := errors.AsType[*fault.Invalid](err); ok {
		return invalid.Issues, true
	}
	if issue, ok := errors.AsType[*fault.Issue](err); ok {
		return []fault.Issue{*issue}, true
	}
	return []fault.Issue{fault.IssueOf(err)}, false
}

// writeResource answers with a resource, in the media type that the request asks
// for, and indented for _pretty=true. A header that is set already stays.
func writeResource(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	if r.URL.Query().Get("_pretty") == "true" {
		var indented bytes.Buffer
		if json.Indent(&indented, body, "", "  ") == nil { // which keeps every number as it is written
			body = append(indented.Bytes(), '\n')
		}
	}
	mediaType, err := negotiate(r, 0)
	if err != nil {
		mediaType = offers[0]
	}
	h := w.Header()
	h.Set("Content-Type", mediaType+"; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Add("Vary", "Accept, Authorization")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-cache") // or a browser guesses from Last-Modified and shows what is gone
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		w.Write(body)
	}
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
