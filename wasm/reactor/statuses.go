package main

import (
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/notification"
)

// writeStatuses writes the searchset that $status answers: a status for each
// element of the document.
func (m *instance) writeStatuses(options, document []byte) ([]byte, error) {
	set, base := notification.StatusSet{Release: fhir.R4}, ""
	err := m.readOptions(options, func(r *optionReader, name string, v jsonscan.Value) bool {
		switch name {
		case "fhir":
			set.Release = r.release(v, fhir.R4)
		case "base":
			base = r.text(v)
		case "self":
			set.Self = r.text(v)
		case "timestamp":
			set.Timestamp = r.text(v)
		default:
			return false
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	if err := m.options.Parse(document, jsonscan.Limits{}); err != nil {
		return nil, invalidCall("the document is not JSON: " + fault.DetailOf(err))
	}
	root := m.options.Root()
	if root.Kind() != jsonscan.Array {
		return nil, invalidCall("the document is " + root.Kind().String() + ", an array of statuses is due")
	}
	for e := root.First(); e.Exists(); e = e.Next() {
		status, err := readStatus(e.Value, base)
		if err != nil {
			return nil, err
		}
		set.Statuses = append(set.Statuses, status)
	}
	text, err := notification.AppendStatuses(nil, set)
	if err != nil {
		return nil, err
	}
	return m.written("statuses", text), nil
}

// readStatus reads what is said of one Subscription.
func readStatus(v jsonscan.Value, base string) (s notification.Status, err error) {
	err = readMembers("member", v, func(r *optionReader, name string, v jsonscan.Value) bool {
		switch name {
		case "id":
			s.ID = r.text(v)
		case "subscription":
			s.Subscription = base + "/Subscription/" + r.text(v)
		case "status":
			s.State = r.text(v)
		case "topic":
			s.Topic = r.text(v)
		case "eventsSinceSubscriptionStart":
			s.EventsSinceStart = r.count(v)
		default:
			return false
		}
		return true
	})
	return s, err
}
