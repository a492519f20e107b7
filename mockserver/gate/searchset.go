package gate

import (
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// found is a resource of a page.
type found struct {
	version string    // type, id and version: what no other change has
	updated time.Time // zero if it does not say
	text    []byte    // as it is written
}

// page is a page of a search.
type page struct {
	found []found // what matches, in the page's order
	next  string  // the URL of the next, "" if there is none
}

// readPage reads a searchset Bundle, and of it the resources of a type. Their text
// is part of the page's.
func readPage(text []byte, resourceType string) (p page, err error) {
	var doc jsonscan.Document
	if err := doc.Parse(text, jsonscan.Limits{}); err != nil {
		return p, err
	}
	bundle := doc.Root()
	if !bundle.Get("resourceType").Is("Bundle") {
		return p, fault.New(fault.WrongResourceType, "the answer is no Bundle")
	}
	for entry := bundle.Get("entry").First(); entry.Exists(); entry = entry.Next() {
		resource := entry.Get("resource")
		if mode := entry.Get("search").Get("mode"); mode.Exists() && !mode.Is("match") || !resource.Get("resourceType").Is(resourceType) {
			continue
		}
		p.found = append(p.found, readFound(resource, resourceType))
	}
	for link := bundle.Get("link").First(); link.Exists(); link = link.Next() {
		if link.Get("relation").Is("next") {
			p.next = link.Get("url").Text()
		}
	}
	return p, nil
}

func readFound(resource jsonscan.Value, resourceType string) found {
	meta := resource.Get("meta")
	version, updated := meta.Get("versionId").Text(), meta.Get("lastUpdated").Text()
	f := found{version: resourceType + "/" + resource.Get("id").Text() + "/", text: resource.Raw()}
	f.updated, _ = time.Parse(time.RFC3339, updated)
	if version == "" {
		version = updated
	}
	f.version += version
	return f
}
