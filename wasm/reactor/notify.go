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
		return m.judged(false, document, m.checker.Check(document, o.release)), nil
	}
	reading, issues := m.checker.Read(document, o.release)
	w := m.verdict(document, issues)
	if size := resourceBytes(&reading); size > keptScratch {
		// In one piece: a slice that doubles leaves twice as much behind, and
		// WebAssembly memory never shrinks.
		w.Text = append(make([]byte, 0, len(w.Text)+size+size/8), w.Text...)
	}
	writeReading(&w, &reading)
	return answered(&w), nil
}

// resourceBytes is how long the resources of a notification are, which are most
// of a large answer.
func resourceBytes(r *notification.Reading) (n int) {
	for i := range r.Statuses {
		for j := range r.Statuses[i].Events {
			e := &r.Statuses[i].Events[j]
			n += len(e.Focus.Body)
			for k := range e.Context {
				n += len(e.Context[k].Body)
			}
		}
	}
	return n
}

// writeReading writes what a notification says.
func writeReading(w *jsonscan.Writer, r *notification.Reading) {
	w.Object("notification")
	w.String("id", r.ID)
	w.String("timestamp", r.Timestamp)
	w.Bool("searchset", r.Searchset)
	w.Array("statuses")
	for i := range r.Statuses {
		writeStatus(w, &r.Statuses[i])
	}
	w.EndArray()
	w.EndObject()
}

func writeStatus(w *jsonscan.Writer, s *notification.Status) {
	w.Object("")
	w.String("id", s.ID)
	w.String("type", s.Type.String())
	w.String("subscription", s.Subscription)
	w.String("status", s.State)
	w.String("topic", s.Topic)
	writeCounter(w, "eventsSinceSubscriptionStart", s.EventsSinceStart)
	w.Array("events")
	for i := range s.Events {
		writeEvent(w, &s.Events[i])
	}
	w.EndArray()
	w.Array("errors")
	for _, c := range s.Errors {
		w.Object("")
		w.String("system", c.System)
		w.String("code", c.Code)
		w.String("display", c.Display)
		w.EndObject()
	}
	w.EndArray()
	w.EndObject()
}

func writeEvent(w *jsonscan.Writer, e *notification.Event) {
	w.Object("")
	writeCounter(w, "eventNumber", e.Number)
	w.String("timestamp", e.Timestamp)
	w.String("interaction", interactions[e.Interaction])
	if e.Focus.URL == "" {
		w.Raw("focus", "null")
	} else {
		writeResource(w, "focus", &e.Focus)
	}
	w.Array("additionalContext")
	for i := range e.Context {
		writeResource(w, "", &e.Context[i])
	}
	w.EndArray()
	w.EndObject()
}

var interactions = [...]string{notification.Create: "create", notification.Update: "update", notification.Delete: "delete"}

// writeResource splices the resource in as it came.
func writeResource(w *jsonscan.Writer, name string, r *notification.Resource) {
	w.Object(name)
	w.String("url", r.URL)
	if r.Body == nil {
		w.Raw("resource", "null")
	} else {
		w.Raw("resource", "")
		w.Text = append(w.Text, r.Body...)
	}
	w.EndObject()
}

// writeCounter writes 64 bits as a string, which JavaScript's numbers would
// round; null if the counter is not known.
func writeCounter(w *jsonscan.Writer, name string, n int64) {
	if n == notification.Unknown {
		w.Raw(name, "null")
	} else {
		w.String(name, strconv.FormatInt(n, 10))
	}
}
