package subscription

import (
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/notification"
)

// Extensions of the Subscriptions R5 Backport guide on Subscription.
const (
	guide              = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/"
	extFilterCriteria  = guide + "backport-filter-criteria"
	extPayloadContent  = guide + "backport-payload-content"
	extHeartbeatPeriod = guide + "backport-heartbeat-period"
	extTimeout         = guide + "backport-timeout"
	extMaxCount        = guide + "backport-max-count"
	extChannelType     = guide + "backport-channel-type"
)

// laterExtensions move into extensions of the Subscription what the published
// guide keeps in criteria and channel. Reading past one would make the
// Subscription fire for what it was not meant for.
var laterExtensions = []string{
	guide + "backport-topic-canonical",
	guide + "backport-filter-by",
	guide + "backport-content",
	"http://hl7.org/fhir/5.0/StructureDefinition/extension-Subscription.topic",
	"http://hl7.org/fhir/5.0/StructureDefinition/extension-Subscription.filterBy",
	"http://hl7.org/fhir/5.0/StructureDefinition/extension-Subscription.content",
}

// Read reads a Subscription of the release. Every issue it finds is returned;
// the Subscription is nil when one of them is an error. What depends on the
// topics and search parameters that exist is left to [Compile].
func Read(release fhir.Release, resource jsonscan.Value) (*Subscription, []fault.Issue) {
	r := &reader{release: release}
	root := element{resource, "Subscription"}
	s := &Subscription{Release: release}
	if release == fhir.R5 {
		r.shape(root, r5Members)
		r.r5(root, s)
	} else {
		r.shape(root, guideMembers)
		r.guide(root, s)
	}
	if !r.ok() {
		return nil, r.issues.Issues
	}
	return s, r.issues.Issues
}

// guide reads a Subscription of R4 or R4B, topic-based or classic.
func (r *reader) guide(root element, s *Subscription) {
	r.noModifiers(root)
	for _, url := range laterExtensions {
		if x := r.extension(root, url); x.Exists() {
			r.refuse(fault.BusinessRule, x, "the extension "+url+" belongs to a release of the guide that the server does not know: use criteria and its filter extensions, and channel.payload")
		}
	}
	s.Status = r.status(root)
	s.End = r.end(root)
	r.criteria(root, s)
	channel := root.get("channel")
	if channel.Kind() != jsonscan.Object {
		return // refused by its shape
	}
	r.noModifiers(channel)
	r.channelType(channel)
	s.HeartbeatPeriod = seconds(r.whole(r.valueOf(r.extension(channel, extHeartbeatPeriod), "UnsignedInt"), "unsignedInt"))
	s.Timeout = seconds(r.whole(r.valueOf(r.extension(channel, extTimeout), "UnsignedInt"), "unsignedInt"))
	s.MaxCount = r.whole(r.valueOf(r.extension(channel, extMaxCount), "PositiveInt"), "positiveInt")
	r.payload(channel, s)
}

// criteria tells a topic's canonical from a search string, and reads filters.
func (r *reader) criteria(root element, s *Subscription) {
	criteria, sibling := root.get("criteria"), root.sibling("criteria")
	text := criteria.Text()
	filters := r.extensions(sibling, extFilterCriteria)
	if !absolute(text) {
		s.Criteria = text
		s.at.criteria = criteria
		if len(filters) > 0 {
			r.refuse(fault.UnsupportedFilter, filters[0], "filter extensions belong to a topic, and criteria is no canonical URL: write the conditions into criteria")
		}
		return
	}
	s.Topic = text
	s.at.topic = criteria
	for _, x := range filters {
		v := r.valueOf(x, "String")
		if text := r.text(v, "string"); text != "" {
			r.filterString(v, text, s)
		}
	}
}

// absolute tells a canonical from a search string.
func absolute(s string) bool {
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok || scheme == "" || strings.ContainsAny(scheme, "/?=&|") {
		return false
	}
	return strings.HasPrefix(rest, "//") || scheme == "urn"
}

func (r *reader) channelType(channel element) {
	typ := channel.get("type")
	if x := r.extension(channel.sibling("type"), extChannelType); x.Exists() {
		coding := r.valueOf(x, "Coding")
		if code := coding.get("code"); coding.Exists() && !code.Is("websocket") {
			r.refuse(fault.UnsupportedChannel, coding, "the channel "+fault.Quote(code.Text())+" is not supported: use websocket")
			return
		}
	}
	switch typ.Text() {
	case "websocket":
	case "rest-hook", "email", "sms", "message":
		r.refuse(fault.UnsupportedChannel, typ, "the channel "+fault.Quote(typ.Text())+" is not supported: use websocket")
	default:
		if typ.Kind() == jsonscan.String && !typ.Empty() {
			r.refuse(fault.InvalidCode, typ, fault.Quote(typ.Text())+" is no channel type: use websocket")
		}
	}
}

// payload reads the MIME type and the content level. A classic Subscription
// may leave out either.
func (r *reader) payload(channel element, s *Subscription) {
	payload, sibling := channel.get("payload"), channel.sibling("payload")
	if text := payload.Text(); text != "" {
		r.mime(payload, text)
	}
	x := r.extension(sibling, extPayloadContent)
	switch {
	case x.Exists():
		s.Content = r.content(r.valueOf(x, "Code"))
	case s.Topic != "":
		at := sibling
		if !at.Exists() {
			at = payload
		}
		if !at.Exists() {
			at = element{channel.Value, payload.path}
		}
		r.refuse(fault.UnsupportedContent, at, "a topic-based Subscription says how much it wants: add _payload with the extension backport-payload-content and empty, id-only or full-resource")
	case payload.Exists():
		s.Content = notification.FullResource
	}
}
