package notification

import "github.com/wsbind/wsbind/core/fhir"

// statusEntry appends fullUrl and resource of a status. The topic is left out
// where the content level forbids to tell it.
func (w *writer) statusEntry(s *Status, content Content) {
	w.raw(`"fullUrl":"urn:uuid:`)
	w.id(s.ID)
	w.raw(`","resource":`)
	topic := s.Topic
	if content == Empty && s.Type != QueryStatus {
		topic = ""
	}
	if w.release == fhir.R4 {
		w.parameters(s, topic, content)
	} else {
		w.subscriptionStatus(s, topic, content)
	}
}

// subscriptionStatus appends the status of R4B and R5.
func (w *writer) subscriptionStatus(s *Status, topic string, content Content) {
	w.raw(`{"resourceType":"SubscriptionStatus","id":"`)
	w.id(s.ID)
	w.raw(`"`)
	w.member("status", s.State)
	w.member("type", s.Type.String())
	if s.EventsSinceStart != Unknown {
		w.raw(`,"eventsSinceSubscriptionStart":`)
		w.counter(s.EventsSinceStart)
	}
	for i := range s.Events {
		w.raw(separator(i, `,"notificationEvent":[`))
		w.event(&s.Events[i], content)
	}
	if len(s.Events) > 0 {
		w.raw(`]`)
	}
	w.raw(`,"subscription":{"reference":`)
	w.subscription(s.Subscription)
	w.raw(`"}`)
	w.member("topic", topic)
	for i := range s.Errors {
		w.raw(separator(i, `,"error":[`))
		w.concept(&s.Errors[i])
	}
	if len(s.Errors) > 0 {
		w.raw(`]`)
	}
	w.raw(`}`)
}

// separator is what stands before the element i of an array.
func separator(i int, opening string) string {
	if i == 0 {
		return opening
	}
	return `,`
}

func (w *writer) event(e *Event, content Content) {
	w.raw(`{"eventNumber":`)
	w.counter(e.Number)
	w.member("timestamp", e.Timestamp)
	if content != Empty {
		w.raw(`,"focus":`)
		w.reference(e.Focus.URL)
		for i := range e.Context {
			w.raw(separator(i, `,"additionalContext":[`))
			w.reference(e.Context[i].URL)
		}
		if len(e.Context) > 0 {
			w.raw(`]`)
		}
	}
	w.raw(`}`)
}

func (w *writer) reference(url string) {
	w.raw(`{"reference":`)
	w.text(url)
	w.raw(`}`)
}

// concept appends a CodeableConcept with one coding.
func (w *writer) concept(c *Coding) {
	w.raw(`{"coding":[{"code":`)
	w.text(c.Code)
	w.member("system", c.System)
	w.member("display", c.Display)
	w.raw(`}]}`)
}

// parameters appends the status of R4, by backport-subscription-status-r4.
func (w *writer) parameters(s *Status, topic string, content Content) {
	w.raw(`{"resourceType":"Parameters","id":"`)
	w.id(s.ID)
	w.raw(`","meta":{"profile":["` + ProfileStatusR4 + `"]},"parameter":[{"name":"subscription","valueReference":{"reference":`)
	w.subscription(s.Subscription)
	w.raw(`"}`)
	w.parameter("topic", "valueCanonical", topic)
	w.parameter("status", "valueCode", s.State)
	w.parameter("type", "valueCode", s.Type.String())
	if s.EventsSinceStart != Unknown {
		w.raw(`},{"name":"events-since-subscription-start","valueString":`)
		w.counter(s.EventsSinceStart)
	}
	for i := range s.Events {
		w.eventParts(&s.Events[i], content)
	}
	for i := range s.Errors {
		w.raw(`},{"name":"error","valueCodeableConcept":`)
		w.concept(&s.Errors[i])
	}
	w.raw(`}]}`)
}

// parameter ends the parameter before it and appends one, up to its value.
func (w *writer) parameter(name, member, value string) {
	if value == "" {
		return
	}
	w.raw(`},{"name":"`)
	w.raw(name)
	w.raw(`"`)
	w.member(member, value)
}

func (w *writer) eventParts(e *Event, content Content) {
	w.raw(`},{"name":"notification-event","part":[{"name":"event-number","valueString":`)
	w.counter(e.Number)
	w.parameter("timestamp", "valueInstant", e.Timestamp)
	if content != Empty {
		w.raw(`},{"name":"focus","valueReference":`)
		w.reference(e.Focus.URL)
		for i := range e.Context {
			w.raw(`},{"name":"additional-context","valueReference":`)
			w.reference(e.Context[i].URL)
		}
	}
	w.raw(`}]`)
}
