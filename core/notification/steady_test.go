package notification_test

import (
	"strconv"
	"testing"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/notification"
)

// many is a notification of n events, each with a resource of its own.
func many(r fhir.Release, content notification.Content, n int) notification.Notification {
	note := event(r, content)
	note.Status.Events, note.Status.EventsSinceStart = nil, int64(n)
	for i := range n {
		e := notification.Event{Number: int64(i + 1), Interaction: notification.Update, Focus: encounter("e" + strconv.Itoa(i))}
		note.Status.Events = append(note.Status.Events, e)
	}
	return note
}

func built(t testing.TB, n notification.Notification) []byte {
	t.Helper()
	bundle, err := notification.Append(nil, n)
	if err != nil {
		t.Fatal(err)
	}
	return bundle
}

// TestCheckAllocatesNothing runs every valid vector without issues, and a
// Bundle of a megabyte.
func TestCheckAllocatesNothing(t *testing.T) {
	var c notification.Checker
	steady := func(name string, text []byte, r fhir.Release) {
		if issues := c.Check(text, r); len(issues) > 0 {
			t.Errorf("%s: %v", name, issues)
		}
		if n := testing.AllocsPerRun(5, func() { c.Check(text, r) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	for _, v := range notifications(t) {
		if v.Valid && len(v.Issues) == 0 {
			steady(v.Name, v.Document, release(t, v.FHIR))
		}
	}
	for _, r := range releases {
		large := built(t, many(r, notification.FullResource, 3000))
		if len(large) < 1<<20 {
			t.Fatalf("the large Bundle has %d bytes", len(large))
		}
		steady(r.String()+" large", large, r)
	}
}

// TestAppendAllocatesNothing has room in dst, and at most 32 resources.
func TestAppendAllocatesNothing(t *testing.T) {
	dst := make([]byte, 0, 1<<16)
	for _, r := range releases {
		n := many(r, notification.FullResource, 16)
		for i := range n.Status.Events {
			n.Status.Events[i].Context = []notification.Resource{patient()}
		}
		set := notification.StatusSet{Release: r, ID: "s", Self: base + "/Subscription/$status", Statuses: []notification.Status{n.Status}}
		allocs := testing.AllocsPerRun(100, func() {
			if _, err := notification.Append(dst, n); err != nil {
				t.Fatal(err)
			}
			if _, err := notification.AppendStatuses(dst, set); err != nil {
				t.Fatal(err)
			}
		})
		if allocs != 0 {
			t.Errorf("%v: %v allocations", r, allocs)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	for _, r := range releases {
		for name, n := range map[string]notification.Notification{"one": event(r, notification.FullResource), "3000": many(r, notification.FullResource, 3000)} {
			bundle := built(b, n)
			b.Run(r.String()+"/"+name, func(b *testing.B) {
				var c notification.Checker
				b.SetBytes(int64(len(bundle)))
				b.ReportAllocs()
				for b.Loop() {
					c.Check(bundle, r)
				}
			})
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	n := event(fhir.R4, notification.FullResource)
	n.Entries, _ = notification.AppendEntries(nil, n.Release, n.Content, n.Status.Events)
	dst := make([]byte, 0, 1<<16)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := notification.Append(dst, n); err != nil {
			b.Fatal(err)
		}
	}
}
