package notification

import (
	"bytes"
	"sort"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// fullURL checks the fullUrl of an entry, and that it agrees with the id.
func (c *Checker) fullURL(e *entry) {
	if !e.fullURL.Exists() {
		c.noFullURL(e)
		return
	}
	if e.fullURL.Kind() != jsonscan.String || e.fullURL.Empty() {
		return // reported as no uri
	}
	e.url = c.bytes(e.fullURL)
	if !isURI(e.url) {
		e.url = nil // the same
		return
	}
	e.tail = tail(e.url)
	c.fhir.Enter("fullUrl")
	uuid, isUUIDURN := bytes.CutPrefix(e.url, []byte("urn:uuid:"))
	switch {
	case bytes.Contains(e.url, []byte("/_history/")):
		c.report(fault.Err, fault.InvalidFullURL, e.fullURL, quote(e.fullURL)+" names a version: a fullUrl has none (bdl-8)")
	case !isAbsolute(e.url):
		c.report(fault.Err, fault.InvalidFullURL, e.fullURL, quote(e.fullURL)+" is relative: a fullUrl is absolute")
	case isUUIDURN && !isUUID(uuid):
		c.report(fault.Warning, fault.InvalidFullURL, e.fullURL, quote(e.fullURL)+" holds no UUID in lower case")
	case !isUUIDURN:
		c.agree(e)
	}
	c.fhir.Leave()
}

// noFullURL: R5 excuses a POST only (bdl-15), a searchset nothing. In R4 and
// R4B a resource without an identity may lack it.
func (c *Checker) noFullURL(e *entry) {
	switch {
	case c.search, c.release == fhir.R5 && !e.request.Get("method").Is("POST"):
		rule := ""
		if c.release == fhir.R5 {
			rule = " (bdl-15)"
		}
		c.missing(fault.Err, fault.MissingFullURL, e.value, "fullUrl", "the entry needs a fullUrl"+rule)
	default:
		c.missing(fault.Warning, fault.MissingFullURL, e.value, "fullUrl", "the entry should have a fullUrl")
	}
}

// agree: a fullUrl that names a type and an id names those of the resource.
func (c *Checker) agree(e *entry) {
	kind, id, ok := bytes.Cut(e.tail, []byte("/"))
	typ, own := e.resource.Get("resourceType"), e.resource.Get("id")
	if !ok || typ.Kind() != jsonscan.String {
		return
	}
	var scratch [64]byte
	switch {
	case !bytes.Equal(typ.Bytes(scratch[:0]), kind):
		if fhir.IsResourceType(c.release, string(kind)) {
			c.report(fault.Err, fault.InvalidFullURL, e.fullURL, quote(e.fullURL)+" ends in "+string(e.tail)+", the resource is "+quote(typ))
		}
	case !own.Exists() && fhir.IsResourceType(c.release, string(kind)):
		c.report(fault.Warning, fault.InvalidFullURL, e.fullURL, quote(e.fullURL)+" ends in "+string(e.tail)+", the resource has no id")
	case own.Kind() == jsonscan.String && !bytes.Equal(own.Bytes(scratch[:0]), id):
		c.report(fault.Err, fault.InvalidFullURL, e.fullURL, quote(e.fullURL)+" ends in "+string(e.tail)+", the id of the resource is "+quote(own))
	}
}

// bytes returns the text of a string, kept until the next document.
func (c *Checker) bytes(v jsonscan.Value) []byte {
	var scratch [256]byte
	text := v.Bytes(scratch[:0])
	if v.Length() == len(text)+2 && v.Kind() == jsonscan.String {
		return v.Raw()[1 : v.Length()-1]
	}
	start := len(c.text)
	c.text = append(c.text, text...)
	return c.text[start:]
}

// tail returns [type]/[id], the last two segments of a URL, or a URL that has
// no two.
func tail(url []byte) []byte {
	last := bytes.LastIndexByte(url, '/')
	if last <= 0 || last+1 == len(url) {
		return url
	}
	return url[bytes.LastIndexByte(url[:last], '/')+1:]
}

// sortEntries sorts the entries that have a fullUrl, so that a focus is found
// without comparing it with every entry.
func (c *Checker) sortEntries() {
	for i := range c.entries {
		if c.entries[i].url != nil {
			c.order = append(c.order, uint32(i))
		}
	}
	jsonscan.Order(c.order, func(a, b uint32) int {
		return c.entries[a].compareURL(c.entries[b].tail, c.entries[b].url)
	})
	if !c.history {
		c.distinct()
	}
}

func (e *entry) compareURL(tail, url []byte) int {
	if c := bytes.Compare(e.tail, tail); c != 0 {
		return c
	}
	return bytes.Compare(e.url, url)
}

// distinct is bdl-7: entries of one fullUrl have different meta.versionId. It
// does not hold for a history.
func (c *Checker) distinct() {
	for from := 0; from < len(c.order); {
		to := from + 1
		for to < len(c.order) && bytes.Equal(c.entries[c.order[to]].url, c.entries[c.order[from]].url) {
			to++
		}
		if to-from > 1 {
			c.distinctVersions(c.order[from:to])
		}
		from = to
	}
}

func (c *Checker) distinctVersions(same []uint32) {
	version := func(i uint32) []byte {
		return c.entries[i].resource.Get("meta").Get("versionId").Bytes(nil)
	}
	jsonscan.Order(same, func(a, b uint32) int { return bytes.Compare(version(a), version(b)) })
	for n := 1; n < len(same); n++ {
		if i := same[n]; bytes.Equal(version(i), version(same[n-1])) {
			c.fhir.EnterIndex("entry", int(i))
			c.fhir.Enter("fullUrl")
			c.report(fault.Err, fault.InvariantFailed, c.entries[i].fullURL, quote(c.entries[i].fullURL)+" stands in two entries: list a resource once, or give each its own meta.versionId (bdl-7)")
			c.fhir.Leave()
			c.fhir.Leave()
		}
	}
}

// find returns where in c.order the first entry stands that a reference means,
// or -1. A relative reference is found below any base; a version is not looked
// at.
func (c *Checker) find(reference []byte) int {
	reference, _, _ = bytes.Cut(reference, []byte("/_history/"))
	due := tail(reference)
	absolute := isAbsolute(reference)
	compare := func(n int) int {
		e := &c.entries[c.order[n]]
		if absolute {
			return e.compareURL(due, reference)
		}
		return bytes.Compare(e.tail, due)
	}
	i := sort.Search(len(c.order), func(n int) bool { return compare(n) >= 0 })
	if i == len(c.order) || compare(i) != 0 {
		return -1
	}
	return i
}
