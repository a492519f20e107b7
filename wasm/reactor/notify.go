package main

import (
	"strconv"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/notification"
)

// bundleOptions are those of validate_notification.
type bundleOptions struct {
	release   fhir.Release
	read      bool
	maxIssues int
}

func (m *instance) readBundleOptions(text []byte) (bundleOptions, error) {
	o := bundleOptions{release: fhir.R4}
	err := m.readOptions(text, func(r *optionReader, name string, v jsonscan.Value) bool {
		switch name {
		case "fhir":
			o.release = r.release(v, fhir.R4)
		case "maxIssues":
			o.maxIssues = r.integer(v, 1, maxIssues, 0)
		case "read":
			o.read = r.boolean(v)
		default:
			return false
		}
		return true
	})
	return o, err
}

func (m *instance) validateNotification(options, document []byte) ([]byte, error) {
	o, err := m.bundles.recall(options, m.readBundleOptions)
	if err != nil {
		return nil, err
	}
	m.checker.MaxIssues = o.maxIssues
	if !o.read {
		return m.verdict(document, m.checker.Check(document, o.release)), nil
	}
	reading, issues := m.checker.Read(document, o.release)
	answer := m.appendVerdict(document, issues)
	answer = appendReading(append(answer[:len(answer)-1], `,"notification":`...), &reading)
	return append(answer, '}'), nil
}

// appendReading writes what a notification says.
func appendReading(dst []byte, r *notification.Reading) []byte {
	dst = appendText(append(dst, '{'), "id", r.ID)
	dst = appendText(append(dst, ','), "timestamp", r.Timestamp)
	dst = strconv.AppendBool(append(dst, `,"searchset":`...), r.Searchset)
	dst = append(dst, `,"statuses":[`...)
	for i := range r.Statuses {
		dst = appendStatus(comma(dst, i), &r.Statuses[i])
	}
	return append(dst, ']', '}')
}

func appendStatus(dst []byte, s *notification.Status) []byte {
	dst = appendText(append(dst, '{'), "id", s.ID)
	dst = appendText(append(dst, ','), "type", s.Type.String())
	dst = appendText(append(dst, ','), "subscription", s.Subscription)
	dst = appendText(append(dst, ','), "status", s.State)
	dst = appendText(append(dst, ','), "topic", s.Topic)
	dst = appendCounter(append(dst, ','), "eventsSinceSubscriptionStart", s.EventsSinceStart)
	dst = append(dst, `,"events":[`...)
	for i := range s.Events {
		dst = appendEvent(comma(dst, i), &s.Events[i])
	}
	dst = append(dst, `],"errors":[`...)
	for i := range s.Errors {
		dst = appendCoding(comma(dst, i), &s.Errors[i])
	}
	return append(dst, ']', '}')
}

func appendEvent(dst []byte, e *notification.Event) []byte {
	dst = appendCounter(append(dst, '{'), "eventNumber", e.Number)
	dst = appendText(append(dst, ','), "timestamp", e.Timestamp)
	dst = appendText(append(dst, ','), "interaction", interaction(e.Interaction))
	dst = append(dst, `,"focus":`...)
	if e.Focus.URL == "" {
		dst = append(dst, "null"...)
	} else {
		dst = appendResource(dst, &e.Focus)
	}
	dst = append(dst, `,"additionalContext":[`...)
	for i := range e.Context {
		dst = appendResource(comma(dst, i), &e.Context[i])
	}
	return append(dst, ']', '}')
}

func interaction(i notification.Interaction) string {
	switch i {
	case notification.Create:
		return "create"
	case notification.Update:
		return "update"
	case notification.Delete:
		return "delete"
	}
	return ""
}

// appendResource splices the resource in as it came.
func appendResource(dst []byte, r *notification.Resource) []byte {
	dst = appendText(append(dst, '{'), "url", r.URL)
	dst = append(dst, `,"resource":`...)
	if r.Body == nil {
		dst = append(dst, "null"...)
	}
	return append(append(dst, r.Body...), '}')
}

func appendCoding(dst []byte, c *notification.Coding) []byte {
	dst = appendText(append(dst, '{'), "system", c.System)
	dst = appendText(append(dst, ','), "code", c.Code)
	dst = appendText(append(dst, ','), "display", c.Display)
	return append(dst, '}')
}

// appendCounter writes 64 bits as a string, which JavaScript's numbers would
// round; null if the counter is not known.
func appendCounter(dst []byte, name string, n int64) []byte {
	dst = appendName(dst, name)
	if n == notification.Unknown {
		return append(dst, "null"...)
	}
	return append(strconv.AppendInt(append(dst, '"'), n, 10), '"')
}

// comma separates element i from the one before it.
func comma(dst []byte, i int) []byte {
	if i == 0 {
		return dst
	}
	return append(dst, ',')
}
