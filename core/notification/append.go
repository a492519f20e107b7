package notification

import (
	"strconv"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// Append appends n to dst as a Bundle and returns the result. With enough room
// in dst nothing is allocated. The error is a *[fault.Error] that names the
// element which would make the Bundle invalid; dst is then returned as it was.
//
// A status without a topic, at content level full-resource, is what a
// Subscription with classic criteria gets; the checker warns of it. In R5 a
// QueryEvent without events is written as QueryStatus: sst-1 forbids it, and R5
// has no other answer to $events with an empty range.
func Append(dst []byte, n Notification) ([]byte, error) {
	if n.Release == fhir.R5 && n.Status.Type == QueryEvent && len(n.Status.Events) == 0 {
		n.Status.Type = QueryStatus
	}
	if err := refuse(&n); err != nil {
		return dst, err
	}
	w := writer{release: n.Release, dst: dst}
	w.notification(&n)
	return w.dst, nil
}

// notification writes what was found to be good.
func (w *writer) notification(n *Notification) {
	w.bundle(n.ID, bundleType(n.Release), n.Timestamp)
	w.raw(`,"entry":[{`)
	w.statusEntry(&n.Status, n.Content)
	if n.Release != fhir.R5 {
		w.raw(`,"request":{"method":"GET","url":`)
		w.statusURL(&n.Status)
		w.raw(`},"response":{"status":"200"}`)
	}
	w.raw(`}`)
	switch {
	case n.Content == Empty:
	case n.Entries != nil:
		w.dst = append(w.dst, n.Entries...)
	default:
		w.entries(n.Content, n.Status.Events)
	}
	w.raw(`]}`)
}

// StatusSet is what [AppendStatuses] writes: the answer to $status.
type StatusSet struct {
	Release   fhir.Release
	ID        string // of the Bundle; "" leaves it out
	Timestamp string // an instant; "" leaves it out
	Self      string // the URL that was asked, which R5 requires
	// Statuses hold one status for each Subscription that was found. They are
	// written as QueryStatus, without events, and with their topic.
	Statuses []Status
}

// AppendStatuses appends s to dst as a searchset, with errors as [Append].
func AppendStatuses(dst []byte, s StatusSet) ([]byte, error) {
	if err := refuseSet(&s); err != nil {
		return dst, err
	}
	w := writer{release: s.Release, dst: dst}
	w.bundle(s.ID, "searchset", s.Timestamp)
	w.raw(`,"total":`)
	w.dst = strconv.AppendInt(w.dst, int64(len(s.Statuses)), 10)
	if s.Self != "" {
		w.raw(`,"link":[{"relation":"self","url":`)
		w.text(s.Self)
		w.raw(`}]`)
	}
	for i, status := range s.Statuses {
		if i == 0 {
			w.raw(`,"entry":[{`)
		} else {
			w.raw(`},{`)
		}
		status.Type, status.Events = QueryStatus, nil
		w.statusEntry(&status, FullResource)
		w.raw(`,"search":{"mode":"match"}`)
	}
	if len(s.Statuses) > 0 {
		w.raw(`}]`)
	}
	w.raw(`}`)
	return w.dst, nil
}

// bundleType is Bundle.type of a notification.
func bundleType(r fhir.Release) string {
	if r == fhir.R5 {
		return "subscription-notification"
	}
	return "history"
}

// bundleProfile is what meta.profile of a notification claims, or "".
func bundleProfile(r fhir.Release) string {
	switch r {
	case fhir.R4:
		return ProfileBundleR4
	case fhir.R4B:
		return ProfileBundleR4B
	}
	return ""
}

// writer appends JSON. Its release decides on the shape.
type writer struct {
	release fhir.Release
	dst     []byte
	shape   *Shape // takes the holes, where one is made
}

// raw is called dozens of times: inlined, it doubles what writing weighs in
// WebAssembly.
//
//go:noinline
func (w *writer) raw(s string) { w.dst = append(w.dst, s...) }

//go:noinline
func (w *writer) text(s string) { w.dst = jsonscan.AppendString(w.dst, s) }

// member appends ,"name":"value", or nothing without a value.
func (w *writer) member(name, value string) {
	if value == "" {
		return
	}
	w.raw(`,"`)
	w.raw(name)
	w.raw(`":`)
	w.text(value)
}

// counter appends a number as the string that counters are in every release.
func (w *writer) counter(n int64) {
	w.raw(`"`)
	if !w.hole(numberHole) {
		w.dst = strconv.AppendInt(w.dst, n, 10)
	}
	w.raw(`"`)
}

// id appends the id of the notification, which needs no escapes.
func (w *writer) id(id string) {
	if !w.hole(idHole) {
		w.raw(id)
	}
}

// subscription appends the URL of the Subscription as a JSON string that is not
// ended yet.
func (w *writer) subscription(url string) {
	if w.shape == nil {
		w.text(url)
		w.dst = w.dst[:len(w.dst)-1] // the closing quote
		return
	}
	w.raw(`"`)
	w.hole(subscriptionHole)
}

// bundle opens a Bundle and writes what stands before its entries.
func (w *writer) bundle(id, typ, timestamp string) {
	w.raw(`{"resourceType":"Bundle"`)
	if id != "" {
		w.raw(`,"id":"`)
		w.id(id)
		w.raw(`"`)
	}
	if profile := bundleProfile(w.release); profile != "" && typ != "searchset" {
		w.raw(`,"meta":{"profile":["`)
		w.raw(profile)
		w.raw(`"]}`)
	}
	w.member("type", typ)
	w.member("timestamp", timestamp)
}

// statusURL appends the request that the status answers, as a JSON string.
func (w *writer) statusURL(s *Status) {
	w.subscription(s.Subscription)
	if s.Type == QueryEvent {
		w.raw(`/$events"`)
		return
	}
	w.raw(`/$status"`)
}

// invalid is the error of a value that would make the Bundle invalid.
func invalid(code fault.Code, expression, value, rule string) error {
	return fault.At(code, expression, strconv.Quote(value)+" cannot be written: "+rule)
}
