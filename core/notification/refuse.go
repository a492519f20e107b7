package notification

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
)

// refuse returns why n cannot be written, or nil.
func refuse(n *Notification) error {
	if err := refuseBundle(n.Release, n.ID, n.Timestamp); err != nil {
		return err
	}
	s := &n.Status
	if err := refuseStatus(n.Release, s); err != nil {
		return err
	}
	if s.Type.String() == "" {
		return fault.At(fault.MissingElement, "Bundle.entry[0].resource.type", "Status.Type is none of the notification types: set it")
	}
	if err := refuseEvents(n.Release, n.Content, s.Events); err != nil {
		return err
	}
	return refuseCounters(n.Release, s)
}

// refuseSet returns why a searchset cannot be written, or nil.
func refuseSet(s *StatusSet) error {
	if err := refuseBundle(s.Release, s.ID, s.Timestamp); err != nil {
		return err
	}
	if s.Self == "" && s.Release == fhir.R5 {
		return fault.At(fault.InvariantFailed, "Bundle.link", "StatusSet.Self is empty: R5 requires the self link of a searchset (bdl-18)")
	}
	if err := refuseText(s.Release, "uri", "Bundle.link[0].url", s.Self); err != nil {
		return err
	}
	for i := range s.Statuses {
		if err := refuseStatus(s.Release, &s.Statuses[i]); err != nil {
			return err
		}
	}
	return nil
}

func refuseBundle(r fhir.Release, id, timestamp string) error {
	if r < fhir.R4 || r > fhir.R5 {
		return fault.New(fault.Internal, "Release is none of R4, R4B and R5: set it")
	}
	if err := refuseText(r, "id", "Bundle.id", id); err != nil {
		return err
	}
	return refuseText(r, "instant", "Bundle.timestamp", timestamp)
}

func refuseStatus(r fhir.Release, s *Status) error {
	if !isUUID(s.ID) {
		return invalid(fault.InvalidPrimitive, "Bundle.entry.resource.id", s.ID, "the id of a status is a UUID in lower case, such as 63c28e8a-f402-43e4-beb2-75b1c0f6833f")
	}
	if err := refuseSubscription(s.Subscription); err != nil {
		return err
	}
	if !isState(r, s.State) {
		return invalid(fault.InvalidCode, "SubscriptionStatus.status", s.State, "one of "+states(r)+" is due")
	}
	if err := refuseText(r, "canonical", "SubscriptionStatus.topic", s.Topic); err != nil {
		return err
	}
	if s.EventsSinceStart < Unknown {
		return fault.At(fault.CounterMismatch, "SubscriptionStatus.eventsSinceSubscriptionStart", strconv.FormatInt(s.EventsSinceStart, 10)+" counts no events: 0 and more, or Unknown, can be written")
	}
	for i := range s.Errors {
		if err := refuseCoding(r, &s.Errors[i]); err != nil {
			return err
		}
	}
	return nil
}

func refuseSubscription(url string) error {
	if kind, id, ok := restful(url); !ok || kind != "Subscription" || !isID(id) || !isHTTP(url) {
		return invalid(fault.InvalidPrimitive, "SubscriptionStatus.subscription", url, "an http or https URL that ends in /Subscription/[id] is due")
	}
	return nil
}

func refuseCoding(r fhir.Release, c *Coding) error {
	if c.Code == "" {
		return fault.At(fault.MissingElement, "SubscriptionStatus.error.coding.code", "an error has no code: give it one")
	}
	if err := refuseText(r, "code", "SubscriptionStatus.error.coding.code", c.Code); err != nil {
		return err
	}
	if err := refuseText(r, "uri", "SubscriptionStatus.error.coding.system", c.System); err != nil {
		return err
	}
	return refuseText(r, "string", "SubscriptionStatus.error.coding.display", c.Display)
}

// refuseCounters holds sst-1 and what the counters promise a client.
func refuseCounters(r fhir.Release, s *Status) error {
	if len(s.Events) == 0 {
		if s.Type == EventNotification {
			return fault.At(fault.MissingEvent, "SubscriptionStatus.notificationEvent", "an event-notification has at least one event (sst-1): give it one")
		}
		return nil
	}
	highest := s.Events[len(s.Events)-1].Number
	switch {
	case s.EventsSinceStart == Unknown && s.Type == EventNotification:
		return fault.At(fault.CounterMismatch, "SubscriptionStatus.eventsSinceSubscriptionStart", "an event-notification carries its counter: set it to "+strconv.FormatInt(highest, 10))
	case s.EventsSinceStart == Unknown:
	case s.EventsSinceStart < highest, s.EventsSinceStart > highest && s.Type == EventNotification:
		return fault.At(fault.CounterMismatch, "SubscriptionStatus.eventsSinceSubscriptionStart", "the counter is "+strconv.FormatInt(s.EventsSinceStart, 10)+" and the highest event number "+strconv.FormatInt(highest, 10)+": they must agree")
	}
	return nil
}

func refuseEvents(r fhir.Release, content Content, events []Event) error {
	if content.String() == "" {
		return fault.New(fault.Internal, "Content is none of the content levels")
	}
	last := int64(0)
	for i := range events {
		e := &events[i]
		if e.Number <= last {
			return fault.At(fault.CounterMismatch, "SubscriptionStatus.notificationEvent.eventNumber", "the event number "+strconv.FormatInt(e.Number, 10)+" follows "+strconv.FormatInt(last, 10)+": numbers count up from 1")
		}
		last = e.Number
		if err := refuseText(r, "instant", "SubscriptionStatus.notificationEvent.timestamp", e.Timestamp); err != nil {
			return err
		}
		if content == Empty {
			continue
		}
		if err := refuseResource(content, &e.Focus); err != nil {
			return err
		}
		for j := range e.Context {
			if err := refuseResource(content, &e.Context[j]); err != nil {
				return err
			}
		}
	}
	return nil
}

// refuseResource looks at the URL, and that the body is an object at all: its
// inside was checked when it was stored.
func refuseResource(content Content, r *Resource) error {
	if _, id, ok := restful(r.URL); !ok || !isID(id) || !isHTTP(r.URL) || strings.Contains(r.URL, "/_history/") {
		return invalid(fault.InvalidFullURL, "Bundle.entry.fullUrl", r.URL, "an http or https URL that ends in /[type]/[id] is due, without a version (bdl-8)")
	}
	if content != FullResource || r.Body == nil {
		return nil
	}
	if body := bytes.TrimSpace(r.Body); len(body) < 2 || body[0] != '{' || body[len(body)-1] != '}' {
		return fault.At(fault.InvalidJSON, "Bundle.entry.resource", "the body of "+r.URL+" is no JSON object: give the resource as it is stored")
	}
	return nil
}

// refuseText checks a primitive that may be left out.
func refuseText(r fhir.Release, typ, expression, value string) error {
	if value == "" {
		return nil
	}
	if p := fhir.CheckText(r, typ, value); p.Code != "" {
		return fault.At(p.Code, expression, p.Text)
	}
	return nil
}
