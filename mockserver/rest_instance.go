package mockserver

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/internal/fhirhttp"
	"github.com/wsbind/wsbind/mockserver/store"
	"github.com/wsbind/wsbind/mockserver/world"
)

func (b *base) create(w http.ResponseWriter, r *http.Request, t target) {
	if r.Header.Get("If-None-Exist") != "" {
		writeError(w, r, fault.New(fault.MalformedRequest,
			"If-None-Exist: conditional create is not supported; search first, or PUT to an id of your choice"))
		return
	}
	body, err := b.readResource(w, r)
	if err != nil {
		writeError(w, r, err)
		return
	}
	written, err := b.world.Create(callerOf(r), t.resourceType, body)
	b.written(w, r, written, body, err)
}

func (b *base) update(w http.ResponseWriter, r *http.Request, t target) {
	if r.Header.Get("If-None-Match") != "" {
		writeError(w, r, fault.New(fault.MalformedRequest,
			"If-None-Match is not supported on an update; send If-Match with the version you have"))
		return
	}
	version, err := ifMatch(r)
	if err != nil {
		writeError(w, r, err)
		return
	}
	body, err := b.readResource(w, r)
	if err != nil {
		writeError(w, r, err)
		return
	}
	written, err := b.world.Update(callerOf(r), t.resourceType, t.id, body, version)
	b.written(w, r, written, body, err)
}

// written answers a create or update, with what Prefer: return= asks for: the
// resource unless it says minimal or OperationOutcome.
func (b *base) written(w http.ResponseWriter, r *http.Request, v world.Written, body []byte, err error) {
	if err != nil {
		writeErrorAbout(w, r, body, err)
		return
	}
	status := http.StatusOK
	if v.Created {
		status = http.StatusCreated
		w.Header().Set("Location", b.versionURL(v.Version))
	}
	setVersion(w, v.Version)
	note := noteOf(r)
	if note.Resource = v.Type + "/" + v.ID; v.Type == "Subscription" {
		note.Subscriptions = []string{v.ID}
	}
	switch fhirhttp.Prefer(r, "return") {
	case "minimal":
		w.Header().Set("Preference-Applied", "return=minimal")
		w.WriteHeader(status)
	case "OperationOutcome":
		w.Header().Set("Preference-Applied", "return=OperationOutcome")
		writeResource(w, r, status, fhir.AppendOutcome(nil, body, v.Warnings))
	default:
		w.Header().Set("Content-Location", b.versionURL(v.Version))
		writeResource(w, r, status, v.Body)
	}
}

func (b *base) delete(w http.ResponseWriter, r *http.Request, t target) {
	if r.Header.Get("If-Match") != "" {
		writeError(w, r, fault.New(fault.MalformedRequest, "If-Match is not supported on a delete"))
		return
	}
	if err := b.world.Delete(callerOf(r), t.resourceType, t.id); err != nil {
		writeError(w, r, err)
		return
	}
	if fhirhttp.Prefer(r, "return") == "OperationOutcome" {
		writeResource(w, r, http.StatusOK, fhir.AppendOutcome(nil, nil, nil))
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (b *base) read(w http.ResponseWriter, r *http.Request, t target) {
	v, err := b.world.Read(callerOf(r), t.resourceType, t.id)
	b.show(w, r, v, err)
}

func (b *base) readVersion(w http.ResponseWriter, r *http.Request, t target) {
	v, err := b.world.ReadVersion(callerOf(r), t.resourceType, t.id, t.version)
	b.show(w, r, v, err)
}

// show answers a read, with 304 where the client has the version already.
func (b *base) show(w http.ResponseWriter, r *http.Request, v store.Version, err error) {
	if err != nil {
		writeError(w, r, err)
		return
	}
	setVersion(w, v)
	if notModified(r, v) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	writeResource(w, r, http.StatusOK, v.Body)
}

func (b *base) versionURL(v store.Version) string {
	return b.url + "/" + v.Type + "/" + v.ID + "/_history/" + strconv.Itoa(v.VersionID)
}

func setVersion(w http.ResponseWriter, v store.Version) {
	w.Header().Set("ETag", entityTag(v))
	w.Header().Set("Last-Modified", v.LastUpdated.Format(http.TimeFormat))
}

// entityTag is weak, as FHIR has it: the same version may be sent indented.
func entityTag(v store.Version) string { return `W/"` + strconv.Itoa(v.VersionID) + `"` }

// ifMatch returns the version id of If-Match, "" where there is none. Both the
// weak form of FHIR and the strong one are read.
func ifMatch(r *http.Request) (string, error) {
	header := r.Header.Get("If-Match")
	if header == "" || header == "*" {
		return "", nil
	}
	version, opened := strings.CutPrefix(strings.TrimPrefix(header, "W/"), `"`)
	version, closed := strings.CutSuffix(version, `"`)
	if !opened || !closed || version == "" || strings.ContainsAny(version, `",`) {
		return "", fault.New(fault.MalformedRequest, "If-Match is "+fault.Quote(header)+`, expected is one version such as W/"3"`)
	}
	return version, nil
}

// notModified reports whether a client that asks conditionally has this
// version: by If-None-Match, or by If-Modified-Since where only that is sent.
func notModified(r *http.Request, v store.Version) bool {
	if len(r.Header.Values("If-None-Match")) > 0 {
		return hasTag(r, entityTag(v))
	}
	since, err := http.ParseTime(r.Header.Get("If-Modified-Since"))
	return err == nil && !v.LastUpdated.Truncate(time.Second).After(since)
}

// hasTag reports whether a request's If-None-Match names an entity tag, by the weak
// comparison (RFC 9110, section 13.1.2).
func hasTag(r *http.Request, entityTag string) bool {
	for tag := range strings.SplitSeq(strings.Join(r.Header.Values("If-None-Match"), ","), ",") {
		tag = strings.TrimSpace(tag)
		if tag == "*" || strings.TrimPrefix(tag, "W/") == strings.TrimPrefix(entityTag, "W/") {
			return true
		}
	}
	return false
}
