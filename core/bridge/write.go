package bridge

import (
	"github.com/wsbind/wsbind/core/binding"
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/notification"
)

// Append appends a draft as the Bundle of its release. The error is a
// *[fault.Error] that names what would make the Bundle invalid; dst is then
// returned as it was.
//
// The focus is a resource of the server that clients know by the draft's Base, so
// its URL is always below that, whatever the server calls itself. None of the other
// dialects says what was done: a resource that is there counts as updated, also at
// meta.versionId 1, whose meaning is the server's alone, and one that is not there
// as deleted.
func Append(dst []byte, d Draft) ([]byte, error) {
	n := notification.Notification{
		Release: d.Release, Timestamp: d.Timestamp, Content: d.Subscription.Content,
		Status: notification.Status{
			ID: d.ID, Type: d.Type, Subscription: d.Base + "/Subscription/" + d.Subscription.ID,
			State: d.Subscription.Status, Topic: d.Subscription.Topic, EventsSinceStart: d.EventsSinceStart,
		},
	}
	if d.Type == notification.EventNotification {
		n.Status.Events = []notification.Event{d.event()}
	}
	text, err := notification.Append(dst, n)
	if err != nil {
		return dst, err
	}
	if d.Subscription.Content == notification.FullResource && d.Focus.Body != nil {
		err = check(text[len(dst):], &d)
	}
	if err != nil {
		return dst, err
	}
	return text, nil
}

func (d *Draft) event() notification.Event {
	e := notification.Event{Number: d.Number, Timestamp: d.Timestamp}
	if d.Subscription.Content == notification.Empty {
		return e
	}
	e.Focus.Body, e.Interaction = d.Focus.Body, notification.Update
	if e.Focus.Body == nil {
		e.Interaction = notification.Delete
	}
	if kind, id, ok := d.focus(); ok {
		e.Focus.URL = d.Base + "/" + kind + "/" + id
	}
	return e
}

// focus says which resource the event is about: the one that is named, or else the
// one that is there.
func (d *Draft) focus() (kind, id string, ok bool) {
	if d.Focus.URL != "" {
		return typeAndID(d.Focus.URL)
	}
	var doc jsonscan.Document
	if doc.Parse(d.Focus.Body, jsonscan.Limits{}) != nil {
		return "", "", false
	}
	root := doc.Root()
	return typeAndID(root.Get("resourceType").Text() + "/" + root.Get("id").Text())
}

// check holds a Bundle to the rules, for nobody has looked at the server's resource
// yet. What is wrong is told by its place and code: values of the resource are
// nothing for a log.
func check(bundle []byte, d *Draft) error {
	var c notification.Checker
	for _, i := range c.Check(bundle, d.Release) {
		if i.Severity.Invalidates() {
			return fault.At(i.Code, i.Expression, "the FHIR server's resource cannot be passed on: "+i.Code.Meaning())
		}
	}
	return nil
}

// AppendBind appends the frame that binds in a dialect: a token, or in Legacy an
// id.
func AppendBind(dst []byte, dialect Dialect, what string) []byte {
	switch dialect {
	case Medplum:
		return appendMedplumBind(dst, what)
	case Legacy:
		return append(append(dst, "bind "...), what...)
	}
	return binding.AppendBind(dst, what)
}
