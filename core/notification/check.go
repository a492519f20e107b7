package notification

import (
	"bytes"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// Checker checks notification Bundles. Its zero value is ready; it keeps its
// memory from one document to the next, and serves one goroutine at a time.
type Checker struct {
	// Limits bounds the size and the depth of a document; the zero Limits are
	// those of jsonscan.
	Limits jsonscan.Limits
	// MaxIssues bounds the list of issues; 0 means fault.DefaultMaxIssues.
	MaxIssues int

	doc      jsonscan.Document
	fhir     fhir.Checker
	release  fhir.Release
	search   bool // a searchset, as $status answers
	history  bool // a history, which may list a resource twice
	claimed  bool // meta.profile claims the profile of the release's Bundle
	entries  []entry
	statuses []status
	events   []event
	contexts []jsonscan.Value // the additional contexts of all events
	order    []uint32         // entries with a fullUrl, sorted by it
	text     []byte           // URLs that are written with escapes
}

// Check reports every issue of a notification Bundle, up to the bound, in the
// order in which the rules are looked at. An empty list, or one that
// [fault.Valid] approves, means that the notification is valid. The list is
// overwritten by the next call.
//
// A searchset is checked as the answer to $status. A message Bundle, which
// carries notifications over FHIR messaging, is not looked at.
func (c *Checker) Check(text []byte, r fhir.Release) []fault.Issue {
	c.reset(r)
	if err := c.doc.Parse(text, c.Limits); err != nil {
		c.fhir.Issues.Add(*err.(*fault.Issue))
	} else {
		c.document(c.doc.Root())
	}
	return c.fhir.Issues.Issues
}

func (c *Checker) reset(r fhir.Release) {
	c.release, c.search, c.history, c.claimed = r, false, false, false
	c.fhir.Issues.Max = c.MaxIssues
	c.fhir.Reset(r, "Bundle")
	c.entries, c.statuses, c.events = c.entries[:0], c.statuses[:0], c.events[:0]
	c.contexts, c.order, c.text = c.contexts[:0], c.order[:0], c.text[:0]
}

// document looks at what kind of document was given.
func (c *Checker) document(root jsonscan.Value) {
	kind, typ := root.Get("resourceType"), root.Get("type")
	if !kind.Is("Bundle") {
		c.fhir.Reset(c.release, "")
	}
	switch {
	case root.Kind() != jsonscan.Object:
		c.report(fault.Err, fault.WrongJSONType, root, "the document is "+root.Kind().String()+", a Bundle is an object")
	case !kind.Exists():
		c.missing(fault.Err, fault.MissingElement, root, "resourceType", "the document has no resourceType: a notification is a Bundle")
	case !kind.Is("Bundle"):
		c.report(fault.Err, fault.WrongResourceType, kind, "the resource is "+quote(kind)+", a notification is a Bundle")
	case typ.Is("message"):
		c.fhir.Enter("type")
		c.report(fault.Information, fault.NotANotification, typ, "a message Bundle is not a websocket notification: it was not checked")
		c.fhir.Leave()
	default:
		c.search, c.history = typ.Is("searchset"), typ.Is("history")
		c.claimed = claims(root, bundleProfile5(c.release))
		c.bundle(root)
	}
}

// bundleProfile5 is bundleProfile with the profile of R5, which is not claimed
// by what we write.
func bundleProfile5(r fhir.Release) string {
	if r == fhir.R5 {
		return ProfileBundleR5
	}
	return bundleProfile(r)
}

// claims reports whether meta.profile of a resource names a profile, with or
// without a version.
func claims(resource jsonscan.Value, profile string) bool {
	for p := resource.Get("meta").Get("profile").First(); p.Exists(); p = p.Next() {
		var scratch [128]byte
		url, _, _ := bytes.Cut(p.Bytes(scratch[:0]), []byte("|"))
		if string(url) == profile {
			return true
		}
	}
	return false
}

func (c *Checker) bundle(root jsonscan.Value) {
	if typ := root.Get("type"); typ.Kind() == jsonscan.String && !c.search && !typ.Is(bundleType(c.release)) {
		c.fhir.Enter("type")
		c.report(fault.Err, fault.WrongBundleType, typ, "the Bundle's type is "+quote(typ)+", a notification of "+c.release.String()+" is a "+bundleType(c.release))
		c.fhir.Leave()
	}
	if !c.claimed && !c.search && c.release != fhir.R5 {
		c.report(fault.Warning, fault.MissingProfile, root, "meta.profile does not claim "+bundleProfile(c.release))
	}
	c.object("Bundle", root, bundleElements, (*Checker).bundleMember)
	if !root.Get("entry").Exists() && !c.search {
		c.missing(fault.Err, fault.MissingStatus, root, "entry", "the Bundle has no entry: the first entry of a notification is its status")
	}
	c.bundleRules(root)
	c.sortEntries()
	c.crossCheck()
}

func (c *Checker) bundleMember(e *element, v, _ jsonscan.Value) {
	switch e.name {
	case "link":
		c.object("Bundle.link", v, linkElements, nil)
	case "entry":
		c.entry(v)
	}
}

// bundleRules holds the invariants of Bundle that concern no entry.
func (c *Checker) bundleRules(root jsonscan.Value) {
	if total := root.Get("total"); total.Exists() && c.release == fhir.R5 && !c.search {
		c.fhir.Enter("total")
		c.report(fault.Err, fault.ProhibitedElement, total, "a subscription-notification has no total (bdl-1)")
		c.fhir.Leave()
	}
	if c.release != fhir.R5 {
		return
	}
	if c.search && !hasSelf(root) {
		c.report(fault.Err, fault.InvariantFailed, root, `a searchset of R5 needs a link with the relation "self" and a url (bdl-18)`)
	}
	i := 0
	for issue := root.Get("issues").Get("issue").First(); issue.Exists(); issue = issue.Next() {
		if s := issue.Get("severity"); s.Exists() && !s.Is("information") && !s.Is("warning") {
			c.fhir.Enter("issues")
			c.fhir.EnterIndex("issue", i)
			c.fhir.Enter("severity")
			c.report(fault.Err, fault.InvariantFailed, s, "the severity is "+quote(s)+": the issues of a Bundle are of severity information or warning (bdl-16)")
			c.fhir.Leave()
			c.fhir.Leave()
			c.fhir.Leave()
		}
		i++
	}
}

func hasSelf(root jsonscan.Value) bool {
	for link := root.Get("link").First(); link.Exists(); link = link.Next() {
		if link.Get("relation").Is("self") && link.Get("url").Exists() {
			return true
		}
	}
	return false
}
