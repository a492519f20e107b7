package fhirhttp

import (
	"bytes"
	"errors"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
)

// Offers are the media types that a resource is answered in, best first.
var Offers = []string{"application/fhir+json", "application/json", "text/json"}

// Negotiate returns the media type that a request asks for: by _format, which
// overrides Accept, or by Accept with its q values. The error is
// [fault.NotAcceptable]. A fhirVersion must be that of the release; the zero
// release takes any.
func Negotiate(r *http.Request, release fhir.Release) (string, error) {
	if f := queryOf(r, "_format"); f != "" {
		f = strings.ReplaceAll(f, " ", "+") // an unescaped plus sign of application/fhir+json
		mediaType, params, err := mime.ParseMediaType(f)
		switch {
		case err != nil, !speaks(release, params):
		case mediaType == "json":
			return Offers[0], nil
		case slices.Contains(Offers, mediaType):
			return mediaType, nil
		}
		return "", fault.New(fault.NotAcceptable, "_format is "+fault.Quote(f)+", this server answers in json only"+versionHint(release))
	}
	accept := strings.Join(r.Header.Values("Accept"), ",")
	switch {
	case strings.TrimSpace(accept) == "":
		return Offers[0], nil
	case slices.Contains(Offers, accept): // as most clients write it
		return accept, nil
	}
	best, bestQuality := "", 0.0
	for _, offer := range Offers {
		if q := quality(accept, offer, release); q > bestQuality {
			best, bestQuality = offer, q
		}
	}
	if best == "" {
		return "", fault.New(fault.NotAcceptable, "Accept is "+fault.Quote(accept)+", this server answers in "+Offers[0]+" only"+versionHint(release))
	}
	return best, nil
}

// queryOf returns a parameter of the query, which most requests do not have.
func queryOf(r *http.Request, name string) string {
	if r.URL.RawQuery == "" {
		return ""
	}
	return r.URL.Query().Get(name)
}

// quality returns the weight that an Accept header gives to a media type: that
// of the most specific range it falls in (RFC 9110, section 12.5.1).
func quality(accept, offer string, release fhir.Release) float64 {
	weight, _ := QualityBy(accept, offer, release)
	return weight
}

// QualityBy is quality, and says whether the range was the media type itself.
func QualityBy(accept, offer string, release fhir.Release) (weight float64, itself bool) {
	mainType, _, _ := strings.Cut(offer, "/")
	ranges := []string{"*/*", mainType + "/*", offer}
	specific := -1
	for item := range strings.SplitSeq(accept, ",") {
		name, params, err := mime.ParseMediaType(item)
		rank := slices.Index(ranges, name)
		if err != nil || rank <= specific || !speaks(release, params) {
			continue
		}
		specific, weight = rank, QualityValue(params)
	}
	return weight, specific == len(ranges)-1
}

// QualityValue is the weight among the parameters of an item: 1 where there is
// none, and 0 where it cannot be read.
func QualityValue(params map[string]string) float64 {
	q, ok := params["q"]
	if !ok {
		return 1
	}
	weight, err := strconv.ParseFloat(q, 64)
	if err != nil || !(weight >= 0 && weight <= 1) { // which NaN is not either
		return 0
	}
	return weight
}

// speaks reports whether the fhirVersion among a media type's parameters, if
// there is one, is that of the release.
func speaks(release fhir.Release, params map[string]string) bool {
	version, ok := params["fhirversion"]
	if !ok || release == 0 {
		return true
	}
	named, known := fhir.ParseRelease(version)
	return known && named == release
}

func versionHint(release fhir.Release) string {
	if release == 0 {
		return ""
	}
	return ", and here with fhirVersion " + release.Version()
}

// CheckContentType refuses a body that is not declared as JSON in UTF-8, and
// one for another release. A body without Content-Type is refused too: it
// would be an error on most servers.
func CheckContentType(r *http.Request, release fhir.Release) error {
	declared := r.Header.Get("Content-Type")
	mediaType, params, err := mime.ParseMediaType(declared)
	charset, hasCharset := params["charset"]
	switch {
	case declared == "":
		return fault.New(fault.UnsupportedMedia, "the request has no Content-Type: send "+Offers[0])
	case err != nil || !slices.Contains(Offers, mediaType):
		return fault.New(fault.UnsupportedMedia, "Content-Type is "+fault.Quote(declared)+", this server reads "+Offers[0]+" only")
	case hasCharset && !strings.EqualFold(charset, "utf-8"):
		return fault.New(fault.UnsupportedMedia, "charset is "+fault.Quote(charset)+", FHIR's JSON is always UTF-8")
	case !speaks(release, params):
		return fault.New(fault.UnsupportedMedia, "fhirVersion is "+fault.Quote(params["fhirversion"])+", this base speaks "+release.Version())
	}
	return CheckEncoding(r)
}

// CheckEncoding refuses a body that is compressed.
func CheckEncoding(r *http.Request) error {
	if coding := r.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return fault.New(fault.UnsupportedMedia, "Content-Encoding is "+fault.Quote(coding)+", this server reads bodies as they are only")
	}
	return nil
}

// ReadAll reads a body up to a limit in bytes. The errors are [fault.TooLarge]
// and [fault.MalformedRequest].
func ReadAll(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	var body bytes.Buffer
	body.Grow(int(min(max(r.ContentLength, 0), limit, believed)) + bytes.MinRead)
	_, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, limit))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, fault.New(fault.TooLarge, "the body is larger than the "+strconv.FormatInt(limit, 10)+" bytes that this server reads")
	}
	if err != nil {
		return nil, fault.New(fault.MalformedRequest, "the body ended before its declared length")
	}
	return body.Bytes(), nil
}

// believed is up to where a body gets the memory that its declared length asks for.
const believed = 64 << 10

// Prefer returns what a request prefers (RFC 7240), such as "minimal" for
// return, and "" where it does not say.
func Prefer(r *http.Request, name string) string {
	for _, header := range r.Header.Values("Prefer") {
		for preference := range strings.FieldsFuncSeq(header, func(c rune) bool { return c == ',' || c == ';' }) {
			key, value, _ := strings.Cut(strings.TrimSpace(preference), "=")
			if strings.EqualFold(strings.TrimSpace(key), name) {
				return strings.Trim(strings.TrimSpace(value), `"`)
			}
		}
	}
	return ""
}
