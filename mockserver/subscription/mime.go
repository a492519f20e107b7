package subscription

import (
	"mime"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
)

// mime refuses a payload type in which no notification can be sent. FHIR's
// JSON is also application/json; fhirVersion must be the release of the base,
// and other parameters than charset change nothing.
func (r *reader) mime(at element, text string) {
	media, params, err := mime.ParseMediaType(text)
	if err != nil {
		r.refuse(fault.UnsupportedContent, at, fault.Quote(text)+" is no MIME type: use application/fhir+json")
		return
	}
	if media != "application/fhir+json" && media != "application/json" {
		r.refuse(fault.UnsupportedContent, at, "the payload "+fault.Quote(media)+" is not supported: use application/fhir+json")
	}
	if charset, ok := params["charset"]; ok && !strings.EqualFold(charset, "utf-8") {
		r.refuse(fault.UnsupportedContent, at, "the charset "+fault.Quote(charset)+" is not supported: JSON is UTF-8")
	}
	if version, ok := params["fhirversion"]; ok { // names of parameters are read in lower case
		if v, ok := fhir.ParseRelease(version); !ok || v != r.release {
			r.refuse(fault.UnsupportedContent, at, "fhirVersion "+fault.Quote(version)+" cannot be sent: this base speaks "+minor(r.release))
		}
	}
}

// minor returns the release as the MIME parameter fhirVersion has it: 4.0, 4.3
// or 5.0.
func minor(r fhir.Release) string {
	v := r.Version()
	return v[:strings.LastIndexByte(v, '.')]
}
