package bridge

import (
	"strings"
	"unicode/utf8"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/token"
)

// Read reads a frame of a server. What is no frame of the dialect is Unknown.
// Whether a notification keeps to the rules is not asked: its status is read in
// the shape of any release, and several statuses, as in Medplum's heartbeats, are
// those of as many Subscriptions.
func Read(dialect Dialect, release fhir.Release, frame []byte) Frame {
	if dialect == Legacy {
		return readLegacy(frame)
	}
	var doc jsonscan.Document
	if doc.Parse(frame, jsonscan.Limits{}) != nil {
		return Frame{}
	}
	root := doc.Root()
	switch kind := root.Get("resourceType"); {
	case kind.Is("OperationOutcome"):
		return readOutcome(root)
	case kind.Is("Bundle") && dialect == Medplum:
		return readMedplum(release, root)
	case kind.Is("Bundle"):
		f, _ := readStatuses(root)
		return f
	case dialect == Medplum && root.Get("type").Is("pong"):
		return Frame{Kind: Pong}
	}
	return Frame{}
}

// readStatuses reads the statuses that a Bundle begins with, and returns the entry
// behind them. All are of the kind of the first.
func readStatuses(bundle jsonscan.Value) (f Frame, rest jsonscan.Element) {
	var ids []string
	e := bundle.Get("entry").First()
	for ; e.Exists(); e = e.Next() {
		typ, subscription, ok := statusOf(e.Get("resource"))
		if !ok {
			break
		}
		kind := kindOf(typ)
		if f.Kind != Unknown && kind != f.Kind {
			break
		}
		f.Kind = kind
		if id, ok := subscriptionID(subscription.Get("reference").Text()); ok {
			ids = append(ids, id)
		}
	}
	if f.Kind == Unknown {
		return Frame{}, e
	}
	f.Subscriptions = token.Distinct(ids)
	return f, e
}

// statusOf returns the type and the Subscription of a status: a
// SubscriptionStatus, or in R4 Parameters (P§7).
func statusOf(resource jsonscan.Value) (typ, subscription jsonscan.Value, ok bool) {
	switch kind := resource.Get("resourceType"); {
	case kind.Is("SubscriptionStatus"):
		return resource.Get("type"), resource.Get("subscription"), true
	case !kind.Is("Parameters"):
		return typ, subscription, false
	}
	for p := resource.Get("parameter").First(); p.Exists(); p = p.Next() {
		switch name := p.Get("name"); {
		case name.Is("type"):
			typ = p.Get("valueCode")
		case name.Is("subscription"):
			subscription = p.Get("valueReference")
		}
	}
	return typ, subscription, typ.Exists()
}

// kindOf reads a notification type. A query-event is the answer of an operation,
// and nothing that a server sends by itself.
func kindOf(typ jsonscan.Value) Kind {
	for k := Handshake; k <= QueryStatus; k++ {
		if typ.Is(k.String()) {
			return k
		}
	}
	return Unknown
}

// subscriptionID returns the id in a reference to a Subscription.
func subscriptionID(reference string) (string, bool) {
	kind, id, ok := typeAndID(reference)
	return id, ok && kind == "Subscription"
}

// typeAndID splits a reference that ends in [type]/[id], relative or absolute,
// with a version or without.
func typeAndID(reference string) (kind, id string, ok bool) {
	reference, _, _ = strings.Cut(reference, "/_history/")
	last := strings.LastIndexByte(reference, '/')
	if last < 0 {
		return "", "", false
	}
	kind = reference[strings.LastIndexByte(reference[:last], '/')+1 : last]
	id = reference[last+1:]
	return kind, id, kind != "" && token.IsID(id)
}

// readOutcome reads the first issue of an OperationOutcome.
func readOutcome(outcome jsonscan.Value) Frame {
	issue := outcome.Get("issue").At(0)
	details := issue.Get("details")
	f := Frame{Kind: Outcome, Code: issue.Get("code").Text()}
	for c := details.Get("coding").First(); c.Exists(); c = c.Next() {
		if code := c.Get("code").Text(); c.Get("system").Is(fhir.CodeSystem) && fault.Code(code).Known() {
			f.Code = code
		}
	}
	f.Text = issue.Get("diagnostics").Text()
	if f.Text == "" {
		f.Text = details.Get("text").Text()
	}
	f.Text = harmless(f.Text)
	return f
}

// harmless cuts a text of the server's for a log. One that quotes a JWS, all of
// which begin alike, is not repeated at all.
func harmless(text string) string {
	const most = 200 // bytes
	if strings.Contains(text, "eyJ") {
		return ""
	}
	if len(text) <= most {
		return text
	}
	end := most
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}
