package bridge

import (
	"strconv"
	"strings"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/core/token"
)

// Extensions of the Subscriptions R5 Backport guide on Subscription (P§3).
const (
	guide              = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/"
	extPayloadContent  = guide + "backport-payload-content"
	extHeartbeatPeriod = guide + "backport-heartbeat-period"
	extChannelType     = guide + "backport-channel-type"
)

// ReadSubscription reads a Subscription of a release, as far as a gate needs it.
// Where it says nothing of its content level, that is Empty with a topic, and
// without one what classic criteria mean: FullResource if there is a payload, and
// otherwise Empty (P§10). The error is a *[fault.Error].
func ReadSubscription(release fhir.Release, resource []byte) (Subscription, error) {
	var doc jsonscan.Document
	if err := doc.Parse(resource, jsonscan.Limits{}); err != nil {
		return Subscription{}, fault.New(fault.CodeOf(err), "the Subscription cannot be read: "+fault.DetailOf(err))
	}
	root := doc.Root()
	if kind := root.Get("resourceType"); !kind.Is("Subscription") {
		return Subscription{}, fault.New(fault.WrongResourceType, "the resource is "+fault.Quote(kind.Text())+", a Subscription is due")
	}
	s := Subscription{ID: root.Get("id").Text(), Status: root.Get("status").Text()}
	if !token.IsID(s.ID) {
		return Subscription{}, fault.At(fault.InvalidPrimitive, "Subscription.id", fault.Quote(s.ID)+" is no FHIR id")
	}
	read := s.readGuide
	if release == fhir.R5 {
		read = s.readR5
	}
	if err := read(root); err != nil {
		return Subscription{}, err
	}
	return s, nil
}

// readR5 reads the elements of R5. An absent content is empty.
func (s *Subscription) readR5(root jsonscan.Value) error {
	s.Topic = root.Get("topic").Text()
	s.Channel = root.Get("channelType").Get("code").Text()
	s.HeartbeatPeriod = period(root.Get("heartbeatPeriod"))
	return s.readContent(root.Get("content"), "Subscription.content", notification.Empty)
}

// readGuide reads the elements of R4 and R4B, and the guide's extensions of them.
func (s *Subscription) readGuide(root jsonscan.Value) error {
	channel := root.Get("channel")
	s.Channel = channel.Get("type").Text()
	if coding := extension(channel.Get("_type"), extChannelType).Get("valueCoding"); coding.Exists() {
		s.Channel = coding.Get("code").Text()
	}
	s.HeartbeatPeriod = period(extension(channel, extHeartbeatPeriod).Get("valueUnsignedInt"))
	absent := notification.Empty
	if criteria := root.Get("criteria").Text(); isAbsolute(criteria) {
		s.Topic = criteria
	} else {
		s.Criteria = criteria
		if channel.Get("payload").Exists() {
			absent = notification.FullResource
		}
	}
	level := extension(channel.Get("_payload"), extPayloadContent).Get("valueCode")
	return s.readContent(level, "Subscription.channel.payload.extension.value", absent)
}

// readContent reads the content level. One that is not known is refused: whoever
// asks for it may not be told more than it means.
func (s *Subscription) readContent(level jsonscan.Value, expression string, absent notification.Content) error {
	if !level.Exists() {
		s.Content = absent
		return nil
	}
	for c := notification.Empty; c <= notification.FullResource; c++ {
		if level.Is(c.String()) {
			s.Content = c
			return nil
		}
	}
	return fault.At(fault.UnsupportedContent, expression, "the content level is "+fault.Quote(level.Text())+", one of empty, id-only and full-resource is due")
}

// extension returns the first extension of an element with a URL.
func extension(element jsonscan.Value, url string) jsonscan.Value {
	for x := element.Get("extension").First(); x.Exists(); x = x.Next() {
		if x.Get("url").Is(url) {
			return x.Value
		}
	}
	return jsonscan.Value{}
}

// period reads an unsignedInt of seconds; 0 is what says nothing.
func period(seconds jsonscan.Value) time.Duration {
	const bits = 31 // of an unsignedInt
	if seconds.Kind() != jsonscan.Number {
		return 0
	}
	n, err := strconv.ParseUint(string(seconds.Raw()), 10, bits)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Second
}

// isAbsolute tells the canonical of a topic from classic criteria (P§10).
func isAbsolute(criteria string) bool {
	scheme, rest, ok := strings.Cut(criteria, ":")
	if !ok || scheme == "" || strings.ContainsAny(scheme, "/?=&|") {
		return false
	}
	return strings.HasPrefix(rest, "//") || scheme == "urn"
}
