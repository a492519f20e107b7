package notification_test

import (
	"strconv"
	"testing"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/notification"
)

// TestLargeBundlesEnd builds and reads Bundles of 30,000 events in every
// arrangement that could make someone compare each with each. No time is
// asserted, for that would measure the machine: what takes a second here would
// take hours were it quadratic in what a Bundle of this size holds, and the
// test's own time limit ends it.
func TestLargeBundlesEnd(t *testing.T) {
	shapes := map[string]func(r fhir.Release, n int) notification.Notification{
		"distinct": func(r fhir.Release, n int) notification.Notification { return many(r, notification.IDOnly, n) },
		"one focus": func(r fhir.Release, n int) notification.Notification {
			note := many(r, notification.IDOnly, n)
			for i := range note.Status.Events {
				note.Status.Events[i].Focus = encounter("e1")
			}
			return note
		},
		"same tail": func(r fhir.Release, n int) notification.Notification {
			note := many(r, notification.IDOnly, n)
			for i := range note.Status.Events {
				note.Status.Events[i].Focus.URL = "https://example.org/" + strconv.Itoa(i) + "/Encounter/e1"
			}
			return note
		},
		"one context": func(r fhir.Release, n int) notification.Notification {
			note := many(r, notification.IDOnly, n)
			for i := range note.Status.Events {
				note.Status.Events[i].Context = []notification.Resource{patient()}
			}
			return note
		},
	}
	c := notification.Checker{Limits: jsonscan.Limits{MaxBytes: 64 << 20}}
	for name, shape := range shapes {
		for _, r := range releases {
			size := 30_000
			if testing.Short() { // under the race detector: nothing here is concurrent
				size /= 20
			}
			bundle := built(t, shape(r, size))
			if got, issues := c.Read(bundle, r); len(issues) > 0 || len(got.Statuses) != 1 {
				t.Fatalf("%s, %v: read %v", name, r, issues)
			}
		}
	}
}
