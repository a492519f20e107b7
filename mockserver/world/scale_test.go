package world_test

import (
	"fmt"
	"testing"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/world"
)

// observed is a Subscription to the Observations of one patient.
func observed(patient int) []byte {
	return []byte(subscriptionOf(fhir.R4, order{
		topic:   "Observation",
		filters: []string{fmt.Sprintf("subject=Patient/%d", patient)},
	}))
}

// BenchmarkUnrelated is one change that concerns one Subscription, among others
// to the same topic with other filters.
func BenchmarkUnrelated(b *testing.B) {
	for _, others := range []int{0, 1000, 10_000, 100_000} {
		b.Run(fmt.Sprint(others), func(b *testing.B) {
			w := world.New(world.Config{Release: fhir.R4, Base: "http://example.org/fhir/R4", Clock: clock.NewVirtual(newYear)})
			defer w.Close()
			for i := range others + 1 {
				v, err := w.Create("alice", "Subscription", observed(i))
				if err != nil {
					b.Fatal(err)
				}
				if i == 0 {
					if _, err := w.Attach(notifier{}, "alice", []string{v.ID}); err != nil {
						b.Fatal(err)
					}
				}
			}
			body := []byte(`{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/0"}}`)
			b.ReportAllocs()
			b.ResetTimer()
			for b.Loop() {
				if _, err := w.Update("alice", "Observation", "o", body, ""); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkComing is one Subscription that comes, changes and goes among others.
func BenchmarkComing(b *testing.B) {
	for _, others := range []int{0, 1000, 10_000, 100_000} {
		b.Run(fmt.Sprint(others), func(b *testing.B) {
			w := world.New(world.Config{Release: fhir.R4, Base: "http://example.org/fhir/R4", Clock: clock.NewVirtual(newYear)})
			defer w.Close()
			for i := range others {
				if _, err := w.Create("alice", "Subscription", observed(i)); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			b.ResetTimer()
			for b.Loop() {
				v, err := w.Create("alice", "Subscription", observed(-1))
				if err != nil {
					b.Fatal(err)
				}
				if _, err := w.Update("alice", "Subscription", v.ID, []byte(withID(string(observed(-2)), v.ID)), ""); err != nil {
					b.Fatal(err)
				}
				if err := w.Delete("alice", "Subscription", v.ID); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// one makes sinks that differ: a pointer to nothing at all need not.
type one struct {
	notifier
	_ byte
}

// BenchmarkBinding is ten thousand sinks that come and go.
func BenchmarkBinding(b *testing.B) {
	const many = 10_000
	worldOf := func(subscriptions int) (*world.World, []string) {
		w := world.New(world.Config{Release: fhir.R4, Base: "http://example.org/fhir/R4", Clock: clock.NewVirtual(newYear)})
		b.Cleanup(w.Close)
		var ids []string
		for i := range subscriptions {
			v, err := w.Create("alice", "Subscription", observed(i))
			if err != nil {
				b.Fatal(err)
			}
			ids = append(ids, v.ID)
		}
		return w, ids
	}
	attach := func(w *world.World, sink world.Sink, ids []string) {
		if _, err := w.Attach(sink, "alice", ids); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("one Subscription, many sinks", func(b *testing.B) {
		w, ids := worldOf(1)
		sinks := make([]*one, many)
		for b.Loop() {
			for i := range sinks {
				sinks[i] = &one{}
				attach(w, sinks[i], ids)
			}
			for _, sink := range sinks {
				w.Detach(sink, nil)
			}
		}
	})
	b.Run("one sink, many Subscriptions", func(b *testing.B) {
		w, ids := worldOf(many)
		for b.Loop() {
			sink := &one{}
			attach(w, sink, ids)
			w.Detach(sink, ids)
		}
	})
}

// BenchmarkChurn is ten thousand Subscriptions that come and then go, the oldest
// first.
func BenchmarkChurn(b *testing.B) {
	for b.Loop() {
		w := world.New(world.Config{Release: fhir.R4, Base: "http://example.org/fhir/R4", Clock: clock.NewVirtual(newYear)})
		var ids []string
		for i := range 10_000 {
			v, err := w.Create("alice", "Subscription", observed(i))
			if err != nil {
				b.Fatal(err)
			}
			ids = append(ids, v.ID)
		}
		for _, id := range ids {
			if err := w.Delete("alice", "Subscription", id); err != nil {
				b.Fatal(err)
			}
		}
		w.Close()
	}
}
