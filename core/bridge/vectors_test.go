package bridge_test

import (
	"slices"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/bridge"
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/schemas/check"
	"github.com/wsbind/wsbind/schemas/vectors"
)

func TestSubscriptionVectors(t *testing.T) {
	cases, err := vectors.Subscriptions()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			s, err := bridge.ReadSubscription(release(t, c.FHIR), c.Document)
			if c.Subscription == nil {
				if fault.CodeOf(err) != fault.Code(c.Code) || fault.DetailOf(err) == "" {
					t.Errorf("error %v, want %s: %s", err, c.Code, c.Why)
				}
				return
			}
			got := vectors.SubscriptionFacts{
				ID: s.ID, Status: s.Status, Channel: s.Channel, Topic: s.Topic, Criteria: s.Criteria,
				Content: s.Content.String(), HeartbeatPeriod: int(s.HeartbeatPeriod / time.Second),
			}
			if err != nil || got != *c.Subscription {
				t.Errorf("%+v %v, want %+v: %s", got, err, *c.Subscription, c.Why)
			}
		})
	}
}

func TestBridgeVectors(t *testing.T) {
	for _, c := range bridges(t) {
		t.Run(c.Name, func(t *testing.T) {
			f := bridge.Read(dialect(t, c.Dialect), release(t, c.FHIR), c.Frame)
			if f.Kind.String() != c.Kind || !slices.Equal(f.Subscriptions, c.Subscriptions) || f.Code != c.Code || f.Text != c.Text {
				t.Errorf("%s %q %q %q, want %s %q %q %q: %s", f.Kind, f.Subscriptions, f.Code, f.Text, c.Kind, c.Subscriptions, c.Code, c.Text, c.Why)
			}
			for content := notification.Empty; c.Draft != nil && content <= notification.FullResource; content++ {
				written(t, c, draft(t, c, content, f.Focus))
			}
		})
	}
}

// written compares what is written at a content level, and asks both checkers.
func written(t *testing.T, c vectors.Bridge, d bridge.Draft) {
	t.Helper()
	level := d.Subscription.Content.String()
	got, err := bridge.Append([]byte("before"), d)
	if want, ok := c.Refused[level]; ok {
		if fault.CodeOf(err) != fault.Code(want) || string(got) != "before" {
			t.Errorf("%s: %v %s, want %s: %s", level, err, got, want, c.Why)
		}
		return
	}
	if err != nil || string(got) != "before"+c.Written[level] {
		t.Fatalf("%s: %v\n%s\nwant\n%s\n%s", level, err, got, c.Written[level], c.Why)
	}
	approved(t, d.Release, got[len("before"):])
}

// approved fails unless both checkers accept a Bundle.
func approved(t testing.TB, r fhir.Release, bundle []byte) {
	t.Helper()
	var c notification.Checker
	for _, i := range c.Check(bundle, r) {
		if i.Severity.Invalidates() {
			t.Errorf("%s: %s: %s\n%s", i.Code, i.Expression, i.Diagnostics, bundle)
		}
	}
	if err := check.Notification(r.String(), bundle); err != nil {
		t.Errorf("schemas/check: %v\n%s", err, bundle)
	}
}

func bridges(t testing.TB) []vectors.Bridge {
	t.Helper()
	cases, err := vectors.Bridges()
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

func draft(t testing.TB, c vectors.Bridge, content notification.Content, focus notification.Resource) bridge.Draft {
	t.Helper()
	d := bridge.Draft{
		Release: release(t, c.FHIR), Base: c.Draft.Base, ID: c.Draft.ID, Timestamp: c.Draft.Timestamp,
		Number: c.Draft.EventNumber, EventsSinceStart: c.Draft.EventsSinceSubscriptionStart, Focus: focus,
		Subscription: bridge.Subscription{ID: c.Draft.Subscription, Status: c.Draft.Status, Topic: c.Draft.Topic, Content: content},
	}
	for typ := notification.Handshake; typ <= notification.EventNotification; typ++ {
		if typ.String() == c.Draft.Type {
			d.Type = typ
		}
	}
	return d
}

func release(t testing.TB, name string) fhir.Release {
	t.Helper()
	r, ok := fhir.ParseRelease(name)
	if !ok {
		t.Fatalf("no release %q", name)
	}
	return r
}

func dialect(t testing.TB, name string) bridge.Dialect {
	t.Helper()
	d, ok := bridge.ParseDialect(name)
	if !ok {
		t.Fatalf("no dialect %q", name)
	}
	return d
}
