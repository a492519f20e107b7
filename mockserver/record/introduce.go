package record

import (
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// introduce learns the release and the software from the server's metadata.
// Where the release is given already, a server that does not say is no hindrance.
func (r *Recorder) introduce(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, exchangeTimeout)
	defer cancel()
	root, err := r.ask(ctx, "/metadata", nil)
	if err == nil {
		software := root.Get("software")
		r.software = r.harmless(strings.TrimSpace(software.Get("name").Text() + " " + software.Get("version").Text()))
	}
	if r.release != 0 {
		return nil
	}
	if err != nil {
		return fault.New(fault.CodeOf(err), fault.DetailOf(err)+"; say which release it speaks to record it all the same")
	}
	version := root.Get("fhirVersion").Text()
	release, known := fhir.ParseRelease(version)
	if !known {
		return fault.New(fault.MalformedRequest, "the server speaks FHIR "+fault.Quote(version)+", not R4, R4B or R5: is this the FHIR base?")
	}
	r.release = release
	return nil
}

// softwareName is what a name and version may look like: nothing like an
// address.
var softwareName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ._+()-]{0,79}$`)

// harmless returns the name of the software, or "" where it could say whose the
// server is.
func (r *Recorder) harmless(name string) string {
	if !softwareName.MatchString(name) || strings.Contains(strings.ToLower(name), strings.ToLower(r.upstream.Hostname())) {
		return ""
	}
	return name
}

// ask gets a resource from the server for the recorder itself, as the caller of
// another request.
func (r *Recorder) ask(ctx context.Context, path string, as http.Header) (jsonscan.Value, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.upstream.String()+path, nil)
	if err != nil {
		return jsonscan.Value{}, fault.New(fault.MalformedRequest, "the upstream is no URL that can be asked")
	}
	request.Header.Set("Accept", "application/fhir+json")
	for _, name := range []string{"Authorization", "Cookie"} {
		if v := as.Get(name); v != "" {
			request.Header.Set(name, v)
		}
	}
	answer, err := r.client.Do(request)
	if err != nil {
		return jsonscan.Value{}, fault.New(fault.Unavailable, "the server cannot be reached: "+reason(err))
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxBytes+1))
	if err != nil || len(body) > maxBytes || answer.StatusCode != http.StatusOK {
		return jsonscan.Value{}, fault.New(fault.Unavailable, "the server's metadata could not be read: it was answered by "+answer.Status)
	}
	var doc jsonscan.Document
	if err := doc.Parse(body, jsonscan.Limits{MaxBytes: maxBytes}); err != nil {
		return jsonscan.Value{}, fault.New(fault.MalformedRequest, "the server's metadata is not JSON: is this the FHIR base?")
	}
	return doc.Root(), nil
}
