package subscription_test

import (
	"testing"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/mockserver/subscription"
)

// TestAnswersAreThoseOfEach: what is remembered of a change is what each Subscription
// would say of it, and one answer does for those with the same criteria.
func TestAnswersAreThoseOfEach(t *testing.T) {
	topics := catalog(t, fhir.R4B, wards)
	var all []*subscription.Compiled
	filters := []string{"patient=Patient/1", "patient=Patient/2", "Encounter?patient=Patient/2", "Encounter.class=IMP", "class=AMB"}
	for _, filter := range append(filters, filters...) {
		c, issues := compile(t, fhir.R4B, withFilter(filter), topics)
		if c == nil {
			t.Fatalf("%s: %s", filter, summary(issues))
		}
		all = append(all, c)
	}
	fired := 0
	for _, text := range []string{encounter, observation} {
		v := value(t, text)
		change := subscription.Change{Interaction: notification.Create, Type: v.Get("resourceType").Text(), Current: v}
		var known subscription.Answers
		for i, c := range all {
			want := c.Fires(change)
			if got := known.Fires(c, change); got != want {
				t.Errorf("%s, %s: %v, want %v", filters[i%len(filters)], change.Type, got, want)
			}
			if want {
				fired++
			}
		}
		if len(known) != len(filters) {
			t.Errorf("%d answers to %d criteria", len(known), len(filters))
		}
	}
	if fired == 0 || fired == 2*len(all) {
		t.Errorf("%d of %d fire", fired, 2*len(all))
	}
}
