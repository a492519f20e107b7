package mockserver

import (
	"mime"
	"net/http"
	"slices"
	"strconv"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/mockserver/internal/fhirhttp"
	"github.com/wsbind/wsbind/mockserver/search"
	"github.com/wsbind/wsbind/mockserver/store"
)

// searchForm makes the form of a POST search part of the request's query, and
// with it the search a GET. It reports false where it has answered already.
func (b *base) searchForm(w http.ResponseWriter, r *http.Request) (*http.Request, bool) {
	body, err := b.readAll(w, r)
	if err == nil && len(body) > 0 {
		err = checkForm(r)
	}
	if err != nil {
		writeError(w, r, err)
		return r, false
	}
	combined := r.Clone(r.Context())
	combined.URL.RawQuery += "&" + string(body)
	return combined, true
}

func checkForm(r *http.Request) error {
	declared := r.Header.Get("Content-Type")
	if mediaType, _, err := mime.ParseMediaType(declared); err != nil || mediaType != form {
		return fault.New(fault.UnsupportedMedia, "Content-Type is "+fault.Quote(declared)+", a search by POST is sent as "+form)
	}
	return fhirhttp.CheckEncoding(r)
}

// search answers with a searchset. Parameters that are not understood are left
// out of it and of its self link, unless Prefer: handling=strict.
func (b *base) search(w http.ResponseWriter, r *http.Request, t target) {
	strict := fhirhttp.Prefer(r, "handling") == "strict"
	compiler := search.Compiler{Release: b.release, Base: b.url}
	request, err := compiler.Request(t.resourceType, r.URL.RawQuery, strict)
	if err != nil {
		writeError(w, r, err)
		return
	}
	found := filter(request, b.world.All(callerOf(r), t.resourceType))
	writeResource(w, r, http.StatusOK, b.searchset(request, found))
}

// filter returns the versions that a search finds, in the order it asks for,
// else in that of their creation.
func filter(request *search.Request, versions []store.Version) []store.Version {
	type hit struct {
		version  store.Version
		position search.Position
	}
	var hits []hit
	var doc jsonscan.Document
	for _, v := range versions {
		if doc.Parse(v.Body, jsonscan.Limits{}) != nil || !request.Match(doc.Root()) {
			continue
		}
		hits = append(hits, hit{v, request.Position(doc.Root())})
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return request.ComparePositions(a.position, b.position) })
	found := make([]store.Version, len(hits))
	for i, h := range hits {
		found[i] = h.version
	}
	return found
}

// searchset returns one page of what a search found as a Bundle. Its total
// counts all pages.
func (b *base) searchset(request *search.Request, found []store.Version) []byte {
	total := len(found)
	first := min(request.Offset, total)
	last := min(first+request.Count, total)
	if request.CountOnly {
		first, last = total, total
	}
	bundle := []byte(`{"resourceType":"Bundle","type":"searchset","total":`)
	bundle = strconv.AppendInt(bundle, int64(total), 10)
	bundle = append(bundle, `,"link":[`...)
	bundle = b.appendLink(bundle, "self", request.ResourceType(), request.Self())
	if last < total {
		bundle = append(bundle, ',')
		bundle = b.appendLink(bundle, "next", request.ResourceType(), request.Next())
	}
	bundle = append(bundle, ']')
	for i, v := range found[first:last] {
		if i == 0 {
			bundle = append(bundle, `,"entry":[`...)
		} else {
			bundle = append(bundle, ',')
		}
		bundle = append(bundle, `{"fullUrl":`...)
		bundle = jsonscan.AppendString(bundle, b.url+"/"+v.Type+"/"+v.ID)
		bundle = append(bundle, `,"resource":`...)
		bundle = append(bundle, v.Body...)
		bundle = append(bundle, `,"search":{"mode":"match"}}`...)
	}
	if first < last {
		bundle = append(bundle, ']')
	}
	return append(bundle, '}')
}

func (b *base) appendLink(dst []byte, relation, resourceType, query string) []byte {
	url := b.url + "/" + resourceType
	if query != "" {
		url += "?" + query
	}
	dst = append(dst, `{"relation":"`+relation+`","url":`...)
	return append(jsonscan.AppendString(dst, url), '}')
}
