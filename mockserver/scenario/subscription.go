package scenario

import (
	"encoding/json"
	"strings"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/mockserver/subscription"
)

// Subscription is one that exists from the start: a resource written out, or
// the short form, whose members are the others.
type Subscription struct {
	Resource *Resource `json:"-"`

	ID              string `json:"id,omitempty"`
	Topic           string `json:"topic,omitempty"` // a canonical, or the name of a built-in one
	Criteria        string `json:"criteria,omitempty"`
	Content         string `json:"content,omitempty"` // default: id-only
	HeartbeatPeriod int    `json:"heartbeatPeriod,omitempty"`
	Bearer          string `json:"bearer,omitempty"` // of the caller to whom it belongs
	FHIR            string `json:"fhir,omitempty"`
}

// short has the members of a Subscription without its methods.
type short Subscription

// MarshalJSON implements json.Marshaler.
func (s Subscription) MarshalJSON() ([]byte, error) {
	if s.Resource != nil {
		return json.Marshal(s.Resource)
	}
	return json.Marshal(short(s))
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *Subscription) UnmarshalJSON(text []byte) error {
	var r Resource
	if err := json.Unmarshal(text, &r); err == nil && r.Type != "" {
		*s = Subscription{Resource: &r}
		return nil
	}
	return json.Unmarshal(text, (*short)(s))
}

// In returns the Subscription as the resource that a release has for it, for
// the FHIR release of a scenario ("" for all). It reports false where the release
// is not meant, or has no such Subscription: R5 knows no criteria.
func (s *Subscription) In(release fhir.Release, scenario string) (Resource, bool) {
	for _, r := range releasesOf(s.FHIR, scenario) {
		if r != release {
			continue
		}
		switch {
		case s.Resource != nil:
			return *s.Resource, true
		case release == fhir.R5 && s.Criteria != "":
			return Resource{}, false
		case release == fhir.R5:
			return Resource{"Subscription", s.ID, s.r5()}, true
		}
		return Resource{"Subscription", s.ID, s.backport()}, true
	}
	return Resource{}, false
}

const (
	fhirJSON    = "application/fhir+json"
	channelType = "http://terminology.hl7.org/CodeSystem/subscription-channel-type"
	extension   = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-"
)

// r5 writes the short form as R5 has it.
func (s *Subscription) r5() []byte {
	w := s.begin()
	w.String("topic", canonical(s.Topic))
	w.Object("channelType")
	w.String("system", channelType)
	w.String("code", "websocket")
	w.EndObject()
	if s.HeartbeatPeriod > 0 {
		w.Int("heartbeatPeriod", int64(s.HeartbeatPeriod))
	}
	w.String("contentType", fhirJSON)
	w.String("content", s.content())
	w.EndObject()
	return w.Text
}

// backport writes the short form as the guide has it, for R4 and R4B.
func (s *Subscription) backport() []byte {
	w := s.begin()
	criteria := s.Criteria
	if s.Topic != "" {
		criteria = canonical(s.Topic)
		w.Object("meta")
		w.Strings("profile", []string{extension + "subscription"})
		w.EndObject()
	}
	w.String("reason", "a scenario")
	w.String("criteria", criteria)
	w.Object("channel")
	if s.HeartbeatPeriod > 0 {
		w.Array("extension")
		w.Object("")
		w.String("url", extension+"heartbeat-period")
		w.Int("valueUnsignedInt", int64(s.HeartbeatPeriod))
		w.EndObject()
		w.EndArray()
	}
	w.String("type", "websocket")
	w.String("payload", fhirJSON)
	w.Object("_payload")
	w.Array("extension")
	w.Object("")
	w.String("url", extension+"payload-content")
	w.String("valueCode", s.content())
	w.EndObject()
	w.EndArray()
	w.EndObject()
	w.EndObject()
	w.EndObject()
	return w.Text
}

// begin writes what both forms begin with.
func (s *Subscription) begin() *jsonscan.Writer {
	w := new(jsonscan.Writer)
	w.Object("")
	w.String("resourceType", "Subscription")
	w.String("id", s.ID)
	w.String("status", "requested")
	return w
}

func (s *Subscription) content() string {
	if s.Content == "" {
		return "id-only"
	}
	return s.Content
}

// canonical returns the URL of a topic that may be called by its name.
func canonical(topic string) string {
	if topic == "" || strings.Contains(topic, ":") {
		return topic
	}
	return subscription.BuiltinURL + topic
}
