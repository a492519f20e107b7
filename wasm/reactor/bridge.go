package main

import (
	"time"

	"github.com/wsbind/wsbind/core/bridge"
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/notification"
)

// readSubscription says what a gate has to know of a Subscription.
func (m *instance) readSubscription(options, document []byte) ([]byte, error) {
	release := fhir.R4
	err := m.readOptions(options, func(r *optionReader, name string, v jsonscan.Value) bool {
		if name != "fhir" {
			return false
		}
		release = r.release(v, fhir.R4)
		return true
	})
	if err != nil {
		return nil, err
	}
	s, err := bridge.ReadSubscription(release, document)
	if err != nil {
		return nil, err
	}
	w := m.writer()
	w.String("id", s.ID)
	w.String("status", s.Status)
	w.String("channel", s.Channel)
	w.String("topic", s.Topic)
	w.String("criteria", s.Criteria)
	w.String("content", s.Content.String())
	w.Int("heartbeatPeriod", int64(s.HeartbeatPeriod/time.Second))
	return answered(&w), nil
}

// readFrame says what a frame of a FHIR server is.
func (m *instance) readFrame(options, document []byte) ([]byte, error) {
	dialect, release := bridge.Spec, fhir.R4
	err := m.readOptions(options, func(r *optionReader, name string, v jsonscan.Value) bool {
		switch name {
		case "dialect":
			dialect = r.dialect(v)
		case "fhir":
			release = r.release(v, fhir.R4)
		default:
			return false
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	f := bridge.Read(dialect, release, document)
	w := m.writer()
	w.String("kind", f.Kind.String())
	w.Strings("subscriptions", f.Subscriptions)
	w.String("code", f.Code)
	w.String("text", f.Text)
	return answered(&w), nil
}

func (r *optionReader) dialect(v jsonscan.Value) bridge.Dialect {
	name := r.text(v)
	d, ok := bridge.ParseDialect(name)
	if !ok && v.Exists() {
		r.refuseWord(name, []string{"spec", "medplum", "legacy"})
	}
	return d
}

// draft is what write_notification is asked for.
type draft struct {
	bridge.Draft
	from string // what the document is
}

func (d *draft) set(r *optionReader, name string, v jsonscan.Value) bool {
	switch name {
	case "fhir":
		d.Release = r.release(v, fhir.R4)
	case "base":
		d.Base = r.text(v)
	case "type":
		d.Type = r.notificationType(v)
	case "subscription":
		d.Subscription.ID = r.text(v)
	case "status":
		d.Subscription.Status = r.text(v)
	case "topic":
		d.Subscription.Topic = r.text(v)
	case "content":
		d.Subscription.Content = r.content(v)
	case "id":
		d.ID = r.text(v)
	case "timestamp":
		d.Timestamp = r.text(v)
	case "eventNumber":
		d.Number = r.count(v)
	case "eventsSinceSubscriptionStart":
		d.EventsSinceStart = r.count(v)
	case "from":
		if d.from = r.text(v); d.from != "medplum" && d.from != "resource" && v.Exists() {
			r.refuseWord(d.from, []string{"medplum", "resource"})
		}
	default:
		return false
	}
	return true
}

// notificationType returns a type that a gate writes.
func (r *optionReader) notificationType(v jsonscan.Value) notification.Type {
	for t := notification.Handshake; t <= notification.EventNotification; t++ {
		if v.Is(t.String()) {
			return t
		}
	}
	if r.of(v, "a string", jsonscan.String) {
		r.refuseWord(v.Text(), []string{"handshake", "heartbeat", "event-notification"})
	}
	return 0
}

// writeNotification writes a notification, with the resource that the document is
// or holds.
func (m *instance) writeNotification(options, document []byte) ([]byte, error) {
	d := draft{Draft: bridge.Draft{Release: fhir.R4}}
	if err := m.readOptions(options, d.set); err != nil {
		return nil, err
	}
	switch {
	case d.from == "" && len(document) > 0:
		return nil, invalidCall("a document is given and option from is not: medplum or resource is due")
	case d.from == "resource":
		d.Focus.Body = document
	case d.from == "medplum":
		f := bridge.Read(bridge.Medplum, d.Release, document)
		if f.Kind != bridge.Events {
			return nil, fault.New(fault.UpstreamRefused, "the frame is of the kind "+f.Kind.String()+", an event-notification of Medplum's is due")
		}
		d.Focus = f.Focus
	}
	text, err := bridge.Append(nil, d.Draft)
	if err != nil {
		return nil, err
	}
	return m.written("notification", text), nil
}
