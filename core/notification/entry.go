package notification

import (
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// entry is what later rules need of a Bundle.entry.
type entry struct {
	value, fullURL, resource, search, request, response jsonscan.Value
	url                                                 []byte // text of fullURL
	tail                                                []byte // its [type]/[id], or all of it
	status                                              bool   // the resource is a status
	taken                                               int    // foci that were read from the entries of this fullUrl
}

// entry checks the entry that the path is at.
func (c *Checker) entry(v jsonscan.Value) {
	c.entries = append(c.entries, entry{value: v})
	c.object("Bundle.entry", v, entryElements, (*Checker).entryMember)
	if v.Kind() != jsonscan.Object || v.Empty() {
		return
	}
	i := len(c.entries) - 1
	c.fullURL(&c.entries[i])
	c.requestRules(i, &c.entries[i])
	if c.search {
		c.searchRules(&c.entries[i])
		return
	}
	c.entryRules(i, &c.entries[i])
}

func (c *Checker) entryMember(e *element, v, _ jsonscan.Value) {
	this := &c.entries[len(c.entries)-1]
	switch e.name {
	case "link":
		c.object("Bundle.entry.link", v, linkElements, nil)
	case "fullUrl":
		this.fullURL = v
	case "resource":
		this.resource = v
		c.resource(len(c.entries)-1, v)
	case "search":
		this.search = v
		c.object("Bundle.entry.search", v, searchElements, nil)
	case "request":
		this.request = v
		c.object("Bundle.entry.request", v, requestElements, (*Checker).requestMember)
	case "response":
		this.response = v
		c.object("Bundle.entry.response", v, responseElements, (*Checker).responseMember)
	}
}

// requestMember closes the list of methods (http-verb).
func (c *Checker) requestMember(e *element, v, _ jsonscan.Value) {
	if e.name != "method" || v.Kind() != jsonscan.String || v.Empty() {
		return
	}
	for _, method := range [...]string{"GET", "PUT", "POST", "DELETE", "HEAD", "PATCH"} {
		if v.Is(method) {
			return
		}
	}
	c.report(fault.Err, fault.InvalidCode, v, quote(v)+" is not one of the codes GET HEAD POST PUT DELETE PATCH")
}

// responseMember: the status "SHALL start with a 3 digit HTTP code".
func (c *Checker) responseMember(e *element, v, _ jsonscan.Value) {
	if e.name != "status" || v.Kind() != jsonscan.String || v.Empty() {
		return
	}
	var scratch [64]byte
	text := v.Bytes(scratch[:0])
	for i := range 3 {
		if i >= len(text) || text[i] < '0' || text[i] > '9' {
			c.report(fault.Err, fault.InvalidPrimitive, v, "the status "+quote(v)+" does not start with an HTTP status of three digits")
			return
		}
	}
}

// entryRules checks an entry of a notification.
func (c *Checker) entryRules(i int, e *entry) {
	if e.search.Exists() {
		c.fhir.Enter("search")
		c.report(fault.Err, fault.ProhibitedElement, e.search, "search only stands in a searchset (bdl-2)")
		c.fhir.Leave()
	}
	switch {
	case e.resource.Exists():
	case i == 0:
		c.missing(fault.Err, fault.MissingStatus, e.value, "resource", "the first entry has no resource: it holds the status of the Subscription")
	case !e.request.Exists() && !e.response.Exists():
		c.report(fault.Err, fault.InvariantFailed, e.value, "an entry without resource needs a request or a response (bdl-5)")
	}
	if i > 0 && e.resource.Exists() && e.request.Get("method").Is("DELETE") {
		c.fhir.Enter("resource")
		c.report(fault.Warning, fault.UnexpectedRequest, e.resource, "the request is DELETE, which leaves no resource to include")
		c.fhir.Leave()
	}
}

// searchRules checks an entry of the searchset that $status answers with.
func (c *Checker) searchRules(e *entry) {
	if !e.resource.Exists() {
		c.missing(fault.Err, fault.MissingStatus, e.value, "resource", "the entry has no resource: it holds the status of a Subscription")
	}
	mode := e.search.Get("mode")
	switch {
	case !mode.Exists():
		c.fhir.Enter("search")
		c.missing(fault.Err, fault.MissingElement, e.value, "mode", "search.mode is missing: the statuses in a searchset are matches")
		c.fhir.Leave()
	case mode.Kind() == jsonscan.String && !mode.Is("match"):
		c.fhir.Enter("search")
		c.fhir.Enter("mode")
		c.report(fault.Err, fault.InvalidCode, mode, "search.mode is "+quote(mode)+", a status in a searchset is a match")
		c.fhir.Leave()
		c.fhir.Leave()
	}
}

// requestRules looks for request and response, which a history has on every
// entry and a searchset on none. R5's notification may have requests; of
// responses only its profile says that they are prohibited.
func (c *Checker) requestRules(i int, e *entry) {
	switch {
	case c.search:
		c.prohibit(fault.Err, "request", e.request, "a searchset has no requests")
		c.prohibit(fault.Err, "response", e.response, "a searchset has no responses")
	case c.release == fhir.R5 && c.claimed:
		c.prohibit(fault.Err, "response", e.response, "the profile that meta.profile claims prohibits responses")
	case c.release == fhir.R5:
		c.prohibit(fault.Warning, "response", e.response, "a subscription-notification has no responses")
	default:
		if !e.request.Exists() {
			c.missing(fault.Err, fault.MissingRequest, e.value, "request", "every entry of a history has a request (bdl-3)")
		}
		if !e.response.Exists() {
			c.missing(fault.Err, fault.MissingRequest, e.value, "response", "every entry of a history has a response (bdl-4)")
		}
	}
}

func (c *Checker) prohibit(severity fault.Severity, name string, v jsonscan.Value, why string) {
	if !v.Exists() {
		return
	}
	c.fhir.Enter(name)
	c.report(severity, fault.ProhibitedRequest, v, why)
	c.fhir.Leave()
}
