package bridge_test

import (
	"bytes"
	"testing"

	"github.com/wsbind/wsbind/core/bridge"
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/schemas/vectors"
)

// FuzzBridgedNotificationsAreValid: whatever a server sends, what is written in its
// place passes the checker, tells what the content level allows, and has the
// resource's bytes.
func FuzzBridgedNotificationsAreValid(f *testing.F) {
	for _, c := range bridges(f) {
		f.Add(c.Frame, uint8(dialect(f, c.Dialect)), uint8(release(f, c.FHIR)), uint8(2))
	}
	var checker notification.Checker
	f.Fuzz(func(t *testing.T, text []byte, which, rel, content uint8) {
		d := event()
		d.Release = fhir.R4 + fhir.Release(rel%3)
		d.Subscription.Content = notification.Content(content % 3)
		frame := bridge.Read(bridge.Dialect(which%3), d.Release, text)
		for _, id := range frame.Subscriptions {
			if !token.IsID(id) {
				t.Errorf("%q is no id", id)
			}
		}
		d.Focus = frame.Focus
		bundle, err := bridge.Append(nil, d)
		if err != nil {
			if d.Subscription.Content == notification.Empty || fault.CodeOf(err) == fault.Internal {
				t.Errorf("%s: %v", text, err)
			}
			return
		}
		reading, issues := checker.Read(bundle, d.Release)
		if !fault.Valid(issues) || len(reading.Statuses) != 1 {
			t.Fatalf("%v: %s", issues, bundle)
		}
		told := reading.Statuses[0].Events[0].Focus
		if told.URL != "" && d.Subscription.Content == notification.Empty {
			t.Errorf("empty tells of %s", told.URL)
		}
		if d.Subscription.Content != notification.FullResource && told.Body != nil || d.Subscription.Content == notification.FullResource && !bytes.Equal(told.Body, d.Focus.Body) {
			t.Errorf("the resource is %s: %s", told.Body, bundle)
		}
	})
}

// FuzzSubscriptionsAreBounded: whatever is read of a Subscription has an id, and
// nothing panics.
func FuzzSubscriptionsAreBounded(f *testing.F) {
	cases, err := vectors.Subscriptions()
	if err != nil {
		f.Fatal(err)
	}
	for _, c := range cases {
		f.Add(c.Document, uint8(release(f, c.FHIR)))
	}
	f.Fuzz(func(t *testing.T, text []byte, rel uint8) {
		s, err := bridge.ReadSubscription(fhir.R4+fhir.Release(rel%3), text)
		if (err == nil) != token.IsID(s.ID) || s.Content.String() == "" || s.HeartbeatPeriod < 0 {
			t.Errorf("%+v %v", s, err)
		}
	})
}
