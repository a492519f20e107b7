package fhirhttp

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
)

// WriteResource answers with a resource, in the media type that the request asks
// for, and indented for _pretty=true. A header that is set already stays.
func WriteResource(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	if queryOf(r, "_pretty") == "true" {
		var indented bytes.Buffer
		if json.Indent(&indented, body, "", "  ") == nil { // which keeps every number as it is written
			body = append(indented.Bytes(), '\n')
		}
	}
	h := w.Header()
	h.Set("Content-Type", MediaType(r)+"; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Add("Vary", "Accept, Authorization")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-cache") // or a browser guesses from Last-Modified and shows what is gone
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		w.Write(body) // a client that is gone cannot be told
	}
}

// WriteHead answers a HEAD whose body was never made: its length is not known
// and not told.
func WriteHead(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", MediaType(r)+"; charset=utf-8")
	w.WriteHeader(http.StatusOK)
}

// MediaType is what a request is answered in, the best of all where it asks for
// what there is not.
func MediaType(r *http.Request) string {
	mediaType, err := Negotiate(r, 0)
	if err != nil {
		return Offers[0]
	}
	return mediaType
}

// WriteError answers with the status of an error's code and an OperationOutcome
// that tells it. Whatever has no code shows as an internal error. If the error was
// found in a body, issues that have an offset get the line and column it is at.
func WriteError(w http.ResponseWriter, r *http.Request, body []byte, err error) {
	issues, located := issuesOf(err)
	if !located {
		body = nil
	}
	WriteResource(w, r, fault.CodeOf(err).HTTPStatus(), fhir.AppendOutcome(nil, body, issues))
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
