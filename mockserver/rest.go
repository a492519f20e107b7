package mockserver

import (
	"net/http"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/internal/fhirhttp"
)

// target is what a path below a FHIR base names. Its members are empty where
// the path does not have them.
type target struct {
	resourceType string // Patient
	id           string // of the resource
	history      bool   // …/_history
	version      string // …/_history/VERSION
	search       bool   // Type/_search
	operation    string // without its dollar sign
	metadata     bool
	base         bool // the base itself, or what concerns all its types
}

// parseTarget reads a path below the base, which begins with a slash or is
// empty. It reports false for a path of no known form.
func parseTarget(path string) (target, bool) {
	path = strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/")
	if path == "" || path == "_history" || path == "_search" {
		return target{base: true}, true
	}
	segments := strings.Split(path, "/")
	last := segments[len(segments)-1]
	t := target{}
	if name, ok := strings.CutPrefix(last, "$"); ok {
		t.operation = name
		segments = segments[:len(segments)-1]
	}
	switch {
	case len(segments) == 1 && last == "metadata":
		return target{metadata: true}, true
	case len(segments) == 2 && last == "_search":
		t.search = true
		segments = segments[:1]
	case len(segments) > 1 && last == "_history":
		t.history = true
		segments = segments[:len(segments)-1]
	case len(segments) == 4 && segments[2] == "_history" && t.operation == "":
		t.history, t.version = true, last
		segments = segments[:2]
	}
	if len(segments) > 0 {
		t.resourceType = segments[0]
	}
	if len(segments) > 1 {
		t.id = segments[1]
	}
	return t, len(segments) <= 2 && (t.resourceType != "" || t.operation != "")
}

// serveREST answers everything below a FHIR base.
func (b *base) serveREST(w http.ResponseWriter, r *http.Request) {
	t, ok := parseTarget(strings.TrimPrefix(r.URL.Path, b.path))
	if !ok {
		writeError(w, r, fault.New(fault.NotFound, "no resource is at this path: "+b.path+"/TYPE, "+b.path+"/TYPE/ID and "+
			b.path+"/TYPE/ID/_history/VERSION are, and "+b.path+"/metadata"))
		return
	}
	if t.search && r.Method == http.MethodPost {
		if r, ok = b.searchForm(w, r); !ok {
			return
		}
	}
	if _, err := fhirhttp.Negotiate(r, b.release); err != nil {
		writeError(w, r, err)
		return
	}
	if t.resourceType != "" && !fhir.IsResourceType(b.release, t.resourceType) {
		writeError(w, r, fault.New(fault.NotFound, b.release.String()+" has no resource type "+fault.Quote(t.resourceType)))
		return
	}
	note := noteOf(r)
	note.Interaction, note.Resource = t.interaction(r.Method), strings.TrimSuffix(t.resourceType+"/"+t.id, "/")
	if t.resourceType == "Subscription" && t.id != "" {
		note.Subscriptions = []string{t.id}
	}
	if b.misanswer(w, r, t) {
		return
	}
	b.dispatch(w, r, t)
}

// interaction names what a path and a method mean, as FHIR does.
func (t *target) interaction(method string) string {
	switch {
	case t.operation != "":
		return "$" + t.operation
	case t.metadata:
		return "capabilities"
	case t.base:
		return "batch"
	case t.history && t.version == "":
		return "history"
	case t.history:
		return "vread"
	case t.search, t.id == "" && method != http.MethodPost:
		return "search-type"
	case t.id == "":
		return "create"
	case method == http.MethodPut:
		return "update"
	case method == http.MethodDelete:
		return "delete"
	}
	return "read"
}

// dispatch finds the interaction that a path and method mean.
func (b *base) dispatch(w http.ResponseWriter, r *http.Request, t target) {
	switch {
	case t.operation != "":
		b.operation(w, r, t)
	case t.metadata:
		if allow(w, r, http.MethodGet, http.MethodHead) {
			b.metadata(w, r)
		}
	case t.base:
		refuseInteraction(w, r, "batch, transaction and whole-system interactions are not supported: "+
			"send each request by itself, and see "+b.url+"/metadata")
	case t.history && t.version == "":
		refuseInteraction(w, r, "history is not supported: read one version at "+b.url+"/TYPE/ID/_history/VERSION")
	case t.history:
		if allow(w, r, http.MethodGet, http.MethodHead) {
			b.readVersion(w, r, t)
		}
	case t.search:
		if allow(w, r, http.MethodPost) {
			b.search(w, r, t)
		}
	case t.id == "":
		b.dispatchType(w, r, t)
	default:
		b.dispatchInstance(w, r, t)
	}
}

func (b *base) dispatchType(w http.ResponseWriter, r *http.Request, t target) {
	if !allow(w, r, http.MethodGet, http.MethodHead, http.MethodPost) {
		return
	}
	if r.Method == http.MethodPost {
		b.create(w, r, t)
		return
	}
	b.search(w, r, t)
}

func (b *base) dispatchInstance(w http.ResponseWriter, r *http.Request, t target) {
	if !allow(w, r, http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete) {
		return
	}
	switch r.Method {
	case http.MethodPut:
		b.update(w, r, t)
	case http.MethodDelete:
		b.delete(w, r, t)
	default:
		b.read(w, r, t)
	}
}
