package mockserver

import (
	"net/http"

	"github.com/wsbind/wsbind/mockserver/internal/fhirhttp"
)

// form is the media type of POST searches.
const form = "application/x-www-form-urlencoded"

// readResource reads a body that must be a resource in JSON. The errors are
// [fault.UnsupportedMedia] and those of readAll.
func (b *base) readResource(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if err := fhirhttp.CheckContentType(r, b.release); err != nil {
		return nil, err
	}
	return b.readAll(w, r)
}

// readAll reads a body up to Config.MaxBody. The errors are [fault.TooLarge]
// and [fault.MalformedRequest].
func (b *base) readAll(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	return fhirhttp.ReadAll(w, r, b.server.cfg.MaxBody)
}
